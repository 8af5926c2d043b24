"""Auto-reply: a person's absence, and whom it was told to."""

from sqlalchemy import ForeignKey, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now, route_changed
from app.models.writing import insert_once


class Absence(Base):
    """:ivar until: when it ends by itself, seconds since the epoch
    :ivar mentions: whether mentions in group rooms are answered, too
    """

    __tablename__ = "absence"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), unique=True)
    text: Mapped[str] = mapped_column(Text)
    until: Mapped[float | None]
    mentions: Mapped[bool] = mapped_column(default=False)
    since: Mapped[float]


class AbsenceAnswer(Base):
    """This person was answered in this absence; nobody is answered twice."""

    __tablename__ = "absence_answer"

    absence_id: Mapped[int] = mapped_column(ForeignKey("absence.id", ondelete="CASCADE"), primary_key=True)
    to_person_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    at: Mapped[float]


def find(db: Session, person_id: str) -> Absence | None:
    return db.scalar(select(Absence).where(Absence.person_id == person_id))


def begin(db: Session, person_id: str, text: str, until: float | None, mentions: bool) -> Absence:
    """Begin an absence, instead of one that may be on: everybody may be answered again."""
    end(db, person_id)
    begun = Absence(person_id=person_id, text=text, until=until, mentions=mentions, since=now())
    db.add(begun)
    db.flush()
    return begun


def end(db: Session, person_id: str) -> None:
    """End it; whom it was told to is forgotten with it."""
    db.execute(delete(Absence).where(Absence.person_id == person_id))
    route_changed(db, person_id)


def set_mentions(db: Session, person_id: str, mentions: bool) -> None:
    db.execute(update(Absence).where(Absence.person_id == person_id).values(mentions=mentions))
    route_changed(db, person_id)


def answer(db: Session, absence: Absence, to_person_id: str) -> bool:
    """Note that somebody is answered.

    :returns: False if they were before, in this absence
    """
    return insert_once(db, AbsenceAnswer, {"absence_id": absence.id, "to_person_id": to_person_id, "at": now()})


def has_answered(db: Session, absence: Absence, to_person_id: str) -> bool:
    return db.get(AbsenceAnswer, (absence.id, to_person_id)) is not None


def count_answers(db: Session, absence: Absence) -> int:
    """How many people were answered."""
    mine = select(func.count()).select_from(AbsenceAnswer).where(AbsenceAnswer.absence_id == absence.id)
    return db.scalar(mine) or 0
