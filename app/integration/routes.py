"""The integration's ears: people's webhooks, and the browser on its way through OAuth."""

import re
import secrets
from typing import Any
from urllib.parse import urlsplit

import requests
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Blueprint, Flask, Response, current_app, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from app import front
from app.house import House
from app.integration import compliance, own_events, scopes
from app.integration.accounts import LinkExpired, Unknown, WrongPerson
from app.integration.guests import LONGEST_CODE
from app.integration.tokens import token_set
from app.language import _, best
from app.models import invitation
from app.models.token import TokenSet
from app.session import end_session, signed_in, start_session
from app.webex.errors import WebexError
from app.webex.resources import Person

log = structlog.get_logger(__name__)
bp = Blueprint("integration", __name__)
# Where a person wanted to go who had to sign in first, by the name in the address of /login; never an address itself.
COME_BACK_TO = {"export": "web.export", "admin": "admin.page"}
PENDING = ("link", "join", "to", "file")  # what a browser wants of the sign-in that it has begun
# RFC 6749, sections 4.1.2.1 and 5.2, and our own word for an answer that is none.
NOT_THE_PERSONS_FAULT = (
    "invalid_client", "invalid_response", "invalid_scope", "server_error", "temporarily_unavailable", "unauthorized_client",
)  # fmt: skip


def init_oauth(app: Flask, house: House) -> None:
    """Register Webex with Authlib, for the browser's part only. One registry per app, since it caches its clients."""
    config = house.config
    kwargs: dict[str, Any] = {
        "scope": " ".join(config.webex_scopes),
        "token_endpoint_auth_method": "client_secret_post",
        "default_timeout": config.http_timeout,
    }
    if config.webex_pkce:
        kwargs["code_challenge_method"] = "S256"
    registry: Any = OAuth(app)
    registry.register(
        "webex",
        client_id=config.webex_client_id,
        client_secret=config.webex_client_secret.reveal(),
        authorize_url=config.webex_authorize_url,
        access_token_url=config.webex_token_url,
        compliance_fix=compliance.register,
        client_kwargs=kwargs,
    )


@bp.post("/hooks/<opaque>")
def receive(opaque: str) -> Response:  # the ear looks at the path
    """Receive one person's webhooks."""
    return front.answer()


@bp.get("/authorize/<link>")
def authorize(link: str) -> tuple[str, int] | str:
    """Show what will be accessed and why. Changes nothing: link previews and mail scanners come here, too."""
    house = _house()
    with house.database.reading() as db:
        if invitation.find(db, invitation.nonce_hash(link)) is None:
            return _expired()
    return render_template(
        "authorize.html",
        site=urlsplit(house.config.public_url).netloc,
        permissions=scopes.explain(house.config.webex_scopes),
        continue_url=url_for(".go", link=link),
        minutes=int(invitation.LIFE // 60),
    )


@bp.get("/authorize/<link>/go")
def go(link: str) -> AnyResponse | tuple[str, int]:
    """On to Webex. A plain GET, since browsers apply the form-action rule to redirects that follow a POST."""
    hashed = invitation.nonce_hash(link)
    with _house().database.reading() as db:
        if invitation.find(db, hashed) is None:
            return _expired()
    return _to_webex(hashed)


@bp.get("/login")
def login() -> AnyResponse:
    """Sign in without a link, for people who are connected already; afterwards to what they came for, if anything."""
    file = request.args.get("file", "")
    answer = _to_webex(b"", file=file if re.fullmatch(r"[A-Za-z0-9_-]{1,1000}", file) else "")
    if request.args.get("to") in COME_BACK_TO:
        session["to"] = request.args["to"]
    return answer


@bp.get("/login/again")
def again() -> AnyResponse:
    """The same sign-in once more, after Webex did not answer; with nothing of that kind open, as `login`."""
    wanted: dict[str, str] = session.pop("again", {})
    answer = _to_webex(bytes.fromhex(wanted.get("link", "")), join=wanted.get("join", ""), file=wanted.get("file", ""))
    if "to" in wanted:
        session["to"] = wanted["to"]
    return answer


@bp.get("/join/<code>/go")
def join_go(code: str) -> AnyResponse | tuple[str, int]:
    """To the question whether to join; on the way to Webex, to find out who it is, unless that is known."""
    house = _house()
    person = None if "other" in request.args else signed_in(house)
    if person is None:
        return _to_webex(b"", join=code[:LONGEST_CODE])
    try:
        return _ask_to_join(house, code, house.bot.get_person(person.person_id))
    except WebexError as error:
        log.warning("who wants to join could not be asked", error=type(error).__name__)
        return _webex_down(url_for(".join_go", code=code))


def _to_webex(link: bytes, join: str = "", file: str = "") -> AnyResponse:
    _forget_pending()
    session["link"], session["join"], session["file"] = link.hex(), join, file
    webex: Any = current_app.extensions["authlib.integrations.flask_client"].webex
    answer: AnyResponse = webex.authorize_redirect(_house().config.public_url + url_for(".callback"))
    # Webex's guide separates scopes by %20; whether it reads a plus sign as a space is not documented.
    answer.headers["Location"] = answer.headers["Location"].replace("+", "%20")
    return answer


@bp.get("/oauth/callback")
def callback() -> AnyResponse | tuple[str, int]:
    """Back from Webex: the code becomes tokens, the tokens tell who it is, and that must be who was invited."""
    try:
        return _arrived(_house())
    except OAuthError as error:
        return _refused(error.error or "")
    except (WebexError, requests.RequestException, ValueError) as error:
        log.warning("authorization failed", error=type(error).__name__)
        return _to_try_again()
    except LinkExpired:
        return _expired()
    except WrongPerson:
        return _wrong_person()
    except Unknown:
        return _unknown()
    finally:
        _forget_pending()


def _arrived(house: House) -> AnyResponse | tuple[str, int]:
    link, code = bytes.fromhex(session.get("link", "")), session.get("join", "")
    tokens = _exchange()
    if code:
        # The tokens served to find out who it is, and are dropped.
        return _ask_to_join(house, code, house.tools.people.with_token(tokens.access_token).get_me())
    language = best(request.headers.get("Accept-Language"))
    person = house.accounts.connect(tokens, link, language) if link else house.accounts.sign_in(tokens, language)
    back_to = COME_BACK_TO.get(session.get("to", ""), "account.show")
    return _welcome(house, person, is_new=bool(link), to="web.connected" if link else back_to)


def _ask_to_join(house: House, code: str, joiner: Person) -> AnyResponse:
    """:param joiner: who it is, as Webex says"""
    session["guest"] = house.guests.sealed(joiner, code)
    return redirect(url_for("joining.ask"))


def _exchange() -> TokenSet:
    webex: Any = current_app.extensions["authlib.integrations.flask_client"].webex
    return token_set(dict(webex.authorize_access_token()))


def _welcome(house: House, person: Person, is_new: bool, to: str) -> AnyResponse:
    """Sign the browser in, and send it on: the address with the code in it should not stay in its history."""
    file = session.get("file", "")
    house.tools.admins.met(person)
    end_session(house)
    start_session(house, person.id)
    kind, key = (own_events.CONNECTED if is_new else own_events.REPAIR), secrets.token_hex(8)
    house.inbox.accept(own_events.own_event(kind, key), person.id, person.id)
    if file:
        return redirect(url_for("files.download", opaque=file))
    return redirect(url_for(to))


def _forget_pending() -> None:
    """One pending authorization per browser: without this each start would add to the cookie until the browser drops it."""
    for key in [key for key in session if key.startswith("_state_") or key in PENDING]:
        session.pop(key)


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house


def _notice(status: int, title: str, *paragraphs: str, **more: str) -> tuple[str, int]:
    return render_template("notice.html", title=title, paragraphs=paragraphs, **more), status


def _expired() -> tuple[str, int]:
    text = _("A link works once and for ten minutes, and only the newest one counts. Nothing was changed.")
    return _notice(410, _("This link has expired"), text, command="/init")


def _refused(error: str) -> tuple[str, int]:
    """Denied by the person, or not what we began: state, code or verifier did not match."""
    if error in NOT_THE_PERSONS_FAULT:
        log.warning("authorization failed at webex", error=error)
        return _to_try_again()
    log.info("authorization refused", error=error)
    if error == "access_denied":
        text = _("That is fine: nothing was connected and nothing was stored.")
        return _notice(200, _("You said no"), text, command="/init")
    texts = (
        _("Webex and this page did not agree about your sign-in; an old tab or a link opened in another browser does that."),
        _("Nothing was connected and nothing was stored."),
    )
    return _notice(400, _("The sign-in did not work"), *texts, command="/init")


def _to_try_again() -> tuple[str, int]:
    """What was wanted is kept in this browser, so that a press is enough: a link that led to nobody is not used up."""
    if wanted := {key: session[key] for key in PENDING if session.get(key)}:
        session["again"] = wanted
    return _webex_down(url_for(".again"))


def _webex_down(retry_url: str) -> tuple[str, int]:
    text = _("Webex did not complete your sign-in. Nothing was connected. Please try again in a minute.")
    return _notice(502, _("Webex did not answer"), text, retry_url=retry_url)


def _wrong_person() -> tuple[str, int]:
    texts = (
        _("You are signed in to Webex as somebody else than the person to whom this link was given."),
        _(
            "Nothing was connected and nothing was stored. "
            "If somebody sent you this link, they may have wanted your access: don't use it."
        ),
        _("To connect your own account, message the bot yourself."),
    )
    return _notice(403, _("This link is for somebody else"), *texts, command="/init")


def _unknown() -> tuple[str, int]:
    text = _("You have no account here yet. It begins in Webex: send the bot a message, and it answers with your own link.")
    return _notice(403, _("You are not connected yet"), text, _("Nothing was stored."), command="/init")
