"""Huey as this application uses it: on SQLite in a file of its own, on PostgreSQL in tables of its own, or on Redis."""

from functools import partial
from typing import Any

from huey import Huey, PostgresHuey, RedisHuey
from huey.consumer import Consumer, Worker
from huey.storage import SqliteStorage
from redis import ConnectionPool

from app.house import House
from app.jobs.crew import Crew
from app.models import postgres

ANSWERS_WITHIN = 5.0  # seconds; a worker waits for a task for one
LOOK_EVERY = 0.2  # seconds between two looks into SQLite's queue
BUSY = 0.5  # seconds between two looks whether to stop, while all threads work
AFTER_FAILURE = 2.0  # seconds, at most, before a worker turns again to a queue that failed: each failure is a line in the log


class Storage(SqliteStorage):
    """A queue that may forget its last milliseconds when the power fails, but is never corrupt; the sweep makes up for it."""

    def _create_connection(self) -> Any:
        connection = super()._create_connection()
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute("PRAGMA secure_delete=ON")
        return connection

    def forget_log(self) -> None:
        """Empty the write-ahead log: it names people whose work is done."""
        with self.lock:
            self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


class Asking(Worker):
    """Takes nothing from the queue as long as nobody here could begin with it: another process might.

    :ivar crew: who does the work
    """

    crew: Crew

    def loop(self, now: Any = None) -> None:
        if self.crew.wait_for_room(BUSY):
            super().loop(now)


class QuietConsumer(Consumer):
    """Runs beside a web server, which owns the process's signals. Two threads, since one may be busy with what the clock asks."""

    worker_class = Asking

    def __init__(self, huey: Huey, crew: Crew, shutdown_timeout: float) -> None:
        self.crew = crew
        super().__init__(
            huey,
            workers=2,
            initial_delay=0.01,
            max_delay=longest_pause(huey),
            check_worker_health=False,
            shutdown_timeout=shutdown_timeout,
        )

    def _create_worker(self) -> Worker:
        worker = super()._create_worker()
        worker.crew = self.crew
        return worker

    def _set_signal_handlers(self) -> None:
        return


def make(house: House) -> Huey:
    url = house.config.queue_url.reveal()
    if url == "sqlite":
        file = house.config.data_dir / "queue.db"
        return Huey("armyknife", storage_class=Storage, filename=str(file), results=False, timeout=30)
    if url.startswith("redis://"):
        # Without them, a Redis that can't be reached is waited for without end.
        pool = ConnectionPool.from_url(url, socket_timeout=ANSWERS_WITHIN, socket_connect_timeout=ANSWERS_WITHIN)
        return RedisHuey("armyknife", connection_pool=pool, results=False)
    # The queue need not survive a power failure, so its commits need not wait for the disk.
    dsn = url.replace("postgresql+psycopg://", "postgresql://")
    connect = partial(postgres.Server().connect, dsn, options="-c synchronous_commit=off")
    return PostgresHuey("armyknife", connection=connect, results=False)


def longest_pause(huey: Huey) -> float:
    """Seconds before a worker looks again: the others than SQLite's tell by themselves when there is something."""
    return LOOK_EVERY if isinstance(huey.storage, Storage) else AFTER_FAILURE
