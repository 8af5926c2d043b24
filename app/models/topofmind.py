"""Top of mind: an ordered list with a title, who may see it, and who is told when it changes."""

from sqlalchemy import ForeignKey, String, Text, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now

NOBODY, ROOMS, ORG, LISTED = "nobody", "rooms", "org", "listed"
AUDIENCES = (NOBODY, ROOMS, ORG, LISTED)


class TopList(Base):
    """:ivar audience: nobody, people in a room with the owner, the owner's organisation, or listed people"""

    __tablename__ = "top_list"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    audience: Mapped[str] = mapped_column(String(10), default=NOBODY)
    changed_at: Mapped[float]


class TopItem(Base):
    __tablename__ = "top_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)


class TopReader(Base):
    """Somebody who may see the list when the audience is `listed`."""

    __tablename__ = "top_reader"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    reader_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    email: Mapped[str] = mapped_column(String(320))


class TopSubscription(Base):
    """Both sides have an account; it goes with either."""

    __tablename__ = "top_subscription"

    owner_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    subscriber_id: Mapped[str] = mapped_column(
        ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True, index=True
    )
    since: Mapped[float]


def find(db: Session, person_id: str) -> TopList | None:
    return db.get(TopList, person_id)


def items(db: Session, person_id: str) -> list[TopItem]:
    return list(db.scalars(select(TopItem).where(TopItem.person_id == person_id).order_by(TopItem.position, TopItem.id)))


def count(db: Session, person_id: str) -> int:
    return db.scalar(select(func.count()).where(TopItem.person_id == person_id)) or 0


def write(db: Session, person_id: str, texts: list[str]) -> None:
    """Make this the list, in this order, numbered from 1."""
    db.execute(delete(TopItem).where(TopItem.person_id == person_id))
    for position, text in enumerate(texts, start=1):
        db.add(TopItem(person_id=person_id, position=position, text=text))
    touch(db, person_id)


def touch(db: Session, person_id: str) -> TopList:
    """Note that the list changed; it begins to exist with its first change."""
    found = db.get(TopList, person_id)
    if found is None:
        found = TopList(person_id=person_id, title="", audience=NOBODY, changed_at=now())
        db.add(found)
    found.changed_at = now()
    db.flush()
    return found


def set_title(db: Session, person_id: str, title: str) -> None:
    touch(db, person_id).title = title
    db.flush()


def set_audience(db: Session, person_id: str, audience: str) -> None:
    touch(db, person_id)
    db.execute(update(TopList).where(TopList.person_id == person_id).values(audience=audience))
