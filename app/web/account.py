"""The account page, on which a person sees everything about their account and changes it."""

import structlog
from flask import Blueprint, abort, current_app, redirect, render_template, request, session, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from app.commands.account import CONFIRMATION
from app.errors import UserError
from app.house import House
from app.language import _
from app.models import session as sessions
from app.models.user import User
from app.session import COOKIE_KEY, end_session, signed_in
from app.web import account_page, deeds, qr, words

log = structlog.get_logger(__name__)
bp = Blueprint("account", __name__)

LOGIN = "integration.login"


@bp.get("/account")
def show() -> AnyResponse | str:
    """What is known about the person who is signed in, and whether it works; in its place, once, what the last form did."""
    house = _house()
    person = signed_in(house)
    if person is None:
        return redirect(url_for(LOGIN))
    said = _said(house)
    link = qr.address_in(said, house.config.public_url)
    part = request.args.get("part", "")
    shown = {
        "said": words.html(said), "said_at": part if part in deeds.PARTS else "",
        "qr": qr.svg(link) if link else "", "qr_url": f"{link}/qr",
    }  # fmt: skip
    return render_template("account.html", **shown, **account_page.content(house, person))


@bp.post("/account/do")
def do() -> AnyResponse:
    """What one of the page's forms asks for. Its answer is shown by the next page, so that a reload repeats nothing."""
    house, person = _house(), _somebody()
    try:
        said = deeds.do(house, person, request.form.get("deed", ""), request.form)
    except KeyError:
        abort(400)
    except UserError as error:
        said = str(error)
    try:
        with house.database.transaction() as db:
            sessions.say(db, session[COOKIE_KEY], said)
    except SQLAlchemyError as error:  # it is done, and the page shows how things are; another answer would be wrong
        log.error("an answer was lost", error=type(error).__name__)
    part = request.form.get("part", "")
    where = part if part in deeds.PARTS else None
    return redirect(url_for(".show", part=where, _anchor=where), 303)


@bp.get("/account/delete")
def ask_delete() -> AnyResponse | str:
    """What would be removed, and the button that does it."""
    house = _house()
    person = signed_in(house)
    if person is None:
        return redirect(url_for(LOGIN))
    return render_template("account_delete.html", stored=account_page.stored_rows(house, person), name=person.name)


@bp.post("/account/delete")
def delete() -> str:
    """Remove everything about the person, and tell what was removed; the browser is signed out by that."""
    house, person = _house(), _somebody()
    try:
        said = deeds.type_for(house, person.person_id, f"/delete {CONFIRMATION}")
    except UserError as error:
        said = str(error)
    if signed_in(house) is None:
        session.clear()
    return render_template("notice.html", title=_("What became of your account"), paragraphs=[], said=words.html(said))


@bp.post("/account/sign-out")
def sign_out() -> AnyResponse:
    """End this browser's session."""
    end_session(_house())
    return redirect(url_for("web.home"), 303)


@bp.post("/account/sign-out-everywhere")
def sign_out_everywhere() -> AnyResponse:
    """End the sessions of all browsers in which this person is signed in."""
    house, person = _house(), _somebody()
    with house.database.transaction() as db:
        sessions.end_all(db, person.person_id)
    session.clear()
    return redirect(url_for("web.home"), 303)


def _said(house: House) -> str:
    """What the last form answered, once."""
    with house.database.reading() as db:
        if not sessions.has_said(db, session[COOKIE_KEY]):
            return ""
    with house.database.transaction() as db:
        return sessions.take_said(db, session[COOKIE_KEY])


def _somebody() -> User:
    """Who is signed in; a form of anybody else is refused."""
    person = signed_in(_house())
    if person is None:
        abort(403)
    return person


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house
