"""What is still to be said, in order. A row is forgotten (all but its hash) as soon as it was said.

Message texts that others wrote never stand here: a forwarded message is a reference, read again at the moment of sending.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import LargeBinary, String, Text, bindparam, delete, exists, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models import line
from app.models.base import Base, has_work, now
from app.models.writing import id_of_new, insert_once


class OutboxRow(line.InLine, Base):
    __tablename__ = "outbox"
    __table_args__ = line.indexes("outbox")
    BLANK: ClassVar[dict[str, Any]] = {"line": "", "body": ""}

    key: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)
    unsure: Mapped[bool] = mapped_column(default=False)
    became: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    created: Mapped[float]
    is_noted = False  # whether the stored row, other than this one, tells already that it may have been said

    @property
    def may_go_out(self) -> bool:
        """Whether it is noted, and not so long ago that somebody else may have taken it meanwhile, as while a machine slept."""
        return self.is_noted and self.lease is not None and now() < self.lease - line.LEASE / 2

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content


@dataclass
class Hand:
    """That of a worker, who says what is put there right after the commit, and need not look for it in the line.

    :ivar line: which the worker works off; nothing of another line is put there
    :ivar owner: the worker's name
    :ivar patience: seconds after which Webex has done what it was asked, or never will
    :ivar row: what is in it
    """

    line: str
    owner: str
    patience: float
    row: OutboxRow | None = None


def add(db: Session, *, key: str, line_name: str, kind: str, content: dict[str, Any], hand: Hand | None = None) -> bool:
    """Put something to be said in line.

    :param key: the same thing is never put in line twice
    :param kind: which sender of `app.outbox` knows how to say it
    :param hand: of a worker who will say it, if it is of the line that worker has
    :returns: False if it was in line before
    """
    row = {
        "key": _hash(key),
        "line": line_name,
        "kind": kind,
        "body": json.dumps(content, ensure_ascii=False),
        "unsure": False,
        "created": now(),
        "due": line.AT_ONCE,
        "state": line.WAITING,
        "attempts": 0,
    }
    if hand and hand.line == line_name and hand.row is None and _is_taken(db, row, hand):
        return True
    has_work(db, line_name)
    return insert_once(db, OutboxRow, row)


def _is_taken(db: Session, row: dict[str, Any], hand: Hand) -> bool:
    """Put a message in line as one that is being said, if nothing in the line comes before it.

    Should the worker die, whoever finds it looks whether it was said. On PostgreSQL somebody else may begin with the line in the
    same instant; then nothing is inserted here.
    """
    if db.connection().scalar(_IS_ANY_OPEN, {"of_line": row["line"]}):
        return False
    moment = now()
    told = {"unsure": True, "due": moment + hand.patience}
    taken = {**row, "state": line.RUNNING, "attempts": 1, "owner": hand.owner, "lease": moment + line.LEASE}
    row_id = id_of_new(db, OutboxRow, {**taken, **told})
    if row_id is not None:
        hand.row = OutboxRow(id=row_id, **taken)
        hand.row.is_noted = True
    return row_id is not None


def mark_unsure(db: Session, row: OutboxRow, settled: float) -> None:
    """Note that from now on it may have been said.

    :param settled: seconds since the epoch when it will show in the room, or never; should this worker die, nobody looks
        before
    """
    db.connection().execute(_MARK_UNSURE, {"of_row": row.id, "settled": settled})


_ROWS = OutboxRow.metadata.tables["outbox"]
_IS_ANY_OPEN = select(exists().where(_ROWS.c.line == bindparam("of_line"), _ROWS.c.state < line.DONE))
_MARK_UNSURE = update(_ROWS).where(_ROWS.c.id == bindparam("of_row")).values(unsure=True, due=bindparam("settled"))


def finish(db: Session, row: OutboxRow, state: int, *, error: str | None = None, became: str = "") -> bool:
    """Close a row and forget what it said and to whom.

    :param became: the id of the message in Webex, if it is known; its hash is kept
    """
    return line.settle(db, row, state, error=error, became=_hash(became) if became else None, **row.BLANK)


def known(db: Session, message_ids: list[str]) -> set[str]:
    """Those of these messages of which it is known what row they were."""
    hashes = {_hash(message_id): message_id for message_id in message_ids}
    found = db.scalars(select(OutboxRow.became).where(OutboxRow.became.in_(hashes)))
    return {hashes[bytes(became)] for became in found if became}


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def is_saying_as(db: Session, person_id: str, room_id: str) -> bool:
    """Whether something is under way to this room in this person's own name."""
    mine = (OutboxRow.line == person_id, OutboxRow.kind == "as_person", OutboxRow.state < line.DONE)
    return any(row.content["to"].get("roomId") == room_id for row in db.scalars(select(OutboxRow).where(*mine)))


def forget(db: Session, line_name: str) -> None:
    """Drop what is still to be said in a line."""
    db.execute(delete(OutboxRow).where(OutboxRow.line == line_name, OutboxRow.state == line.WAITING))
