"""Until when all was well: one row per thing, written over all the time, so that after an outage it is known when it began."""

from sqlalchemy import Connection, String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app.models.base import Base
from app.models.writing import insert_once

SERVING = "serving"  # deliveries were taken and could be stored
READ = "bot rooms"  # up to here what was written to the bot is known


class Heartbeat(Base):
    """:ivar what: `SERVING` or `READ`"""

    __tablename__ = "heartbeat"

    what: Mapped[str] = mapped_column(String(20), primary_key=True)
    at: Mapped[float]


def at(connection: Connection, what: str) -> float | None:
    """Until when it was well; on PostgreSQL nobody else changes it until the transaction ends."""
    moment: float | None = connection.scalar(select(Heartbeat.at).where(Heartbeat.what == what).with_for_update())
    return moment


def beat(connection: Connection, what: str, moment: float) -> None:
    """:param moment: up to which it is well, seconds since the epoch"""
    if not insert_once(connection, Heartbeat, {"what": what, "at": moment}):
        connection.execute(update(Heartbeat).where(Heartbeat.what == what).values(at=moment))
