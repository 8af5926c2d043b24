"""What is deleted by schedule, and that a year in which nothing happens leaves nothing behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.models import Base, audit, failure, retention
from tests.people import Person
from tests.world import Clock, World

DAY = 86_400.0
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def counts(world: World) -> dict[str, int]:
    """How many rows there are, by table; empty ones are left out."""
    with world.house.database.reading() as db:
        found = {name: int(db.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0) for name in Base.metadata.tables}
    return {name: count for name, count in found.items() if count}


def pages(world: World) -> dict[str, int]:
    """How large the files in DATA_DIR are that SQLite keeps, in its pages, free ones included."""
    world.house.database.forget_log()
    sizes = {}
    for file in world.folder.glob("*.db"):
        with closing(sqlite3.connect(file)) as connection:
            sizes[file.name] = int(connection.execute("PRAGMA page_count").fetchone()[0])
    return sizes


def live(world: World, clock: Clock, days: int) -> None:
    """Let days pass as the clock of an installation has them."""
    while days > 0:
        step = min(days, 1 if days < 10 else 6)  # every day, where it is looked at closely
        clock.advance(step * DAY)
        world.queue.repair()
        world.queue.ring()
        world.queue.purge()
        world.settle()
        days -= step


def test_every_table_has_a_rule() -> None:
    """Fails with a new table: say in app/models/retention.py how long its rows stay."""
    rules = [*retention.PURGES, *retention.WITH_ANOTHER, *retention.STAYS]
    assert sorted(rules) == sorted(Base.metadata.tables)
    for child, parent in retention.WITH_ANOTHER.items():
        keys = Base.metadata.tables[child].foreign_keys
        assert any(key.column.table.name == parent and key.ondelete == "CASCADE" for key in keys), child


# The last day on which rows of the first day are there, and the first on which they are not.
GONE = {
    "invitation": (0, 1), "browser_session": (0, 1), "tries": (0, 1), "outbox": (6, 8), "decision": (6, 8), "plan": (6, 8),
    "reminder": (29, 32), "join_link": (36, 38), "ledger_day": (89, 92), "ledger_total": (89, 92), "ticket": (89, 91),
    "failure": (89, 91),    "audit": (364, 366), "usage": (364, 367),
}  # fmt: skip


@SQLITE
def test_an_idle_year_leaves_nothing_behind(database_url: str, tmp_path: Path, clock: Clock) -> None:
    with World(database_url, tmp_path, ADMINS="carol@example.com") as world:
        an_idle_year(world, world.person("alice@example.com"), world.person("bob@example.com"), clock)


def an_idle_year(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    alice.says("/todo walk", room="Project X")
    alice.says("/track bob@example.com bob")
    alice.says("/remind +2h call Bob")
    alice.says("/makepublic", room="Project X")
    alice.says("/addmember dave@partner.example Project X")
    bob.says("hello")
    bob.says("/support how do I begin?")
    bob.says("join a-wrong-code")
    with world.house.database.transaction() as db:
        audit.note(db, alice.id, "looked")
        failure.note(db, "0123abcd", ValueError(), "/todo")
    live(world, clock, 0)
    world.house.tools.tally.flush()
    begun = counts(world)
    assert {*GONE, "inbox"} <= begun.keys()

    sizes, today = {}, 0
    for day in sorted({day for days in GONE.values() for day in days} | {28, 378}):
        live(world, clock, day - today)
        today, left, sizes[day] = day, counts(world), pages(world)
        for table, (last, gone) in GONE.items():
            assert (table in left) is (day < gone) or last < day < gone, f"{table} on day {day}"
        assert day < 9 or left["inbox"] <= 18, "a week of repairs and of looks into the bot's rooms, and no more"
    assert sizes[378] == sizes[28], "no file has grown since the first weeks"
    stays = {
        table: count
        for table, count in begun.items()
        if table not in GONE and table not in (*retention.WITH_ANOTHER, "inbox", "alarm")
    }
    assert {table: counts(world).get(table) for table in stays} == stays, "what is hers stays"
    assert alice.says("/todo")[-1] == "**Todo list**\n\n- **1** buy milk\n- **2** walk"
    assert len(alice.webhooks()) == 2, "and her tokens were renewed all the time"


@SQLITE
def test_one_table_that_can_t_be_purged_does_not_keep_the_others(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.connects()

    def fail(_connection: object) -> None:
        raise OperationalError("purge", {}, Exception("locked"))

    monkeypatch.setitem(retention.PURGES, "inbox", fail)
    clock.advance(8 * DAY)
    world.queue.purge()
    assert "inbox" in counts(world) and "outbox" not in counts(world)
