"""The bot: its own webhooks, the signature on its ear, and an answer to whatever is typed 1:1."""

import hashlib
import hmac
import json
import threading
from typing import Any

import pytest
import requests
from sqlalchemy import func, select

from app.bot.webhook import WANTED
from app.models import inbox
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def bot_hooks(world: World) -> dict[str, dict[str, Any]]:
    return {hook["name"].partition(": ")[2] or hook["name"]: hook for hook in world.bot.api("GET", "/webhooks")["items"]}


def restart(world: World, **settings: str) -> None:
    world.stop_app()
    world.settings = {**world.settings, **settings}
    world.start_app()


def test_the_bots_webhooks_are_made_kept_and_repaired(world: World, alice: Person) -> None:
    made = bot_hooks(world)
    assert set(made) == {wanted.name for wanted in WANTED}
    assert {hook["targetUrl"] for hook in made.values()} == {f"{world.app_url}/bot"}
    assert {hook["secret"] for hook in made.values()} == {world.bot_secret}

    foreign = {"name": "Somebody else's", "targetUrl": f"{world.app_url}/bot", "resource": "messages", "event": "created"}
    foreign = world.bot.api("POST", "/webhooks", json=foreign)
    restart(world)
    kept = bot_hooks(world)
    assert {name: kept[name]["id"] for name in made} == {name: hook["id"] for name, hook in made.items()}

    broken, missing, twice, _ = (made[wanted.name] for wanted in WANTED)
    world.control(f"webhooks/{broken['id']}/disable")
    world.bot.api("DELETE", f"/webhooks/{missing['id']}")
    fields = ("name", "targetUrl", "resource", "event", "secret")
    world.bot.api("POST", "/webhooks", json={name: twice[name] for name in fields})
    restart(world)
    repaired = world.bot.api("GET", "/webhooks")["items"]
    ours = [hook for hook in repaired if hook["id"] != foreign["id"]]
    assert sorted(hook["name"] for hook in ours) == sorted(hook["name"] for hook in made.values())
    assert {hook["status"] for hook in ours} == {"active"}
    assert broken["id"] in {hook["id"] for hook in ours}
    assert missing["id"] not in {hook["id"] for hook in ours}
    assert next(hook for hook in repaired if hook["id"] == foreign["id"]) == foreign
    assert len(alice.says("hello")) == 1


def test_the_hourly_repair_may_meet_the_start_and_another_repair(world: World) -> None:
    """Each looks first what is there, and then makes what is missing: at the same time they would make two of each."""
    for hook in bot_hooks(world).values():
        world.bot.api("DELETE", f"/webhooks/{hook['id']}")
    world.fault("POST", "/webhooks$", by=world.bot, times=-1, slow=0.05)
    threads = [threading.Thread(target=world.queue.repair) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(hook["name"].partition(": ")[2] for hook in world.bot.api("GET", "/webhooks")["items"]) == sorted(
        wanted.name for wanted in WANTED
    )


def test_webhooks_follow_the_app_to_a_new_address(world: World) -> None:
    before = bot_hooks(world)
    restart(world, PUBLIC_URL=world.app_url.replace("127.0.0.1", "localhost"))
    after = bot_hooks(world)
    assert {name: hook["id"] for name, hook in after.items()} == {name: hook["id"] for name, hook in before.items()}
    assert {hook["targetUrl"] for hook in after.values()} == {f"{world.app_url.replace('127.0.0.1', 'localhost')}/bot"}


def test_what_is_not_signed_by_webex_is_refused_and_not_stored(world: World, alice: Person) -> None:
    """S-01: the original looked at signatures in one cloud only. Ours looks at nothing else first: no JSON, same answer."""
    message = alice.writes("hello")
    world.settle()
    alice.connects()
    about = {"id": message["id"], "roomId": message["roomId"], "roomType": "direct", "personId": alice.id}
    event = json.dumps(world.event("messages", {**about, "id": "never-heard"}, actor=alice.id)).encode()

    def signed(secret: str) -> bytes:
        return hmac.digest(secret.encode(), event, hashlib.sha1).hex().encode()

    def stored() -> int | None:
        with world.house.database.reading() as db:
            return db.scalar(select(func.count()).select_from(inbox.InboxRow))

    before = stored()
    right, (_, hers) = signed(world.bot_secret), world.hook_of(alice)
    wrong = [None, b"", b"0" * 40, right.upper(), right[:-1], right + b"0", "é".encode(), b"\xff" * 40, signed(hers)]
    for signature in wrong:
        headers = {} if signature is None else {"X-Spark-Signature": signature}
        for body in (event, b"{", b""):
            answer = requests.post(f"{world.app_url}/bot", data=body, headers=headers, timeout=5)
            assert (answer.status_code, answer.content) == (401, b""), (signature, body)
    answer = requests.post(f"{world.app_url}/bot", data=event + b" ", headers={"X-Spark-Signature": right}, timeout=5)
    assert answer.status_code == 401
    assert before is not None
    assert stored() == before
    assert requests.post(f"{world.app_url}/bot", data=event, headers={"X-Spark-Signature": right}, timeout=5).status_code == 204
    assert stored() == before + 1


def test_anything_else_typed_to_the_bot_gets_one_helpful_answer(world: World, alice: Person) -> None:
    """Silence is the worst answer: the original said nothing to several words, or to an unknown slash word."""
    alice.says("hello")
    nearest = {
        "tood": "/todo", "/tood": "/todo", "/DONNE": "/done", "hlep": "/help", "/trakc bob": "/track", "tracker": "/trackers",
        "Help!": "/help", "/untrak": "/untrack", "get.": "/get", "/inti": "/init", "delete": "/delete",
    }  # fmt: skip
    for words, meant in nearest.items():
        (answer,) = alice.says(words)
        assert f"Did you mean `{meant}`?" in answer, words
        assert "`/help` lists" in answer
    for words in ("what is the weather like?", "/", "//", "/ todo", "/xyzzy", "🤖", "\u200b", "1", "/123", "todo" * 500):
        (answer,) = alice.says(words)
        assert "`/help` lists" in answer, words
        assert "Did you mean" not in answer, words


def test_a_message_without_words_is_answered_too(world: World, alice: Person) -> None:
    alice.says("hello")
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard", "version": "1.3"}}
    alice.api("POST", "/messages", json={"toPersonEmail": world.bot.email, "attachments": [card]})
    world.settle()
    assert "`/help` lists" in alice.hears()[-1]
    assert len(alice.hears()) == 2


def test_the_bot_does_not_listen_to_itself(world: World, alice: Person) -> None:
    alice.says("hello")
    said = world.bot.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "/help"})
    world.settle()
    about = {name: said[name] for name in ("id", "roomId", "roomType", "personId", "personEmail", "created")}
    for actor in (world.bot.id, alice.id):  # also if a delivery named the wrong person
        assert world.deliver("/bot", world.bot_secret, world.event("messages", {**about, "personId": actor}, actor=actor)) == 204
    world.settle()
    assert alice.hears()[1:] == ["/help"]
