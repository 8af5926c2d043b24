"""What was written to the bot and not told to us: found by reading its 1:1 rooms, and stored as its delivery would have been.

The key is the same, so whatever was heard, or is yet told late, is answered once. Webex repeats no delivery that it lost, or
that nobody took (Webex "Webhooks" guide, "Handling requests": only that failures disable a webhook).
"""

from zlib import crc32

import structlog
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app import metrics, outbox, texts
from app.commands.context import Tools
from app.delivery import BOT, Delivery, store
from app.integration import own_events
from app.integration.own_events import Gap, own_event
from app.language import _, n_, speaking
from app.models import contact, heartbeat, now, user
from app.models.base import has_work
from app.webex.addresses import is_of_bot
from app.webex.resources import Message

log = structlog.get_logger(__name__)

GAP = 60.0  # seconds without a heartbeat that count as an outage; four beats
LATE = 60.0  # seconds that a delivery may take, before reading finds what it is about
LINE = "outage"
LINES = 4  # rooms that are read side by side
ROOMS = 2_000  # read in one go, those with the latest activity
MESSAGES = 100  # read in each
PEOPLE = 500  # told of an outage in one transaction


def note(connection: Connection, *, was_well: float | None, is_away: bool) -> bool:
    """Note that deliveries are taken and can be stored. After a time in which they were not, let everybody's be looked for.

    :param was_well: when this process last noted so, seconds since the epoch; others may have been well meanwhile, and what
        came to this one is missed all the same
    :param is_away: whether they were not taken until now, however short that was
    :returns: whether there was such a time
    """
    noted = heartbeat.at(connection, heartbeat.SERVING)
    heartbeat.beat(connection, heartbeat.SERVING, now())
    before = min((moment for moment in (noted, was_well) if moment is not None), default=None)
    if before is not None and not is_away and now() - before <= GAP:
        return False
    listen_again(connection, is_deaf=True)
    return before is not None and store(connection, own_event(own_events.OUTAGE, Gap(before, now()).key), BOT, LINE)


def listen_again(connection: Connection, *, is_deaf: bool) -> bool:
    """Let the bot's rooms be read from where they were read up to last.

    :param is_deaf: nothing was told until now; else what was just written may be on its way, and is left for the next time
    :returns: whether they are read; the first time there is nothing to go by
    """
    until = now() - (0.0 if is_deaf else LATE)
    before = heartbeat.at(connection, heartbeat.READ)
    if before is not None and before >= until:
        return False
    heartbeat.beat(connection, heartbeat.READ, until)
    return before is not None and store(connection, own_event(own_events.READ_ROOMS, Gap(before, until).key), BOT, LINE)


def tell_people(tools: Tools, delivery: Delivery) -> None:
    """Let each person's webhooks be seen to, and what they missed be looked for: see `app.integration.listeners.account`."""
    with tools.database.reading() as db:
        people = user.all_active(db)
    for first in range(0, len(people), PEOPLE):
        with tools.database.transaction() as db:
            for person_id in people[first : first + PEOPLE]:
                own_events.for_person(db, person_id, own_event(own_events.OUTAGE, delivery.event.data.id))


def read_rooms(tools: Tools, delivery: Delivery) -> None:
    """Find the 1:1 rooms in which something happened; each is read by itself, so that none waits for another.

    Webex sorts by activity, but not reliably for bots in more than 3,000 rooms; so all of the list is read.
    """
    gap = Gap.read(delivery.event.data.id)
    rooms = [room for room in tools.bot.in_bulk().iterate_rooms(type="direct") if gap.begins_before(room.last_activity)]
    rooms.sort(key=lambda room: room.last_activity.timestamp() if room.last_activity else 0.0, reverse=True)
    if len(rooms) > ROOMS:
        log.error("not all rooms of the bot are read", count=len(rooms) - ROOMS)
        metrics.CAUGHT_UP.labels(BOT, "left out").inc(len(rooms) - ROOMS)
    with delivery.last() as db:
        for room in rooms[:ROOMS]:
            event = own_event(own_events.READ_ROOM, f"{gap.key} {room.id}", room.id)
            own_events.of_bot(db, event, f"{LINE} {crc32(room.id.encode()) % LINES}")


def read_room(tools: Tools, delivery: Delivery) -> None:
    """Put what a person wrote, and was not heard, into their line, and say so before it is answered."""
    gap, bot_id = Gap.read(delivery.event.data.id), tools.bot.me.id
    messages = tools.bot.in_bulk().list_messages(delivery.event.room_id, MESSAGES)
    theirs = [m for m in reversed(messages) if gap.holds(m.created) and m.person_id != bot_id and not is_of_bot(m.person_email)]
    is_cut = gap.is_too_long or (len(messages) == MESSAGES and gap.begins_before(messages[-1].created))
    with delivery.last() as db:
        new = [m for m in theirs if store(db.connection(), own_events.written(m), BOT, m.person_id)]
        if new:
            _tell(db, delivery, new, is_cut)


def _tell(db: Session, delivery: Delivery, new: list[Message], is_cut: bool) -> None:
    """Whoever writes for the first time is greeted, which says enough."""
    person_id = new[0].person_id
    log.info("caught up", count=len(new), user=person_id)
    metrics.CAUGHT_UP.labels(BOT, "found").inc(len(new))
    if contact.find(db, person_id):
        with speaking(user.language_of(db, person_id)):
            text = texts.caught_up(_how_much(len(new)), own_events.age(new[0]), _unseen() if is_cut else "")
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|caught up")
    has_work(db, person_id)


def _how_much(count: int) -> str:
    return n_(
        "While Webex did not reach me, you wrote **{count} message** here. I answer now.",
        "While Webex did not reach me, you wrote **{count} messages** here. I answer now.",
        count,
    )


def _unseen() -> str:
    return _(
        "I looked at the newest {messages} messages here, and a day back: if something is still unanswered, please type it "
        "again.",
        messages=MESSAGES,
    )
