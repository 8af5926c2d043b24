"""1:1 rooms of the bot: whom it greeted where, and whom it told in a group how to use it. No account is needed for either."""

from typing import NamedTuple

from sqlalchemy import Connection, String, bindparam, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now, route_changed
from app.models.writing import insert_once

OPENING = 60.0  # seconds after the greeting in which the words that opened the room may arrive


class Contact(Base):
    __tablename__ = "contact"

    room_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(300), unique=True)
    opening_until: Mapped[float]


class Hint(Base):
    """The bot said in this group room, to this person, how to use it."""

    __tablename__ = "hint"

    room_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    said_at: Mapped[float]


class Met(NamedTuple):
    """Somebody whose 1:1 room with the bot is known."""

    room_id: str
    person_id: str
    opening_until: float

    @property
    def is_opening(self) -> bool:
        """Whether the person was greeted a moment ago, and the words that opened the room were not heard yet.

        By our own clock: that of Webex, by which messages are dated, may differ.
        """
        return now() < self.opening_until


def find(db: Session | Connection, person_id: str) -> Met | None:
    found = db.execute(_FIND, {"of": person_id}).first()
    return Met(*found) if found else None


_ROOMS = Contact.metadata.tables["contact"].c
_FIND = select(_ROOMS.room_id, _ROOMS.person_id, _ROOMS.opening_until).where(_ROOMS.person_id == bindparam("of"))


def meet(db: Session, person_id: str, room_id: str) -> bool:
    """Remember a 1:1 room.

    :returns: True the first time: then, and only then, the person is greeted
    """
    values = {"room_id": room_id, "person_id": person_id, "opening_until": now() + OPENING}
    route_changed(db, person_id)
    return insert_once(db, Contact, values)


def opened(db: Session, person_id: str) -> None:
    """The words that opened the room were heard; all further ones are answered."""
    db.execute(update(Contact).where(Contact.person_id == person_id).values(opening_until=0.0))


def move(db: Session, person_id: str, room_id: str) -> None:
    """Webex may move a room to another region, which gives it a new id (webhook rooms:migrated)."""
    db.execute(update(Contact).where(Contact.person_id == person_id).values(room_id=room_id))
    route_changed(db, person_id)


def hint_once(db: Session, room_id: str, person_id: str) -> bool:
    """:returns: True the first time for this person in this room"""
    return insert_once(db, Hint, {"room_id": room_id, "person_id": person_id, "said_at": now()})


def forget(db: Session, person_id: str) -> None:
    db.execute(delete(Contact).where(Contact.person_id == person_id))
    db.execute(delete(Hint).where(Hint.person_id == person_id))
    route_changed(db, person_id)
