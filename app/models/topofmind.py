"""Top of mind: an ordered list with a title, who may see it, and who is told when it changes."""

from sqlalchemy import ForeignKey, String, Text, delete, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now, route_changed
from app.models.user import User
from app.models.writing import insert_once

NOBODY, ROOMS, ORG, LISTED = "nobody", "rooms", "org", "listed"
AUDIENCES = (NOBODY, ROOMS, ORG, LISTED)


class TopList(Base):
    """:ivar audience: nobody, people in a room with the owner, the owner's organisation, or listed people
    :ivar answers: whether who asks in the owner's rooms without an account is answered, too
    """

    __tablename__ = "top_list"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    title: Mapped[str] = mapped_column(String(200), default="")
    audience: Mapped[str] = mapped_column(String(10), default=NOBODY)
    changed_at: Mapped[float]
    answers: Mapped[bool] = mapped_column(default=False)


class TopItem(Base):
    """:ivar is_former: part of the list as it was before its last change, kept for one undo"""

    __tablename__ = "top_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    is_former: Mapped[bool] = mapped_column(default=False)


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


def items(db: Session, person_id: str, *, former: bool = False) -> list[str]:
    """The texts of the list in their order; the first is number 1.

    :param former: as it was before its last change
    """
    mine = select(TopItem.text).where(TopItem.person_id == person_id, TopItem.is_former == former)
    return list(db.scalars(mine.order_by(TopItem.position)))


def write(db: Session, person_id: str, texts: list[str]) -> None:
    """Make this the list, in this order, and keep the one that was for one undo."""
    mine = TopItem.person_id == person_id
    db.execute(delete(TopItem).where(mine, TopItem.is_former))
    db.execute(update(TopItem).where(mine).values(is_former=True))
    db.add_all(TopItem(person_id=person_id, position=place, text=text) for place, text in enumerate(texts, start=1))
    touch(db, person_id).changed_at = now()
    db.flush()


def touch(db: Session, person_id: str) -> TopList:
    """The list; it begins to exist with the first word about it."""
    found = db.get(TopList, person_id)
    if found is None:
        found = TopList(person_id=person_id, title="", audience=NOBODY, changed_at=now())
        db.add(found)
        db.flush()
    return found


def set_title(db: Session, person_id: str, title: str) -> None:
    touch(db, person_id).title = title
    db.flush()


def set_audience(db: Session, person_id: str, audience: str) -> None:
    touch(db, person_id).audience = audience
    db.flush()
    route_changed(db, person_id)


def set_answers(db: Session, person_id: str, answers: bool) -> None:
    touch(db, person_id).answers = answers
    db.flush()
    route_changed(db, person_id)


# Listed readers
def allow(db: Session, person_id: str, reader_id: str, email: str) -> bool:
    """:returns: False if this person was listed before; the address is then brought up to date"""
    row = {"person_id": person_id, "reader_id": reader_id, "email": email}
    if insert_once(db, TopReader, row):
        return True
    mine = (TopReader.person_id == person_id, TopReader.reader_id == reader_id)
    db.execute(update(TopReader).where(*mine).values(email=email))
    return False


def disallow(db: Session, person_id: str, reader_id: str) -> None:
    db.execute(delete(TopReader).where(TopReader.person_id == person_id, TopReader.reader_id == reader_id))


def readers(db: Session, person_id: str) -> list[TopReader]:
    return list(db.scalars(select(TopReader).where(TopReader.person_id == person_id).order_by(TopReader.email)))


def is_listed(db: Session, person_id: str, reader_id: str) -> bool:
    return db.get(TopReader, (person_id, reader_id)) is not None


# Subscriptions
def subscribe(db: Session, owner_id: str, subscriber_id: str) -> bool:
    """:returns: False if it was so before"""
    return insert_once(db, TopSubscription, {"owner_id": owner_id, "subscriber_id": subscriber_id, "since": now()})


def unsubscribe(db: Session, owner_id: str, subscriber_id: str) -> bool:
    """:returns: False if there was no such subscription"""
    this = (TopSubscription.owner_id == owner_id, TopSubscription.subscriber_id == subscriber_id)
    return bool(getattr(db.execute(delete(TopSubscription).where(*this)), "rowcount", 0))


def subscribers(db: Session, owner_id: str) -> list[User]:
    """Who is told when this person's list changes."""
    joined = select(User).join(TopSubscription, TopSubscription.subscriber_id == User.person_id)
    return list(db.scalars(joined.where(TopSubscription.owner_id == owner_id).order_by(User.display_name, User.email)))


def subscribed_to(db: Session, subscriber_id: str) -> list[User]:
    """Whose changes this person is told of."""
    joined = select(User).join(TopSubscription, TopSubscription.owner_id == User.person_id)
    return list(db.scalars(joined.where(TopSubscription.subscriber_id == subscriber_id).order_by(User.display_name, User.email)))


def is_subscribed(db: Session, owner_id: str, subscriber_id: str) -> bool:
    return db.get(TopSubscription, (owner_id, subscriber_id)) is not None
