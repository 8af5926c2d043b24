"""/init, /me and /delete: what is said about an account is what is so."""

import hashlib
import json
from typing import Any

import pytest
import requests
from sqlalchemy import Engine, create_engine, inspect, select, text

from app.models import contact, line
from app.models.inbox import InboxRow
from app.webex.events import parse_event
from tests.people import Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def everything_stored(world: World) -> str:
    """All rows of all tables, the queue's included, as one text. Bytes are shown as text where they are text."""
    stored = rows_of(world.house.database.engine)
    if world.house.database.is_sqlite:
        queue = create_engine(f"sqlite:///{world.folder / 'queue.db'}")
        stored += rows_of(queue)
        queue.dispose()
    return json.dumps(stored, default=lambda value: bytes(value).decode(errors="replace"), ensure_ascii=False)


def rows_of(engine: Engine) -> list[tuple[Any, ...]]:
    tables = inspect(engine).get_table_names()
    assert {"user_account", "task"} & set(tables)
    with engine.connect() as connection:
        return [tuple(row) for table in tables for row in connection.execute(text(f'SELECT * FROM "{table}"'))]


def makes_webhook(person: Person, name: str) -> str:
    """Register a webhook that is not ours, with the integration's own token for this person."""
    access, _ = person.world.house.tools.people.tokens.access(person.id)
    fields = {"name": name, "targetUrl": "http://127.0.0.1:9/other", "resource": "messages", "event": "created"}
    url, headers = f"{person.world.simulator.url}/v1/webhooks", {"Authorization": f"Bearer {access}"}
    answer: dict[str, Any] = requests.post(url, json=fields, headers=headers, timeout=5).json()
    return str(answer["id"])


def hooks_at_webex(world: World, person: Person) -> list[str]:
    """Names of this person's webhooks, looked up in the cloud itself: the token may be gone."""
    return [hook.name for hook in world.simulator.cloud.webhooks.values() if hook.created_by == person.id]


def uses_everything(alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    alice.says("/todo buy bread", room="Project X")
    alice.says("/done 1")
    alice.says("/track bob@example.com bob")
    alice.says("/track store")
    bob.writes("kept by id", room="Project X")
    alice.says("/init")


@SQLITE
def test_me_shows_what_works_and_what_is_stored(alice: Person, bob: Person) -> None:
    _, answer = alice.says("/me")
    assert "haven't connected" in answer
    uses_everything(alice, bob)
    (shown,) = alice.says("/me", room="Launch")  # typed anywhere, answered 1:1
    for fact in (
        "**Alice Adams** (alice@example.com)",
        "Access to Webex: **works**",
        "Webhooks: **2 of 2 active**",
        "Stored: 2 todo items, 1 tracked person, 1 kept message id; no message texts",
        "spark:messages_read",
    ):
        assert fact in shown, fact
    for secret in (alice.token, "sim-", "demo-client-secret", "/hooks/", "/authorize/"):
        assert secret not in shown


@SQLITE
def test_me_asks_webex_and_does_not_remember(world: World, alice: Person, bob: Person) -> None:
    """D-28: the original said "active" when its webhook was gone. D-38: a Webex that stumbles ends no account."""
    uses_everything(alice, bob)
    own, vip = sorted(alice.webhooks(), key=lambda hook: str(hook["filter"]) != f"personId={alice.id}")
    world.control(f"webhooks/{vip['id']}/disable")
    (shown,) = alice.says("/me")
    assert "Webhooks: **1 of 2 active**" in shown
    assert "(inactive)" in shown
    del world.simulator.cloud.webhooks[own["id"]]
    (shown,) = alice.says("/me")
    assert "Webhooks: **0 of 2 active**" in shown
    assert "(missing)" in shown

    world.fault("GET", "/people/me", by=alice, times=2, status=503)
    assert "could not be checked, Webex answered 503" in alice.says("/me")[0]
    world.control("expire", person=alice.email)
    assert "Access to Webex: **works**" in alice.says("/me")[0]

    world.control("revoke", person=alice.email)
    said = alice.says("/me")
    assert sum("no longer lets me act for you" in words and words.startswith("**Webex") for words in said) == 1
    assert sum("Access to Webex: **ended**" in words for words in said) == 1
    assert len(said) == 2
    (shown,) = alice.says("/me")  # told once; from now on only when asked
    assert "Access to Webex: **ended**" in shown
    assert "`/init`" in shown
    assert "Todo list (1 open item)" in shown

    assert "To let me act for you" in alice.says("/init")[0]
    alice.connects()
    (shown,) = alice.says("/me")
    assert "Access to Webex: **works**" in shown
    assert "Webhooks: **2 of 2 active**" in shown
    assert "Todo list (1 open item); Tracking (1 person, store)" in shown


@SQLITE
def test_what_needs_access_says_so_once_it_has_ended_and_the_rest_goes_on(world: World, alice: Person, bob: Person) -> None:
    uses_everything(alice, bob)
    world.control("revoke", person=alice.email)
    alice.says("/me")
    for words in ("/track carol@example.com carol", "/track live", "/get bob"):
        (answer,) = alice.says(words)
        assert "no longer lets me act for you" in answer, words
        assert "`/init`" in answer
    assert "buy bread" in alice.says("/todo")[0]
    assert "1 message kept" in alice.says("/trackers")[0]
    assert "no longer track" in alice.says("/untrack bob")[0]


def test_delete_removes_everything_and_proves_it(world: World, alice: Person, bob: Person) -> None:
    """D-09: one confirmed step, after which no row of any table knows this person; and everybody may come back."""
    goes_and_comes_back(world, alice, bob, is_revoked=False)


@SQLITE
def test_delete_with_a_dead_token(world: World, alice: Person, bob: Person) -> None:
    """D-09: the original told people with a dead token to authorize again before they could leave."""
    goes_and_comes_back(world, alice, bob, is_revoked=True)


def goes_and_comes_back(world: World, alice: Person, bob: Person, *, is_revoked: bool) -> None:
    uses_everything(alice, bob)
    assert alice.browser.opens("/account", allow_redirects=False).status_code == 200
    bob.connects()
    foreign = makes_webhook(alice, "Somebody else's")
    known = (alice.id, alice.email, alice.name, alice.bot_messages()[0]["roomId"])
    stored = everything_stored(world)
    assert [text for text in known if text not in stored] == []
    if is_revoked:
        world.control("revoke", person=alice.email)

    (asked,) = alice.says("/delete")
    assert "**Yours**: 2 todo items, 1 tracked person, 1 kept message id\n" in asked
    assert "`/delete DELETENOW`" in asked
    assert [text for text in known if text not in everything_stored(world)] == []  # asking removes nothing

    said = alice.presses("Delete everything")
    proof = said[-1]
    assert proof.startswith("**Everything is removed.**\n\n")
    assert "- **Yours**: 2 todo items, 1 tracked person, 1 kept message id\n" in proof
    assert "- **Your account**: 1 account, 1 pair of sealed tokens, 2 noted webhooks, 1 signed-in browser, 1 auth" in proof
    assert "1 note that we met" in proof
    assert sum("Everything is removed" in words for words in said) == 1
    stored = everything_stored(world)
    assert [text for text in known if text in stored] == []
    assert bob.id in stored
    assert alice.browser.opens("/account", allow_redirects=False).status_code != 200
    names = hooks_at_webex(world, alice)
    assert "Somebody else's" in names
    if is_revoked:
        assert "- **At Webex**: it did not let me remove my webhooks" in proof
    else:
        assert "- **At Webex**: 2 webhooks\n" in proof
        assert names == ["Somebody else's"]
        assert foreign in world.simulator.cloud.webhooks

    (again,) = alice.presses("Delete everything")
    assert "There is nothing left to remove" in again
    assert "haven't connected" in alice.presses("Keep it")[0]
    assert alice.id not in everything_stored(world)

    assert alice.says("/todo x", room="Project X") == []  # what old webhooks still tell is not even looked at
    assert alice.id not in everything_stored(world)
    (greeting,) = alice.says("hello again")
    assert "Connect your Webex account" in greeting
    assert alice.connects(looks=True).status_code == 200
    assert "empty" in alice.says("/todo")[0]
    assert "You track nobody" in alice.says("/trackers")[0]
    assert "Webhooks: **1 of 1 active**" in alice.says("/me")[0]


@SQLITE
def test_delete_while_webex_is_unwell(world: World, alice: Person, bob: Person) -> None:
    """Whatever Webex answers, what is here goes; what its webhooks still send is refused."""
    for what in ({"status": 503}, {"status": 429}, {"status": 403}, {"drop": True}):
        alice.connects()
        alice.says("/todo buy milk")
        world.fault("DELETE", "/webhooks/", by=alice, times=2, **what)
        said = alice.says("/delete DELETENOW")
        assert [words.partition(".")[0] for words in said] == ["**Everything is removed"], what
        assert "**Yours**: 1 todo item\n" in said[0]
        assert "it did not let me remove my webhooks" in said[0], what
        requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
        assert alice.says("/todo x", room="Project X") == []
        assert alice.id not in everything_stored(world)
    alice.connects()  # what was left at Webex is taken over, not doubled
    assert len(hooks_at_webex(world, alice)) == 1


@SQLITE
def test_a_card_of_another_life_is_answered(world: World, alice: Person) -> None:
    """A button of an old card, pressed by somebody who left."""
    alice.connects()
    alice.says("/me")
    alice.says("/delete DELETENOW")
    for button in ("Pause", "Export"):
        assert "haven't connected" in alice.presses(button)[0], button
    assert "I know nothing about you" in alice.presses("Delete")[0]
    assert alice.id not in everything_stored(world)


@SQLITE
def test_delete_by_somebody_without_an_account(world: World, alice: Person) -> None:
    alice.says("hello")
    assert "You have no account here" in alice.says("/delete")[0]
    assert "**Everything is removed:** 1 authorization link, 1 note that we met." in alice.says("/delete DELETENOW")[0]
    assert alice.id not in everything_stored(world)
    assert "Connect your Webex account" in alice.says("/init")[0]


@SQLITE
def test_delete_wants_its_word_exactly_and_only_in_the_bots_room(world: World, alice: Person) -> None:
    alice.connects()
    for words in ("/delete deletenow", "/delete DELETE NOW", "/delete DELETENOW please", "/delete now"):
        assert alice.says(words)[0].startswith("Usage: `/delete`"), words
    assert "works only here" in alice.says("/delete DELETENOW", room="Project X")[0]
    assert "Access to Webex: **works**" in alice.says("/me")[0]


@SQLITE
def test_init_again_keeps_everything(world: World, alice: Person, bob: Person) -> None:
    """D-10: /init deletes nothing, whoever types it how often."""
    uses_everything(alice, bob)
    (link,) = alice.says("/init")
    assert "You are connected already" in link
    before = alice.says("/me")[0].splitlines()[-2:]
    assert alice.browser.authorizes(alice.link(), alice).status_code == 200
    world.settle()
    assert "You're connected" in alice.hears()[-1]
    assert alice.says("/me")[0].splitlines()[-2:] == before
    assert "buy bread" in alice.says("/todo")[0]
    assert alice.says("/get bob")[0] == "1 message of **bob**:"


def test_a_crash_right_after_the_deletion_greets_nobody(world: World, alice: Person) -> None:
    """The worker dies between the command's commit and the end of its delivery, which is then worked off again."""
    alice.connects()
    sent = alice.writes("/delete DELETENOW")
    world.settle()
    data = {"id": sent["id"], "roomId": sent["roomId"], "roomType": "direct", "personId": alice.id}
    heard = parse_event(json.dumps(world.event("messages", data, actor=alice.id)))
    with world.house.database.transaction() as db:
        key = hashlib.sha256(f"bot|messages|created|{sent['id']}||".encode()).digest()
        row = db.scalars(select(InboxRow).where(InboxRow.key == key)).one()
        row.state, row.line, row.receiver, row.body = line.WAITING, alice.id, "bot", heard.to_json()
    world.queue.sweep()
    world.settle()
    assert "Everything is removed" in alice.hears()[-1]
    with world.house.database.reading() as db:
        assert contact.find(db, alice.id) is None
