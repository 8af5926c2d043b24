"""A PostgreSQL that says nothing, and one that is only slow with one thing."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from app.models import Database, postgres
from app.models.postgres import Silent
from tests.relay import Relay
from tests.world import wait_until

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def reached_by(line: Relay, database_url: str) -> Iterator[Database]:
    way = make_url(database_url).set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
    database = Database(way)
    yield database
    database.close()


def asks(database: Database) -> str:
    """What comes of a question, by its name."""
    try:
        with database.looking() as connection:
            return str(connection.scalar(text("SELECT 'answered'")))
    except SQLAlchemyError as error:
        return type(error).__name__


def test_who_waits_for_a_lock_keeps_nobody_else_from_asking(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 0.5)
    database = Database(database_url)
    told: list[str] = []
    with database.engine.connect() as holder:
        holder.execute(text("LOCK TABLE heartbeat"))

        def waits() -> None:
            with database.looking() as connection:
                connection.scalar(text("SELECT count(*) FROM heartbeat"))

        for _ in range(2):
            with pytest.raises(OperationalError, match=postgres.NO_ANSWER):
                waits()
            wait_until(lambda: asks(database) == "answered", patience=5.0)
            told += [asks(database) for _ in range(20)]
        holder.rollback()
    assert set(told) == {"answered"}
    database.close()


def test_a_silent_server_is_asked_by_nobody_who_has_something_else_to_do(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "PATIENCE", 1.0)
    monkeypatch.setattr(postgres, "PAUSE", 0.1)
    with Relay(make_url(database_url).port or 5432) as line, reached_by(line, database_url) as database:
        assert asks(database) == "answered"
        line.freeze()
        assert asks(database) == "OperationalError"
        began = time.monotonic()
        threads = [threading.Thread(target=lambda: told.append(asks(database))) for _ in range(200)]
        told: list[str] = []
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(told) == {Silent.__name__}
        assert time.monotonic() - began < 200 * 1.0 / 10, "they waited one after the other"
        line.thaw()
        wait_until(lambda: asks(database) == "answered")


def test_a_server_that_refuses_is_not_silent(database_url: str) -> None:
    with Relay(make_url(database_url).port or 5432) as line, reached_by(line, database_url) as database:
        line.cut()
        assert [asks(database) for _ in range(3)] == ["OperationalError"] * 3
        line.mend()
        assert asks(database) == "answered"


def test_what_a_vanished_machine_leaves_open_ends(database_url: str) -> None:
    """Its locks would stay for two hours, which is how long Linux waits before it asks whether somebody is still there."""
    database = Database(database_url)
    with database.looking() as connection:
        seen = {name: connection.scalar(text(f"SHOW {name}")) for name in postgres.ITS_SIDE}
    assert seen["idle_in_transaction_session_timeout"] == "1min"
    assert (seen["tcp_keepalives_idle"], seen["tcp_user_timeout"]) == ("15", "20000")
    database.close()
