"""Address-book teams: people by their addresses under a name, or a name for whoever is in a room."""

from collections.abc import Iterable

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base
from app.models.writing import insert_once


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


def of(db: Session, person_id: str) -> list[Team]:
    return list(db.scalars(select(Team).where(Team.person_id == person_id).order_by(Team.name)))


def find(db: Session, person_id: str, name: str) -> Team | None:
    return db.scalar(select(Team).where(Team.person_id == person_id, Team.name == name))


def add(db: Session, person_id: str, name: str, room_id: str | None = None) -> Team:
    """:param room_id: the room it is linked to, if its members are those of a room"""
    team = Team(person_id=person_id, name=name, room_id=room_id)
    db.add(team)
    db.flush()
    return team


def link(db: Session, team_id: int, room_id: str) -> None:
    db.execute(update(Team).where(Team.id == team_id).values(room_id=room_id))


def remove(db: Session, team_id: int) -> None:
    db.execute(delete(Team).where(Team.id == team_id))


def members(db: Session, team_id: int) -> list[str]:
    """The addresses in a team, in alphabetical order."""
    return list(db.scalars(select(TeamMember.email).where(TeamMember.team_id == team_id).order_by(TeamMember.email)))


def member_counts(db: Session, person_id: str) -> dict[int, int]:
    """How many addresses are in each team that has some, by the team's row."""
    counts = select(Team.id, func.count(TeamMember.email)).join(TeamMember).where(Team.person_id == person_id)
    return {row[0]: row[1] for row in db.execute(counts.group_by(Team.id))}


def add_members(db: Session, team_id: int, emails: Iterable[str]) -> None:
    for email in emails:
        insert_once(db, TeamMember, {"team_id": team_id, "email": email})


def remove_members(db: Session, team_id: int, emails: Iterable[str]) -> None:
    db.execute(delete(TeamMember).where(TeamMember.team_id == team_id, TeamMember.email.in_(list(emails))))
