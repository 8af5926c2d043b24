"""Routing: what a person's features need to hear, and word of it when that changes."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.models.absence import Absence
from app.models.contact import Contact
from app.models.topofmind import NOBODY, TopList
from app.models.user import User, hook_hash
from app.models.vip import Vip


class Entry(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an ear needs to know of a person to decide about an event from its metadata, small enough to be kept for everybody.

    Ids that are only compared are kept as their hashes, which differ from process to process. Should two be the same by chance,
    a delivery is stored in vain: its listener looks again.

    :ivar tracked: of the people this person tracks
    :ivar direct: whether messages in 1:1 rooms are wanted, for the auto-reply
    :ivar mentions: whether mentions of this person are wanted, for alerts
    :ivar answers_mentions: whether they are wanted for the auto-reply
    :ivar all_mentions: whether mentions of everybody are wanted; they are found only by reading all messages of group rooms
    :ivar asked: whether 1:1 messages and mentions are wanted, for those who ask for the top of mind
    :ivar rooms: whether new rooms are wanted
    """

    person_id: str
    bot_room: int
    tracked: "array[int]"
    direct: bool
    mentions: bool
    answers_mentions: bool
    all_mentions: bool
    asked: bool
    rooms: bool
    paused: bool


@dataclass(frozen=True)
class Route:
    """The same with the ids themselves, from which follows what Webex is asked to tell. See `Entry`."""

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

    def entry(self) -> Entry:
        return Entry(
            person_id=self.person_id,
            bot_room=hash(self.bot_room_id),
            tracked=array("q", sorted(map(hash, self.tracked))),
            direct=self.direct,
            mentions=self.mentions,
            answers_mentions=self.answers_mentions,
            all_mentions=self.all_mentions,
            asked=self.asked,
            rooms=self.rooms,
            paused=self.paused,
        )


_SWITCHES = (
    select(
        User.person_id,
        User.mention_alerts,
        User.all_alerts,
        User.room_alerts,
        User.paused_at,
        Contact.room_id,
        Absence.id.label("absence"),
        Absence.mentions,
        TopList.answers,
        TopList.audience,
    )
    .outerjoin(Contact, Contact.person_id == User.person_id)
    .outerjoin(Absence, Absence.person_id == User.person_id)
    .outerjoin(TopList, TopList.person_id == User.person_id)
)


def of(db: Session, person_id: str) -> Route | None:
    """What somebody's switches say; None without an account."""
    return next(_routes(db, User.person_id == person_id), None)


def by_hook(db: Session, opaque: str) -> Route | None:
    """The same for whoever it is to whom a webhook path belongs; only the path's hash is stored."""
    return next(_routes(db, User.hook_hash == hook_hash(opaque)), None)


def find(db: Session, person_id: str) -> Route:
    """What the switches in the database say; of somebody unknown nothing is wanted but their own messages."""
    return of(db, person_id) or Route(person_id)


def some(db: Session, after: str, limit: int) -> list[Route]:
    """Everybody, so many at a time, in the order of their ids."""
    ids = list(db.scalars(select(User.person_id).where(User.person_id > after).order_by(User.person_id).limit(limit)))
    return list(_routes(db, User.person_id.between(ids[0], ids[-1]))) if ids else []


def _routes(db: Session, whose: ColumnElement[bool]) -> Iterator[Route]:
    rows = db.execute(_SWITCHES.where(whose).order_by(User.person_id)).all()
    pairs = select(Vip.person_id, Vip.vip_person_id).join(User, User.person_id == Vip.person_id).where(whose)
    tracked: dict[str, set[str]] = {}
    for person_id, vip_id in db.execute(pairs) if rows else ():
        tracked.setdefault(person_id, set()).add(vip_id)
    for row in rows:
        yield Route(
            row.person_id,
            row.room_id or "",
            frozenset(tracked.get(row.person_id, ())),
            direct=row.absence is not None,
            mentions=row.mention_alerts,
            answers_mentions=bool(row.mentions),
            all_mentions=row.mention_alerts and row.all_alerts,
            asked=bool(row.answers) and row.audience != NOBODY,
            rooms=row.room_alerts,
            paused=bool(row.paused_at),
        )
