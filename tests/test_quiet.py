"""/quiet: alerts are held by reference, and told in one go when the quiet hours end."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from app.models import held, user
from app.models.held import HeldAlert
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
HOUR = 3_600.0


def told(listener: Person, act: Callable[[], object]) -> list[str]:
    before = len(listener.hears())
    act()
    listener.world.settle()
    return listener.hears()[before:]


def waiting(world: World, person: Person) -> list[HeldAlert]:
    with world.house.database.reading() as db:
        return held.waiting(db, person.id)


def at(clock: Clock, hour: int, minute: int = 0) -> None:
    """Let time pass until the clock shows this in UTC, the zone of a new account here."""
    seconds = (hour * 60 + minute) * 60.0 - clock() % 86_400.0
    clock.advance(seconds if seconds > 0 else seconds + 86_400.0)


def quiet_night(world: World, person: Person, clock: Clock) -> None:
    """Somebody with everything on, at half past ten in quiet hours that last until seven."""
    at(clock, 12)
    person.connects()
    with world.house.database.transaction() as db:
        user.change(db, person.id, timezone="UTC")
    for words in ("/track bob@example.com bob", "/mentionalert on", "/roomalert on", "/quiet 22:00-7:00"):
        person.says(words)
    at(clock, 22, 30)


def test_what_comes_at_night_is_told_in_the_morning(
    world: World, alice: Person, bob: Person, carol: Person, clock: Clock
) -> None:
    quiet_night(world, alice, clock)
    room = carol.api("POST", "/rooms", json={"title": "Night shift"})["id"]

    def night() -> None:
        bob.writes("first", room="Project X")
        world.settle()
        carol.writes("", room="Project X", markdown=f"<@personId:{alice.id}> second")
        world.settle()
        carol.api("POST", "/memberships", json={"roomId": room, "personEmail": alice.email})
        world.settle()

    assert told(alice, night) == []
    assert [row.kind for row in waiting(world, alice)] == ["vip", "mention", "room"]
    assert "3 alerts held back" in alice.says("/quiet")[0]  # answers are never held
    assert told(alice, world.queue.ring) == []
    at(clock, 7, 0)
    clock.advance(1.0)
    world.queue.ring()
    world.settle()
    heading, first, second, third = alice.hears()[-4:]
    assert heading == "**While it was quiet**: 3 alerts since 22:30."
    assert first == f"**bob** (bob@example.com) in {alice.linked('Project X')}:\n\n> first  "
    assert second.startswith("**Carol Clark** (carol@example.com) mentioned you in") and "second" in second
    assert third.startswith("You were added to [**Night shift**](") and "by **Carol Clark**" in third
    assert waiting(world, alice) == []
    assert len(told(alice, lambda: bob.writes("by day", room="Project X"))) == 1
    clock.advance(24 * HOUR)
    assert told(alice, world.queue.ring) == []  # nothing was held: silence


@SQLITE
def test_setting_hours_and_ending_them(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    at(clock, 12)
    alice.connects()
    alice.says("/timezone UTC")
    assert "no quiet hours" in alice.says("/quiet")[0]
    for words in ("22", "now", "25:00-7:00", "7:00-7:00", "22:00-7:00 please"):
        assert "can't read that as quiet hours" in (alice.says(f"/quiet {words}")[0]) or "no time of day" in alice.hears()[-1], (
            words
        )
    assert "off already" in alice.says("/quiet off")[0]
    (set_to,) = alice.says("/quiet 11:00-13:00")
    assert set_to.startswith("Quiet hours are set: each day 11:00–13:00, UTC time.")
    shown = alice.says("/quiet")[0]
    assert "It is quiet now, until today at 13:00" in shown and "held back" not in shown
    alice.says("/track bob@example.com bob")
    assert told(alice, lambda: bob.writes("one", room="Project X")) == []
    assert "set" in alice.says("/quiet 11:00-15:00")[0]  # quiet still, to another end
    at(clock, 13, 1)
    assert told(alice, world.queue.ring) == []
    said = alice.says("/quiet 20:00-6:00")  # now it is not quiet any more
    assert said[0] == "**While it was quiet**: 1 alert since 12:00." and "> one" in said[1]
    assert said[2].endswith("I held 1 alert back: it stands in our chat now.")
    assert "It is not quiet now" in alice.says("/quiet")[0]

    alice.says("/quiet 13:00-14:00")
    assert told(alice, lambda: bob.writes("two", room="Project X")) == []
    assert "> two" in alice.says("/quiet off")[1]
    alice.says("/quiet 13:00-14:00")
    assert told(alice, lambda: bob.writes("three", room="Project X")) == []
    alice.says("/untrack bob")  # nothing is kept of the messages of who is not tracked any more
    assert waiting(world, alice) == []
    at(clock, 14, 1)
    world.queue.ring()
    world.settle()
    assert "three" not in " ".join(alice.hears())


@SQLITE
def test_nothing_held_is_lost_with_the_access(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    quiet_night(world, alice, clock)
    assert told(alice, lambda: bob.writes("one", room="Project X")) == []
    said = len(alice.hears())
    world.control("revoke", person=alice.email)
    at(clock, 7, 1)
    world.queue.ring()
    world.settle()
    (ended,) = alice.hears()[said:]
    assert "no longer lets me act for you" in ended  # and no heading with nothing below
    assert len(waiting(world, alice)) == 1
    alice.connects()
    assert ["> one" in text for text in alice.hears()[-3:]] == [False, False, True]
    assert alice.hears()[-2].startswith("**While it was quiet**")
    assert waiting(world, alice) == []

    at(clock, 22, 30)
    assert told(alice, lambda: bob.writes("two", room="Project X")) == []
    world.control("revoke", person=alice.email)
    assert "ended" in alice.says("/me")[-1]  # noticed before the hours end
    at(clock, 7, 1)
    (wait,) = told(alice, world.queue.ring) or alice.hears()[-1:]
    assert "1 alert waited for you" in wait and "`/init`" in wait
    assert len(waiting(world, alice)) == 1


@SQLITE
def test_one_that_is_gone_and_a_webex_that_is_unwell(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    quiet_night(world, alice, clock)
    sent = bob.writes("deleted meanwhile", room="Project X")
    bob.writes("still there", room="Project X")
    world.settle()
    bob.api("DELETE", f"/messages/{sent['id']}")
    world.fault("GET", "/people/me", by=alice, status=503, times=3)
    world.fault("POST", "/messages$", by=world.bot, retry_after=0.1, times=2)
    said = len(alice.hears())
    at(clock, 7, 1)
    world.queue.ring()
    world.queue.ring()
    world.skip_pauses(clock)
    heading, gone, there = alice.hears()[said:]
    assert "2 alerts" in heading and "can't be shown any more" in gone and "still there" in there
    assert waiting(world, alice) == []


@SQLITE
def test_paused_through_the_end_of_the_night(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    quiet_night(world, alice, clock)
    assert told(alice, lambda: bob.writes("one", room="Project X")) == []
    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=clock())
    at(clock, 7, 1)
    assert told(alice, world.queue.ring) == []
    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=None)
    world.queue.ring()
    world.settle()
    assert "> one" in alice.hears()[-1]
    assert datetime.fromtimestamp(clock(), UTC).hour == 7
