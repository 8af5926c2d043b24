"""Rows that wait in line: the mechanism shared by inbox and outbox.

A line belongs to one person, or room. At most one row of a line is running, which a partial unique index enforces
across threads, processes and machines; so a line's rows are worked off one after the other, in the order they came,
while lines run side by side. A running row is leased: when its worker dies, the lease ends and a sweep puts the row
back. The owner's name fences off a worker that was paused longer than its lease.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection, Index, String, and_, bindparam, delete, exists, func, not_, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Database, now

WAITING, RUNNING, DONE, DEAD = range(4)
LEASE = 60.0  # seconds; much longer than one call to Webex may take
KILLED_TOO_OFTEN = 12  # attempts after which a row that keeps killing its worker is laid aside


class InLine:
    """Columns of a table whose rows wait in line.

    :cvar BLANK: what a finished row forgets
    """

    BLANK: ClassVar[dict[str, Any]]

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    line: Mapped[str] = mapped_column(String(300))
    state: Mapped[int] = mapped_column(default=WAITING)
    attempts: Mapped[int] = mapped_column(default=0)
    due: Mapped[float]
    owner: Mapped[str | None] = mapped_column(String(80))
    lease: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(String(80))
    finished: Mapped[float | None]


def indexes(table: str) -> tuple[Index, ...]:
    """The two partial indexes of such a table: one running row per line, and a quick way to open rows."""
    running, open_ = f"state = {RUNNING}", f"state < {DONE}"
    return (
        Index(f"{table}_one_running", "line", unique=True, sqlite_where=text(running), postgresql_where=text(running)),
        Index(f"{table}_open", "line", "id", sqlite_where=text(open_), postgresql_where=text(open_)),
    )


class Hands:
    """The rows that threads of this process are working on.

    Only their leases are renewed: a row that a failing thread let go of must find another worker. And only they are safe
    from being put back by this process itself when it wakes up after standing still for longer than a lease.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: set[tuple[str, int]] = set()
        self.are_resting = False

    @contextmanager
    def holding(self, row: InLine) -> Iterator[None]:
        held = (type(row).__name__, row.id)
        with self._lock:
            self._held.add(held)
        try:
            yield
        finally:
            with self._lock:
                self._held.discard(held)

    def rest(self) -> None:
        """Take no more rows: the process is about to stop."""
        self.are_resting = True

    def ids(self, table: type[InLine]) -> list[int]:
        with self._lock:
            return [row_id for name, row_id in self._held if name == table.__name__]


@dataclass(frozen=True)
class Slot:
    """A worker's name: `place` is the same after a restart, `life` is new with every start."""

    place: str
    life: str
    hands: Hands = field(default_factory=Hands, compare=False)

    @property
    def owner(self) -> str:
        return f"{self.place}:{self.life}"


Row = TypeVar("Row", bound=InLine)


def claim(database: Database, table: type[Row], line: str, slot: Slot) -> Row | None:
    """Take the head of a line, if it is due and nobody else works on the line.

    A head that waits for its next attempt holds the line, so that order is kept.
    """
    if slot.hands.are_resting:
        return None
    rows: Any = table
    with database.reading() as db:  # a cheap look first: most wake-ups come when the work is done already
        if not db.scalar(_waiting(rows), {"of_line": line, "at": now()}):
            return None
    try:
        with database.transaction() as db:
            values = {"of_line": line, "at": now(), "by": slot.owner, "until": now() + LEASE}
            claimed: Row | None = db.scalar(_claim(rows), values)
            return claimed
    except IntegrityError:  # PostgreSQL only: somebody else claimed the line in the same instant
        return None


@cache
def _waiting(table: Any) -> Any:
    """Built once: this is asked more often than anything else."""
    return select(exists().where(table.line == bindparam("of_line"), table.state == WAITING, table.due <= bindparam("at")))


@cache
def _claim(table: Any) -> Any:
    head = select(func.min(table.id)).where(table.line == bindparam("of_line"), table.state == WAITING).scalar_subquery()
    busy = exists().where(table.line == bindparam("of_line"), table.state == RUNNING).correlate(None)
    return (
        update(table)
        .where(table.id == head, table.state == WAITING, table.due <= bindparam("at"), ~busy)
        .values(state=RUNNING, owner=bindparam("by"), lease=bindparam("until"), attempts=table.attempts + 1)
        .returning(table)
        .execution_options(synchronize_session=False, dml_strategy="orm")
    )


def settle(db: Session, row: InLine, state: int, *, due: float = 0.0, error: str | None = None, **values: Any) -> bool:
    """Give a claimed row its next state.

    :param due: when a row put back to waiting may be tried again, seconds since the epoch
    :param error: a word for the log, never the text of an exception
    :returns: False if somebody else owns the row by now
    """
    table: Any = type(row)
    done = {"finished": now()} if state in (DONE, DEAD) else {"due": due}
    result = db.execute(
        update(table)
        .where(table.id == row.id, table.owner == row.owner, table.state == RUNNING)
        .values(state=state, owner=None, lease=None, error=error, **done, **values)
        .execution_options(synchronize_session=False)
    )
    return bool(_count(result))


def still_owns(db: Session, row: InLine) -> bool:
    """Whether the row is still this worker's; on PostgreSQL also locks it until the transaction ends."""
    table: Any = type(row)
    owned = and_(table.id == row.id, table.owner == row.owner, table.state == RUNNING)
    return db.scalar(select(table.id).where(owned).with_for_update()) is not None


def renew(connection: Connection, table: Any, slot: Slot) -> int:
    """Prolong the leases of what this process has in hand."""
    mine = (table.owner == slot.owner, table.id.in_(slot.hands.ids(table)), table.state == RUNNING, table.lease > now())
    return _count(connection.execute(update(table).where(*mine).values(lease=now() + LEASE)))


def recover(connection: Connection, table: Any, slot: Slot, at_start: bool) -> None:
    """Put back what dead workers held: everybody's ended leases and, at the start, what this place held in an earlier life."""
    in_hand = and_(table.owner == slot.owner, table.id.in_(slot.hands.ids(table)))
    lost = and_(table.lease < now(), not_(in_hand))
    if at_start:
        lost = or_(lost, and_(table.owner.startswith(f"{slot.place}:", autoescape=True), table.owner != slot.owner))
    running = and_(table.state == RUNNING, lost)
    laid_aside = {"state": DEAD, "owner": None, "error": "killed its worker", "finished": now(), **table.BLANK}
    connection.execute(update(table).where(running, table.attempts >= KILLED_TOO_OFTEN).values(laid_aside))
    connection.execute(update(table).where(running).values(state=WAITING, owner=None, lease=None))


def lines_due(db: Session, table: Any, within: float, limit: int = 5_000) -> dict[str, float]:
    """Lines with waiting rows that are due within so many seconds, and in how many each of them is."""
    due = func.min(table.due)
    soon = select(table.line, due).where(table.state == WAITING, table.due <= now() + within).group_by(table.line).limit(limit)
    return {name: max(0.0, moment - now()) for name, moment in db.execute(soon)}


def count_open(db: Session, table: Any) -> int:
    return db.scalar(select(func.count()).where(table.state < DONE)) or 0


def purge(connection: Connection, table: Any, older_than: float) -> int:
    """Delete finished rows; keep them longer than any repeated delivery may take.

    :param older_than: seconds since they were finished
    """
    finished = and_(table.state >= DONE, table.finished < now() - older_than)
    return _count(connection.execute(delete(table).where(finished)))


def _count(result: Any) -> int:
    return int(result.rowcount)
