"""Where rows live: the engines, transactions, and the writer that commits many small writes at once."""

import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, bindparam, create_engine, event, extract, func, make_url, select, text
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as NotInTime
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from app.models import postgres
from app.models.writing import Write, Writer

T = TypeVar("T")
WORK = "lines with work"
IMMEDIATE = "immediate"  # our driver's name
MOVED = "people whose route changed"
CHANNEL = "armyknife"  # of PostgreSQL's LISTEN and NOTIFY
USED, IDLE = "used", 1.0  # seconds after which a connection of PostgreSQL is asked whether it still is one
BUSY_TIMEOUT = 10.0  # seconds a SQLite connection waits for the write lock


class Base(DeclarativeBase):
    """Base of every table. Times are seconds since the epoch, as the database's clock-free `float`."""


class Clock:
    """The one clock of everything stored: the database's, as soon as it was asked, since several machines share that alone.

    Leases would end too soon, or reminders come too late, for whoever has a clock of another opinion.
    """

    def __init__(self) -> None:
        self._ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self._ahead

    def follow(self, ask: Callable[[], float]) -> None:
        """:param ask: what time it is elsewhere, in seconds since the epoch"""
        before = time.time()
        told = ask()
        after = time.time()
        self._ahead = told - (before + after) / 2


_clock = Clock()


def now() -> float:
    """Seconds since the epoch; the one clock of everything stored."""
    return _clock()


def has_work(db: Session, line_name: str) -> None:
    """Let a line be woken once this transaction has committed."""
    db.info.setdefault(WORK, {})[line_name] = True


_ITS_TIME = select(extract("epoch", func.clock_timestamp()))


def route_changed(db: Session, person_id: str) -> None:
    """Let every process's routing table hear, once this transaction has committed, that what an ear knows of a person changed.

    Called by whatever changes one of the columns that `app.models.route` reads.
    """
    moved = db.info.setdefault(MOVED, {})
    if person_id not in moved and db.get_bind().dialect.name != "sqlite":
        db.execute(_NOTIFY, {"channel": CHANNEL, "word": person_id})
    moved[person_id] = True


_NOTIFY = select(func.pg_notify(bindparam("channel"), bindparam("word")))


class Database:
    """The database of one process.

    On SQLite, who writes starts with BEGIN IMMEDIATE, since a transaction that reads first and writes later fails at once
    when somebody else wrote in between; who only reads takes no lock. Both share connections.

    :param url: SQLAlchemy URL
    :ivar wake: told, after a commit, of each line in which the transaction put work
    :ivar moved: told, after a commit, of each person whose route the transaction changed
    """

    def __init__(self, url: str) -> None:
        self.wake: Callable[[str], None] = lambda line_name: None
        self.moved: Callable[[str], None] = lambda person_id: None
        self.is_sqlite = url.startswith("sqlite")
        self._local = threading.local()
        if self.is_sqlite:
            Path(make_url(url).database or "").parent.mkdir(parents=True, exist_ok=True)
        self.engine = self._engine(url)
        self.reader = self._reader(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        event.listen(self._sessions, "after_begin", self._note_open)
        event.listen(self._sessions, "after_transaction_end", self._note_closed)
        self._readers = sessionmaker(self.reader, expire_on_commit=False)
        self._turns = threading.Lock()
        self._works: dict[str, threading.Lock] = {}
        self.writer = Writer(self.engine, self.turn)

    def _engine(self, url: str) -> Engine:
        # hide_parameters: otherwise the values of a failing statement stand in the error's text.
        extra: dict[str, Any] = {"connect_args": {"timeout": BUSY_TIMEOUT}} if self.is_sqlite else {}
        ours = make_url(url).set(drivername=f"sqlite+{IMMEDIATE}") if self.is_sqlite else url
        engine = create_engine(ours, hide_parameters=True, pool_size=20, max_overflow=20, **extra)
        if self.is_sqlite:
            event.listen(engine, "connect", _prepare_sqlite)
        else:
            server = postgres.Server()
            event.listen(engine, "do_connect", lambda _dialect, _record, given, more: server.connect(*given, **more))
            event.listen(engine, "checkin", _note_use)
            event.listen(engine, "checkout", lambda *_: server.check())
            event.listen(engine, "checkout", partial(_ping_idle, engine.dialect))
        return engine

    def _reader(self, url: str) -> Engine:
        """Who only looks needs no transaction, which on PostgreSQL would take two more trips to the server and back."""
        if self.is_sqlite:
            return create_engine(url, hide_parameters=True, pool=self.engine.pool)
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work commits at the end, or not at all. It takes the write lock with its first statement."""
        with self.turn(), self._sessions() as session:
            with session.begin():
                yield session
            for person_id in session.info.get(MOVED, ()):
                self.moved(person_id)
            for line_name in session.info.get(WORK, ()):
                if line_name != getattr(self._local, "line", None):
                    self.wake(line_name)

    @contextmanager
    def working_off(self, line_name: str) -> Iterator[None]:
        """While it lasts, this thread looks for itself what it put into the line, so nobody is woken for it."""
        self._local.line = line_name
        try:
            yield
        finally:
            self._local.line = None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """On SQLite, this process's writers take turns here. Its own way of waiting is to sleep and look again, longer each time,
        so that among several threads mostly nobody has the lock that all of them want.

        :raises NotInTime: if another one does not come to its end
        """
        if not self.is_sqlite:
            yield
            return
        if not self._turns.acquire(timeout=BUSY_TIMEOUT):
            raise NotInTime("the database is locked")
        try:
            yield
        finally:
            self._turns.release()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for looking only."""
        with self._readers() as session:
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """For statements that were built beforehand and are asked all the time: a session costs more than they do."""
        with self.reader.connect() as connection:
            yield connection

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """As `looking`, and what is changed commits at the end."""
        with self.turn(), self.engine.begin() as connection:
            yield connection

    def write(self, work: Write) -> Any:
        """Run one small write in the next group commit; returns after it is on disk."""
        return self.writer(work)

    @contextmanager
    def alone(self, work: str) -> Iterator[None]:
        """Keep everybody else out of a piece of work, by an advisory lock of PostgreSQL; no transaction is open meanwhile.

        On SQLite there is one process, of which other threads are kept out.
        """
        if self.is_sqlite:
            with self._works.setdefault(work, threading.Lock()):
                yield
            return
        key = zlib.crc32(f"army knife {work}".encode())
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # not put back into the pool: a server that forks must not inherit it, nor anybody the lock
            with postgres.patiently():
                connection.execute(select(func.pg_advisory_lock(key)))
            try:
                yield
            finally:
                connection.execute(select(func.pg_advisory_unlock(key)))

    def keep_time(self) -> None:
        """Take PostgreSQL's clock for ours; SQLite has that of this machine."""
        if not self.is_sqlite:
            with self.looking() as connection:
                _clock.follow(lambda: float(connection.scalar(_ITS_TIME) or time.time()))

    def notify(self, word: str) -> None:
        """Say a word to all processes that listen (PostgreSQL)."""
        with self.changing() as connection:
            connection.execute(_NOTIFY, {"channel": CHANNEL, "word": word})

    @contextmanager
    def listening(self) -> Iterator[Callable[[float], list[str]]]:
        """Hear what is said to all processes (PostgreSQL), in the order in which it was committed.

        :returns: waits for so many seconds at most, and gives the words that came
        """
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.detach()  # as in `alone`
            connection.execute(text(f"LISTEN {CHANNEL}"))
            driver: Any = connection.connection.dbapi_connection
            yield lambda seconds: [said.payload for said in driver.notifies(timeout=seconds, stop_after=1)]

    def forget_log(self) -> None:
        """Empty SQLite's write-ahead log, in which deleted values live on until it is written over.

        If somebody reads or writes at this moment, it is left for the next time.
        """
        if self.is_sqlite:
            with self.reader.connect() as connection:
                connection.exec_driver_sql("PRAGMA busy_timeout=50")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
                connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_TIMEOUT * 1_000:.0f}")

    def refuse_inside_transaction(self) -> None:
        """Called before each request to Webex: nobody waits for the network while holding the write lock.

        :raises RuntimeError: if this thread has a transaction open
        """
        if getattr(self._local, "open", False):
            raise RuntimeError("a call to Webex inside a database transaction")

    def _note_open(self, *_: Any) -> None:
        self._local.open = True

    def _note_closed(self, _session: Session, transaction: Any) -> None:
        if transaction.parent is None:
            self._local.open = False

    def close(self) -> None:
        self.writer.close()
        self.engine.dispose()


def _note_use(_connection: Any, record: Any) -> None:
    record.info[USED] = time.monotonic()


def _ping_idle(dialect: Any, connection: Any, record: Any, _proxy: Any) -> None:
    """A connection that lay idle may be broken by now. One that was used a moment ago is not asked, which saves a trip."""
    if time.monotonic() - record.info.get(USED, float("inf")) > IDLE:
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error:
            raise DisconnectionError from None  # the pool takes another one


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN is switched off; see Immediate. secure_delete overwrites what is deleted.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


class Immediate(SQLiteDialect_pysqlite):
    """SQLite for who writes: a transaction begins by taking the write lock. (A listener would slow down every statement.)"""

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN IMMEDIATE")


registry.register(f"sqlite.{IMMEDIATE}", __name__, Immediate.__name__)
