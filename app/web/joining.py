"""Pages for people who were given a link to join a room: how, whether they want to, and what came of it.

Reading them changes nothing, since link previews and mail scanners come here, too. Only the form's answer lets anybody in.
"""

from typing import Any

from flask import Blueprint, abort, current_app, render_template, request, session, url_for

from app.errors import TooManyTries, UserError
from app.house import House
from app.integration import joining
from app.integration.guests import LONGEST_CODE, Guest
from app.language import _
from app.web import qr

bp = Blueprint("joining", __name__)

COOKIE_KEY = "guest"
Page = tuple[str, int] | tuple[str, int, dict[str, str]]


@bp.get("/join/<code>")
def how(code: str) -> str:
    """How to join a room by this code: the same page whether it works or not, and nothing is looked up for it."""
    return render_template("join.html", code=code, go_url=url_for("integration.join_go", code=code))


@bp.get("/join/<code>/qr")
def scan(code: str) -> str:
    """The link of a code to be scanned, from a screen or from paper; it is drawn for any code, and nothing is looked up."""
    if len(code) > LONGEST_CODE:
        abort(404)
    address = f"{_house().config.public_url}{url_for('.how', code=code)}"
    return render_template("join_qr.html", code=code, address=address, qr=qr.svg(address))


@bp.get("/join")
def ask() -> Page | str:
    """The question, for whoever signed in for it."""
    house, guest = _house(), _guest()
    if guest is None:
        return _over()
    try:
        offer = joining.look(house.database, house.tools.people, guest.code, guest.person)
    except UserError as error:
        return _refused(error, guest)
    if offer.is_in:
        text = _("The room is in your Webex, so there is nothing to join.")
        return _notice(200, _("You're in {title}", title=offer.title), text)
    other_url = url_for("integration.join_go", code=guest.code, other=1)
    return render_template("join_ask.html", guest=guest, offer=offer, other_url=other_url)


@bp.post("/join")
def answer() -> Page:
    """The answer. Given twice, as by a reload, it says what is then true."""
    house, guest = _house(), _guest()
    if guest is None or not guest.is_answered_by(request.form.get("token", "")):
        return _over()
    if request.form.get("answer") != "join":
        session.pop(COOKIE_KEY)
        text = _("Nothing was changed. The link goes on working, if you change your mind.")
        return _notice(200, _("You did not join"), text)
    try:
        title = joining.join(house.database, house.tools.people, guest.code, guest.person)
    except UserError as error:
        return _refused(error, guest)
    text = _("The room is in your Webex now. Nothing of your sign-in was kept.")
    return _notice(200, _("You're in {title}", title=title), text)


def _guest() -> Guest | None:
    return _house().guests.opened(session.get(COOKIE_KEY, ""))


def _over() -> Page:
    texts = (
        _(
            "This question is not open any more, or it was not asked in this browser. It can be answered for ten minutes, and "
            "only the newest one counts."
        ),
        _("Nothing was changed. To join, open the link again that you were given."),
    )
    return _notice(410, _("Please open your link again"), *texts)


def _refused(error: UserError, guest: Guest) -> Page:
    if isinstance(error, TooManyTries):
        return *_notice(429, _("Not now, please"), str(error)), {"Retry-After": f"{max(1.0, error.seconds):.0f}"}
    if isinstance(error, joining.NoUse):
        return _notice(410, _("You could not join"), str(error))
    return _notice(502, _("You could not join"), str(error), retry_url=url_for(".ask"))


def _notice(status: int, title: str, *paragraphs: str, **more: Any) -> tuple[str, int]:
    return render_template("notice.html", title=title, paragraphs=paragraphs, **more), status


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house
