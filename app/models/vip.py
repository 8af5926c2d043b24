"""People whom a user tracks, and the ids of their messages kept for later. Texts are never stored."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, insert_once, now


class Vip(Base):
    """:ivar digest_at: in digest mode, when what was kept is shown each day, as a minute of the day in the tracker's zone"""

    __tablename__ = "vip"
    __table_args__ = (UniqueConstraint("person_id", "vip_person_id"), UniqueConstraint("person_id", "nickname"))

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    vip_person_id: Mapped[str] = mapped_column(String(300))
    email: Mapped[str] = mapped_column(String(320))
    nickname: Mapped[str] = mapped_column(String(60))
    mode: Mapped[str] = mapped_column(String(8))
    digest_at: Mapped[int | None]


class VipMessage(Base):
    """A message of a tracked person, by reference."""

    __tablename__ = "vip_message"
    __table_args__ = (UniqueConstraint("vip_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vip_id: Mapped[int] = mapped_column(ForeignKey("vip.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(300))
    room_id: Mapped[str] = mapped_column(String(300))
    received: Mapped[float]


def of(db: Session, person_id: str) -> list[Vip]:
    return list(db.scalars(select(Vip).where(Vip.person_id == person_id).order_by(Vip.nickname)))


def find(db: Session, person_id: str, vip_person_id: str) -> Vip | None:
    return db.scalar(select(Vip).where(Vip.person_id == person_id, Vip.vip_person_id == vip_person_id))


def add(db: Session, *, person_id: str, vip_person_id: str, email: str, nickname: str, mode: str) -> Vip:
    vip = Vip(person_id=person_id, vip_person_id=vip_person_id, email=email, nickname=nickname, mode=mode)
    db.add(vip)
    db.flush()
    return vip


def rename(db: Session, vip: Vip, nickname: str, email: str) -> None:
    """:param email: the address by which the person was found; it may be a new one"""
    db.execute(update(Vip).where(Vip.id == vip.id).values(nickname=nickname, email=email))


def remove(db: Session, vip_id: int) -> None:
    db.execute(delete(Vip).where(Vip.id == vip_id))


def set_mode(db: Session, vip_ids: list[int], mode: str) -> None:
    db.execute(update(Vip).where(Vip.id.in_(vip_ids)).values(mode=mode))


def keep_message(db: Session, vip_id: int, message_id: str, room_id: str) -> None:
    """Keep a reference for `/get`; the same message is kept once."""
    insert_once(db, VipMessage, {"vip_id": vip_id, "message_id": message_id, "room_id": room_id, "received": now()})


def kept_messages(db: Session, vip_ids: list[int]) -> list[VipMessage]:
    """Kept references, oldest first."""
    return list(db.scalars(select(VipMessage).where(VipMessage.vip_id.in_(vip_ids)).order_by(VipMessage.id)))


def kept_counts(db: Session, person_id: str) -> dict[int, int]:
    """How many references are kept, by tracked person's row."""
    counts = select(Vip.id, func.count(VipMessage.id)).join(VipMessage).where(Vip.person_id == person_id)
    return {row[0]: row[1] for row in db.execute(counts.group_by(Vip.id))}


def drop_message(db: Session, person_id: str, kept_id: int) -> None:
    """Forget one kept reference of this person."""
    mine = select(Vip.id).where(Vip.person_id == person_id)
    db.execute(delete(VipMessage).where(VipMessage.id == kept_id, VipMessage.vip_id.in_(mine)))
