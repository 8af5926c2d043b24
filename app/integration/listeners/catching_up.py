"""Commands that a person typed in other rooms and their webhooks did not bring: found by reading, within bounds.

Webex lists nobody's messages across rooms, so looking for a person's own means to read what others wrote beside them. So only
rooms are read in which something happened in that time, few of them, the newest messages, and nothing is kept of them.
"""

from dataclasses import dataclass, field

import structlog
from sqlalchemy.orm import Session

from app import metrics, outbox, texts
from app.commands.context import Tools
from app.delivery import Delivery, store
from app.integration import own_events
from app.integration.listeners import commands
from app.integration.own_events import Gap
from app.language import _, n_
from app.models import contact, ledger
from app.models.base import has_work
from app.webex.client import WebexClient
from app.webex.errors import Forbidden, NotFound
from app.webex.resources import Message

log = structlog.get_logger(__name__)

ROOMS = 20  # read in one go, those with the latest activity
MESSAGES = 100  # read in each
COMMAND = "command"  # the feature that wants them, as a delivery would be stored for it


@dataclass
class _Found:
    """:ivar is_cut: whether there was more than is looked at"""

    commands: list[Message] = field(default_factory=list)
    read: int = 0
    is_cut: bool = False


def look(tools: Tools, delivery: Delivery) -> None:
    """Put what was typed and not heard into the person's line, and say so before it is done."""
    gap, person_id = Gap.read(delivery.event.data.id), delivery.receiver
    found = _look(tools, person_id, gap)
    with delivery.last() as db:
        ledger.add(db, person_id, f"{ledger.FETCHED}catching up", found.read) if found.read else None
        stored = [
            message
            for message in sorted(found.commands, key=own_events.age, reverse=True)
            if store(db.connection(), own_events.written(message), person_id, person_id, COMMAND)
        ]
        _tell(db, delivery, stored, found.is_cut)


def _look(tools: Tools, person_id: str, gap: Gap) -> _Found:
    with tools.database.reading() as db:
        met = contact.find(db, person_id)
    webex = tools.people.acting_as(person_id).in_bulk()
    latest = webex.list_rooms(ROOMS + 2, sortBy="lastactivity")
    rooms = [room for room in latest if gap.begins_before(room.last_activity)]
    others = [room.id for room in rooms if met is None or room.id != met.room_id]  # the bot's own room is read by the bot
    found = _Found(is_cut=len(others) > ROOMS or (gap.is_too_long and bool(others)))
    for room_id in others[:ROOMS]:
        _read(webex, room_id, gap, found)
    bot_id = tools.bot.me.id
    found.commands = [
        m for m in found.commands if m.person_id == person_id and bot_id not in m.mentioned_people and commands.is_command(m)
    ]
    return found


def _read(webex: WebexClient, room_id: str, gap: Gap, found: _Found) -> None:
    try:
        messages = webex.list_messages(room_id, MESSAGES)
    except (NotFound, Forbidden):  # left meanwhile
        return
    found.read += len(messages)
    found.commands += [message for message in messages if gap.holds(message.created)]
    found.is_cut |= len(messages) == MESSAGES and gap.begins_before(messages[-1].created)


def _tell(db: Session, delivery: Delivery, new: list[Message], is_cut: bool) -> None:
    person_id = delivery.receiver
    metrics.CAUGHT_UP.labels("integration", "found").inc(len(new))
    metrics.CAUGHT_UP.labels("integration", "left out").inc(is_cut)
    if new or is_cut:
        log.info("caught up", count=len(new), user=person_id)
        age = own_events.age(new[0]) if new else 0.0
        text = texts.caught_up(_how_much(len(new)) if new else "", age, _unseen() if is_cut else "")
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|caught up")
        has_work(db, person_id)


def _how_much(count: int) -> str:
    return n_(
        "While Webex did not reach me, you typed **{count} command** in other rooms. I do it now.",
        "While Webex did not reach me, you typed **{count} commands** in other rooms. I do them now.",
        count,
    )


def _unseen() -> str:
    return _(
        "For commands that you typed while Webex did not reach me I looked into your {rooms} latest rooms, at the newest "
        "{messages} messages of each, and a day back. More happened than that: if a command of that time was not answered, "
        "please type it again.",
        rooms=ROOMS,
        messages=MESSAGES,
    )
