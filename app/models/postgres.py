"""PostgreSQL as this application meets it: a server that says nothing is given up on, and left alone until it answers again.

A server that is gone refuses, and everybody knows at once. One that stands still, or behind a network that swallows everything,
takes connections and never answers: then whoever asks would wait, one thread after the other, until nobody is left to tell
Webex that nothing can be stored.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

import psycopg
import structlog
from psycopg.errors import _WaitTimeout
from sqlalchemy.exc import TimeoutError as NotInTime

log = structlog.get_logger(__name__)

PATIENCE = 10.0  # seconds for the answer to one statement
PROMPTLY = 1.0  # seconds; a network that has no way to it says so after some
PAUSE = 1.0  # seconds between two questions to a server that is silent
NO_ANSWER = "the database does not answer"
# libpq "Parameter Key Words": a host that vanished is noticed by who only listens, too.
NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
# The same from the server's side: what a machine that vanished left open, locks with it, would stay for hours.
ITS_SIDE = {
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "20000",
    "idle_in_transaction_session_timeout": "60000",
}
_SET = "SELECT " + ", ".join(f"set_config('{name}', '{value}', false)" for name, value in ITS_SIDE.items())
_own = threading.local()


class Silent(NotInTime):
    """The server did not answer a moment ago; whether it does again is found out without anybody waiting for it."""


@contextmanager
def patiently() -> Iterator[None]:
    """For this thread, statements may take as long as they take: those that change tables, wait for a lock or purge."""
    _own.is_patient, before = True, getattr(_own, "is_patient", False)
    try:
        yield
    finally:
        _own.is_patient = before


class Server:
    """Whether a server answers, as all threads of this process know it.

    :ivar is_silent: then everybody who asks is refused, and a thread of its own goes on asking
    """

    def __init__(self) -> None:
        self.is_silent = False
        self._address: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
        self._lock = threading.Lock()

    def connect(self, *given: Any, **more: Any) -> "Connection":
        """As `psycopg.connect`.

        :raises Silent: as `check`
        """
        self.check()
        self._address, began = (given, {**NETWORK, **more}), monotonic()
        try:
            connection = self._connected()
        except psycopg.OperationalError as error:
            if not _is_answer(error, began):
                self.doubt()
            raise
        connection.server = self
        return connection

    def _connected(self) -> "Connection":
        given, more = self._address
        connection = Connection.connect(*given, **more)
        as_asked, connection.autocommit = connection.autocommit, True
        connection.execute(_SET)
        connection.autocommit = as_asked
        return connection

    def check(self) -> None:
        """Called before the server is asked.

        :raises Silent: if it does not answer
        """
        if self.is_silent:
            raise Silent(NO_ANSWER)

    def doubt(self) -> None:
        """Something was not answered in time. That may be one slow statement, or nothing is: a new connection will tell."""
        with self._lock:
            if not self.is_silent:
                self.is_silent = True
                threading.Thread(target=self._ask_until_it_answers, name="database", daemon=True).start()

    def _ask_until_it_answers(self) -> None:
        while not self._answers():
            log.warning(NO_ANSWER)
            sleep(PAUSE)
        self.is_silent = False

    def _answers(self) -> bool:
        began = monotonic()
        try:
            self._connected().close()
        except Exception as error:
            return _is_answer(error, began)
        return True


def _is_answer(error: Exception, began: float) -> bool:
    """Whether a failure to connect tells that somebody is there: to refuse is to answer, to say so after seconds is not.

    :param began: when it was tried, by the monotonic clock
    """
    return getattr(error, "sqlstate", None) is not None or monotonic() - began < PROMPTLY


class Connection(psycopg.Connection[Any]):
    """Is closed when its server does not answer, which ends its transaction there as soon as that hears of it."""

    server: Server | None = None

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Where psycopg waits for an answer.

        :param timeout: given by who listens for what may not come
        """
        if timeout is not None or getattr(_own, "is_patient", False):
            return super().wait(gen, interval, timeout)
        try:
            return super().wait(gen, interval, PATIENCE)
        except _WaitTimeout:
            if self.server:
                self.server.doubt()
            self.close()
            raise psycopg.OperationalError(NO_ANSWER) from None
