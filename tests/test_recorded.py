"""What is recorded is what would have happened (`tests.recorded`)."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from tests.people import Person
from tests.recorded import TABLES, Later, Recordings
from tests.world import World

FIXED = {
    "inbox": ("receiver", "line", "state", "attempts", "error"),
    "outbox": ("id", "kind", "line", "state", "attempts", "error"),
    "user_account": ("person_id", "email", "display_name", "status", "tracking"),
    "token": ("person_id", "scopes", "version", "status"),
    "subscription": ("person_id", "name"),
    "contact": ("person_id",),
}  # columns that hold neither a time nor anything made up on the spot


def test_any_other_beginning_is_told_as_ever(world: World, alice: Person, bob: Person, recordings: Recordings) -> None:
    assert recordings.connects(world, bob) is None, "another person"
    bob.says("hello")
    assert recordings.connects(world, alice) is None, "something happened already"


def test_it_is_as_it_would_be(world: World, alice: Person, databases: Any, tmp_path: Path, recordings: Recordings) -> None:
    page = alice.connects()
    assert page is recordings._made[world.house.database.is_sqlite].page, "it was not told anew"
    folder = tmp_path / "told"
    folder.mkdir()
    kind = "sqlite" if world.house.database.is_sqlite else "postgresql"
    with databases.fresh(kind) as url, World(url, folder) as told:
        told.settle()
        told.person(alice.email).connects()
        same = told.person(alice.email)
        assert [_plain(one, world) for one in alice.hears()] == [_plain(one, told) for one in same.hears()]
        assert {hook["resource"] for hook in alice.webhooks()} == {hook["resource"] for hook in same.webhooks()}
        assert _counted(world) == _counted(told)
        for name, columns in FIXED.items():
            assert _rows(world, name, columns) == _rows(told, name, columns), name
        assert alice.browser.opens("/account").status_code == 200
        assert alice.says("/me")[0].partition("\n")[0] == same.says("/me")[0].partition("\n")[0]


def _plain(words: str, world: World) -> str:
    return words.replace(world.app_url, "").partition("/authorize/")[0]


def _counted(world: World) -> dict[str, int]:
    world.house.tools.tally.flush()
    with world.house.database.looking() as connection:
        return {table.name: len(connection.execute(select(table)).all()) for table in TABLES}


def _rows(world: World, name: str, columns: tuple[str, ...]) -> list[tuple[Any, ...]]:
    table = next(table for table in TABLES if table.name == name)
    with world.house.database.looking() as connection:
        return sorted(map(tuple, connection.execute(select(*(table.c[column] for column in columns))).all()), key=repr)


def test_it_was_a_moment_ago() -> None:
    later = Later(90.0)
    words = '{"created":"2026-11-26T23:59:00.250Z","expires":1795688281.5,"text":"at 1795688281","id":"x1795688281.5"}'
    moved = '{"created":"2026-11-27T00:00:30.250Z","expires":1795688371.5,"text":"at 1795688281","id":"x1795688281.5"}'
    assert later.words(words) == moved
    assert [later.value(one) for one in (1795688281.5, 30.0, 1795688281, None)] == [1795688371.5, 30.0, 1795688281, None]
