"""Wrong tries, counted so that nobody goes on guessing. The count is the database's, so that all processes agree on it."""

import hashlib

from sqlalchemy import Connection, LargeBinary, case, delete, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.writing import insert_once

MOST = 10  # wrong tries of a person
WITHIN = 900.0  # seconds, from the first of them; after that it begins anew


class Tries(Base):
    """:ivar who_hash: of who tries, and what
    :ivar since: when the first of them was
    """

    __tablename__ = "tries"

    who_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    since: Mapped[float]
    count: Mapped[int]


def take(db: Session, what: str, who: str) -> float | None:
    """Count a try before it is made, so that of many at once none gets by; one that was right is given back.

    :param what: is tried, such as a kind of code
    :returns: None, or when the next try may be made: then nothing is to be looked at
    """
    at, key = now(), _hash(what, who)
    insert_once(db, Tries, {"who_hash": key, "since": at, "count": 0})
    is_over = Tries.since <= at - WITHIN
    values = {"since": case((is_over, at), else_=Tries.since), "count": case((is_over, 1), else_=Tries.count + 1)}
    may = (Tries.who_hash == key, or_(is_over, Tries.count < MOST))
    if getattr(db.execute(update(Tries).where(*may).values(**values)), "rowcount", 0):
        return None
    return (db.scalar(select(Tries.since).where(Tries.who_hash == key)) or at) + WITHIN


def give_back(db: Session, what: str, who: str) -> None:
    """It was right."""
    taken = (Tries.who_hash == _hash(what, who), Tries.count > 0)
    db.execute(update(Tries).where(*taken).values(count=Tries.count - 1))


def purge(connection: Connection) -> None:
    connection.execute(delete(Tries).where(Tries.since < now() - WITHIN))


def _hash(what: str, who: str) -> bytes:
    return hashlib.sha256(f"{what}|{who}".encode()).digest()
