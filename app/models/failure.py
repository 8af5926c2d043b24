"""Failures that nobody expected: what somebody was told is a number, and what happened stands here under it, and in the log."""

import secrets

from sqlalchemy import Connection, String, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now

KEPT = 90 * 86_400.0  # seconds


class Failure(Base):
    """:ivar reference: the number that was told
    :ivar error: the kind of error, never its text
    :ivar doing: the command or page that failed, never what was typed, nor by whom
    """

    __tablename__ = "failure"

    reference: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(String(80))
    doing: Mapped[str] = mapped_column(String(60))


def new_reference() -> str:
    return secrets.token_hex(4)


def note(db: Session | Connection, reference: str, error: Exception, doing: str) -> None:
    db.execute(insert(Failure).values(reference=reference, at=now(), error=type(error).__name__[:80], doing=doing[:60]))


def latest(db: Session, limit: int) -> list[Failure]:
    """Newest first."""
    return list(db.scalars(select(Failure).order_by(Failure.at.desc()).limit(limit)))


def purge(connection: Connection) -> None:
    connection.execute(delete(Failure).where(Failure.at < now() - KEPT))
