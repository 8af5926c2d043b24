"""Address-book teams: people by their addresses under a name, or a name for whoever is in a room."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base


class Team(Base):
    """:ivar room_id: a linked team has no members of its own; they are those of the room"""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("person_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    room_id: Mapped[str | None] = mapped_column(String(300))


class TeamMember(Base):
    __tablename__ = "team_member"

    team_id: Mapped[int] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"), primary_key=True)
    email: Mapped[str] = mapped_column(String(320), primary_key=True)
