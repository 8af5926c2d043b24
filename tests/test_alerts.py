"""/mentionalert, /roomalert: what a person is told of by themselves, and what is heard and read for it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.models import ledger
from app.simulator import messages
from app.simulator.drafts import Draft
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MODES = pytest.mark.parametrize("mode", ["precise", "firehose"])


@pytest.fixture
def world(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    mode = request.node.callspec.params.get("mode", "precise")
    with World(database_url, tmp_path, SUBSCRIPTIONS=mode) as made:
        yield made


def told(listener: Person, act: Callable[[], object]) -> list[str]:
    """What the bot tells one person because of what another one does."""
    before = len(listener.hears())
    act()
    listener.world.settle()
    return listener.hears()[before:]


def mentions(speaker: Person, whom: str, room: str = "Project X") -> Callable[[], object]:
    return lambda: speaker.writes("", room=room, markdown=f"{whom} can you look?")


def filters(person: Person) -> set[str]:
    """What each webhook is for: its filter; of memberships, that."""
    return {hook["resource"] if hook["resource"] == "memberships" else hook.get("filter", "") for hook in person.webhooks()}


def fetched(world: World, person: Person) -> dict[str, int]:
    with world.house.database.reading() as db:
        sums = ledger.sums(db, person.id, 1)
    return {what.removeprefix(ledger.FETCHED): count for what, count in sums.items() if what.startswith(ledger.FETCHED)}


@MODES
@SQLITE
def test_mentions_are_told_once_and_own_ones_never(
    world: World, mode: str, alice: Person, bob: Person, carol: Person, dave: Person
) -> None:
    """D-44: a mention of oneself is no news; @All is one for who asked for it, and not twice beside one by name."""
    alice.connects()
    at_rest = filters(alice)
    me, everybody = f"<@personId:{alice.id}|Al>", "<@all>"
    assert "are off" in alice.says("/mentionalert")[0]
    assert told(alice, mentions(bob, me)) == []
    assert alice.says("/mentionalert on") == [
        "**Mention alerts are on**: I tell you here when somebody mentions you in a group room."
    ]
    assert filters(alice) == at_rest | {"mentionedPeople=me"}
    (alert,) = told(alice, mentions(bob, me))
    where = alice.linked("Project X")
    assert alert == f"**Bob Brown** (bob@example.com) mentioned you in {where}:\n\n> Al can you look?  "
    assert told(alice, mentions(alice, me)) == []
    assert told(alice, mentions(bob, everybody)) == []
    assert told(alice, mentions(bob, f"<@personId:{carol.id}>")) == []
    assert told(alice, lambda: world.control("replay", last=20)) == []
    assert fetched(world, alice)["mentions"] == 1

    (all_on,) = alice.says("/mentionalert all")
    assert "I read every message of your group rooms" in all_on
    assert ("roomType=group" in filters(alice)) == (mode == "precise")
    assert "mentioned you" in told(alice, mentions(dave, everybody, "Launch"))[0]
    assert len(told(alice, mentions(carol, f"{everybody} {me}"))) == 1
    assert told(alice, mentions(alice, everybody)) == []
    assert told(alice, lambda: bob.writes("nobody in particular", room="Project X")) == []
    assert told(alice, lambda: bob.api("POST", "/messages", json={"toPersonId": alice.id, "text": "1:1"})) == []
    assert fetched(world, alice)["mentions of everybody"] == 3

    alice.says("/track bob@example.com bob")
    assert len(told(alice, mentions(bob, me))) == 1  # shown as every message of his
    assert len(told(alice, mentions(bob, everybody))) == 1
    alice.says("/track store bob")
    (alert,) = told(alice, mentions(bob, me))
    assert "mentioned you" in alert
    alice.says("/untrack bob")
    assert "are off" in alice.presses("Off")[0]
    assert "are off" in alice.says("/nomentionalert")[0]
    assert filters(alice) == at_rest
    for whom in (me, everybody):
        assert told(alice, mentions(carol, whom)) == []


@MODES
@SQLITE
def test_rooms_that_one_was_added_to(world: World, mode: str, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    at_rest = filters(alice)

    def added(title: str) -> dict[str, Any]:
        room: dict[str, Any] = bob.api("POST", "/rooms", json={"title": title})
        found: dict[str, Any] = bob.api("POST", "/memberships", json={"roomId": room["id"], "personEmail": alice.email})
        return found

    assert told(alice, lambda: added("Before")) == []
    assert alice.says("/roomalert on")[0].startswith("**Room alerts are on**")
    assert filters(alice) == at_rest | ({"memberships"} if mode == "precise" else set())
    (alert,) = told(alice, lambda: added("Nova <@all> *2*"))
    assert alert.startswith("You were added to [**Nova &lt;@all&gt; \\*2\\***](webexteams://im?space=")
    assert alert.endswith(") by **Bob Brown** (bob@example.com).")
    assert told(alice, lambda: alice.api("POST", "/rooms", json={"title": "My own"})) == []
    carol = world.person("carol@example.com")
    assert told(alice, lambda: carol.api("POST", "/messages", json={"toPersonId": alice.id, "text": "a new 1:1"})) == []
    assert told(alice, lambda: world.control("replay", last=10)) == []

    def removed_and_added() -> None:
        membership = added("Twice")
        bob.api("DELETE", f"/memberships/{membership['id']}")
        world.settle()
        bob.api("POST", "/memberships", json={"roomId": membership["roomId"], "personEmail": alice.email})

    assert len(told(alice, removed_and_added)) == 2
    world.fault("GET", "/rooms/", by=alice, status=404, times=-1)
    said = len(alice.hears())
    added("Vanished")
    world.skip_pauses(clock)  # a room may be unreadable for some seconds after its event
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    assert alice.hears()[said:] == ["You were added to a room that I can't see any more by somebody."]
    assert "are off" in alice.says("/noroomalert")[0]
    assert filters(alice) == at_rest
    assert told(alice, lambda: added("After")) == []


@SQLITE
def test_switches_that_webex_refuses_and_words_that_are_none(world: World, alice: Person, bob: Person) -> None:
    for name in ("mentionalert", "roomalert", "quiet", "autoreply"):
        assert "haven't connected" in alice.says(f"/{name} on")[-1]
    alice.connects()
    for words in ("/mentionalert perhaps", "/mentionalert on off", "/nomentionalert now", "/roomalert all", "/noroomalert x"):
        assert alice.says(words)[0].startswith("Usage: `/"), words
    for name in ("mentionalert", "roomalert"):
        world.fault("POST", "/webhooks$", status=503)
        assert "nothing was changed" in alice.says(f"/{name} on")[0]
        assert "are off" in alice.says(f"/{name}")[0]
        alice.says(f"/{name} on")
        world.fault("DELETE", "/webhooks/", times=2, status=503)
        assert "are off" in alice.says(f"/{name} off")[0]  # the repair removes it; what it still brings is dropped unread
    mention = mentions(bob, f"<@personId:{alice.id}>")
    assert told(alice, mention) == []
    assert "mentions" not in fetched(world, alice)
    alice.says("/mentionalert on")
    world.control("revoke", person=alice.email)
    said = told(alice, mention)
    assert len(said) == 1 and "no longer lets me act for you" in said[0]
    assert "can't do that" in alice.says("/roomalert on")[0]
    assert "are off" in alice.says("/mentionalert off")[0]


@MODES
@SQLITE
def test_a_thousand_messages_of_others_are_nobodys_business(world: World, mode: str, alice: Person, bob: Person) -> None:
    """S-16: with everything off, precise webhooks bring none of them, and of a firehose none is fetched."""
    alice.connects()
    world.control("drain")
    before, room = len(world.look("deliveries")), bob.room("Project X")
    cloud = world.simulator.cloud
    for _ in range(10):
        with cloud.lock:
            for number in range(100):
                messages.post(cloud, cloud.people[bob.id], cloud.rooms[room], Draft(text=f"message {number}"))
        world.control("drain")
    world.forget_calls()
    world.settle()
    world.house.tools.tally.flush()
    with world.house.database.reading() as db:
        sums = ledger.sums(db, alice.id, 1)
    if mode == "precise":
        assert len(world.look("deliveries")) == before
    else:
        assert sums[ledger.DROPPED] >= 1_000
    assert not [call for call in world.look("calls") if call["by"] == alice.id]
    assert fetched(world, alice) == {}
