"""Auto-reply: answers in a person's own name while they are away, once per person and absence.

Everything is decided from metadata; what the others wrote is never read. Two people who both answer automatically can't
go on for ever, since each is answered once; and what our own people were made to say automatically is not answered at all.
"""

from sqlalchemy.orm import Session

from app import outbox
from app.commands.autoreply import reply
from app.commands.context import Tools
from app.delivery import Delivery
from app.integration.own_events import repair_soon
from app.language import n_
from app.models import absence, now, user
from app.models import outbox as said
from app.models.absence import Absence
from app.models.alarm import Alarm
from app.models.user import User
from app.webex.addresses import is_of_bot
from app.webex.client import WebexClient
from app.webex.errors import BadRequest, Forbidden, NotFound
from app.webex.events import Event
from app.zones import safe_zone

CLOCKS_DIFFER = 60.0  # seconds by which Webex's clock and ours may


def answer(tools: Tools, delivery: Delivery) -> None:
    """Answer who wrote to a person who is away."""
    event = delivery.event
    with tools.database.reading() as db:
        person, away = user.find(db, delivery.receiver), absence.find(db, delivery.receiver)
        why_not = _why_not(db, person, away, event)
    if not why_not and _is_bot(tools.people.acting_as(delivery.receiver), event):
        why_not = "a bot"
    with delivery.last() as db:
        away = absence.find(db, delivery.receiver)  # asking Webex took a moment
        if person is None or away is None or why_not:
            delivery.decided("not answered", why_not)
        elif absence.answer(db, away, event.actor):
            answers = {"person_id": event.actor, "message_id": event.data.id}
            outbox.say_as(
                db, person.person_id, event.room_id, reply(away, safe_zone(person.timezone)), key=f"{delivery.key}|autoreply",
                answers=answers,
            )  # fmt: skip
            delivery.decided("answered")


def _why_not(db: Session, person: User | None, away: Absence | None, event: Event) -> str:
    """Why this message gets no answer; empty if it may get one."""
    if person is None or away is None or (away.until is not None and away.until <= now()):
        return "not away"
    if person.paused_at:
        return "paused"
    if (not event.is_direct and not away.mentions) or _is_older(event, away.since):
        return "not meant"
    if absence.has_answered(db, away, event.actor):
        return "answered before"
    # First what is under way, then what was said: a row that is finished in between is seen by the second look.
    if said.is_saying_as(db, event.actor, event.room_id) or said.known(db, [event.data.id]):
        return "automatic"
    return ""


def _is_older(event: Event, since: float) -> bool:
    return event.happened is not None and event.happened < since - CLOCKS_DIFFER


def _is_bot(webex: WebexClient, event: Event) -> bool:
    """Whether a bot wrote it: by its kind or, where Webex does not show who that is, by its address in the room."""
    try:
        author = webex.get_person(event.actor)
        return author.is_bot or is_of_bot(author.email)
    except (NotFound, Forbidden, BadRequest):
        members = webex.list_memberships(event.room_id, personId=event.actor)
        return any(is_of_bot(member.person_email) for member in members)


def ring(tools: Tools, db: Session, person: User, alarm: Alarm, delivery: Delivery) -> None:
    """The absence is over: say so, and let the webhooks go that only it needed."""
    away = absence.find(db, person.person_id)
    if away is None:
        return
    count = absence.count_answers(db, away)
    absence.end(db, person.person_id)
    text = n_(
        "Your auto-reply has ended, as planned. It answered {count} person.",
        "Your auto-reply has ended, as planned. It answered {count} people.",
        count,
    )
    outbox.say_to(db, person.person_id, text, key=f"{delivery.key}|autoreply ended")
    repair_soon(db, person.person_id, f"{delivery.key[:32]} autoreply ended")
    delivery.decided("autoreply ended")
