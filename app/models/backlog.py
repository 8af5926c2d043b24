"""How much waits in line, for how long, and what was given up: for who looks after the app."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models.base import now
from app.models.line import DEAD, DONE


def count_open(db: Session, table: Any) -> int:
    return db.scalar(select(func.count()).where(table.state < DONE)) or 0


def oldest_open(db: Session, table: Any, since: Any) -> float | None:
    """:param since: the column that tells when a row came into being"""
    oldest: float | None = db.scalar(select(func.min(since)).where(table.state < DONE))
    return oldest


def dead(db: Session, table: Any, within: float, *by: Any) -> list[tuple[Any, ...]]:
    """What was given up lately.

    :param within: seconds since
    :param by: columns by which they are told apart
    :returns: these columns, how many rows, and when the last of them was given up; the latest first
    """
    count, last = func.count(), func.max(table.finished)
    recent = select(*by, count, last).where(table.state == DEAD, table.finished > now() - within)
    return [tuple(row) for row in db.execute(recent.group_by(*by).order_by(last.desc()))]
