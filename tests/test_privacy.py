"""/privacy and /why, and what they rest on: with everything off, nothing of other people's messages is heard or fetched."""

import ast
import hashlib
import hmac
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from app import ears
from app.commands import privacy, why
from app.models import decision, ledger, user
from app.models.absence import Absence
from app.simulator import messages
from app.simulator.drafts import Draft
from tests.people import Person
from tests.world import World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
APP = Path(__file__).parents[1] / "app"
MANY, OVER_HTTP = 1_000, 100


def sums(world: World, person: Person) -> dict[str, int]:
    """The ledger's counts of today."""
    world.house.tools.tally.flush()
    with world.house.database.reading() as db:
        return ledger.sums(db, person.id, 1)


def talks(world: World, speaker: Person, room: str, count: int) -> None:
    """Write many messages at once."""
    cloud, room_id = world.simulator.cloud, speaker.room(room)
    with cloud.lock:
        for number in range(count):
            messages.post(cloud, cloud.people[speaker.id], cloud.rooms[room_id], Draft(text=f"word {number}"))


def asks_unheard(world: World, person: Person, words: str) -> str:
    """What the bot answers, when nothing but the bot hears the question: so it changes none of the counts it asks for."""
    with world.deaf():
        sent = person.writes(words)
    said = len(person.hears())
    data = {"id": sent["id"], "roomId": sent["roomId"], "roomType": "direct", "personId": person.id}
    with world.deaf():
        assert world.deliver("/bot", world.bot_secret, world.event("messages", data, actor=person.id)) == 204
        wait_until(lambda: len(person.hears()) > said and world.is_idle())
    return person.hears()[said]


def ear(world: World, person: Person, event: dict[str, Any]) -> int:
    """What the person's ear answers to a delivery; the function that POST /hooks/… calls."""
    path, secret = world.hook_of(person)
    body = json.dumps(event).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return ears.hear(world.house, path, signature, body)


def fetches(world: World, person: Person) -> list[dict[str, Any]]:
    """The calls by which texts were read with a person's rights."""
    calls = world.look("calls")
    return [call for call in calls if call["by"] == person.id and call["method"] == "GET" and "/messages" in call["path"]]


# With everything off


@SQLITE
def test_who_flushes_while_another_does_waits_for_it(world: World, alice: Person) -> None:
    """Otherwise /privacy would miss what the background thread is just writing."""
    alice.connects()
    tally, before = world.house.tools.tally, sums(world, alice).get(ledger.HEARD, 0)
    with ThreadPoolExecutor(4) as pool:
        for number in range(1, 31):
            tally.heard(alice.id, is_dropped=False)
            list(pool.map(lambda _: tally.flush(), range(4)))
            assert sums(world, alice)[ledger.HEARD] == before + number
            tally.heard(alice.id, is_dropped=False)
            pool.submit(tally.flush)
            assert sums(world, alice)[ledger.HEARD] == before + number + 1
            before += 1


@SQLITE
def test_a_thousand_foreign_messages_are_not_even_delivered(world: World, alice: Person, bob: Person) -> None:
    """S-16, precise: Webex is not asked to tell, so the server never hears."""
    alice.connects()
    before, delivered = sums(world, alice), len(world.look("deliveries"))
    world.forget_calls()
    talks(world, bob, "Project X", MANY)
    world.settle()
    assert len(world.look("deliveries")) == delivered
    assert fetches(world, alice) == []
    assert sums(world, alice) == before
    shown = asks_unheard(world, alice, "/privacy")
    assert "- Events heard, without texts: **0**, 0\n- Of these dropped unread: **0**, 0\n- Texts fetched: **none**" in shown
    alice.says("no command", room="Project X")  # her own messages are what is heard and fetched
    assert sums(world, alice) == {ledger.HEARD: 1, f"{ledger.FETCHED}commands": 1}
    shown = asks_unheard(world, alice, "/privacy")
    assert "- Events heard, without texts: **1**, 1\n- Of these dropped unread: **0**, 0\n" in shown
    assert "- Texts fetched: your own messages, to look for commands: **1**, 1\n" in shown


@SQLITE
def test_a_thousand_foreign_messages_are_dropped_unread(database_url: str, tmp_path: Path) -> None:
    """S-16, firehose: every event is delivered, none is stored, no text is fetched; the ledger says exactly that."""
    with World(database_url, tmp_path, SUBSCRIPTIONS="firehose") as world:
        alice, bob = world.person("alice@example.com"), world.person("bob@example.com")
        alice.connects()
        alice.writes("how are you?", room="Project X")
        world.settle()
        before = sums(world, alice)
        world.forget_calls()
        talks(world, bob, "Project X", OVER_HTTP)
        world.settle()
        room = {"roomId": alice.room("Project X"), "roomType": "group", "personId": bob.id, "personEmail": bob.email}
        for number in range(MANY - OVER_HTTP):
            heard = world.event("messages", {"id": f"message-{number}", **room}, actor=bob.id, owner=alice.id)
            assert ear(world, alice, heard) == 204
        world.settle()
        after = sums(world, alice)
        assert {what: after[what] - before[what] for what in after if after[what] != before[what]} == {
            ledger.HEARD: MANY,
            ledger.DROPPED: MANY,
        }
        assert fetches(world, alice) == []

        shown = asks_unheard(world, alice, "/privacy")
        assert f"Events heard, without texts: **{after[ledger.HEARD]:,}**, {after[ledger.HEARD]:,}" in shown
        assert f"Of these dropped unread: **{after[ledger.DROPPED]:,}**, {after[ledger.DROPPED]:,}" in shown
        assert f"your own messages, to look for commands: **{before['fetched commands']}**" in shown
        assert "unread, because no feature of yours needs them." in alice.says("/why")[0]

        alice.says("/track bob@example.com bob")
        alice.says("/pause")  # and paused, nothing of people she tracks either
        before = sums(world, alice)
        bob.says("one more", room="Project X")
        assert sums(world, alice)[ledger.DROPPED] == before[ledger.DROPPED] + 1


@SQLITE
def test_switching_on_and_off_adds_and_removes_exactly_the_hooks(world: World, alice: Person) -> None:
    """Each switch has its webhooks, whatever else is on."""
    alice.connects()
    own = {("messages", f"personId={alice.id}")}
    mentions, direct = {("messages", "mentionedPeople=me")}, {("messages", "roomType=direct")}
    switches: list[tuple[dict[str, bool], set[tuple[str, str]]]] = [
        ({"mention_alerts": True}, mentions),
        ({"mention_alerts": True, "all_alerts": True}, mentions | {("messages", "roomType=group")}),
        ({"all_alerts": True}, set()),
        ({"room_alerts": True}, {("memberships", f"personId={alice.id}")}),
        ({}, set()),
    ]
    for is_away, answers_mentions in ((False, False), (True, False), (True, True)):
        auto_reply = (direct if is_away else set()) | (mentions if answers_mentions else set())
        for values, hooks in switches:
            with world.house.database.transaction() as db:
                db.query(Absence).delete()
                if is_away:
                    db.add(Absence(person_id=alice.id, text="away", until=None, mentions=answers_mentions, since=1.0))
                user.change(db, alice.id, **{"mention_alerts": False, "all_alerts": False, "room_alerts": False, **values})
            world.house.tools.subscriptions.sync(alice.id)
            found = {(hook["resource"], hook.get("filter", "")) for hook in alice.webhooks()}
            assert found == own | hooks | auto_reply, (values, is_away, answers_mentions)
            assert len(alice.webhooks()) == len(found)
    (shown,) = alice.says("/me")
    assert "Webhooks: **3 of 3 active**" in shown
    assert "What I hear: your own messages, mentions of you, and what is written to you 1:1; nothing else" in shown
    assert "Auto-reply (on, mentions too)" in shown


# In words


def test_privacy_and_why_tell_what_happened(world: World, alice: Person, bob: Person) -> None:
    assert "haven't connected" in alice.says("/privacy")[-1]
    assert "haven't connected" in alice.says("/why")[-1]
    alice.connects()
    (nothing,) = alice.says("/why")
    assert nothing.startswith("I decided nothing about you yet.\n\nToday I dropped ")
    alice.says("/track bob@example.com bob")
    alice.says("/timezone Oslo")
    bob.says("are you there?", room="Project X")
    alice.says("/track store")
    bob.says("so?", room="Project X")
    for words in ("/todo", "/done 7", "/done x", "/nonsense", "hello", "/export", "/delete now"):
        alice.says(words)
    alice.says("/delete", room="Project X")
    (told,) = alice.says("/why", room="Launch")
    rows = [row.partition(": ")[2] for row in told.splitlines() if row.startswith("- today at ")]
    assert rows == [
        "I did not run `/delete`: it may not be typed there, or not by you.",
        "I did not run `/delete`: it was typed in a way I don't understand, and I showed how it is typed.",
        "I ran `/export`.",
        "What you typed is no command of mine, and I said so.",
        "What you typed is no command of mine, and I said so.",
        "I did not run `/done`: it was typed in a way I don't understand, and I showed how it is typed.",
        "I did not do what `/done` asked, and said why.",
        "I ran `/todo`.",
        "**bob** wrote, whom you track, and I kept the message's id for `/get`.",
        "I ran `/track`.",
    ]
    assert alice.says("/why now")[0].startswith("Usage: `/why`")
    assert alice.says("/privacy policy")[0].startswith("Usage: `/privacy`")

    (shown,) = alice.says("/privacy")
    assert "- Texts fetched: messages of people you track: **1**, 1\n" in shown
    assert "- Yours: 1 tracked person, 1 kept message id\n- Your account: 1 account, 1 pair of sealed tokens, " in shown
    assert "lines of the privacy ledger, " in shown and " noted decisions, " in shown
    assert f"[Your account page]({world.app_url}/account)" in shown
    assert "are you there?" not in shown and "so?" not in shown
    assert "1 tracked person" in alice.browser.opens("/account").text or "Tracked people" in alice.browser.opens("/account").text
    assert "My last decisions" in alice.presses("Why")[0]

    with world.house.database.transaction() as db:
        decision.note(db, alice.id, "of another version", "<@all> **x**")
        ledger.add(db, alice.id, f"{ledger.FETCHED}of another version")
    assert "of another version" in alice.says("/why")[0]
    assert "Texts fetched: of another version: **1**, 1" in alice.says("/privacy")[0]
    bob.connects()
    assert "bob" not in bob.says("/why")[0] and "tracked" not in bob.says("/privacy")[0]  # nobody is told who tracks them


@SQLITE
def test_tracking_and_why_in_german(world: World, alice: Person, bob: Person) -> None:
    """What was noted is a code, and is told in the language of who asks."""
    alice.connects()
    alice.says("/language de")
    live = "Du folgst jetzt **Bob Brown** (bob@example.com) als **bob**, live: Ich zeige Nachrichten hier sofort."
    assert alice.says("/track bob@example.com bob") == [live]
    assert alice.says("/track digest 17:00")[0].startswith(
        "Ab jetzt folgst du allen mit Tagesübersicht: Ich zeige jeden Tag um 17:00,"
    )
    bob.says("are you there?", room="Project X")
    listed = alice.says("/trackers")[0].splitlines()
    assert listed[-1] == "- **bob** (bob@example.com) Tagesübersicht um 17:00, 1 Nachricht aufgehoben"
    assert alice.presses("Live")[0].startswith("Ab jetzt folgst du **bob** live:")
    with world.house.database.transaction() as db:
        decision.note(db, alice.id, "not answered", "answered before")
    rows = [row.partition(": ")[2] for row in alice.says("/why")[0].splitlines() if row.startswith("- heute um ")]
    assert rows[0] == "Jemand hat dir geschrieben und bekam keine automatische Antwort: schon beantwortet."
    assert "**bob** hat geschrieben. Weil du folgst, habe ich mir die ID der Nachricht für `/get` gemerkt." in rows


# Every code has its words


def codes(function: str, keyword: str = "") -> Iterator[tuple[str, str]]:
    """Every string that may be the first argument of a function, or its keyword, anywhere in the app; and where."""
    for file in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                said = node.args[:1] if name == function else []
                said += [word.value for word in node.keywords if keyword and word.arg == keyword]
                for argument in said:
                    for part in _strings(argument):
                        yield part, f"{file.relative_to(APP.parent)}:{node.lineno}"


def _strings(argument: ast.expr) -> list[str]:
    """The values of a constant, or of either branch of `a if x else b`; a call or a variable has none that is known here."""
    if isinstance(argument, ast.IfExp):
        return [*_strings(argument.body), *_strings(argument.orelse)]
    return [argument.value] if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else []


def test_every_decision_has_a_sentence() -> None:
    """Fails with a new code in `delivery.decided("code", …)`: put its sentence into SENTENCES of app/commands/why.py."""
    missing = {code: where for code, where in codes("decided") if code not in why.SENTENCES}
    assert missing == {}, f"no sentence in SENTENCES of app/commands/why.py for {missing}"
    assert all(len(code) <= 40 for code in why.SENTENCES)
    for text in why.SENTENCES.values():
        assert text.endswith(".") and text.count("{") == text.count("{}") <= 1


def test_every_fetch_has_a_reason_in_words() -> None:
    """Fails with a new code in `fetched("code")` or `why="code"`: put its words into REASONS of app/commands/privacy.py."""
    missing = {code: where for code, where in codes("fetched", keyword="why") if code not in privacy.REASONS}
    assert missing == {}, f"no words in REASONS of app/commands/privacy.py for {missing}"
    assert all(len(ledger.FETCHED + code) <= 40 for code in privacy.REASONS)
