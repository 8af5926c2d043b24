"""Questions to the operator, and recommendations: who asked or recommended, never what was said."""

import hashlib

from sqlalchemy import Connection, ForeignKey, LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.writing import insert_once

KEPT = 90 * 86_400.0  # seconds for which a question can be answered


class Ticket(Base):
    """A question that waits for answers; no account is needed to ask.

    A number is never given twice: an answer to a question that is gone must not reach whoever asked the next one.
    """

    __tablename__ = "ticket"
    __table_args__ = ({"sqlite_autoincrement": True},)

    number: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(String(300), index=True)
    email: Mapped[str] = mapped_column(String(320))
    opened_at: Mapped[float]


class Recommendation(Base):
    """Somebody recommended us to an address, which is kept as a hash; for good, so that it happens once.

    :ivar person_id: who; forgotten when they leave
    """

    __tablename__ = "recommendation"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("user_account.person_id", ondelete="SET NULL"), index=True)
    to_hash: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    at: Mapped[float]


class Unwanted(Base):
    """Whoever has this address does not want to be recommended anything, ever again."""

    __tablename__ = "unwanted"

    to_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    at: Mapped[float]


def address_hash(email: str) -> bytes:
    return hashlib.sha256(email.strip().lower().encode()).digest()


def ask(db: Session, person_id: str, email: str) -> Ticket:
    ticket = Ticket(person_id=person_id, email=email, opened_at=now())
    db.add(ticket)
    db.flush()
    return ticket


def find(db: Session, number: int) -> Ticket | None:
    return db.get(Ticket, number)


def count_asked(db: Session, person_id: str, within: float) -> int:
    """:param within: seconds"""
    mine = (Ticket.person_id == person_id, Ticket.opened_at > now() - within)
    return db.scalar(select(func.count()).where(*mine)) or 0


def purge(connection: Connection) -> None:
    connection.execute(delete(Ticket).where(Ticket.opened_at < now() - KEPT))


def recommend(db: Session, person_id: str, email: str) -> None:
    db.add(Recommendation(person_id=person_id, to_hash=address_hash(email), at=now()))
    db.flush()


def recommenders(db: Session, email: str) -> list[str | None]:
    """Everybody who recommended us to this address; None for those who left."""
    return list(db.scalars(select(Recommendation.person_id).where(Recommendation.to_hash == address_hash(email))))


def count_recommended(db: Session, person_id: str, within: float) -> int:
    """:param within: seconds"""
    mine = (Recommendation.person_id == person_id, Recommendation.at > now() - within)
    return db.scalar(select(func.count()).where(*mine)) or 0


def is_unwanted(db: Session, email: str) -> bool:
    return db.get(Unwanted, address_hash(email)) is not None


def refuse(db: Session, email: str) -> None:
    insert_once(db, Unwanted, {"to_hash": address_hash(email), "at": now()})


def allow(db: Session, email: str) -> None:
    db.execute(delete(Unwanted).where(Unwanted.to_hash == address_hash(email)))
