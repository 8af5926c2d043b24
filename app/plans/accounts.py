"""What admins' plans change about people's accounts: with us alone, and each time with a word to whose it is."""

from typing import Any

from sqlalchemy.orm import Session

from app import outbox, texts
from app.integration.own_events import repair_soon
from app.language import _
from app.models import now, user
from app.plans.results import Result

Params = dict[str, Any]
NOT_CONNECTED = "is not connected any more"
CHANGED = "was changed by somebody else at this very moment"
PAUSED = (
    "**An operator of this Army Knife paused your account.** Until it goes on I do nothing for you: reminders and daily lists "
    "are held; alerts, tracking and auto-reply are off. `/resume` goes on, `/support` asks the operator why."
)
RESUMED = (
    "**An operator of this Army Knife let your account go on.** Everything is on again as it was, and what became due "
    "meanwhile comes late. `/pause` lets me rest."
)


def pause(db: Session, params: Params, key: str) -> Result:
    account = user.find(db, params["personId"])
    if account is None:
        return Result(skipped=NOT_CONNECTED)
    if account.paused_at is not None:
        return Result(skipped="was paused already")
    at = now()
    if not user.set_paused(db, account.person_id, at, was=None):
        return Result(skipped=CHANGED)
    _follow(db, account.person_id, PAUSED, key)
    return Result({"personId": account.person_id, "pausedAt": at})


def resume(db: Session, params: Params, key: str) -> Result:
    """Of a pause that is taken back: that one, and none that began later."""
    account = user.find(db, params["personId"])
    if account is None:
        return Result(skipped=NOT_CONNECTED)
    if account.paused_at is None:
        return Result(skipped="was not paused any more")
    if account.paused_at != params.get("pausedAt", account.paused_at):
        return Result(skipped="was paused anew meanwhile")
    if not user.set_paused(db, account.person_id, None, was=account.paused_at):
        return Result(skipped=CHANGED)
    hears = account.status == user.ACTIVE
    _follow(db, account.person_id, RESUMED if hears else f"{RESUMED} {_(texts.STILL_NO_ACCESS)}", key)
    return Result({"personId": account.person_id})


def _follow(db: Session, person_id: str, text: str, key: str) -> None:
    """The webhooks follow in the person's own line, at once; and the person is told."""
    repair_soon(db, person_id, key)
    outbox.say_to(db, person_id, text, key=f"{key}|told")


def wants_no_announcement(db: Session, params: Params) -> str:
    """Why a person is not told, though they were to be; empty if they are."""
    account = user.find(db, params["toPersonId"])
    if account is None or account.status != user.ACTIVE:
        return NOT_CONNECTED
    return "" if account.announcements else "wants no announcements any more"
