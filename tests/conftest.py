"""Fixtures: a whole world for each test, on SQLite and on PostgreSQL."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser

from tests.postgres import roomy_place

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the tests' Webex is plain http on loopback
# Temporary files in memory, for child processes too: thousands of commits need not wait for a disk.
os.environ.setdefault("TMPDIR", roomy_place())

from app.models import Database
from app.models.schema import migrate as bring_up_to_date
from tests.browsing import chromium
from tests.people import Person
from tests.recorded import Recordings
from tests.world import Clock, World

if TYPE_CHECKING:
    from tests.databases import Databases

pytest_plugins = ["tests.databases", "tests.loopback", "tests.once", "tests.openapi", "tests.crash_summary"]


SLOW = (
    "test_fifty_people", "test_faults_in_commands", "test_browser", "test_crash_table", "test_crash", "test_machines",
    "test_plans_crash", "test_anything_typed", "test_demo",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that at the end no process works on alone."""
    items.sort(key=lambda item: item.path.stem not in SLOW)


@pytest.fixture(scope="session")
def migrate() -> Callable[[str], None]:
    def to_newest(url: str) -> None:
        database = Database(url)
        bring_up_to_date(database)
        database.close()

    return to_newest


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One headless Chromium for all tests of this process: each start costs a second."""
    with chromium() as made:
        yield made


@pytest.fixture(scope="session")
def recordings(databases: "Databases", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recordings]:
    """Made before any test changes anything."""
    with closing(Recordings()) as made:
        for kind in databases.kinds:
            with databases.fresh(kind) as url, World(url, tmp_path_factory.mktemp("recorded"), recordings=made) as world:
                made.make(world)
        yield made


@pytest.fixture
def world(database_url: str, tmp_path: Path, recordings: Recordings) -> Iterator[World]:
    """A simulated Webex and the app with its worker, meeting over HTTP."""
    with World(database_url, tmp_path, recordings=recordings) as made:
        yield made


@pytest.fixture
def alice(world: World) -> Person:
    return world.person("alice@example.com")


@pytest.fixture
def bob(world: World) -> Person:
    return world.person("bob@example.com")


@pytest.fixture
def carol(world: World) -> Person:
    return world.person("carol@example.com")


@pytest.fixture
def dave(world: World) -> Person:
    return world.person("dave@partner.example")


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Lets time pass at once: leases end, pauses are over."""
    moved = Clock()
    monkeypatch.setattr(time, "time", moved)
    return moved
