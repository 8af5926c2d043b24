"""What the clock owes people: one row per promise, whatever it is about.

A reminder, a daily list, a digest and the end of quiet hours are all an alarm that rings when it is due. Ringing is an
event of our own in the person's line (`app.integration.listeners.alarms`), so it happens once, in order, and survives
a crash as every delivery does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models import line
from app.models.base import Base, now
from app.models.inbox import InboxRow
from app.models.user import User
from app.when import Rule

UNHEARD = 3_600.0  # seconds after which a call that led to nothing is made again


class Alarm(Base):
    """:ivar subject: what it is about, where a kind has several: the id of a reminder or of a tracked person
    :ivar due: when it rings, seconds since the epoch
    :ivar rule: `app.when.Rule.stored`, for what comes again
    :ivar called: the `due` for which the person's line was told
    :ivar calls: how often it was to be told anew, for the same `due`
    """

    __tablename__ = "alarm"
    __table_args__ = (
        UniqueConstraint("person_id", "kind", "subject"),
        Index("alarm_due", "due"),
        {"sqlite_autoincrement": True},  # a call names its alarm by id, and a repeated one is dropped: no id comes twice
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[int] = mapped_column(default=0)
    due: Mapped[float]
    rule: Mapped[str | None] = mapped_column(String(40))
    called: Mapped[float | None]
    calls: Mapped[int] = mapped_column(default=0)


@dataclass(frozen=True)
class Call:
    """An alarm whose time has come."""

    alarm_id: int
    person_id: str
    due: float
    calls: int = 0

    @property
    def key(self) -> str:
        """The same alarm at the same time is heard once, unless it is to be told anew."""
        return f"{self.alarm_id} {self.due!r} {self.calls}"

    @classmethod
    def read(cls, key: str, person_id: str) -> "Call":
        alarm_id, due, calls = key.split(" ")
        return cls(int(alarm_id), person_id, float(due), int(calls))


def set_to(db: Session, person_id: str, kind: str, due: float, *, subject: int = 0, rule: str | None = None) -> None:
    """Let something ring, instead of whatever time it had before."""
    clear(db, person_id, kind, subject=subject)
    db.add(Alarm(person_id=person_id, kind=kind, subject=subject, due=due, rule=rule))
    db.flush()


def clear(db: Session, person_id: str, kind: str, *, subject: int = 0) -> bool:
    """:returns: whether there was one"""
    mine = (Alarm.person_id == person_id, Alarm.kind == kind, Alarm.subject == subject)
    return bool(getattr(db.execute(delete(Alarm).where(*mine)), "rowcount", 0))


def find(db: Session, person_id: str, kind: str, *, subject: int = 0) -> Alarm | None:
    mine = (Alarm.person_id == person_id, Alarm.kind == kind, Alarm.subject == subject)
    return db.scalar(select(Alarm).where(*mine))


def of(db: Session, person_id: str, kind: str) -> dict[int, Alarm]:
    """A person's alarms of one kind, by subject."""
    found = db.scalars(select(Alarm).where(Alarm.person_id == person_id, Alarm.kind == kind))
    return {alarm.subject: alarm for alarm in found}


def called(db: Session, call: Call) -> Alarm | None:
    """The alarm that was called, unless it was moved or cleared meanwhile; nobody else moves it until the transaction ends."""
    same = (Alarm.id == call.alarm_id, Alarm.person_id == call.person_id, Alarm.due == call.due, Alarm.calls == call.calls)
    return db.scalar(select(Alarm).where(*same).with_for_update())


def move(db: Session, alarm: Alarm, due: float) -> None:
    db.execute(update(Alarm).where(Alarm.id == alarm.id).values(due=due))


def remove(db: Session, alarm: Alarm) -> None:
    db.execute(delete(Alarm).where(Alarm.id == alarm.id))


def tell_anew(db: Session, alarm: Alarm) -> None:
    """Let an alarm that was called be called again, as soon as its person is not paused; it stays due when it was."""
    db.execute(update(Alarm).where(Alarm.id == alarm.id).values(called=None, calls=Alarm.calls + 1))


def _is_ringing() -> tuple[ColumnElement[bool], ...]:
    """Its time has come, and its person's line knows nothing of it yet; those of paused people wait."""
    news = or_(Alarm.called.is_(None), Alarm.called != Alarm.due)
    return (Alarm.due <= now(), news, User.paused_at.is_(None))


def is_any_due(db: Session) -> bool:
    return db.scalar(select(Alarm.id).join(User).where(*_is_ringing()).limit(1)) is not None


def due_now(connection: Connection, limit: int) -> list[Call]:
    """Alarms to call now, the longest due first; on PostgreSQL without those that somebody else is about to call or move."""
    ringing = select(Alarm.id, Alarm.person_id, Alarm.due, Alarm.calls).join(User).where(*_is_ringing())
    mine = ringing.order_by(Alarm.due, Alarm.id).limit(limit).with_for_update(skip_locked=True, of=Alarm)
    return [Call(*row) for row in connection.execute(mine)]


def mark_called(connection: Connection, calls: Sequence[Call]) -> None:
    """To be committed together with the calls, so that none is marked without being made."""
    table: Any = Alarm.__table__
    statement = update(table).where(table.c.id == bindparam("alarm")).values(called=table.c.due)
    if calls:
        connection.execute(statement, [{"alarm": call.alarm_id} for call in calls])


def revive(connection: Connection) -> None:
    """Call again what was called long ago to no effect: its event was laid aside, after a mistake of ours or too many kills.

    A line that is still being worked off has the event waiting in it.
    """
    is_open = exists().where(InboxRow.line == Alarm.person_id, InboxRow.state < line.DONE)
    lost = (Alarm.called == Alarm.due, Alarm.due < now() - UNHEARD, ~is_open)
    connection.execute(update(Alarm).where(*lost).values(called=None, calls=Alarm.calls + 1))


def follow_clock(db: Session, person_id: str, zone: ZoneInfo, before: ZoneInfo) -> int:
    """After a change of a person's time zone: what comes again keeps to the clock on their wall. What is due already rings,
    and what was snoozed keeps its moment.

    :param before: the zone until now
    :returns: how many moved
    """
    ahead = [one for one in repeating(db, person_id) if one.due > now() and _is_on_rule(one, before)]
    for one in ahead:
        move(db, one, Rule.read(one.rule or "").next(now(), zone))
    return len(ahead)


def _is_on_rule(one: Alarm, zone: ZoneInfo) -> bool:
    return Rule.read(one.rule or "").next(one.due - 1.0, zone) == one.due


def repeating(db: Session, person_id: str) -> list[Alarm]:
    """A person's alarms that come again and again by the wall clock, of all kinds."""
    mine = select(Alarm).where(Alarm.person_id == person_id, Alarm.rule.is_not(None))
    return list(db.scalars(mine.order_by(Alarm.kind, Alarm.subject)))


def count_late(db: Session, person_id: str) -> int:
    """How many should have rung by now."""
    return db.scalar(select(func.count()).where(Alarm.person_id == person_id, Alarm.due <= now())) or 0
