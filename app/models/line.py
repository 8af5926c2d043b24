"""Rows that wait in line: the mechanism shared by inbox and outbox.

A line belongs to one person, or room. At most one row of a line is running, which a partial unique index enforces
across threads, processes and machines; so a line's rows are worked off one after the other, in the order they came,
while lines run side by side. A running row is leased: when its worker dies, the lease ends and a sweep puts the row
back. The owner's name fences off a worker that was paused longer than its lease.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Connection, Index, Integer, String, and_, bindparam, delete, exists, func, not_, or_, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from app.models.base import Database, now

WAITING, RUNNING, DONE, DEAD = range(4)
AT_ONCE = 0.0  # due for any clock: a worker's may be a little behind that of the process which woke it
LEASE = 60.0  # seconds; much longer than one call to Webex may take
LET_GO = 20.0  # seconds after which a row of this process that no thread renews was let go of; longer than `RENEW_EVERY`
FIRST_PAUSE, LONGEST_PAUSE = 0.25, 60.0  # seconds before what failed is tried again; each time twice as long
AT_A_TIME = 5_000  # rows purged in one transaction, so that nobody waits long for it
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
    """The partial indexes of such a table: one running row per line, and a quick way to open rows, and to given-up ones."""
    running, open_, dead = f"state = {RUNNING}", f"state < {DONE}", f"state = {DEAD}"
    one_running = Index(f"{table}_one_running", "line", unique=True, sqlite_where=text(running), postgresql_where=text(running))
    waiting = Index(f"{table}_open", "line", "id", sqlite_where=text(open_), postgresql_where=text(open_))
    given_up = Index(f"{table}_dead", "finished", sqlite_where=text(dead), postgresql_where=text(dead))
    return one_running, waiting, given_up


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


def due(database: Database, tables: tuple[type[InLine], ...], line: str, slot: Slot) -> set[type[InLine]]:
    """In which of these tables the head of a line could be claimed: a cheap look, since most wake-ups come when all is done."""
    if slot.hands.are_resting:
        return set()
    with database.looking() as connection:
        found = connection.execute(_due(tables), {"of_line": line, "at": now()}).one()
    return {table for table, is_due in zip(tables, found, strict=True) if is_due}


def claim(database: Database, table: type[Row], line: str, slot: Slot) -> Row | None:
    """Take the head of a line, if it is due and nobody else works on the line.

    A head that waits for its next attempt holds the line, so that order is kept.
    """
    if slot.hands.are_resting:
        return None
    rows: Any = table
    values = {"of_line": line, "at": now(), "by": slot.owner, "until": now() + LEASE}
    try:
        with database.changing() as connection:
            claimed = connection.execute(_claim(rows), values).mappings().first()
    except IntegrityError:  # PostgreSQL only: somebody else claimed the line in the same instant
        return None
    return table(**claimed) if claimed else None


# Statements that are asked several times for each delivery are built once, and of the table instead of the class: with
# SQLAlchemy, building one and taking it through the ORM costs several times what the database does.
@cache
def _due(tables: tuple[type[InLine], ...]) -> Any:
    return select(*(exists(select(_columns(table).id).where(*_may_begin(table))) for table in tables))


@cache
def _claim(table: type[InLine]) -> Any:
    rows = _columns(table)
    return (
        update(_of(table))
        .where(*_may_begin(table))
        .values(state=RUNNING, owner=bindparam("by"), lease=bindparam("until"), attempts=rows.attempts + 1)
        .returning(_of(table))
    )


def _may_begin(table: type[InLine]) -> tuple[Any, ...]:
    """The head of a line, if it is due and nobody works on the line."""
    rows, of_line = _columns(table), bindparam("of_line", type_=String)
    head = select(func.min(rows.id)).where(rows.line == of_line, rows.state == WAITING).scalar_subquery()
    busy = exists().where(rows.line == of_line, rows.state == RUNNING).correlate(None)
    return (rows.id == head, rows.state == WAITING, rows.due <= bindparam("at"), ~busy)


def _of(table: Any) -> Any:
    return table.__table__


def _columns(table: type[InLine]) -> Any:
    return _of(table).c


def settle(db: Session, row: InLine, state: int, *, due: float = 0.0, error: str | None = None, **values: Any) -> bool:
    """Give a claimed row its next state.

    :param due: when a row put back to waiting may be tried again, seconds since the epoch
    :param error: a word for the log, never the text of an exception
    :returns: False if somebody else owns the row by now
    """
    table: Any = type(row)
    done = {"finished": now()} if state in (DONE, DEAD) else {"due": due}
    new = {"state": state, "owner": None, "lease": None, "error": error, **done, **values}
    mine = _key(row)
    return bool(_count(db.connection().execute(_settle(table, tuple(new)), {f"new_{name}": new[name] for name in new} | mine)))


@cache
def _settle(table: type[InLine], names: tuple[str, ...]) -> Any:
    return update(_of(table)).where(*_mine(table)).values({name: bindparam(f"new_{name}") for name in names})


def _mine(table: type[InLine]) -> tuple[Any, ...]:
    rows = _columns(table)
    # By the attempt, too: another thread of the same process may have taken the row up after it was taken from this one.
    is_mine = (rows.owner == bindparam("by"), rows.attempts == bindparam("attempt"))
    return (rows.id == bindparam("this"), *is_mine, rows.state == RUNNING)


def _key(row: InLine) -> dict[str, Any]:
    return {"this": row.id, "by": row.owner, "attempt": row.attempts}


def still_owns(db: Session, row: InLine) -> bool:
    """Whether the row is still this worker's; on PostgreSQL also locks it until the transaction ends."""
    table: Any = type(row)
    return db.connection().scalar(_still_owns(table), _key(row)) is not None


@cache
def _still_owns(table: type[InLine]) -> Any:
    return select(_columns(table).id).where(*_mine(table)).with_for_update()


def pause(doublings: int) -> float:
    """Seconds before another attempt, never quite the same for everybody."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**doublings) * random.uniform(0.8, 1.2)  # noqa: S311


def not_before(db: Session, row: InLine, moment: float) -> None:
    """Should this worker die, nobody works on the row before a moment, in seconds since the epoch: what is being asked of
    Webex has happened by then, or never will, so that it can be looked for.
    """
    table: Any = type(row)
    db.connection().execute(_not_before(table), {**_key(row), "settled": moment})


@cache
def _not_before(table: type[InLine]) -> Any:
    return update(_of(table)).where(*_mine(table)).values(due=bindparam("settled"))


def renew(connection: Connection, table: Any, slot: Slot) -> int:
    """Prolong the leases of what this process has in hand."""
    mine = (table.owner == slot.owner, table.id.in_(slot.hands.ids(table)), table.state == RUNNING, table.lease > now())
    return _count(connection.execute(update(table).where(*mine).values(lease=now() + LEASE)))


def recover(connection: Connection, table: Any, slot: Slot, at_start: bool) -> None:
    """Put back what dead workers held: everybody's ended leases; at the start, what this place held in an earlier life; and what
    a thread of this process let go of, since the database did not take the end of its work.
    """
    place = f"{slot.place}:"
    mine = {"by": slot.owner, "in_hand": slot.hands.ids(table), "place": place, "length": len(place)}
    laid_aside = {"state": DEAD, "owner": None, "error": "killed its worker", "finished": now(), **table.BLANK}
    new = {f"new_{name}": value for name, value in laid_aside.items()}
    times = {"at": now(), "unrenewed": now() + LEASE - LET_GO}
    connection.execute(_lay_aside(table, at_start, tuple(laid_aside)), {**times, **mine, **new})
    connection.execute(_put_back(table, at_start), {**times, **mine})


@cache
def _lay_aside(table: type[InLine], at_start: bool, names: tuple[str, ...]) -> Any:
    killing = _unlocked(table, *_lost(table, at_start), _columns(table).attempts >= KILLED_TOO_OFTEN)
    return update(_of(table)).where(killing).values({name: bindparam(f"new_{name}") for name in names})


@cache
def _put_back(table: type[InLine], at_start: bool) -> Any:
    lost = _unlocked(table, *_lost(table, at_start))
    return update(_of(table)).where(lost).values(state=WAITING, owner=None, lease=None)


def _unlocked(table: type[InLine], *those: Any) -> Any:
    """Of those rows the ones that nobody is changing now (PostgreSQL): one that hangs keeps no others from being found."""
    rows = _columns(table)
    return rows.id.in_(select(rows.id).where(*those).with_for_update(skip_locked=True))


def _lost(table: type[InLine], at_start: bool) -> tuple[Any, ...]:
    rows = _columns(table)
    is_own = rows.owner == bindparam("by")
    in_hand = and_(is_own, rows.id.in_(bindparam("in_hand", expanding=True)))
    lost = and_(or_(rows.lease < bindparam("at"), and_(is_own, rows.lease < bindparam("unrenewed"))), not_(in_hand))
    if at_start:
        is_of_place = func.substr(rows.owner, 1, bindparam("length", type_=Integer)) == bindparam("place")
        lost = or_(lost, and_(is_of_place, rows.owner != bindparam("by")))
    return (rows.state == RUNNING, lost)


def lines_due(db: Session, table: Any, within: float, limit: int = 5_000) -> dict[str, float]:
    """Lines that nobody works on, with rows that are due within so many seconds, and in how many each of them is; those that
    wait longest first.
    """
    asked = {"until": now() + within, "most": limit}
    return {name: max(0.0, moment - now()) for name, moment in db.execute(_soon(table), asked)}


@cache
def _soon(table: Any) -> Any:
    due, other = func.min(table.due), aliased(table)
    is_busy = exists().where(other.line == table.line, other.state == RUNNING)
    soon = select(table.line, due).where(table.state == WAITING, table.due <= bindparam("until"), ~is_busy)
    return soon.group_by(table.line).order_by(due).limit(bindparam("most"))


def purge(connection: Connection, table: Any, older_than: float) -> int:
    """Delete finished rows, a part of them; keep them longer than any repeated delivery may take.

    :param older_than: seconds since they were finished
    :returns: how many; at least `AT_A_TIME` if there are more
    """
    old = select(table.id).where(table.state >= DONE, table.finished < now() - older_than).limit(AT_A_TIME)
    return _count(connection.execute(delete(table).where(table.id.in_(old))))


def _count(result: Any) -> int:
    return int(result.rowcount)
