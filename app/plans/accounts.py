"""What admins' plans change about people's accounts: with us alone, and each time with a word to whose it is."""

from typing import Any

from sqlalchemy.orm import Session

from app import outbox, texts
from app.integration.own_events import repair_soon
from app.language import N_, _, speaking
from app.models import now, user
from app.plans.results import Result

Params = dict[str, Any]
NOT_CONNECTED = N_("is not connected any more")
CHANGED = N_("was changed by somebody else at this very moment")
PAUSED = N_(
    "**An operator of this Army Knife paused your account.** Until it goes on I do nothing for you: reminders and daily lists "
    "are held; alerts, tracking and auto-reply are off. `/resume` goes on, `/support` asks the operator why."
)
RESUMED = N_(
    "**An operator of this Army Knife let your account go on.** Everything is on again as it was, and what became due "
    "meanwhile comes late. `/pause` lets me rest."
)


def pause(db: Session, params: Params, key: str) -> Result:
    account = user.find(db, params["personId"])
    if account is None:
        return Result(skipped=NOT_CONNECTED)
    if account.paused_at is not None:
        return Result(skipped=N_("was paused already"))
    at = now()
    if not user.set_paused(db, account.person_id, at, was=None):
        return Result(skipped=CHANGED)
    _follow(db, account.person_id, key, PAUSED)
    return Result({"personId": account.person_id, "pausedAt": at})


def resume(db: Session, params: Params, key: str) -> Result:
    """Of a pause that is taken back: that one, and none that began later."""
    account = user.find(db, params["personId"])
    if account is None:
        return Result(skipped=NOT_CONNECTED)
    if account.paused_at is None:
        return Result(skipped=N_("was not paused any more"))
    if account.paused_at != params.get("pausedAt", account.paused_at):
        return Result(skipped=N_("was paused anew meanwhile"))
    if not user.set_paused(db, account.person_id, None, was=account.paused_at):
        return Result(skipped=CHANGED)
    deaf = [] if account.status == user.ACTIVE else [texts.STILL_NO_ACCESS]
    _follow(db, account.person_id, key, RESUMED, *deaf)
    return Result({"personId": account.person_id})


def _follow(db: Session, person_id: str, key: str, *told: str) -> None:
    """The webhooks follow in the person's own line, at once; and the person is told, in their language and not the admin's."""
    repair_soon(db, person_id, key)
    with speaking(user.language_of(db, person_id)):
        outbox.say_to(db, person_id, " ".join(map(_, told)), key=f"{key}|told")


def wants_no_announcement(db: Session, params: Params) -> str:
    """Why a person is not told, though they were to be; empty if they are."""
    account = user.find(db, params["toPersonId"])
    if account is None or account.status != user.ACTIVE:
        return NOT_CONNECTED
    return "" if account.announcements else N_("wants no announcements any more")
