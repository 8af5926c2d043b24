"""Browser sessions: a random id in the cookie, its hash here. Signing out ends them on this side."""

import hashlib
import secrets

from sqlalchemy import Connection, ForeignKey, LargeBinary, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.user import User

LIFE = 8 * 3_600.0  # seconds


class BrowserSession(Base):
    """:ivar said: what the next page is to say, until it does"""

    __tablename__ = "browser_session"

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    expires_at: Mapped[float]
    said: Mapped[str | None] = mapped_column(Text)


def start(db: Session, person_id: str) -> str:
    """:returns: the random id for the cookie"""
    session_id = secrets.token_urlsafe(32)
    db.add(BrowserSession(id_hash=_hash(session_id), person_id=person_id, expires_at=now() + LIFE))
    db.flush()
    return session_id


def person_of(db: Session, session_id: str) -> User | None:
    live = (BrowserSession.id_hash == _hash(session_id), BrowserSession.expires_at > now())
    return db.scalar(select(User).join(BrowserSession).where(*live))


def end(db: Session, session_id: str) -> None:
    db.execute(delete(BrowserSession).where(BrowserSession.id_hash == _hash(session_id)))


def end_all(db: Session, person_id: str) -> None:
    """Sign a person out of every browser."""
    db.execute(delete(BrowserSession).where(BrowserSession.person_id == person_id))


def say(db: Session, session_id: str, text: str) -> None:
    db.execute(update(BrowserSession).where(BrowserSession.id_hash == _hash(session_id)).values(said=text))


def has_said(db: Session, session_id: str) -> bool:
    """Whether something is to be said; it can be looked for without a transaction."""
    return bool(db.scalar(select(BrowserSession.said).where(BrowserSession.id_hash == _hash(session_id))))


def take_said(db: Session, session_id: str) -> str:
    """What was to be said; it is said once."""
    said = db.scalar(select(BrowserSession.said).where(BrowserSession.id_hash == _hash(session_id))) or ""
    if said:
        say(db, session_id, "")
    return said


def purge(connection: Connection) -> None:
    connection.execute(delete(BrowserSession).where(BrowserSession.expires_at < now()))


def _hash(session_id: str) -> bytes:
    return hashlib.sha256(session_id.encode()).digest()
