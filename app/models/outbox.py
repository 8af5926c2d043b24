"""What is still to be said, in order. A row is forgotten (all but its hash) as soon as it was said.

Message texts that others wrote never stand here: a forwarded message is a reference, read again at the moment of sending.
"""

import hashlib
import json
from typing import Any

from sqlalchemy import LargeBinary, String, Text, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models import line
from app.models.base import Base, now


class OutboxRow(line.InLine, Base):
    __tablename__ = "outbox"
    __table_args__ = line.indexes("outbox")

    key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    unsure: Mapped[bool] = mapped_column(default=False)
    created: Mapped[float]

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


def add(db: Session, *, key: str, line_name: str, kind: str, content: dict[str, Any]) -> bool:
    """Put something to be said in line.

    :param key: the same thing is never put in line twice
    :param kind: which sender of `app.outbox` knows how to say it
    :returns: False if it was in line before
    """
    dialect = sqlite if db.get_bind().dialect.name == "sqlite" else postgresql
    row = {
        "key": hashlib.sha256(key.encode()).digest(),
        "line": line_name,
        "kind": kind,
        "body": json.dumps(content, ensure_ascii=False),
        "unsure": False,
        "created": now(),
        "due": now(),
        "state": line.WAITING,
        "attempts": 0,
    }
    statement = dialect.insert(OutboxRow).values(row).on_conflict_do_nothing(index_elements=["key"])
    return bool(getattr(db.execute(statement), "rowcount", 0))


def mark_unsure(db: Session, row: OutboxRow) -> None:
    """Note that from now on it may have been said."""
    db.execute(update(OutboxRow).where(OutboxRow.id == row.id).values(unsure=True))


def finish(db: Session, row: OutboxRow, state: int, error: str | None = None) -> bool:
    """Close a row and forget what it said and to whom."""
    return line.settle(db, row, state, error=error, line="", body="")


def forget(db: Session, line_name: str) -> None:
    """Drop what is still to be said in a line."""
    db.execute(delete(OutboxRow).where(OutboxRow.line == line_name, OutboxRow.state == line.WAITING))
