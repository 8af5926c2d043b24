"""Authorization links: pinned to a person, single use, ten minutes, stored as a hash (docs/design.md, decision 1)."""

import hashlib
import secrets

from sqlalchemy import Connection, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now

LIFE = 600.0  # seconds


class Invitation(Base):
    __tablename__ = "invitation"

    person_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    nonce_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[float]


def issue(db: Session, person_id: str) -> str:
    """A fresh 256-bit nonce for this person; an earlier one stops working."""
    nonce = secrets.token_urlsafe(32)
    revoke(db, person_id)
    db.add(Invitation(person_id=person_id, nonce_hash=nonce_hash(nonce), expires_at=now() + LIFE))
    db.flush()
    return nonce


def find(db: Session, hashed: bytes) -> Invitation | None:
    """The invitation, if it is neither used nor too old."""
    return db.scalar(select(Invitation).where(Invitation.nonce_hash == hashed, Invitation.expires_at > now()))


def use(db: Session, hashed: bytes) -> str | None:
    """Use an invitation up.

    :returns: the person it was issued to, or None if it was used before or is too old; two browsers can't both get it
    """
    used = delete(Invitation).where(Invitation.nonce_hash == hashed).returning(Invitation.person_id, Invitation.expires_at)
    row = db.execute(used).first()
    return row.person_id if row and row.expires_at > now() else None


def revoke(db: Session, person_id: str) -> None:
    db.execute(delete(Invitation).where(Invitation.person_id == person_id))


def purge(connection: Connection) -> None:
    connection.execute(delete(Invitation).where(Invitation.expires_at < now()))


def nonce_hash(nonce: str) -> bytes:
    return hashlib.sha256(nonce.encode()).digest()
