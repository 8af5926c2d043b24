"""The queue and the clock: what is woken, repaired, purged, and what happens without them."""

from pathlib import Path

import pytest
from sqlalchemy import text

from app.models.session import BrowserSession
from tests.people import Person
from tests.world import Clock, World

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A_WEEK = 7 * 86_400.0 + 60.0  # seconds


def count(world: World, table: str) -> int:
    with world.house.database.reading() as db:
        return int(db.scalar(text(f"SELECT count(*) FROM {table}")) or 0)


def test_the_sweep_finds_what_nobody_woke(world: World, alice: Person) -> None:
    alice.says("hello")
    world.house.wake.queue = None
    alice.writes("/help")
    world.control("drain")
    assert not world.is_idle()
    world.house.wake.queue = world.queue.wakes
    world.queue.sweep()
    world.settle()
    assert "/init" in alice.hears()[-1]


def test_what_was_heard_while_no_worker_ran_is_done_at_the_start(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, with_queue=False) as world:
        alice = world.person("alice@example.com")
        alice.writes("hello")
        alice.writes("/help")
        world.control("drain")
        assert alice.hears() == []
        world.queue.start()
        world.settle()
        assert [heard.partition(".")[0] for heard in alice.hears()] == [
            "**Hello! I'm Army Knife, your personal assistant for Webex",
            "You are not connected yet: `/init` gives you a link",
        ]


@on_sqlite
def test_a_queue_that_was_lost_loses_nothing(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, with_queue=False) as world:
        alice = world.person("alice@example.com")
        alice.writes("hello")
        world.control("drain")
        world.stop_app()
        for file in tmp_path.glob("queue.db*"):
            file.unlink()
        world.with_queue = True
        world.start_app()
        world.settle()
        assert len(alice.hears()) == 1


@on_sqlite
def test_a_webex_that_is_away_at_the_start_is_waited_for(world: World, alice: Person) -> None:
    world.stop_app()
    world.fault("GET", "/people/me", times=2, status=503)
    world.fault("GET", "/webhooks", times=2, drop=True)
    world.start_app()
    assert not world.look("faults")
    assert len(alice.says("hello")) == 1


@on_sqlite
def test_every_hour_webhooks_that_went_missing_come_back(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    webex = world.house.tools.people.acting_as(alice.id)
    for hook in webex.list_webhooks():
        webex.delete_webhook(hook.id)
    assert alice.webhooks() == []
    for hook in world.bot.api("GET", "/webhooks")["items"]:
        world.control(f"webhooks/{hook['id']}/disable")
    world.queue.repair()
    world.queue.repair()  # as another machine does in the same hour
    world.settle()
    assert len(alice.webhooks()) == 2
    assert {hook["status"] for hook in world.bot.api("GET", "/webhooks")["items"]} == {"active"}
    said = len(alice.hears())
    bob.writes("lunch?", room="Project X")
    world.settle()
    assert len(alice.hears()) == said + 1


@on_sqlite
def test_what_finished_is_kept_for_a_week_and_then_purged(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    finished = count(world, "inbox")
    assert finished > 2
    world.queue.purge()
    assert count(world, "inbox") == finished
    assert count(world, "inbox_step") > 0
    assert count(world, BrowserSession.__tablename__) == 1
    clock.advance(A_WEEK)
    world.queue.purge()
    assert [count(world, table) for table in ("inbox", "inbox_step", "outbox", BrowserSession.__tablename__)] == [0, 0, 0, 0]
    assert alice.says("/todo") == ["**Todo list**\n\n- **1** buy milk"]


@on_sqlite
def test_a_worker_that_stops_leaves_the_rest_of_a_long_line_for_the_next_start(world: World, alice: Person) -> None:
    alice.connects()
    world.fault("GET", "/messages/", by=world.bot, slow=0.5)
    for number in range(20):
        alice.writes(f"/todo thing {number:02}")
    world.wait_for_fault()
    world.control("drain")
    world.stop_app()
    assert not world.is_idle(), "it should not have worked off the whole line before it stopped"
    world.start_app()
    world.settle()
    listed = alice.says("/todo")[0]
    assert [row.split()[3] for row in listed.splitlines() if row.startswith("- ")] == [f"{n:02}" for n in range(20)]
