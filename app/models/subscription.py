"""The webhooks that Webex holds for us on a person's behalf, as they were last seen."""

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now


class Subscription(Base):
    __tablename__ = "subscription"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(String(300))
    seen_at: Mapped[float]


def of(db: Session, person_id: str) -> list[Subscription]:
    mine = select(Subscription).where(Subscription.person_id == person_id)
    return list(db.scalars(mine.order_by(Subscription.name)))


def replace(db: Session, person_id: str, webhook_ids: dict[str, str]) -> None:
    """Remember what was found at Webex just now: name to webhook id."""
    db.execute(delete(Subscription).where(Subscription.person_id == person_id))
    for name, webhook_id in webhook_ids.items():
        db.add(Subscription(person_id=person_id, name=name, webhook_id=webhook_id, seen_at=now()))
    db.flush()
