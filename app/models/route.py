"""Routing: what a person's features need to hear."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from app.models import absence, contact, topofmind, vip
from app.models.user import User


@dataclass(frozen=True)
class Route:
    """What an ear needs to know of a person to decide about an event from its metadata.

    :ivar tracked: person ids of the people this person tracks
    :ivar direct: whether messages in 1:1 rooms are wanted, for the auto-reply
    :ivar mentions: whether mentions of this person are wanted, for alerts
    :ivar answers_mentions: whether they are wanted for the auto-reply
    :ivar all_mentions: whether mentions of everybody are wanted; they are found only by reading all messages of group rooms
    :ivar asked: whether 1:1 messages and mentions are wanted, for those who ask for the top of mind
    :ivar rooms: whether new rooms are wanted
    """

    person_id: str
    bot_room_id: str = ""
    tracked: frozenset[str] = frozenset()
    direct: bool = False
    mentions: bool = False
    answers_mentions: bool = False
    all_mentions: bool = False
    asked: bool = False
    rooms: bool = False
    paused: bool = False


def find(db: Session, person_id: str) -> Route:
    """What the switches in the database say; of somebody unknown nothing is wanted but their own messages."""
    met = contact.find(db, person_id)
    account = db.get(User, person_id)
    away = absence.find(db, person_id)
    top = topofmind.find(db, person_id)
    return Route(
        person_id,
        met.room_id if met else "",
        frozenset(row.vip_person_id for row in vip.of(db, person_id)),
        direct=away is not None,
        mentions=bool(account and account.mention_alerts),
        answers_mentions=bool(away and away.mentions),
        all_mentions=bool(account and account.mention_alerts and account.all_alerts),
        asked=bool(top and top.answers and top.audience != topofmind.NOBODY),
        rooms=bool(account and account.room_alerts),
        paused=bool(account and account.paused_at),
    )
