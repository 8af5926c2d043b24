"""Routing: what a person's features need to hear."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models import contact, vip


@dataclass(frozen=True)
class Route:
    """What an ear needs to know of a person to decide about an event from its metadata."""

    person_id: str
    bot_room_id: str
    tracked: frozenset[str]


def find(db: Session, person_id: str) -> Route:
    met = contact.find(db, person_id)
    tracked = frozenset(row.vip_person_id for row in vip.of(db, person_id))
    return Route(person_id, met.room_id if met else "", tracked)
