"""PostgreSQL as this application meets it: a server that says nothing is given up on, and left alone for a while.

A server that is gone refuses, and everybody knows at once. One that stands still, or behind a network that swallows everything,
takes connections and never answers: then whoever asks would wait, one thread after the other, until nobody is left to tell
Webex that nothing can be stored.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from sqlalchemy.exc import TimeoutError as NotInTime

PATIENCE = 10.0  # seconds for the answer to one statement
NO_ANSWER = "the database does not answer"
PROMPTLY = 1.0  # seconds; a network that has no way to it says so after some
PAUSE = 1.0  # seconds after which somebody asks again
# libpq "Parameter Key Words": a host that vanished is noticed by who only listens, too.
NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_own = threading.local()


class Silent(NotInTime):
    """The server did not answer a moment ago, and somebody else finds out whether it does again."""


@contextmanager
def patiently() -> Iterator[None]:
    """For this thread, statements may take as long as they take: those that change tables, wait for a lock or purge."""
    _own.is_patient, before = True, getattr(_own, "is_patient", False)
    try:
        yield
    finally:
        _own.is_patient = before


class Server:
    """Whether a server answers, as all threads of this process know it."""

    def __init__(self) -> None:
        self.is_silent = False
        self._asker: int | None = None
        self._until = 0.0
        self._lock = threading.Lock()

    def connect(self, *given: Any, **more: Any) -> "Connection":
        """As `psycopg.connect`.

        :raises Silent: as `check`
        """
        self.check()
        began = monotonic()
        try:
            connection = Connection.connect(*given, **{**NETWORK, **more})
        except psycopg.OperationalError:
            if monotonic() - began < PROMPTLY:  # to refuse is to answer
                self.answered()
            else:
                self.said_nothing()
            raise
        connection.server = self
        return connection

    def check(self) -> None:
        """Called before the server is asked: as long as it is silent, by one thread at a time.

        :raises Silent: if another one is asking, or asked in vain a moment ago
        """
        if not self.is_silent:
            return
        with self._lock:
            me = threading.get_ident()
            if self._asker != me and monotonic() < self._until:
                raise Silent(NO_ANSWER)
            self._asker, self._until = me, monotonic() + PATIENCE

    def said_nothing(self) -> None:
        """It did not answer."""
        with self._lock:
            self.is_silent, self._asker, self._until = True, None, monotonic() + PAUSE

    def answered(self) -> None:
        """It did."""
        self.is_silent = False


class Connection(psycopg.Connection[Any]):
    """Is closed when its server does not answer, which ends its transaction there as soon as that hears of it."""

    server = Server()

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Where psycopg waits for an answer.

        :param timeout: given by who listens for what may not come
        """
        if timeout is not None or getattr(_own, "is_patient", False):
            return super().wait(gen, interval, timeout)
        try:
            answer = super().wait(gen, interval, PATIENCE)
        except _WaitTimeout:
            self.server.said_nothing()
            self.close()
            raise psycopg.OperationalError(NO_ANSWER) from None
        if self.server.is_silent:
            self.server.answered()
        return answer
