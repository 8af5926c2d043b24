"""Events of our own about an account, which wait in the person's line like what Webex tells."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.delivery import BOT, store
from app.models import now
from app.models.base import has_work
from app.webex.events import Data, Event
from app.webex.resources import Message

CONNECTED = ("armyknife", "connected")
REPAIR = ("armyknife", "repair")
OUTAGE = ("armyknife", "outage")  # deliveries were not taken for a while: to the bot about everybody, then to each person
CATCH_UP = ("armyknife", "catch up")  # look for commands that a person's webhooks did not bring
READ_ROOMS = ("armyknife", "read rooms")  # look for what was written to the bot and not brought
READ_ROOM = ("armyknife", "read room")
LOOKING = (CATCH_UP, READ_ROOMS, READ_ROOM)
FROM_PAGE = ("armyknife", "page")  # asks for nothing by itself; see `Inbox.at_once`
CLOCKS_DIFFER = 60.0  # seconds, ours and those of Webex
LOOK_BACK = 86_000.0  # seconds; a message older than a day runs no command (`app.delivery.OLDEST`)


@dataclass(frozen=True)
class Gap:
    """A time in which Webex may have told us less than happened, in seconds since the epoch."""

    since: float
    until: float

    @property
    def key(self) -> str:
        return f"{self.since!r} {self.until!r}"

    @classmethod
    def read(cls, key: str) -> "Gap":
        """:param key: of an event about this time; what follows it there, if anything, is left out"""
        since, until = key.split(" ")[:2]
        return cls(float(since), float(until))

    @property
    def is_too_long(self) -> bool:
        """Whether it began earlier than anybody looks back."""
        return self.since < self.until - LOOK_BACK

    def begins_before(self, moment: datetime | None) -> bool:
        """Whether something that Webex dates so may not have been told. What was told all the same is known by its key."""
        begin = max(self.since - CLOCKS_DIFFER, self.until - LOOK_BACK)
        return moment is not None and moment.timestamp() >= begin

    def holds(self, moment: datetime | None) -> bool:
        return self.begins_before(moment) and moment is not None and moment.timestamp() <= self.until


def own_event(kind: tuple[str, str], key: str, room_id: str = "") -> Event:
    """:param key: the same kind and key are heard once"""
    return Event(resource=kind[0], event=kind[1], data=Data(id=key, room_id=room_id))


def repair_soon(db: Session, person_id: str, key: str) -> None:
    """Let the webhooks be seen to right after this: no call is made while a transaction is open.

    :param key: of the occasion
    """
    for_person(db, person_id, own_event(REPAIR, key))


def for_person(db: Session, person_id: str, event: Event) -> None:
    """Put an event of our own into a person's line."""
    store(db.connection(), event, person_id, person_id)
    has_work(db, person_id)


def catch_up_soon(db: Session, person_id: str, since: float) -> None:
    """Let the commands be looked for that a person typed since, in a line beside theirs, so that nothing waits for it."""
    line_name = f"catch up {person_id}"
    store(db.connection(), own_event(CATCH_UP, Gap(since, now()).key), person_id, line_name)
    has_work(db, line_name)


def written(message: Message) -> Event:
    """A message that was found by reading, as its delivery would have told of it."""
    data = Data(
        id=message.id,
        room_id=message.room_id,
        room_type=message.room_type,
        person_id=message.person_id,
        created=message.created.isoformat() if message.created else "",
    )
    return Event(resource="messages", event="created", data=data, actor_id=message.person_id)


def age(message: Message) -> float:
    """How long ago it was written, in seconds."""
    return now() - message.created.timestamp() if message.created else 0.0


def of_bot(db: Session, event: Event, line_name: str) -> None:
    """Put an event of our own into a line of the bot's."""
    store(db.connection(), event, BOT, line_name)
    has_work(db, line_name)
