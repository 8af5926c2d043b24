"""Join links: a random code, kept as a hash, by which people may join a room with its owner's rights."""

import hashlib
import secrets

from sqlalchemy import Connection, ForeignKey, LargeBinary, String, Text, delete, func, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.writing import insert_once

KEPT = 30 * 86_400.0  # seconds after which a link that ended is forgotten


class JoinLink(Base):
    """:ivar number: what its owner calls it by
    :ivar uses_left: how many more people may join by it; None if as many as like
    :ivar domains: of the addresses that may join, with commas between; empty if any
    :ivar ended_at: when it was revoked; revoking is final
    """

    __tablename__ = "join_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    room_id: Mapped[str] = mapped_column(String(300))
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    number: Mapped[int]
    created: Mapped[float]
    expires: Mapped[float]
    uses_left: Mapped[int | None]
    domains: Mapped[str] = mapped_column(Text, default="")
    ended_at: Mapped[float | None]


class JoinUse(Base):
    """Somebody joined by a link, or is about to: one use per person, however often they try."""

    __tablename__ = "join_use"

    link_id: Mapped[int] = mapped_column(ForeignKey("join_link.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)
    at: Mapped[float]


def make(
    db: Session, person_id: str, room_id: str, *, expires: float, uses: int | None, domains: tuple[str, ...]
) -> tuple[JoinLink, str]:
    """A new link; earlier ones of this person to the same room end.

    :returns: the link, and its code, which is nowhere kept
    """
    end(db, person_id, room_id=room_id)
    code = secrets.token_urlsafe(16)
    highest = db.scalar(select(func.max(JoinLink.number)).where(JoinLink.person_id == person_id)) or 0
    link = JoinLink(
        person_id=person_id, room_id=room_id, code_hash=_hash(code), number=highest + 1, created=now(), expires=expires,
        uses_left=uses, domains=",".join(domains), ended_at=None,
    )  # fmt: skip
    db.add(link)
    db.flush()
    return link, code


def end(db: Session, person_id: str, *, room_id: str | None = None, number: int | None = None) -> int:
    """Revoke links, of a room or by number.

    :returns: how many
    """
    mine = [JoinLink.person_id == person_id, JoinLink.ended_at.is_(None), JoinLink.expires > now()]
    mine += [JoinLink.room_id == room_id] if room_id is not None else []
    mine += [JoinLink.number == number] if number is not None else []
    return int(getattr(db.execute(update(JoinLink).where(*mine).values(ended_at=now())), "rowcount", 0))


def working(db: Session, code: str) -> JoinLink | None:
    """The link of a code, if it works; unknown, revoked and expired ones are alike."""
    works = (JoinLink.code_hash == _hash(code), JoinLink.ended_at.is_(None), JoinLink.expires > now())
    return db.scalar(select(JoinLink).where(*works))


def of(db: Session, person_id: str) -> list[JoinLink]:
    """Links that work, oldest first."""
    mine = (JoinLink.person_id == person_id, JoinLink.ended_at.is_(None), JoinLink.expires > now())
    return list(db.scalars(select(JoinLink).where(*mine).order_by(JoinLink.number)))


def claim(db: Session, link: JoinLink, joiner_id: str) -> bool:
    """Take one use, once per joiner. Two who want the last one can't both get it.

    :returns: False if no use is left
    """
    if not insert_once(db, JoinUse, {"link_id": link.id, "person_id": joiner_id, "at": now()}):
        return True
    left = (JoinLink.id == link.id, or_(JoinLink.uses_left.is_(None), JoinLink.uses_left > 0))
    taken = db.execute(update(JoinLink).where(*left).values(uses_left=JoinLink.uses_left - 1))
    if getattr(taken, "rowcount", 0):
        return True
    _forget_use(db, link, joiner_id)
    return False


def has_used(db: Session, link: JoinLink, joiner_id: str) -> bool:
    """Whether this person took a use before."""
    return db.get(JoinUse, (link.id, joiner_id)) is not None


def give_back(db: Session, link: JoinLink, joiner_id: str) -> None:
    """Webex did not let this person in, so the use counts for nobody."""
    if _forget_use(db, link, joiner_id):
        db.execute(update(JoinLink).where(JoinLink.id == link.id).values(uses_left=JoinLink.uses_left + 1))


def _forget_use(db: Session, link: JoinLink, joiner_id: str) -> bool:
    mine = (JoinUse.link_id == link.id, JoinUse.person_id == joiner_id)
    return bool(getattr(db.execute(delete(JoinUse).where(*mine)), "rowcount", 0))


def uses_left(db: Session, link: JoinLink) -> int | None:
    return db.scalar(select(JoinLink.uses_left).where(JoinLink.id == link.id))


def purge(connection: Connection) -> None:
    old = now() - KEPT
    connection.execute(delete(JoinLink).where(or_(JoinLink.expires < old, JoinLink.ended_at < old)))


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()
