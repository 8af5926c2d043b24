"""Alerts: told at once, or held by reference while the person's quiet hours last, and then told in one go.

What is held is forgotten only when it was said. If the person's access has ended by then it stays, and is told after they
connected again.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app import outbox
from app.language import N_, _, n_
from app.models import alarm, held, now, user, vip
from app.models.held import HeldAlert
from app.models.user import User
from app.showing import MENTIONED, ROOM, WHO
from app.webex.markdown import escape
from app.when import Quiet
from app.zones import safe_zone

QUIET_ENDS = "quiet"  # the kind of alarm
TRACKED, MENTION, NEW_ROOM, ANSWERED, UNANSWERED = "vip", "mention", "room", "answered", "unanswered"
NOTICES = {
    NEW_ROOM: N_("You were added to {room} by {who}."),
    ANSWERED: N_("I answered {who} for you in {room}."),
    UNANSWERED: N_("I could not answer {who} for you in {room}: Webex did not let me. `/autoreply` shows how things stand."),
}


@dataclass(frozen=True)
class Alert:
    """Something to tell a person, by reference.

    :ivar about_id: person id of who did it, or of whom it was done to
    :ivar vip_id: the tracker, for a message of a tracked person
    """

    kind: str
    room_id: str
    message_id: str = ""
    about_id: str = ""
    vip_id: int | None = None


def quiet_of(person: User) -> Quiet | None:
    return Quiet.parse(person.quiet) if person.quiet else None


def is_quiet(person: User) -> bool:
    quiet = quiet_of(person)
    return quiet is not None and quiet.is_now(now(), safe_zone(person.timezone))


def tell(db: Session, person: User, alert: Alert, *, key: str) -> bool:
    """Tell a person something now, or keep it until their quiet hours end.

    :returns: whether it is told now
    """
    if is_quiet(person):
        _hold(db, person, alert)
        return False
    _say(db, person.person_id, alert, key=key, is_fresh=True)
    return True


def _hold(db: Session, person: User, alert: Alert) -> None:
    """Keep it, and let the end of the quiet hours ring."""
    held.hold(
        db, person.person_id, alert.kind, room_id=alert.room_id, message_id=alert.message_id, about_id=alert.about_id,
        vip_id=alert.vip_id,
    )  # fmt: skip
    let_end_ring(db, person)


def let_end_ring(db: Session, person: User) -> None:
    """Set the alarm for the end of the quiet hours that are now."""
    quiet = quiet_of(person)
    if quiet:
        ends = quiet.ends(now(), safe_zone(person.timezone))
        alarm.set_to(db, person.person_id, QUIET_ENDS, ends)


def tell_held(db: Session, person: User, *, key: str) -> int:
    """Put everything that was held in line to be told, under one heading.

    :param key: of the occasion
    :returns: how many alerts were held; those of somebody without access stay held
    """
    rows = held.waiting(db, person.person_id)
    if not rows:
        return 0
    if person.status == user.REAUTHORIZE:
        _say_they_wait(db, person, rows)
        return len(rows)
    held.put_in_line(db, [row.id for row in rows])
    heading = n_(
        "**While it was quiet**: {count} alert since {time}.",
        "**While it was quiet**: {count} alerts since {time}.",
        len(rows),
        time=_since(rows[0], person),
    )
    outbox.head_to(db, person.person_id, heading, key=f"{key}|quiet")
    for row in rows:
        alert = Alert(row.kind, row.room_id, row.message_id, row.about_id, row.vip_id)
        _say(db, person.person_id, alert, key=f"{key}|held|{row.id}", held_id=row.id)
    return len(rows)


def _since(row: HeldAlert, person: User) -> str:
    return f"{datetime.fromtimestamp(row.at, safe_zone(person.timezone)):%H:%M}"


def _say_they_wait(db: Session, person: User, rows: list[HeldAlert]) -> None:
    """Once for the same alerts: the key takes care of it."""
    text = n_(
        "Your quiet hours are over, and {count} alert waited for you. I can't show them now, since "
        "Webex no longer lets me act for you: type `/init` to connect again, and I'll show them then.",
        "Your quiet hours are over, and {count} alerts waited for you. I can't show them now, since "
        "Webex no longer lets me act for you: type `/init` to connect again, and I'll show them then.",
        len(rows),
    )
    outbox.say_to(db, person.person_id, text, key=f"held alerts wait|{person.person_id}|{rows[-1].id}|{rows[-1].at}")


def _say(db: Session, person_id: str, alert: Alert, *, key: str, held_id: int | None = None, is_fresh: bool = False) -> None:
    if alert.kind in NOTICES:
        told = _(NOTICES[alert.kind], room=ROOM, who=WHO)
        outbox.notify(db, person_id, told, room_id=alert.room_id, about_id=alert.about_id, key=key, held_id=held_id)
        return
    tracked = vip.get(db, person_id, alert.vip_id)
    who = f"**{escape(tracked.nickname)}**" if tracked else ""
    why, what = ("tracking", "") if alert.kind == TRACKED else ("mentions", MENTIONED)
    outbox.quote_to(db, person_id, alert.message_id, why=why, who=who, what=what, key=key, held_id=held_id, is_fresh=is_fresh)
