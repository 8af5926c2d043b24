"""The webhooks that Webex holds for us on a person's behalf, as they were last seen."""

from sqlalchemy import ForeignKey, String, delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.user import ACTIVE, User


class Subscription(Base):
    __tablename__ = "subscription"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(String(300))
    seen_at: Mapped[float]


def of(db: Session, person_id: str) -> list[Subscription]:
    mine = select(Subscription).where(Subscription.person_id == person_id)
    return list(db.scalars(mine.order_by(Subscription.name)))


def missing(db: Session, limit: int) -> list[User]:
    """People who are connected, and for whom no webhook was seen; not more than so many."""
    has_some = exists().where(Subscription.person_id == User.person_id)
    return list(db.scalars(select(User).where(User.status == ACTIVE, ~has_some).order_by(User.connected_at).limit(limit)))


def count_missing(db: Session) -> int:
    """How many people are connected, and no webhook was seen for them."""
    has_some = exists().where(Subscription.person_id == User.person_id)
    return db.scalar(select(func.count()).select_from(User).where(User.status == ACTIVE, ~has_some)) or 0


def replace(db: Session, person_id: str, webhook_ids: dict[str, str]) -> None:
    """Remember what was found at Webex just now: name to webhook id."""
    db.execute(delete(Subscription).where(Subscription.person_id == person_id))
    for name, webhook_id in webhook_ids.items():
        db.add(Subscription(person_id=person_id, name=name, webhook_id=webhook_id, seen_at=now()))
    db.flush()
