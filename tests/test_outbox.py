"""The outbox: every answer is said once and in order, whatever becomes of the call that says it."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import outbox
from app.models import line
from app.models import outbox as in_line
from app.models.line import Slot
from app.models.outbox import OutboxRow
from app.sending import Sender
from tests.people import PATIENCE, Person
from tests.world import Clock, World, wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
A_LONG_TEXT = "much to do " * 80  # the list of a dozen such items does not fit into one message
LOST = [{"drop": True}, {"lost_answer": True}, {"status": 500}, {"status": 502}, {"bad_json": True}]


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """With a Webex that may be called once per attempt, so that each failure counts."""
    with World(database_url, tmp_path, HTTP_RETRIES="0") as made:
        yield made


def posts(world: World) -> list[int | None]:
    """What became of the bot's attempts to say something; None where no answer was given."""
    calls = [call for call in world.look("calls") if (call["method"], call["path"]) == ("POST", "/v1/messages")]
    return [call["status"] for call in calls if call["by"] == world.bot.id]


def rows(world: World) -> list[tuple[Any, ...]]:
    with world.house.database.reading() as db:
        return [tuple(row) for row in db.execute(text("SELECT state, line, body, error FROM outbox ORDER BY id"))]


def first_lines(heard: list[str]) -> list[str]:
    return [one.partition("\n")[0] for one in heard]


@pytest.mark.parametrize("failure", LOST, ids=lambda failure: "-".join(map(str, *failure.items())))
def test_an_answer_whose_call_fails_is_said_exactly_once(
    world: World, alice: Person, clock: Clock, failure: dict[str, Any]
) -> None:
    alice.says("hello")
    world.fault("POST", "/messages$", by=world.bot, **failure)
    said = len(alice.hears())
    alice.writes("/help")
    world.skip_pauses(clock)
    assert not world.look("faults")
    assert first_lines(alice.hears()[said:]) == ["You are not connected yet: `/init` gives you a link. Until then these work:"]


def test_what_may_have_been_said_stays_so_when_the_room_cannot_be_read(world: World, alice: Person, clock: Clock) -> None:
    alice.says("hello")
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    for failure in ({"status": 503}, {"retry_after": 0}, {"drop": True}, {"bad_json": True}):
        world.fault("GET", "/messages/direct", by=world.bot, **failure)
    alice.writes("/help")
    world.skip_pauses(clock)
    assert not world.look("faults")
    assert len(alice.hears()) == said + 1
    assert posts(world)[-1] is None


def test_answers_that_read_alike_are_all_said(world: World, alice: Person, clock: Clock) -> None:
    """The second of two equal answers is lost on its way; the first one in the room is not taken for it."""
    alice.connects()
    said = len(alice.hears())
    alice.says("/todo")
    world.fault("POST", "/messages$", by=world.bot, drop=True)
    alice.writes("/todo")
    world.skip_pauses(clock)
    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    alice.writes("/todo")
    world.skip_pauses(clock)
    assert alice.hears()[said:] == ["Your todo list is empty. `/todo <text>` adds to it."] * 3


def test_an_answer_that_webex_takes_longer_for_than_we_wait_is_said_once(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, HTTP_RETRIES="0", HTTP_TIMEOUT="0.5s") as world:
        alice = world.person("alice@example.com")
        alice.says("hello")
        said = len(alice.hears())
        world.fault("POST", "/messages$", by=world.bot, slow=0.8)
        alice.writes("/help")
        wait_until(lambda: "Unavailable" in [row[3] for row in rows(world)])
        with world.house.database.reading() as db:
            waits = float(db.scalar(text("SELECT due - created FROM outbox WHERE error = 'Unavailable'")) or 0.0)
        assert waits >= 2 * 0.5, "it would be looked for while Webex is still at it"
        world.settle()
        assert len(alice.hears()) == said + 1
        assert posts(world) == [200] * (said + 1)


def test_after_a_crash_nobody_looks_before_webex_has_settled(world: World, alice: Person, clock: Clock) -> None:
    """The call outlives the process that made it: whoever looks too soon says the same again."""
    alice.says("hello")
    said = len(alice.hears())
    slot = world.house.inbox.slot
    world.fault("POST", "/messages$", by=world.bot, slow=2.9)
    alice.writes("/help")
    world.wait_for_fault()
    reborn = Slot(slot.place, "the next life")
    world.house.database.write(partial(line.recover, table=OutboxRow, slot=reborn, at_start=True))
    next_life = Sender(world.house.database, world.house.inbox.sender.sayings, reborn)
    next_life.say_next(alice.id)
    assert len(alice.hears()) == said
    world.goes_on()
    wait_until(lambda: len(alice.hears()) == said + 1)
    clock.advance(3.1)
    next_life.say_next(alice.id)
    wait_until(world.is_idle)
    assert len(alice.hears()) == said + 1


def test_first_words_that_are_lost_are_said_again(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """Nobody wrote to this person before, so there is no room to look into."""
    with world.house.database.transaction() as db:
        outbox.say_to(db, bob.id, "Somebody used your link.", key="news")
    world.fault("POST", "/messages$", by=world.bot, drop=True)
    world.house.wake(bob.id)
    world.skip_pauses(clock)
    assert bob.hears() == ["Somebody used your link."]


def test_a_webex_that_asks_for_patience_is_given_it(world: World, alice: Person) -> None:
    """RFC 6585: 429 with Retry-After; the pause is real here, and no look at the room is needed."""
    alice.says("hello")
    said = len(alice.hears())
    world.forget_calls()
    world.fault("POST", "/messages$", by=world.bot, retry_after=0.2, times=2)
    assert len(alice.says("/help")) == 1
    assert len(alice.hears()) == said + 1
    assert posts(world) == [429, 429, 200]
    calls = [(call["method"], call["path"]) for call in world.look("calls") if call["by"] == world.bot.id]
    assert ("GET", "/v1/messages/direct") not in calls


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 415])
def test_an_answer_that_webex_refuses_for_good_holds_up_nothing(world: World, alice: Person, status: int) -> None:
    alice.says("hello")
    world.fault("POST", "/messages$", by=world.bot, status=status)
    assert alice.says("/help") == []
    assert len(alice.says("/help")) == 1
    assert next(row for row in rows(world) if row[0] == line.DEAD)[1:3] == ("", "")


@pytest.mark.parametrize("status", [401, 423])
def test_an_answer_that_webex_refuses_for_now_is_said_later(world: World, alice: Person, clock: Clock, status: int) -> None:
    alice.says("hello")
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, status=status, times=3)
    alice.writes("/help")
    world.skip_pauses(clock)
    assert len(alice.hears()) == said + 1


def test_a_long_answer_comes_in_pieces_and_in_order_though_one_is_lost(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    for number in range(12):
        alice.writes(f"/todo {number:02} {A_LONG_TEXT}")
    world.settle()
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, drop=True)
    alice.writes("/todo")
    alice.writes("/trackers")
    world.skip_pauses(clock)
    *pieces, last = alice.hears()[said:]
    assert len(pieces) == 2
    assert all(len(piece.encode()) <= 7_439 for piece in pieces)
    numbers = [row.split()[2] for row in "\n".join(pieces).splitlines() if row.startswith("- ")]
    assert numbers == [f"{number:02}" for number in range(12)]
    assert last.startswith("You track nobody")


def test_a_lost_answer_holds_back_the_next_ones_so_that_order_is_kept(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, drop=True, times=2)
    for number in range(1, 5):
        alice.writes(f"/todo thing {number}")
    world.skip_pauses(clock)
    assert first_lines(alice.hears()[said:]) == [f"Added **{number}**: thing {number}" for number in range(1, 5)]


def test_a_tracked_message_is_shown_once_though_webex_fails_on_every_step(
    world: World, alice: Person, bob: Person, clock: Clock
) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    said = len(alice.hears())
    world.fault("GET", "/messages/", by=alice, status=503)
    world.fault("GET", "/rooms/", by=alice, drop=True)
    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    world.fault("GET", "/messages/direct", by=world.bot, status=502)
    bob.writes("lunch at noon?", room="Project X")
    world.skip_pauses(clock)
    assert not world.look("faults")
    (shown,) = alice.hears()[said:]
    assert "lunch at noon?" in shown


def test_a_greeting_that_is_lost_twice_holds_one_link_that_works(world: World, alice: Person, clock: Clock) -> None:
    world.fault("POST", "/messages$", by=world.bot, drop=True)
    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    alice.writes("hello")
    world.skip_pauses(clock)
    assert len(alice.hears()) == 1
    page = alice.browser.authorizes(alice.link(), alice)
    assert page.status_code == 200
    assert "connected" in page.text


def test_an_outage_of_a_day_ends_in_silence_not_in_a_stale_answer(world: World, alice: Person, clock: Clock) -> None:
    alice.says("hello")
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, status=503, times=-1)
    alice.writes("/help")
    world.control("drain")
    wait_until(lambda: 503 in posts(world))
    clock.advance(86_400)
    world.skip_pauses(clock)
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=PATIENCE)
    assert len(alice.hears()) == said
    assert len(alice.says("/help")) == 1


def test_nothing_is_left_of_what_was_said(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    assert {row[1:] for row in rows(world)} == {("", "", None)}


def test_what_webex_has_is_said_once_though_nobody_could_note_it(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is out, and the database breaks before that is written down: the next attempt looks first."""
    alice.connects()
    right, broken = in_line.finish, iter([True])

    def finish(db: Session, row: OutboxRow, *given: Any, **more: Any) -> bool:
        if next(broken, False):
            raise RuntimeError("the connection broke")
        return right(db, row, *given, **more)

    monkeypatch.setattr(in_line, "finish", finish)
    alice.writes("/todo buy milk")
    world.skip_pauses(clock)
    assert next(broken, None) is None
    assert len([heard for heard in alice.hears() if "buy milk" in heard]) == 1
