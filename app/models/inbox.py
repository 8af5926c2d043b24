"""Deliveries that were heard: the truth about what is still to be done.

A finished row keeps nothing but a hash of its key, so that a repeated delivery is recognised and no person can be read from it.
"""

import hashlib
from typing import Any, ClassVar

from sqlalchemy import Connection, ForeignKey, LargeBinary, String, Text, bindparam, exists, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models import line
from app.models.base import Base, now
from app.models.writing import NewRow, insert_once


class InboxRow(line.InLine, Base):
    __tablename__ = "inbox"
    __table_args__ = line.indexes("inbox")
    BLANK: ClassVar[dict[str, Any]] = {"line": "", "receiver": "", "body": ""}

    key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    receiver: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    received: Mapped[float]


class InboxStep(Base):
    """A part of the work on a delivery that was done before its end: its effects and this row were committed together."""

    __tablename__ = "inbox_step"

    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"), primary_key=True)
    step: Mapped[str] = mapped_column(String(40), primary_key=True)


def begin(connection: Connection, *, key: str, line_name: str, receiver: str, body: str, slot: line.Slot) -> InboxRow | None:
    """Store a delivery that this process has in hand from the start.

    :returns: None if the line is at work
    """
    row = {
        **_new(key, line_name, receiver, body),
        "state": line.RUNNING,
        "attempts": 1,
        "owner": slot.owner,
        "lease": now() + line.LEASE,
    }
    if not insert_once(connection, InboxRow, row):
        return None
    rows = InboxRow.metadata.tables["inbox"]
    return InboxRow(**connection.execute(select(rows).where(rows.c.key == row["key"])).mappings().one())


_STEPS = InboxStep.metadata.tables["inbox_step"]
_STEP_IS_DONE = select(exists().where(_STEPS.c.inbox_id == bindparam("of_row"), _STEPS.c.step == bindparam("of_step")))
_MARK_STEP = insert(_STEPS)


def add(connection: Connection, *, key: str, line_name: str, receiver: str, body: str) -> bool:
    """Store a delivery.

    :returns: False if the same key was stored before: a repeated delivery changes nothing
    """
    return new(key=key, line_name=line_name, receiver=receiver, body=body)(connection)


def new(*, key: str, line_name: str, receiver: str, body: str) -> NewRow:
    """The same for `Database.write`, which stores those that wait together."""
    return NewRow(InboxRow, {**_new(key, line_name, receiver, body), "state": line.WAITING, "attempts": 0})


def _new(key: str, line_name: str, receiver: str, body: str) -> dict[str, Any]:
    hashed = hashlib.sha256(key.encode()).digest()
    return {"key": hashed, "line": line_name, "receiver": receiver, "body": body, "received": now(), "due": line.AT_ONCE}


def step_is_done(db: Session, row: InboxRow, step: str) -> bool:
    return bool(db.connection().scalar(_STEP_IS_DONE, {"of_row": row.id, "of_step": step}))


def mark_step(db: Session, row: InboxRow, step: str) -> None:
    db.connection().execute(_MARK_STEP, {"inbox_id": row.id, "step": step})


def finish(db: Session, row: InboxRow, state: int, error: str | None = None) -> bool:
    """Close a delivery and forget what it was about."""
    return line.settle(db, row, state, error=error, **row.BLANK)
