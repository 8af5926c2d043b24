"""/autoreply: once per person and absence, never to bots, and never for ever between two who are away."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.models import absence, alarm, decision, user
from app.webex.markdown import literal
from config import LEAST_SCOPES
from tests.people import Person
from tests.test_inbox import another_process
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SCOPES = {"WEBEX_SCOPES": " ".join({*LEAST_SCOPES, "spark:messages_write"})}
CARD = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard", "version": "1.3"}}
AUTOMATIC = "This is an automatic answer; I have not read your message yet."


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in which people let the app write in their name."""
    with World(database_url, tmp_path, **SCOPES) as made:
        yield made


def writes_to(speaker: Person, listener: Person, text: str = "are you there?", **more: Any) -> dict[str, Any]:
    """Write 1:1, and wait until all is quiet."""
    words = {"text": text} if text else {}
    sent: dict[str, Any] = speaker.api("POST", "/messages", json={"toPersonId": listener.id, **words, **more})
    speaker.world.settle()
    return sent


def between(one: Person, other: Person) -> list[str]:
    """What stands in the 1:1 room of two people: `name: text`."""
    items = one.api("GET", "/messages/direct", params={"personId": other.id})["items"]
    names = {one.id: one.name.split()[0], other.id: other.name.split()[0]}
    return [f"{names[message['personId']]}: {message.get('text', '')}".partition("\n")[0] for message in reversed(items)]


def told(listener: Person, act: Callable[[], object]) -> list[str]:
    before = len(listener.hears())
    act()
    listener.world.settle()
    return listener.hears()[before:]


def filters(person: Person) -> set[str]:
    return {hook.get("filter", hook["resource"]) for hook in person.webhooks()}


def test_an_absence_from_its_first_word_to_its_end(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """D-16: everybody is answered once in an absence, whoever writes in between. D-17: its state is shown, never guessed."""
    alice.connects()
    assert alice.says("/autoreply")[0].startswith("Your auto-reply is off.")
    (on,) = alice.says("/autoreply Gone fishing, *really*\nback on Monday")
    assert on.startswith("**Your auto-reply is on**, to people who write to you 1:1, once each. It stays on until")
    assert "> Auto-reply: Gone fishing, \\*really\\*  \n> back on Monday\n> \n> _This is an automatic answer" in on
    assert filters(alice) == {f"personId={alice.id}", "roomType=direct"}

    world.forget_calls()
    said = told(alice, lambda: writes_to(bob, alice))
    note = f"I answered **Bob Brown** (bob@example.com) for you in {alice.linked('Bob Brown')}."
    assert said == [note]
    assert between(bob, alice) == ["Bob: are you there?", "Alice: Auto-reply: Gone fishing, *really*"]
    answer = bob.reads("Alice Adams")[-1]
    assert answer["text"].splitlines()[1:] == ["back on Monday", AUTOMATIC]
    his = [one["id"] for one in bob.reads("Alice Adams") if one["personId"] == bob.id]
    assert not [call for call in world.look("calls") if his[0] in call["path"]]  # what he wrote was never fetched
    assert len(told(alice, lambda: writes_to(carol, alice, "", attachments=[CARD]))) == 1  # a message without text is one
    assert told(alice, lambda: writes_to(bob, alice, "hello?")) == []
    assert told(alice, lambda: writes_to(carol, alice, "hello?")) == []
    assert told(alice, lambda: bob.writes("in a group", room="Project X")) == []
    assert len(between(bob, alice)) == 3 and len(between(carol, alice)) == 3
    (shown,) = alice.says("/autoreply")
    assert "So far it answered 2 people." in shown

    sent = writes_to(bob, alice, "one more")
    bob.api("PUT", f"/messages/{sent['id']}", json={"roomId": sent["roomId"], "text": "an edit"})
    bob.api("DELETE", f"/messages/{sent['id']}")
    writes_to(alice, bob, "her own words")
    assert "once again" in alice.says("/autoreply On a ship")[0]
    assert told(alice, lambda: writes_to(bob, alice)) == [note]
    assert between(bob, alice)[-1] == "Alice: Auto-reply: On a ship"
    assert alice.says("/autoreply off") == ["Your auto-reply is off. It answered 1 person."]
    assert alice.says("/noautoreply") == ["Your auto-reply is off already."]
    assert filters(alice) == {f"personId={alice.id}"}
    assert told(alice, lambda: writes_to(carol, alice)) == []


@SQLITE
def test_it_ends_by_itself_and_says_so(world: World, alice: Person, bob: Person, carol: Person, clock: Clock) -> None:
    alice.connects()
    with world.house.database.transaction() as db:
        user.change(db, alice.id, timezone="Europe/Oslo")
    (on,) = alice.says("/autoreply Back soon until +2h")
    assert "It ends today at" in on or "It ends tomorrow at" in on
    assert "Auto-reply: Back soon (until " in on and " time)" in on
    writes_to(bob, alice)
    assert " (until " in between(bob, alice)[-1]
    clock.advance(2 * 3_600.0 + 1)
    said = len(alice.hears())
    writes_to(carol, alice)  # also if the clock has not rung yet
    world.queue.ring()
    world.settle()
    assert between(carol, alice) == ["Carol: are you there?"]
    (ended,) = alice.hears()[said:]
    assert ended == "Your auto-reply has ended, as planned. It answered 1 person."
    assert filters(alice) == {f"personId={alice.id}"}  # at once, not with the next hourly repair
    assert told(alice, world.queue.ring) == []

    alice.says("/autoreply Back soon until +2h")
    alice.says("/autoreply Never coming back")  # without an end: the old one does not ring any more
    with world.house.database.reading() as db:
        assert alarm.find(db, alice.id, "autoreply") is None
    alice.says("/autoreply Back soon until +2h")
    world.control("revoke", person=alice.email)
    clock.advance(2 * 3_600.0 + 1)
    world.queue.ring()
    world.settle()
    assert sum(text.startswith("Your auto-reply has ended") for text in alice.hears()) == 2


@SQLITE
def test_what_is_typed(world: World, alice: Person) -> None:
    alice.connects()
    for words in ("on", "help", "mentions", "mentions perhaps", '"text" and more'):
        typed = alice.says(f"/autoreply {words}")[0]
        assert typed.startswith("Usage: `/autoreply`") or words == '"text" and more', words
    alice.says("/autoreply off")
    assert "needs a text" in alice.says("/autoreply until fri 14:00")[0]
    assert "1001 characters" in alice.says(f"/autoreply {'x' * 1_001}")[0]
    (refused,) = alice.says("/autoreply Away until 25:00")
    assert "can't take as a time" in refused and "Nothing was changed" in refused
    assert "has passed" in alice.says("/autoreply Away until 2020-01-01")[0]
    assert "off already" in alice.says("/noautoreply")[0]
    assert "Usage" in alice.says("/noautoreply please")[0]
    assert "comes first" in alice.says("/autoreply mentions on")[0]
    read = {
        '/autoreply "off"': "off",
        "/autoreply Away until further notice": "Away until further notice",
        '/autoreply "Away until 25 cats came" until 2027-01-11 9:00': "Away until 25 cats came",
        "/AUTOREPLY   <@all> [x](http://y) `c`": "<@all> [x](http://y) `c`",
        "/autoreply 'tis the season": "'tis the season",
    }
    for typed, shown in read.items():
        assert f"> Auto-reply: {literal(shown)}" in alice.says(typed)[0], typed
    assert "(until Mon 11 Jan 2027 at 09:00, Europe/Oslo time)" in alice.says("/autoreply Away until 2027-01-11 9:00")[0]
    assert alice.says("/autoreply " + "<" * 1_000)[0].count("&lt;") == 1_000
    assert len(alice.webhooks()) == 2
    alice.presses("Answer mentions: on")
    assert "roomType=direct" in filters(alice) and "mentionedPeople=me" in filters(alice)
    assert "is off" in alice.presses("Switch off")[0]
    assert filters(alice) == {f"personId={alice.id}"}


@pytest.mark.parametrize("mode", ["precise", "firehose"])
@SQLITE
def test_mentions_are_answered_if_asked_for(database_url: str, tmp_path: Path, mode: str) -> None:
    with World(database_url, tmp_path, SUBSCRIPTIONS=mode, **SCOPES) as world:
        alice, bob, carol = (world.person(f"{name}@example.com") for name in ("alice", "bob", "carol"))
        alice.connects()
        alice.says("/autoreply Gone fishing")
        mention = f"<@personId:{alice.id}> ping"

        def answers() -> list[str]:
            return [one["personId"] for one in alice.reads("Project X") if one.get("text", "").startswith("Auto-reply")]

        assert told(alice, lambda: bob.writes("", room="Project X", markdown=mention)) == []
        (on,) = alice.says("/autoreply mentions on")
        assert "1:1 and to who mentions you in a group room" in on
        assert "mentionedPeople=me" in filters(alice)
        (note,) = told(alice, lambda: bob.writes("", room="Project X", markdown=mention))
        assert note == f"I answered **Bob Brown** (bob@example.com) for you in {alice.linked('Project X')}."
        assert answers() == [alice.id]
        assert told(alice, lambda: writes_to(bob, alice)) == []  # once, wherever
        assert told(alice, lambda: carol.writes("no mention", room="Project X")) == []
        alice.says("/mentionalert on")
        said = told(alice, lambda: carol.writes("", room="Launch", markdown=mention))
        assert len(said) == 2 and sum("mentioned you" in text for text in said) == 1  # answered, and told
        alice.says("/autoreply mentions off")
        assert "mentionedPeople=me" in filters(alice)  # the alerts still need it
        assert told(alice, lambda: alice.writes("", room="Launch", markdown=mention)) == []  # D-44
        alice.says("/mentionalert off")
        assert "mentionedPeople=me" not in filters(alice)
        assert len(answers()) == 1


@SQLITE
def test_bots_and_oneself_get_no_answer(world: World, alice: Person, bob: Person) -> None:
    """D-15: after a change of address the owner's own messages are still their own."""
    alice.connects()
    alice.says("/autoreply Gone fishing")
    for email, kind in (("other@webex.bot", "person"), ("plain@example.com", "bot"), ("hidden@sparkbot.io", "person")):
        world.control("people", email=email, displayName="Robot")
        robot = world.person(email)
        world.simulator.cloud.people[robot.id].kind = kind
        if email.startswith("hidden"):
            world.fault("GET", "/people/", by=alice, status=404)
        writes_to(robot, alice)
        assert not [text for text in between(robot, alice) if "Auto-reply" in text], email
    world.simulator.cloud.people[alice.id].email = "ally@example.com"
    writes_to(alice, bob, "my own")
    assert between(bob, alice) == ["Alice: my own"]
    world.fault("GET", "/people/", by=alice, status=404)  # somebody whom Webex does not show is a person all the same
    assert len(told(alice, lambda: writes_to(bob, alice))) == 1
    assert len(between(bob, alice)) == 3
    alice.says("hello bot")
    assert not [text for text in between(alice, world.bot) if text.startswith("Alice: Auto-reply")]


@pytest.mark.parametrize("mode", ["precise", "firehose"])
@SQLITE
def test_two_who_are_away_do_not_answer_each_other_for_ever(database_url: str, tmp_path: Path, mode: str) -> None:
    """Everything is delivered three times, in any order, and two processes work."""
    with World(database_url, tmp_path, SUBSCRIPTIONS=mode, **SCOPES) as world:
        alice, bob = world.person("alice@example.com"), world.person("bob@example.com")
        for person in (alice, bob):
            person.connects()
            person.says("/autoreply I am away")
            person.says("/autoreply mentions on")
        world.control("switches", duplicate_deliveries=2, reorder_deliveries=True)
        with another_process(world) as other:
            writes_to(alice, bob)
            writes_to(bob, alice)
            for person in (alice, bob):
                other.inbox.drain(person.id)
            alice.writes("", room="Project X", markdown=f"<@personId:{bob.id}> are you there?")
            bob.writes("", room="Project X", markdown=f"<@personId:{alice.id}> and you?")
            world.settle()
        world.control("replay", last=40)
        world.settle()
        texts = [*between(alice, bob), *(message["text"] for message in alice.reads("Project X"))]
        automatic = [text for text in texts if "I am away" in text]
        assert sorted(text.partition(":")[0] for text in automatic) == ["Alice", "Bob"]


@SQLITE
def test_what_another_auto_reply_said_is_not_answered(world: World, alice: Person, bob: Person) -> None:
    """Alice writes although she is away: Bob's automatic answer is no message of Bob's; what he writes himself is."""
    for person in (alice, bob):
        person.connects()
        person.says("/autoreply I am away")
    writes_to(alice, bob, "one thing")
    assert between(alice, bob) == ["Alice: one thing", "Bob: Auto-reply: I am away"]
    writes_to(bob, alice, "I looked after all")
    assert between(alice, bob)[2:] == ["Bob: I looked after all", "Alice: Auto-reply: I am away"]
    assert "automatic" in decisions(world, alice)


def decisions(world: World, person: Person) -> list[str]:
    with world.house.database.reading() as db:
        return [row.detail or row.what for row in decision.latest(db, person.id, 50)]


@SQLITE
def test_nothing_is_promised_that_webex_does_not_allow(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    world.fault("POST", "/webhooks$", status=503)
    assert "nothing was changed" in alice.says("/autoreply Away")[0]
    assert "is off" in alice.says("/autoreply")[0]
    alice.says("/autoreply Away")
    world.fault("POST", "/messages$", by=alice, status=403)
    (note,) = told(alice, lambda: writes_to(bob, alice))
    assert note.startswith("I could not answer **Bob Brown** (bob@example.com) for you in") and "Webex did not let me" in note
    assert told(alice, lambda: writes_to(bob, alice)) == []
    alice.says("/autoreply Away again")
    world.fault("POST", "/messages$", by=alice, lost_answer=True)
    bob.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "hi"})
    world.skip_pauses(clock)
    assert [text for text in between(bob, alice) if "again" in text] == ["Alice: Auto-reply: Away again"]  # said once

    alice.says("/autoreply Third")
    world.control("revoke", person=alice.email)
    said = told(alice, lambda: writes_to(bob, alice))
    assert len(said) == 1 and "no longer lets me act for you" in said[0]
    assert "Third" not in " ".join(between(bob, alice))
    assert "can't do that" in alice.says("/autoreply Fourth")[0]
    assert "is off" in alice.says("/autoreply off")[0]  # which needs no access


@SQLITE
def test_one_failing_feature_stops_no_other(world: World, alice: Person, carol: Person, clock: Clock) -> None:
    """Webex refuses to tell whether a bot wrote, until the answer is given up; the alert comes all the same."""
    alice.connects()
    for words in ("/autoreply Away", "/autoreply mentions on", "/mentionalert on"):
        alice.says(words)
    said = len(alice.hears())
    world.fault("GET", "/people/", by=alice, status=409, times=6)  # as often as a delivery is tried
    carol.writes("", room="Project X", markdown=f"<@personId:{alice.id}> ping")
    world.skip_pauses(clock)
    assert not world.look("faults")
    (alert,) = alice.hears()[said:]
    assert "**Carol Clark** (carol@example.com) mentioned you" in alert


@SQLITE
def test_without_the_permission_it_says_what_to_do(database_url: str, tmp_path: Path) -> None:
    narrow = " ".join(scope for scope in LEAST_SCOPES if scope != "spark:messages_write")
    with World(database_url, tmp_path, WEBEX_SCOPES=narrow) as world:
        alice = world.person("alice@example.com")
        alice.connects()
        assert "Your operator does not let me" in alice.says("/autoreply Away")[0]
        world.stop_app()
        world.settings = SCOPES
        world.start_app()
        assert "Type `/init` to renew the permission" in alice.says("/autoreply Away")[0]
        assert len(alice.webhooks()) == 1
        alice.connects()
        assert "is on" in alice.says("/autoreply Away")[0]


@SQLITE
def test_paused_late_and_deleted(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    with world.deaf():
        early = bob.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "before"})
    clock.advance(120)
    alice.says("/autoreply Away")
    path, secret = world.hook_of(alice)
    about = {name: early[name] for name in ("id", "roomId", "roomType", "personId", "personEmail", "created")}
    event = world.event("messages", about, actor=bob.id, owner=alice.id)
    assert world.deliver(path, secret, event) == 204
    world.settle()
    assert between(bob, alice) == ["Bob: before"]  # written before she left
    with world.house.database.transaction() as db:
        away = absence.find(db, alice.id)
        assert away and absence.count_answers(db, away) == 0
    alice.says("/delete DELETENOW")
    assert world.deliver(path, secret, event) == 404
    writes_to(bob, alice)
    assert len(between(bob, alice)) == 2
