"""The page for admins. To anybody else it does not exist."""

import threading
from collections.abc import Callable
from typing import TypeVar

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from app import texts
from app.bot import webhook
from app.house import House
from app.language import N_
from app.models import audit
from app.session import signed_in
from app.web import admin_page
from app.webex.errors import WebexError

T = TypeVar("T")
bp = Blueprint("admin", __name__)

MOST = 320  # characters of an address (RFC 5321)
PATIENCE = 1.0  # seconds for which the page waits for Webex
AT_ONCE = 4  # questions of this process that Webex did not answer yet
_questions = threading.BoundedSemaphore(AT_ONCE)


@bp.route("/admin", methods=["GET", "POST"])
def page() -> AnyResponse | str:
    """How the installation is doing. Looking at it is noted, and changes nothing else.

    People are looked for by POST: an address has no business in the address of a page.
    """
    house: House = current_app.extensions["house"]
    wanted = request.form.get("address", "").strip().lower()[:MOST]
    person = signed_in(house)
    if person is None:
        return redirect(url_for("integration.login", to="admin"))
    if not _is_admin(house, person.person_id):
        abort(404)
    states = soon(lambda: webhook.states(house.bot, house.config))
    with house.database.transaction() as db:
        audit.note(db, person.person_id, N_("page /admin"), texts.masked(wanted) if wanted else "")
    return render_template("admin.html", wanted=wanted, **admin_page.content(house, person, states, wanted))


def _is_admin(house: House, person_id: str) -> bool:
    """Webex is asked whose an admin's address is, but not for long: until it says so, that admin has no page."""
    admins = house.tools.admins
    if not admins.is_known(person_id) and admins.has_to_ask():
        soon(admins.ids)
    return admins.is_known(person_id)


def soon(ask: Callable[[], T]) -> T | None:
    """What Webex says, if it says so soon. A question that takes longer goes on by itself, and its answer comes too late.

    :param ask: a call to Webex
    """
    answers: list[T] = []

    def work() -> None:
        try:
            answers.append(ask())
        except (WebexError, SQLAlchemyError):
            pass  # not known, then
        finally:
            _questions.release()

    if not _questions.acquire(blocking=False):
        return None
    thread = threading.Thread(target=work, name="question", daemon=True)
    thread.start()
    thread.join(PATIENCE)
    return answers[0] if answers else None
