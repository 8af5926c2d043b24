"""Alarms that ring: an event of our own in the person's line, so that it happens once and nothing else runs beside it."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from app.commands import daily, todo
from app.commands.context import Tools
from app.delivery import Delivery
from app.integration.listeners import autoreply, digests, lists, quiet, reminders
from app.integration.own_events import own_event
from app.models import alarm, now, reminder, user
from app.models.alarm import Alarm, Call
from app.models.user import User
from app.webex.events import Event
from app.when import Rule
from app.zones import safe_zone

ALARM = ("armyknife", "alarm")

# What to say when one rings, by the alarm's kind. It runs in the transaction in which the alarm was moved on or removed; it
# gets the alarm as it was when it was called, so `alarm.due` may lie long ago.
Ring = Callable[[Tools, Session, User, Alarm, Delivery], None]
RINGS: dict[str, Ring] = {
    reminder.KIND: reminders.ring,
    daily.TODO.kind: lists.todo_daily,
    daily.TOP.kind: lists.top_daily,
    todo.DUE: lists.todo_due,
    "autoreply": autoreply.ring,
    "digest": digests.ring,
    "quiet": quiet.ring,
}


def event_of(call: Call) -> Event:
    return own_event(ALARM, call.key)


def ring(tools: Tools, delivery: Delivery) -> None:
    """Say what is due, and set what comes again to its next time that lies ahead, so that a long absence is told of once."""
    with delivery.last() as db:
        person = user.find(db, delivery.receiver)
        found = alarm.called(db, Call.read(delivery.event.data.id, delivery.receiver))
        if person is None or found is None:
            return
        if person.paused_at:
            alarm.tell_anew(db, found)
            return
        db.expunge(found)  # what follows changes the row, and not what is told of it
        _move_on(db, person, found)
        RINGS[found.kind](tools, db, person, found, delivery)


def _move_on(db: Session, person: User, found: Alarm) -> None:
    if found.rule is None:
        alarm.remove(db, found)
    else:
        # Where clocks differ, or one was set back, the time that rings now is no next time.
        latest = max(now(), found.due)
        alarm.move(db, found, Rule.read(found.rule).next(latest, safe_zone(person.timezone)))
