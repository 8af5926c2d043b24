"""People whom a user tracks, and the ids of their messages kept for later. Texts are never stored."""

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now, route_changed
from app.models.writing import insert_once

STALE = 8 * 3_600.0  # seconds; longer than anything waits in line to be said


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
    """A message of a tracked person, by reference.

    :ivar in_line_since: since when it waits to be shown; forgotten when it was
    """

    __tablename__ = "vip_message"
    __table_args__ = (UniqueConstraint("vip_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    vip_id: Mapped[int] = mapped_column(ForeignKey("vip.id", ondelete="CASCADE"))
    message_id: Mapped[str] = mapped_column(String(300))
    room_id: Mapped[str] = mapped_column(String(300))
    received: Mapped[float]
    in_line_since: Mapped[float | None]


def of(db: Session, person_id: str) -> list[Vip]:
    return list(db.scalars(select(Vip).where(Vip.person_id == person_id).order_by(Vip.nickname)))


def find(db: Session, person_id: str, vip_person_id: str) -> Vip | None:
    return db.scalar(select(Vip).where(Vip.person_id == person_id, Vip.vip_person_id == vip_person_id))


def get(db: Session, person_id: str, vip_id: int | None) -> Vip | None:
    """One of a person's trackers, by its number."""
    return db.scalar(select(Vip).where(Vip.person_id == person_id, Vip.id == vip_id))


def add(
    db: Session, *, person_id: str, vip_person_id: str, email: str, nickname: str, mode: str, digest_at: int | None = None
) -> Vip:
    vip = Vip(person_id=person_id, vip_person_id=vip_person_id, email=email, nickname=nickname, mode=mode, digest_at=digest_at)
    db.add(vip)
    db.flush()
    route_changed(db, person_id)
    return vip


def rename(db: Session, vip: Vip, nickname: str, email: str) -> None:
    """:param email: the address by which the person was found; it may be a new one"""
    db.execute(update(Vip).where(Vip.id == vip.id).values(nickname=nickname, email=email))


def remove(db: Session, person_id: str, vip_id: int) -> None:
    db.execute(delete(Vip).where(Vip.person_id == person_id, Vip.id == vip_id))
    route_changed(db, person_id)


def set_mode(db: Session, vip_ids: list[int], mode: str, digest_at: int | None) -> None:
    db.execute(update(Vip).where(Vip.id.in_(vip_ids)).values(mode=mode, digest_at=digest_at))


def keep_message(db: Session, vip_id: int, message_id: str, room_id: str) -> None:
    """Keep a reference for `/get`; the same message is kept once."""
    insert_once(db, VipMessage, {"vip_id": vip_id, "message_id": message_id, "room_id": room_id, "received": now()})


def kept_messages(db: Session, vip_ids: list[int]) -> list[VipMessage]:
    """Kept references, oldest first, without those that are in line to be shown."""
    is_free = or_(VipMessage.in_line_since.is_(None), VipMessage.in_line_since < now() - STALE)
    return list(db.scalars(select(VipMessage).where(VipMessage.vip_id.in_(vip_ids), is_free).order_by(VipMessage.id)))


def put_in_line(db: Session, kept_ids: list[int]) -> None:
    db.execute(update(VipMessage).where(VipMessage.id.in_(kept_ids)).values(in_line_since=now()))


def kept_counts(db: Session, person_id: str) -> dict[int, int]:
    """How many references are kept, by tracked person's row."""
    counts = select(Vip.id, func.count(VipMessage.id)).join(VipMessage).where(Vip.person_id == person_id)
    return {row[0]: row[1] for row in db.execute(counts.group_by(Vip.id))}


def settle_message(db: Session, person_id: str, kept_id: int, is_shown: bool) -> None:
    """Forget a kept reference that was shown; keep one that could not be. (One that is not in line is another with its id.)"""
    is_mine = VipMessage.vip_id.in_(select(Vip.id).where(Vip.person_id == person_id))
    mine = (VipMessage.id == kept_id, VipMessage.in_line_since.is_not(None), is_mine)
    if is_shown:
        db.execute(delete(VipMessage).where(*mine))
    else:
        db.execute(update(VipMessage).where(*mine).values(in_line_since=None))
