"""What people typed while Webex did not tell us: found by reading, answered once, and said so; within bounds."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import requests
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.bot import outage
from app.inbox import Inbox
from app.integration.listeners import catching_up
from app.models import ledger, now
from tests.people import Person
from tests.world import Clock, World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HERE = "While Webex did not reach me, you wrote **{}** here. I answer now."
ELSEWHERE = "While Webex did not reach me, you typed **{}** in other rooms. I do it now."
HOUR = 3_600.0
TODO = text("SELECT text FROM todo WHERE person_id = :owner ORDER BY number")


def items(person: Person) -> list[str]:
    """The todo list, as it is in the database: to ask for it would be another message."""
    with person.world.house.database.reading() as db:
        return [row.text for row in db.execute(TODO, {"owner": person.id})]


@contextmanager
def down(world: World) -> Iterator[None]:
    """The app is stopped, and started again; what Webex had to tell meanwhile it told to nobody."""
    with world.deaf():
        world.stop_app()
        yield
    world.start_app()
    world.settle()


def heard_since(person: Person, count: int) -> list[str]:
    """The first line of everything the bot said to a person after so many messages."""
    return [words.partition("\n")[0] for words in person.hears()[count:]]


def at(told: list[str], item: str) -> int:
    return next(place for place, words in enumerate(told) if words.startswith("Added") and words.endswith(item))


def test_what_was_typed_while_the_app_was_down_is_done_once(world: World, alice: Person, bob: Person, carol: Person) -> None:
    alice.connects()
    bob.says("hello")
    alice.says("/todo before", room="Project X")
    said, to_bob = len(alice.hears()), len(bob.hears())
    calls = len(world.look("calls"))
    with down(world):
        alice.writes("/todo from the bot's room")
        alice.writes("/todo from Launch", room="Launch")
        alice.writes("/etc/hosts is a file", room="Launch")
        alice.writes("what do you think?", room="Project X")
        bob.writes("/todo not connected, and not hers", room="Launch")
        bob.writes("/help")
        carol.writes("hello")
    assert sorted(items(alice)) == ["before", "from Launch", "from the bot's room"]
    told = heard_since(alice, said)
    here, elsewhere = told.index(HERE.format("1 message")), told.index(ELSEWHERE.format("1 command"))
    assert len(told) == 4 and here < at(told, "from the bot's room") and elsewhere < at(told, "from Launch")
    assert heard_since(bob, to_bob)[0] == HERE.format("1 message") and len(heard_since(bob, to_bob)) == 2
    assert len(carol.hears()) == 1, "a first message is greeted, and needs no word about it"
    read = [call for call in world.look("calls")[calls:] if call["method"] == "GET" and call["path"] == "/v1/messages"]
    whose = Counter(call["by"] for call in read)
    assert whose == {world.bot.id: 3, alice.id: 3}, "rooms in which something happened since a minute before: General is new"

    # What is told late, or once more, changes nothing.
    said = len(alice.hears())
    world.control("replay", last=50)
    world.settle()
    with down(world):
        pass
    world.queue.repair()
    world.settle()
    assert heard_since(alice, said) == [] and len(items(alice)) == 3


@SQLITE
def test_a_delivery_that_comes_after_all_is_known(world: World, alice: Person) -> None:
    alice.connects()
    said = len(alice.hears())
    with world.deaf():
        first = alice.writes("/todo one")
        second = alice.writes("/todo two", room="Launch")
    world.queue.heart.look(is_deaf=True)
    world.queue.heart.begin()
    world.settle()
    assert sorted(items(alice)) == ["one", "two"] and len(heard_since(alice, said)) == 4
    told = {name: value for name, value in first.items() if name in ("id", "roomId", "roomType", "personId", "created")}
    for resource_data, path, secret, owner in (
        (told, "/bot", world.bot_secret, ""),
        ({**told, "id": second["id"], "roomId": second["roomId"], "roomType": "group"}, *world.hook_of(alice), alice.id),
    ):
        event = world.event("messages", resource_data, actor=alice.id, owner=owner)
        assert world.deliver(path, secret, event) == 204
    world.settle()
    assert sorted(items(alice)) == ["one", "two"] and len(heard_since(alice, said)) == 4


@SQLITE
def test_webhooks_that_webex_switched_off_are_mended_and_what_they_missed_is_found(
    world: World, alice: Person, clock: Clock
) -> None:
    alice.connects()
    world.queue.repair()
    world.settle()
    for hook in alice.webhooks():
        world.control(f"webhooks/{hook['id']}/disable")
    said = len(alice.hears())
    alice.writes("/todo typed to nobody", room="Project X")
    clock.advance(HOUR)
    world.queue.repair()
    world.settle()
    assert {hook["status"] for hook in alice.webhooks()} == {"active"}
    first, second = heard_since(alice, said)
    assert first == ELSEWHERE.format("1 command") + " The oldest is 60 minutes old; a time such as `+2h` counts from now."
    assert second == "Added **1**: typed to nobody"

    # A feature that is switched on sees to the webhooks, too, and then nothing must be lost either.
    for hook in alice.webhooks():
        world.control(f"webhooks/{hook['id']}/disable")
    alice.writes("/todo nor this", room="Project X")
    alice.says("/track bob@example.com bob")
    assert items(alice) == ["typed to nobody", "nor this"]

    # And the bot's own, which bring what everybody types: they are looked at every five minutes.
    for hook in world.bot.api("GET", "/webhooks")["items"]:
        world.control(f"webhooks/{hook['id']}/disable")
    alice.writes("/todo to a deaf bot")
    world.drain()
    world.queue._see_to_webhooks()
    world.settle()
    assert {hook["status"] for hook in world.bot.api("GET", "/webhooks")["items"]} == {"active"}
    assert items(alice)[-1] == "to a deaf bot"


@SQLITE
def test_a_single_delivery_that_got_lost_is_found_within_the_hour(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    with world.deaf():
        alice.writes("/todo lost on the way")
    world.queue.repair()
    world.settle()
    assert items(alice) == [], "it may yet arrive"
    clock.advance(HOUR)
    world.queue.repair()
    world.settle()
    assert items(alice) == ["lost on the way"]


@SQLITE
def test_a_database_that_was_away_counts_as_an_outage(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    world.queue.heart.beat()
    with world.deaf():  # as 503 would have been
        alice.writes("/todo one", room="Launch")
        alice.writes("/todo two")
    clock.advance(outage.GAP - 5)
    world.queue.heart.beat()
    world.settle()
    assert items(alice) == [], "all was well, as far as anybody knows"
    with world.deaf():
        alice.writes("/todo three")
    clock.advance(outage.GAP + 5)
    world.queue.heart.beat()
    world.settle()
    assert sorted(items(alice)) == ["one", "three", "two"]


@SQLITE
def test_what_was_refused_in_a_short_absence_is_looked_for(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No heartbeat fails while the database is away for three seconds, and Webex repeats nothing."""
    alice.connects()
    world.queue.heart.beat()
    clock.advance(10)

    def fails(*_: object) -> None:
        raise OperationalError("INSERT", {}, Exception("away"))

    with monkeypatch.context() as broken:
        broken.setattr(Inbox, "accept", fails)
        alice.writes("/todo one", room="Launch")
        alice.writes("/todo two")
        world.drain()
    for _ in range(2):  # the first beat after it, and the next, before which nothing was refused
        clock.advance(15)
        world.queue.heart.beat()
        world.settle()
    assert sorted(items(alice)) == ["one", "two"]
    world.forget_calls()
    world.queue.heart.beat()
    world.settle()
    assert world.look("calls") == [], "it was looked for once"


def test_what_came_to_one_server_is_missed_though_another_was_well(database_url: str, tmp_path: Path) -> None:
    """They share the row that tells until when all was well."""
    with World(database_url, tmp_path) as world:

        def notes(was_well: float | None, *, is_away: bool) -> bool:
            return bool(world.house.database.write(partial(outage.note, was_well=was_well, is_away=is_away)))

        moment = now()
        assert not notes(moment, is_away=False)
        assert notes(moment - 2 * outage.GAP, is_away=False), "it was without the database for long"
        assert not notes(moment, is_away=False)


@SQLITE
def test_what_is_more_than_is_looked_at_is_said(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.connects()
    monkeypatch.setattr(catching_up, "MESSAGES", 3)
    monkeypatch.setattr(catching_up, "ROOMS", 1)
    said = len(alice.hears())
    with down(world):
        alice.writes("/todo too long ago", room="Project X")
        for number in range(3):
            alice.writes(f"word {number}", room="Project X")
    (told,) = heard_since(alice, said)
    assert told.startswith("For commands that you typed while Webex did not reach me I looked into") and items(alice) == []

    said = len(alice.hears())
    with down(world):
        alice.writes("/todo too long ago", room="Project X")
        clock.advance(5)
        alice.writes("/todo in the newest room", room="Launch")
    assert items(alice) == ["in the newest room"]
    assert "**1 command** in other rooms" in heard_since(alice, said)[0] and "More happened" in heard_since(alice, said)[0]

    # More than a day back nobody looks, and whoever wrote to the bot is told.
    said = len(alice.hears())
    with down(world):
        alice.writes("/todo yesterday, and before")
        clock.advance(30 * HOUR)
        alice.writes("/todo today")
    assert items(alice)[1:] == ["today"]
    assert any("a day back" in words for words in heard_since(alice, said))


@SQLITE
def test_reading_is_counted_and_nothing_of_it_is_kept(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    with down(world):
        bob.writes("a strange xyzzy word", room="Launch")
        alice.writes("/todo one", room="Launch")
    with world.house.database.reading() as db:
        sums = ledger.sums(db, alice.id, 1)
    assert sums[f"{ledger.FETCHED}catching up"] == 2
    assert "to look for commands that Webex did not tell me of: **2**" in alice.says("/privacy")[0]
    world.house.database.forget_log()
    assert not any(b"xyzzy" in file.read_bytes() for file in world.folder.glob("*.db*"))


@SQLITE
def test_a_webex_that_is_unwell_is_waited_for_and_nobody_waits_behind(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    world.queue.heart.beat()
    with world.deaf():
        alice.writes("/todo one")
        alice.writes("/todo two", room="Launch")
    clock.advance(outage.GAP + 5)
    world.fault("GET", "/v1/rooms", status=503, times=30)
    world.queue.heart.beat()
    alice.writes("/todo live")
    wait_until(lambda: items(alice) == ["live"])
    clock.advance(2 * HOUR)
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    world.skip_pauses(clock)
    world.settle()
    assert sorted(items(alice)) == ["live", "one", "two"]
