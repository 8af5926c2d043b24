"""Questions to the operator, and recommendations: who asked or recommended, never what was said."""

import hashlib

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Ticket(Base):
    """A question that waits for answers; no account is needed to ask."""

    __tablename__ = "ticket"

    number: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(String(300), index=True)
    email: Mapped[str] = mapped_column(String(320))
    opened_at: Mapped[float]


class Recommendation(Base):
    """Somebody recommended us to an address, which is kept as a hash."""

    __tablename__ = "recommendation"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    to_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[float]


class Unwanted(Base):
    """Whoever has this address does not want to be recommended anything, ever again."""

    __tablename__ = "unwanted"

    to_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    at: Mapped[float]


def address_hash(email: str) -> bytes:
    return hashlib.sha256(email.strip().lower().encode()).digest()
