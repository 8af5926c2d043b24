"""Reminders: what to say; when is their alarm's business. Numbers stay a reminder's own."""

from collections.abc import Iterable

from sqlalchemy import Connection, ForeignKey, String, Text, UniqueConstraint, delete, exists, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models import alarm
from app.models.alarm import Alarm
from app.models.base import Base, now

KIND = "reminder"  # of its alarm
UNDOABLE = 86_400.0  # seconds for which a removed reminder can come back; then its text is deleted
NUMBER_RESTS = 30 * 86_400.0  # seconds for which its number means nothing else: cards with buttons stay in the room
UNANSWERED = 30 * 86_400.0  # seconds after which one that rang, and about which nothing was done, is removed


class Reminder(Base):
    """:ivar rang_at: when it rang last; one without an alarm that rang waits to be done or snoozed
    :ivar room_id, message_id: the message it is about, if there is one; its text is fetched when it rings
    :ivar removed_at: when it was done or deleted
    :ivar due, rule: of its alarm, when it was removed
    """

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("person_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    room_id: Mapped[str | None] = mapped_column(String(300))
    message_id: Mapped[str | None] = mapped_column(String(300))
    created: Mapped[float]
    rang_at: Mapped[float | None]
    removed_at: Mapped[float | None]
    due: Mapped[float | None]
    rule: Mapped[str | None] = mapped_column(String(40))


def of(db: Session, person_id: str) -> list[Reminder]:
    """What is still to ring, or rang and waits."""
    mine = (Reminder.person_id == person_id, Reminder.removed_at.is_(None))
    return list(db.scalars(select(Reminder).where(*mine).order_by(Reminder.number)))


def find(db: Session, person_id: str, number: int) -> Reminder | None:
    mine = (Reminder.person_id == person_id, Reminder.removed_at.is_(None), Reminder.number == number)
    return db.scalar(select(Reminder).where(*mine))


def get(db: Session, reminder_id: int) -> Reminder | None:
    return db.get(Reminder, reminder_id)


def count(db: Session, person_id: str) -> int:
    mine = (Reminder.person_id == person_id, Reminder.removed_at.is_(None))
    return db.scalar(select(func.count()).where(*mine)) or 0


def rang_last(db: Session, person_id: str) -> Reminder | None:
    mine = (Reminder.person_id == person_id, Reminder.removed_at.is_(None), Reminder.rang_at.is_not(None))
    return db.scalar(select(Reminder).where(*mine).order_by(Reminder.rang_at.desc(), Reminder.id.desc()).limit(1))


def add(db: Session, person_id: str, text: str, *, room_id: str | None = None, message_id: str | None = None) -> Reminder:
    """Numbers go on for as long as an earlier one may stand on a card."""
    highest = db.scalar(select(func.max(Reminder.number)).where(Reminder.person_id == person_id)) or 0
    row = Reminder(
        person_id=person_id, number=highest + 1, text=text, room_id=room_id, message_id=message_id, created=now(), rang_at=None
    )
    db.add(row)
    db.flush()
    return row


def rang(db: Session, reminder_id: int) -> None:
    db.execute(update(Reminder).where(Reminder.id == reminder_id).values(rang_at=now()))


def remove(db: Session, person_id: str, rows: Iterable[Reminder]) -> None:
    """Take reminders away, together, with their alarms; `last_removed` can bring them back."""
    at, alarms = now(), alarm.of(db, person_id, KIND)
    for row in rows:
        found = alarms.get(row.id)
        due, rule = (found.due, found.rule) if found else (None, None)
        db.execute(update(Reminder).where(Reminder.id == row.id).values(removed_at=at, due=due, rule=rule))
        alarm.clear(db, person_id, KIND, subject=row.id)


def last_removed(db: Session, person_id: str) -> list[Reminder]:
    """What was removed last, together, if that was not too long ago."""
    mine = (Reminder.person_id == person_id, Reminder.removed_at > now() - UNDOABLE)
    latest = select(func.max(Reminder.removed_at)).where(*mine).scalar_subquery()
    return list(db.scalars(select(Reminder).where(*mine, Reminder.removed_at == latest).order_by(Reminder.number)))


def bring_back(db: Session, row: Reminder) -> None:
    """As it was before it was removed. What was to ring meanwhile rings now."""
    if row.due is not None:
        alarm.set_to(db, row.person_id, KIND, row.due, subject=row.id, rule=row.rule)
    db.execute(update(Reminder).where(Reminder.id == row.id).values(removed_at=None, due=None, rule=None))


def purge(connection: Connection) -> None:
    waits = exists().where(Alarm.kind == KIND, Alarm.subject == Reminder.id)
    unanswered = (Reminder.rang_at < now() - UNANSWERED, Reminder.removed_at.is_(None), ~waits)
    connection.execute(delete(Reminder).where(*unanswered))
    forgotten = {"text": "", "room_id": None, "message_id": None, "due": None, "rule": None}
    connection.execute(update(Reminder).where(Reminder.removed_at < now() - UNDOABLE).values(forgotten))
    connection.execute(delete(Reminder).where(Reminder.removed_at < now() - NUMBER_RESTS))
