"""A fresh, migrated database for each test: SQLite files and PostgreSQL databases, copied from one migrated once.

A pytest plugin. The conftest that loads it has a session fixture ``migrate``, a callable that brings the empty
database at a SQLAlchemy URL to the newest revision. Tests ask for ``database_url`` and run once for each kind.
"""

import os
import secrets
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from tests import postgres

KINDS = ("sqlite", "postgresql")
MISSING = "PostgreSQL is missing (initdb and postgres), and TEST_POSTGRES_URL is not set"
READY_WITHIN = 60.0  # seconds; a private server needs one, on a busy machine some more

Migrate = Callable[[str], None]


class PostgresSource:
    """Where this test run's PostgreSQL is: TEST_POSTGRES_URL, the xdist controller's server, or one of our own."""

    def __init__(self, told: str | None = None) -> None:
        self._told = os.environ.get("TEST_POSTGRES_URL") or told
        self._server: postgres.Server | None = None

    @cached_property
    def url(self) -> str:
        """SQLAlchemy URL of the maintenance database, "" if there is no PostgreSQL; asking starts a private server."""
        if self._told is None:
            binaries = postgres.find_binaries()
            self._server = postgres.Server(binaries) if binaries else None
            self._told = self._server.url if self._server else ""
        return str(self._told)

    def stop(self) -> None:
        """End the private server, if one was started here."""
        if self._server:
            self._server.stop()


def _connect(url: str) -> psycopg.Connection[Any]:
    """Connect to a server that may still be starting; its last refusal is raised when the time is over."""
    conninfo = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    deadline = time.monotonic() + READY_WITHIN
    while True:
        try:
            return psycopg.connect(conninfo, autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


class Databases:
    """Makes and drops databases for one process of the test run, under names no other process uses."""

    def __init__(self, source: PostgresSource, migrate: Migrate, directory: Path) -> None:
        """Take a directory for the SQLite files; nothing is made before it is asked for."""
        self._source = source
        self._migrate = migrate
        self._directory = directory
        self._prefix = f"army_knife_{secrets.token_hex(4)}_"
        self._made = 0

    @property
    def has_postgres(self) -> bool:
        """Whether there is a PostgreSQL to make databases in."""
        return bool(self._source.url)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that can be made here."""
        return KINDS if self.has_postgres else KINDS[:1]

    @cached_property
    def _server(self) -> psycopg.Connection[Any]:
        return _connect(self._source.url)

    def postgres_url(self, name: str) -> str:
        """SQLAlchemy URL of the PostgreSQL database of that name, whether it exists or not."""
        url = make_url(self._source.url).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    def create_postgres(self, name: str, template: str | None = None) -> str:
        """Create a database, empty or as a copy of another one nobody is connected to; return its URL."""
        # Copying files is quicker than logging pages; before version 15 it was the only way and had no name.
        copying = " STRATEGY FILE_COPY" if self._server.info.server_version >= 150000 else ""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}" + copying)
        self._server.execute(statement.format(sql.Identifier(name), sql.Identifier(template or "template0")))
        return self.postgres_url(name)

    def drop_postgres(self, name: str) -> None:
        """Drop a database, ending the connections that are left."""
        self._server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def fresh(self, kind: str) -> Iterator[str]:
        """A migrated database of a kind of KINDS for as long as the block lasts: its URL."""
        if kind == "postgresql" and not self.has_postgres:
            pytest.skip(MISSING)
        with self._fresh_sqlite() if kind == "sqlite" else self._fresh_postgres() as url:
            yield url

    @contextmanager
    def _fresh_sqlite(self) -> Iterator[str]:
        path = self._directory / f"{self._next_name()}.db"
        shutil.copyfile(self._sqlite_template, path)
        yield f"sqlite:///{path}"
        for left in self._directory.glob(f"{path.name}*"):  # the file and, in WAL mode, -wal and -shm
            left.unlink()

    @contextmanager
    def _fresh_postgres(self) -> Iterator[str]:
        name = self._next_name()
        yield self.create_postgres(name, self._postgres_template)
        self.drop_postgres(name)

    def _next_name(self) -> str:
        self._made += 1
        return f"{self._prefix}{self._made}"

    @cached_property
    def _sqlite_template(self) -> Path:
        path = self._directory / f"{self._prefix}template.db"
        self._migrate(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:  # so that the file is whole without its -wal
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return path

    @cached_property
    def _postgres_template(self) -> str:
        name = f"{self._prefix}template"
        self._migrate(self.create_postgres(name))
        # A pool that the migration left open would forbid copying.
        self._server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        return name

    def close(self) -> None:
        """Drop the PostgreSQL template and leave the server."""
        if "_postgres_template" in self.__dict__:
            self.drop_postgres(self._postgres_template)
        if "_server" in self.__dict__:
            self._server.close()


_SOURCE = pytest.StashKey[PostgresSource]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", action="append", choices=KINDS, default=[], help="run tests of database_url only on this kind")


def pytest_configure(config: pytest.Config) -> None:
    told = getattr(config, "workerinput", {}).get("postgres_url")
    config.stash[_SOURCE] = PostgresSource(told)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """In pytest-xdist's controller, before a worker starts: all workers share the controller's server."""
    config = node.config
    wanted = "postgresql" in (config.getoption("database") or KINDS)
    node.workerinput["postgres_url"] = config.stash[_SOURCE].url if wanted else ""


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_SOURCE].stop()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the kinds that --database does not name."""
    unwanted = set(KINDS) - set(config.getoption("database") or KINDS)
    left_out = [item for item in items if _kind_of(item) in unwanted]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _kind_of(item: pytest.Item) -> object:
    return item.callspec.params.get("database_url") if hasattr(item, "callspec") else None


@pytest.fixture(scope="session")
def databases(request: pytest.FixtureRequest, migrate: Migrate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Databases]:
    made = Databases(request.config.stash[_SOURCE], migrate, tmp_path_factory.mktemp("databases"))
    yield made
    made.close()


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[str]:
    """The SQLAlchemy URL of a migrated database that no other test has seen, once for each kind of database."""
    with databases.fresh(request.param) as url:
        yield url
