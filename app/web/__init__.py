"""Pages for people: home, account. And what machines ask: health and metrics."""

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, abort, current_app, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app import export as exports
from app.house import House
from app.language import N_, _, best, speak, spoken, translated, translated_count
from app.models import failure, now, stored
from app.session import signed_in

log = structlog.get_logger(__name__)
bp = Blueprint("web", __name__, static_folder="static", static_url_path="/static")

MACHINES = ("/bot", "/hooks/", "/healthz", "/readyz", "/metrics")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    # no-referrer would make browsers send "Origin: null" with our own forms; Webex must not see a link's nonce either.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "X-Robots-Tag": "noindex",
}
PROBLEMS = {
    400: (N_("That did not work"), N_("The request was not understood.")),
    403: (N_("Not allowed"), N_("This page did not send the request, or you are not signed in.")),
    404: (N_("Nothing here"), N_("This page does not exist.")),
    405: (N_("That did not work"), N_("This address does not take such a request.")),
    410: (N_("Nothing here any more"), N_("This page is gone.")),
    413: (N_("Too large"), N_("The request was larger than this site accepts.")),
}
ANY_PROBLEM = (N_("That did not work"), N_("Please try again."))


@bp.get("/")
def home() -> str:
    """What this is and how to begin."""
    house = _house()
    return render_template("home.html", signed_in=signed_in(house) is not None)


@bp.get("/account/export")
def export() -> AnyResponse:
    """Everything about the person who is signed in, as a zip; whoever is not signs in first and comes back."""
    house = _house()
    person = signed_in(house)
    if person is None:
        return redirect(url_for("integration.login", to="export"))
    at = now()
    with house.database.reading() as db:
        rows = {kind.name: stored.rows(db, kind, person.person_id) for kind in stored.KINDS}
    name = f"army-knife-{datetime.fromtimestamp(at, UTC):%Y-%m-%d}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    pieces = exports.zipped(f"{person.name} ({person.email})", rows, at)
    return Response(pieces, mimetype="application/zip", headers=headers)


@bp.get("/account/connected")
def connected() -> AnyResponse | str:
    """The end of an authorization: what to do next."""
    house = _house()
    person = signed_in(house)
    if person is None:
        return redirect(url_for(".home"))
    return render_template("connected.html", name=person.name)


def init_app(app: Flask) -> None:
    """Rules for every page and every answer."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    translation: Any = app.jinja_env  # its method comes with the extension
    translation.install_gettext_callables(translated, translated_count, newstyle=True)
    app.jinja_env.globals["spoken"] = spoken
    app.before_request(_speak)
    app.before_request(_refuse_other_sites)
    app.after_request(_add_headers)
    app.context_processor(_bot)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(SQLAlchemyError, _database_away)
    app.register_error_handler(Exception, _problem)


def _speak() -> None:
    """In the language of whoever is signed in, else in that of the browser. Machines, and files, are spoken to in none."""
    wanted = ""
    if request.endpoint != "web.static" and not request.path.startswith(MACHINES):
        with suppress(SQLAlchemyError):  # what needs the database says so itself
            person = signed_in(_house())
            wanted = person.language if person else ""
        wanted = wanted or best(request.headers.get("Accept-Language"))
    speak(wanted)


def _refuse_other_sites() -> None:
    """Forms of other sites are refused (W3C Fetch Metadata; `Origin` where a browser does not send it)."""
    if request.method in ("GET", "HEAD", "OPTIONS") or request.path.startswith(MACHINES):
        return
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site in ("same-origin", "none") or (site is None and origin == _house().config.public_origin):
        return
    abort(403)


def _add_headers(answer: Response) -> Response:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    if answer.mimetype == "text/html":
        answer.headers["Content-Language"] = spoken()
        answer.vary.update(["Accept-Language", "Cookie"])
    if request.endpoint != "web.static":
        answer.headers.setdefault("Cache-Control", "no-store")
    if _house().config.public_url.startswith("https://"):
        answer.headers["Strict-Transport-Security"] = "max-age=31536000"
    return answer


def _http_problem(error: HTTPException) -> Any:
    code = error.code or 500
    methods = getattr(error, "valid_methods", None)
    headers = {"Allow": ", ".join(sorted(methods))} if methods else {}  # RFC 9110, section 15.5.6
    if request.path.startswith(MACHINES):
        return Response(status=code, headers=headers)
    title, text = PROBLEMS.get(code, ANY_PROBLEM)
    page = render_template("notice.html", title=_(title), paragraphs=[_(text)])
    return page, code, headers


def _database_away(error: SQLAlchemyError) -> Any:
    log.error("the database is away", error=type(error).__name__, method=request.method)
    headers = {"Retry-After": "30"}
    if request.path.startswith(MACHINES):
        return Response(status=503, headers=headers)
    text = _("The server's database does not answer at the moment. Nothing was changed; please try again in a minute.")
    return render_template("notice.html", title=_("One moment, please"), paragraphs=[text]), 503, headers


def _problem(error: Exception) -> Any:
    """Never the error's own text: a number, under which /admin and the log know more."""
    reference = failure.new_reference()
    log.error("request failed", reference=reference, method=request.method, exc_info=error)
    try:
        _house().database.write(partial(failure.note, reference=reference, error=error, doing=request.endpoint or ""))
    except SQLAlchemyError as problem:  # the log has it, at least
        log.error("a failure could not be noted", error=type(problem).__name__)
    if request.path.startswith(MACHINES):
        return Response(status=500)
    text = _(
        "This should not have happened. If it happens again, tell your operator this number: {reference}", reference=reference
    )
    return render_template("notice.html", title=_("Something went wrong"), paragraphs=[text]), 500


def _bot() -> dict[str, str]:
    """What every page may need: how the bot is called, and the way to a chat with it."""
    house = _house()
    me = house.bot.known
    name, address = (me.display_name, me.email) if me else ("Army Knife", "")
    return {"bot_name": name, "bot_email": address, "chat_url": house.config.chat_url.replace("{bot}", address)}


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house
