"""What the clock owes people: one row per promise, whatever it is about.

A reminder, a daily list, a digest and the end of quiet hours are all an alarm that rings when it is due. Ringing is an
event of our own in the person's line (`app.integration.listeners.alarms`), so it happens once, in order, and survives
a crash as every delivery does.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, ForeignKey, Index, String, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.user import User

AT_ONCE = 500  # alarms called in one go; the rest follows a moment later


class Alarm(Base):
    """:ivar subject: what it is about, where a kind has several: the id of a reminder or of a tracked person
    :ivar due: when it rings, seconds since the epoch
    :ivar rule: `app.when.Rule.stored`, for what comes again
    :ivar called: the `due` for which the person's line was told
    """

    __tablename__ = "alarm"
    __table_args__ = (UniqueConstraint("person_id", "kind", "subject"), Index("alarm_due", "due"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[int] = mapped_column(default=0)
    due: Mapped[float]
    rule: Mapped[str | None] = mapped_column(String(40))
    called: Mapped[float | None]


@dataclass(frozen=True)
class Call:
    """An alarm whose time has come."""

    alarm_id: int
    person_id: str
    due: float

    @property
    def key(self) -> str:
        """The same alarm at the same time is heard once."""
        return f"{self.alarm_id} {self.due!r}"

    @classmethod
    def read(cls, key: str, person_id: str) -> "Call":
        alarm_id, due = key.split(" ")
        return cls(int(alarm_id), person_id, float(due))


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
    """The alarm that was called, unless it was moved or cleared meanwhile."""
    same = (Alarm.id == call.alarm_id, Alarm.person_id == call.person_id, Alarm.due == call.due)
    return db.scalar(select(Alarm).where(*same))


def move(db: Session, alarm: Alarm, due: float) -> None:
    db.execute(update(Alarm).where(Alarm.id == alarm.id).values(due=due))


def remove(db: Session, alarm: Alarm) -> None:
    db.execute(delete(Alarm).where(Alarm.id == alarm.id))


def due_now(connection: Connection) -> list[Call]:
    """Alarms whose time has come and of which their people's lines know nothing yet; those of paused people wait."""
    news = or_(Alarm.called.is_(None), Alarm.called != Alarm.due)
    ringing = select(Alarm.id, Alarm.person_id, Alarm.due).join(User).where(Alarm.due <= now(), news, User.paused_at.is_(None))
    return [Call(*row) for row in connection.execute(ringing.order_by(Alarm.due).limit(AT_ONCE))]


def mark_called(connection: Connection, call: Call) -> None:
    connection.execute(update(Alarm).where(Alarm.id == call.alarm_id, Alarm.due == call.due).values(called=call.due))


def repeating(db: Session, person_id: str) -> list[Alarm]:
    """A person's alarms that come again and again by the wall clock, of all kinds."""
    mine = select(Alarm).where(Alarm.person_id == person_id, Alarm.rule.is_not(None))
    return list(db.scalars(mine.order_by(Alarm.kind, Alarm.subject)))


def count_late(db: Session, person_id: str) -> int:
    """How many should have rung by now."""
    return db.scalar(select(func.count()).where(Alarm.person_id == person_id, Alarm.due <= now())) or 0
