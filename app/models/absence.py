"""Auto-reply: a person's absence, and whom it was told to."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


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
