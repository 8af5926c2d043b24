"""The inbox: each delivery has one effect and one answer, in order, whatever fails on the way."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.commands.context import Context
from app.commands.registry import COMMANDS
from app.house import House, build
from app.models import failure, inbox, line
from app.models.inbox import InboxRow
from app.models.line import Slot
from tests.people import Person
from tests.world import Clock, World, wait_until

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A_MINUTE = 61.0  # seconds: every lease has ended, every pause is over


def event_of(message: dict[str, Any]) -> dict[str, Any]:
    """The delivery with which Webex tells the bot of a message."""
    kept = ("id", "roomId", "roomType", "personId", "personEmail", "created")
    return {
        "resource": "messages",
        "event": "created",
        "actorId": message["personId"],
        "data": {name: message[name] for name in kept},
    }


def rows(world: World) -> list[tuple[Any, ...]]:
    with world.house.database.reading() as db:
        return [tuple(row) for row in db.execute(text("SELECT state, line, receiver, body, error FROM inbox ORDER BY id"))]


@contextmanager
def another_process(world: World) -> Iterator[House]:
    """A second set of everything on the same database, as another worker process has it."""
    house = build(world.config())
    yield house
    house.close()


# Repeated deliveries


def test_a_delivery_that_comes_five_times_at_once_has_one_effect_and_one_answer(world: World, alice: Person) -> None:
    alice.connects()
    world.control("switches", lose_deliveries=1)
    event = event_of(alice.writes("/todo buy milk"))
    world.control("drain")
    statuses: list[int] = []

    def deliver() -> None:
        statuses.extend(world.deliver("/bot", world.bot_secret, event) for _ in range(5))

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    world.settle()
    assert statuses == [204] * 20
    answers = [said for said in alice.hears() if "buy milk" in said]
    assert len(answers) == 1
    assert answers[0].startswith("Added **1**")
    assert alice.says("/todo") == ["**Todo list**\n\n- **1** buy milk"]


def test_when_webex_delivers_everything_three_times_each_thing_happens_once(world: World, alice: Person, bob: Person) -> None:
    world.control("switches", duplicate_deliveries=2)
    assert len(alice.says("hello")) == 1
    alice.connects()
    assert len(alice.says("/track bob@example.com bob")) == 1
    assert len(alice.says("/todo buy milk", room="Project X")) == 1
    said = len(alice.hears())
    bob.writes("lunch?", room="Project X")
    world.settle()
    assert ["lunch?" in heard for heard in alice.hears()[said:]] == [True]


@on_sqlite
def test_an_old_delivery_that_is_played_again_changes_nothing(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    heard = alice.hears()
    world.control("replay", last=50)
    world.settle()
    assert alice.hears() == heard


# Order


def test_what_one_person_types_is_done_in_the_order_it_was_typed(world: World, alice: Person) -> None:
    alice.connects()
    said = len(alice.hears())
    for number in range(1, 9):
        alice.writes(f"/todo thing {number}", room="Project X" if number % 3 == 0 else None)
        world.control("drain")
    world.settle()
    answers = [heard.partition("\n")[0] for heard in alice.hears()[said:]]
    assert answers == [f"Added **{number}**: thing {number}" for number in range(1, 9)]


@on_sqlite
def test_a_webex_that_is_slow_for_one_person_keeps_nobody_else_waiting(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    bob.connects()
    world.fault("GET", "/messages/", by=alice, slow=2.9)
    alice.writes("/todo hers", room="Project X")
    world.wait_for_fault()
    alice.writes("/help")
    bob.writes("/todo his", room="Project X")
    wait_until(lambda: "his" in bob.hears()[-1])
    assert not any("hers" in heard for heard in alice.hears()), "the slow call should still have been under way"
    world.goes_on()
    world.settle()
    assert [heard.partition("\n")[0] for heard in alice.hears()[-2:]] == ["Added **1**: hers", "**What I can do**"]


# A Webex that fails


@on_sqlite
def test_a_webex_that_fails_to_show_a_message_is_asked_again_and_answered_once(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    with World(database_url, tmp_path, HTTP_RETRIES="0") as world:
        alice = world.person("alice@example.com")
        alice.connects()
        failures: list[dict[str, Any]] = [
            {"status": 500},
            {"status": 503, "body": "<h1>Bad gateway</h1>"},
            {"drop": True},
            {"lost_answer": True},
            {"bad_json": True},
            {"retry_after": 0.1},
        ]
        for number, failure in enumerate(failures, 1):
            world.fault("GET", "/messages/", by=world.bot, **failure)
            alice.writes(f"/todo thing {number}")
            world.skip_pauses(clock)
            assert not world.look("faults")
            answers = [heard.partition("\n")[0] for heard in alice.hears() if heard.startswith("Added")]
        assert answers == [f"Added **{number}**: thing {number}" for number, _ in enumerate(failures, 1)]


@on_sqlite
def test_a_message_that_cannot_be_read_yet_is_answered_once_it_can(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    said = len(alice.hears())
    world.control("switches", message_lag=0.3)
    alice.writes("/todo buy milk")
    world.skip_pauses(clock)
    alice.writes("/todo eggs", room="Project X")
    world.skip_pauses(clock)
    refused = [call for call in world.look("calls") if call["status"] == 404 and "/messages/" in call["path"]]
    assert {call["by"] for call in refused} == {world.bot.id, alice.id}
    assert [heard.partition("\n")[0] for heard in alice.hears()[said:]] == ["Added **1**: buy milk", "Added **2**: eggs"]


@on_sqlite
def test_after_six_refusals_the_person_is_told_and_the_next_message_is_answered(
    database_url: str, tmp_path: Path, clock: Clock
) -> None:
    with World(database_url, tmp_path, HTTP_RETRIES="0") as world:
        alice = world.person("alice@example.com")
        alice.connects()
        world.fault("GET", "/messages/", by=world.bot, times=6, status=403)
        alice.writes("/todo buy milk")
        world.skip_pauses(clock)
        assert not world.look("faults")
        assert "could not read your last message" in alice.hears()[-1]
        assert "Nothing was changed" in alice.hears()[-1]
        assert alice.says("/todo") == ["Your todo list is empty. `/todo <text>` adds to it."]
        assert ("", "", "", "Forbidden") in [row[1:] for row in rows(world)]


@on_sqlite
def test_an_outage_longer_than_six_attempts_is_waited_out(database_url: str, tmp_path: Path, clock: Clock) -> None:
    with World(database_url, tmp_path, HTTP_RETRIES="0") as world:
        alice = world.person("alice@example.com")
        alice.connects()
        world.fault("GET", "/messages/", by=world.bot, times=9, status=503)
        alice.writes("/todo buy milk")
        world.skip_pauses(clock)
        assert not world.look("faults")
        assert "Added **1**: buy milk" in alice.hears()[-1]


@on_sqlite
def test_a_message_that_its_author_deleted_is_passed_over_in_silence(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    said = alice.hears()
    world.house.wake.queue = None  # nobody reads it before it is deleted
    message = alice.writes("/todo buy milk")
    world.control("drain")
    alice.api("DELETE", f"/messages/{message['id']}")
    world.skip_pauses(clock)
    assert alice.hears() == said


# A command that fails


@on_sqlite
def test_a_command_that_breaks_gives_a_number_and_leaves_nothing_half_done(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    alice.connects()
    good = COMMANDS["/todo"]

    def breaks(ctx: Context) -> str:
        good.handler(ctx)
        raise ZeroDivisionError("alice's secret")

    monkeypatch.setitem(COMMANDS, "/todo", replace(good, handler=breaks))
    (answer,) = alice.says("/todo buy milk")
    monkeypatch.setitem(COMMANDS, "/todo", good)
    assert "Something went wrong on my side, and nothing was changed" in answer
    assert "secret" not in answer
    assert "ZeroDivision" not in answer
    reference = answer.rpartition("`")[0].rpartition("`")[2]
    assert len(reference) == 8
    with world.house.database.reading() as db:
        (noted,) = failure.latest(db, 9)
    assert (noted.reference, noted.error, noted.doing) == (reference, "ZeroDivisionError", "/todo"), "and /admin knows of it"
    assert reference in caplog.text
    assert "ZeroDivisionError" in caplog.text
    assert "secret" not in caplog.text
    assert alice.says("/todo") == ["Your todo list is empty. `/todo <text>` adds to it."]


@on_sqlite
def test_a_webex_that_fails_in_mid_command_is_said_to_have_failed(world: World, alice: Person) -> None:
    alice.connects()
    world.fault("POST", "/webhooks", by=alice, status=503)
    assert alice.says("/track bob@example.com bob") == [
        "Webex answered 503, so nothing was changed. Please try again in a moment."
    ]
    assert alice.says("/trackers") == ["You track nobody. `/track <email> <nickname>` begins."]
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]


# Leases


def test_a_worker_that_is_paused_longer_than_its_lease_has_no_effect(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    said = len(alice.hears())
    with another_process(world) as house:
        world.fault("GET", "/messages/", by=world.bot, slow=1.0)
        alice.writes("/todo buy milk")
        world.wait_for_fault()  # the first worker waits for Webex, and might as well be frozen
        clock.advance(A_MINUTE)
        for table in (InboxRow,):
            house.database.write(
                lambda connection, table=table: line.recover(connection, table, house.inbox.slot, at_start=False)
            )
        house.inbox.drain(alice.id)
        assert len(alice.hears()) == said + 1
        world.settle()
        wait_until(lambda: not world.house.inbox.slot.hands.ids(InboxRow))
    assert [heard.partition("\n")[0] for heard in alice.hears()[said:]] == ["Added **1**: buy milk"]
    assert alice.says("/todo") == ["**Todo list**\n\n- **1** buy milk"]


def test_a_lease_that_ended_is_not_taken_from_a_living_worker_of_the_same_process(
    world: World, alice: Person, clock: Clock
) -> None:
    """As after a laptop's sleep: the whole process stood still."""
    alice.connects()
    world.fault("GET", "/messages/", by=world.bot, slow=0.5)
    alice.writes("/todo buy milk")
    world.wait_for_fault()
    clock.advance(A_MINUTE)
    world.queue.sweep()
    world.settle()
    with world.house.database.reading() as db:
        assert db.scalar(text("SELECT max(attempts) FROM inbox")) == 1
    assert alice.says("/todo") == ["**Todo list**\n\n- **1** buy milk"]


def test_what_a_dead_worker_held_is_done_at_once_by_whoever_takes_its_place(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, with_queue=False) as world:
        alice = world.person("alice@example.com")
        alice.writes("/help")
        world.control("drain")
        house = world.house
        assert line.claim(house.database, InboxRow, alice.id, house.inbox.slot)
        world.stop_app()
        world.with_queue = True
        world.start_app()
        assert world.house.inbox.slot.place == house.inbox.slot.place
        world.settle()
        assert len([heard for heard in alice.hears() if "`/help <command>`" in heard]) == 1


def test_a_delivery_that_kills_every_worker_is_laid_aside_and_holds_nobody_up(world: World, alice: Person) -> None:
    alice.connects()
    world.house.wake.queue = None
    alice.writes("/todo the deadly one")
    world.control("drain")
    database, place = world.house.database, "another machine:0"
    for life in range(line.KILLED_TOO_OFTEN):
        slot = Slot(place, f"life {life}")
        assert line.claim(database, InboxRow, alice.id, slot)
        reborn = Slot(place, f"life {life + 1}")
        database.write(lambda connection, slot=reborn: line.recover(connection, InboxRow, slot, at_start=True))
    assert line.claim(database, InboxRow, alice.id, Slot(place, "the last")) is None
    assert rows(world)[-1] == (line.DEAD, "", "", "", "killed its worker")
    world.house.wake.queue = world.queue.wakes
    assert alice.says("/todo") == ["Your todo list is empty. `/todo <text>` adds to it."]


# A database that fails


@on_sqlite
def test_what_a_full_disk_does_not_take_is_done_later_and_once(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    refused = "BEFORE UPDATE ON inbox WHEN NEW.state <> 1 BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    world.house.database.write(lambda connection: connection.execute(text(f"CREATE TRIGGER full {refused}")))
    alice.writes("/todo buy milk")
    wait_until(lambda: rows(world)[-1][0] == line.RUNNING and not world.house.inbox.slot.hands.ids(InboxRow))
    assert "buy milk" not in alice.hears()[-1], "it said what it could not store"
    world.house.database.write(lambda connection: connection.execute(text("DROP TRIGGER full")))
    clock.advance(A_MINUTE)
    world.queue.sweep()
    world.settle()
    assert len([heard for heard in alice.hears() if "buy milk" in heard]) == 1
    assert alice.says("/todo") == ["**Todo list**\n\n- **1** buy milk"]


@on_sqlite
@pytest.mark.parametrize("times", [1, 2])
def test_what_was_taken_back_is_not_said(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    """A worker that was paused for longer than its lease finds its delivery taken over, in the apology at the latest."""
    alice.connects()
    right, taken_over = inbox.finish, iter(range(times))

    def finish(db: Session, row: InboxRow, *given: Any) -> bool:
        if (number := next(taken_over, None)) is None:
            return right(db, row, *given)
        if number < times - 1:
            raise RuntimeError("a mistake of ours, for which there is an apology")
        return False

    monkeypatch.setattr(inbox, "finish", finish)
    alice.writes("/todo buy milk")
    world.drain()
    wait_until(lambda: rows(world)[-1][0] == line.RUNNING and not world.house.inbox.slot.hands.ids(InboxRow))
    assert "Hello" not in alice.hears()[-1] and "buy milk" not in alice.hears()[-1], "its transaction was rolled back"
    clock.advance(A_MINUTE)
    world.queue.sweep()
    world.settle()
    assert alice.hears()[-1] == "Added **1**: buy milk\n\n**Todo list**\n\n- **1** buy milk"
    assert len([heard for heard in alice.hears() if "buy milk" in heard]) == 1


# What is left


def test_a_finished_row_keeps_nothing_of_what_it_was_about(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk", room="Project X")
    assert {row[1:4] for row in rows(world)} == {("", "", "")}
