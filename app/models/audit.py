"""What admins did: who, when, what; and how often each command is used, by nobody in particular."""

from collections.abc import Mapping

from sqlalchemy import Connection, String, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.ledger import day_of
from app.models.writing import insert_once

KEPT = 365 * 86_400.0  # seconds


class Audit(Base):
    """:ivar what: the command without what people wrote, or the page that was looked at
    :ivar about: a masked address, or a plan's code
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    admin_id: Mapped[str] = mapped_column(String(300))
    what: Mapped[str] = mapped_column(String(60))
    about: Mapped[str] = mapped_column(String(120), default="")


class Usage(Base):
    """How often a command was typed on a day."""

    __tablename__ = "usage"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    command: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]


def note(db: Session, admin_id: str, what: str, about: str = "") -> None:
    db.add(Audit(at=now(), admin_id=admin_id, what=what, about=about))
    db.flush()


def forget_admin(db: Session, person_id: str) -> None:
    """What an admin did stays; who it was does not."""
    db.execute(update(Audit).where(Audit.admin_id == person_id).values(admin_id=""))


def latest(db: Session, limit: int) -> list[Audit]:
    """Newest first."""
    return list(db.scalars(select(Audit).order_by(Audit.id.desc()).limit(limit)))


def used(connection: Connection, counts: Mapping[str, int]) -> None:
    """:param counts: by command"""
    day = day_of(now())
    for command, count in sorted(counts.items()):
        insert_once(connection, Usage, {"day": day, "command": command, "count": 0})
        same = (Usage.day == day, Usage.command == command)
        connection.execute(update(Usage).where(*same).values(count=Usage.count + count))


def usage(db: Session, days: int) -> dict[str, int]:
    """How often each command was typed in the last so many days, most used first."""
    count = func.sum(Usage.count)
    recent = select(Usage.command, count).where(Usage.day > day_of(now() - days * 86_400.0))
    return {command: int(times) for command, times in db.execute(recent.group_by(Usage.command).order_by(count.desc()))}


def used_by_day(db: Session, days: int) -> dict[str, int]:
    """How many commands were typed on each of the last so many days, today included; days without any are left out."""
    since = day_of(now() - (days - 1) * 86_400.0)
    by_day = select(Usage.day, func.sum(Usage.count)).where(Usage.day >= since).group_by(Usage.day)
    return {day: int(count) for day, count in db.execute(by_day)}


def purge(connection: Connection) -> None:
    connection.execute(delete(Audit).where(Audit.at < now() - KEPT))


def purge_usage(connection: Connection) -> None:
    connection.execute(delete(Usage).where(Usage.day < day_of(now() - KEPT)))
