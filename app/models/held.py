"""Alerts held back in quiet hours: references only, told when the quiet ends."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class HeldAlert(Base):
    """:ivar kind: what it is about: `mention`, `room` or `vip`"""

    __tablename__ = "held_alert"
    __table_args__ = (UniqueConstraint("person_id", "kind", "room_id", "message_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(10))
    room_id: Mapped[str] = mapped_column(String(300))
    message_id: Mapped[str] = mapped_column(String(300), default="")
    vip_id: Mapped[int | None] = mapped_column(ForeignKey("vip.id", ondelete="CASCADE"))
    at: Mapped[float]
