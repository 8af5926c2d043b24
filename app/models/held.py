"""Alerts held back in quiet hours: references only, told when the quiet ends."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.writing import insert_once

STALE = 8 * 3_600.0  # seconds; longer than anything waits in line to be said


class HeldAlert(Base):
    """:ivar kind: what it is about; see `app.alerts`
    :ivar about_id: person id of who did it, or of whom it was done to
    :ivar in_line_since: since when it waits to be said; forgotten when it was
    """

    __tablename__ = "held_alert"
    __table_args__ = (UniqueConstraint("person_id", "kind", "room_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    room_id: Mapped[str] = mapped_column(String(300))
    message_id: Mapped[str] = mapped_column(String(300), default="")
    about_id: Mapped[str] = mapped_column(String(300), default="")
    vip_id: Mapped[int | None] = mapped_column(ForeignKey("vip.id", ondelete="CASCADE"))
    at: Mapped[float]
    in_line_since: Mapped[float | None]


def hold(db: Session, person_id: str, kind: str, *, room_id: str, message_id: str, about_id: str, vip_id: int | None) -> None:
    """Keep an alert for later; the same one is kept once."""
    values = {"person_id": person_id, "kind": kind, "room_id": room_id, "message_id": message_id}
    insert_once(db, HeldAlert, {**values, "about_id": about_id, "vip_id": vip_id, "at": now()})


def waiting(db: Session, person_id: str) -> list[HeldAlert]:
    """What is held and not in line to be said, oldest first."""
    is_free = or_(HeldAlert.in_line_since.is_(None), HeldAlert.in_line_since < now() - STALE)
    return list(db.scalars(select(HeldAlert).where(HeldAlert.person_id == person_id, is_free).order_by(HeldAlert.id)))


def count(db: Session, person_id: str) -> int:
    return db.scalar(select(func.count()).select_from(HeldAlert).where(HeldAlert.person_id == person_id)) or 0


def put_in_line(db: Session, held_ids: list[int]) -> None:
    db.execute(update(HeldAlert).where(HeldAlert.id.in_(held_ids)).values(in_line_since=now()))


def settle(db: Session, person_id: str, held_id: int, is_said: bool) -> None:
    """Forget what was said; keep what could not be. (One that is not in line is another with its id.)"""
    mine = (HeldAlert.person_id == person_id, HeldAlert.id == held_id, HeldAlert.in_line_since.is_not(None))
    if is_said:
        db.execute(delete(HeldAlert).where(*mine))
    else:
        db.execute(update(HeldAlert).where(*mine).values(in_line_since=None))
