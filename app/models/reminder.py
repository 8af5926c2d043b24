"""Reminders: what to say; when is their alarm's business. Numbers stay a reminder's own."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now


class Reminder(Base):
    """:ivar rang_at: when it rang last; one without an alarm that rang waits to be done or snoozed
    :ivar room_id, message_id: the message it is about, if there is one; its text is fetched when it rings
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


def of(db: Session, person_id: str) -> list[Reminder]:
    return list(db.scalars(select(Reminder).where(Reminder.person_id == person_id).order_by(Reminder.number)))


def find(db: Session, person_id: str, number: int) -> Reminder | None:
    return db.scalar(select(Reminder).where(Reminder.person_id == person_id, Reminder.number == number))


def get(db: Session, reminder_id: int) -> Reminder | None:
    return db.get(Reminder, reminder_id)


def add(db: Session, person_id: str, text: str, *, room_id: str | None = None, message_id: str | None = None) -> Reminder:
    """Numbers start again at 1 when there is no reminder left."""
    highest = db.scalar(select(func.max(Reminder.number)).where(Reminder.person_id == person_id)) or 0
    row = Reminder(
        person_id=person_id, number=highest + 1, text=text, room_id=room_id, message_id=message_id, created=now(), rang_at=None
    )
    db.add(row)
    db.flush()
    return row


def remove(db: Session, reminder_id: int) -> None:
    db.execute(delete(Reminder).where(Reminder.id == reminder_id))
