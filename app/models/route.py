"""Routing: to whom a webhook path belongs, and what that person's features need to hear."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models import contact, user, vip


@dataclass(frozen=True)
class Route:
    """What an ear needs to know of a person to decide about an event from its metadata."""

    person_id: str
    bot_room_id: str
    tracked: frozenset[str]


def find(db: Session, opaque: str) -> Route | None:
    """:param opaque: the last part of a webhook's path"""
    owner = user.by_hook(db, opaque)
    if owner is None:
        return None
    met = contact.find(db, owner.person_id)
    tracked = frozenset(row.vip_person_id for row in vip.of(db, owner.person_id))
    return Route(owner.person_id, met.room_id if met else "", tracked)
