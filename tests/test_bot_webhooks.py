"""The bot's own webhooks: created, kept, repaired; other people's left alone."""

from pathlib import Path
from typing import Any

import pytest

from config import new_keys
from tests.people import Person
from tests.world import World, wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SUBJECTS = {("messages", "created"), ("memberships", "created"), ("rooms", "created"), ("attachmentActions", "created")}


def hooks(world: World) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = world.bot.api("GET", "/webhooks")["items"]
    return items


def mine(world: World) -> list[dict[str, Any]]:
    return [hook for hook in hooks(world) if hook["targetUrl"] == f"{world.app_url}/bot"]


def restart(world: World, **settings: str) -> list[str]:
    """Start anew; what the app did to webhooks meanwhile."""
    world.stop_app()
    world.forget_calls()
    world.settings = settings
    world.start_app()
    return [call["method"] for call in world.look("calls") if "/webhooks" in call["path"] and call["method"] != "GET"]


def test_created_at_the_first_start_and_kept_at_the_second(world: World, alice: Person) -> None:
    assert {(hook["resource"], hook["event"]) for hook in mine(world)} == SUBJECTS
    assert {hook["secret"] for hook in mine(world)} == {world.bot_secret}
    assert len(world.bot_secret) == 64
    assert all("filter" not in hook and hook["status"] == "active" for hook in mine(world))
    before = mine(world)
    assert restart(world) == []
    assert mine(world) == before
    assert "Connect your Webex account" in alice.says("hello")[0]


def test_repaired_at_the_start_and_on_schedule(world: World) -> None:
    first, second, third, _ = mine(world)
    world.control(f"webhooks/{first['id']}/disable")
    world.bot.api("DELETE", f"/webhooks/{second['id']}")
    fields = {name: third[name] for name in ("name", "secret")}
    world.bot.api("PUT", f"/webhooks/{third['id']}", json={**fields, "targetUrl": "http://127.0.0.1:9/bot"})
    assert sorted(restart(world)) == ["POST", "PUT", "PUT"]
    assert {(hook["resource"], hook["event"]) for hook in mine(world)} == SUBJECTS
    assert {hook["status"] for hook in hooks(world)} == {"active"}
    assert {first["id"], third["id"]} < {hook["id"] for hook in mine(world)}

    world.control(f"webhooks/{first['id']}/disable")
    world.queue.repair()
    assert {hook["status"] for hook in hooks(world)} == {"active"}


def test_a_moved_app_is_found_again(world: World) -> None:
    ids = {hook["id"] for hook in hooks(world)}
    moved = world.app_url.replace("127.0.0.1", "localhost")
    assert restart(world, PUBLIC_URL=moved) == ["PUT"] * 4
    assert {hook["id"] for hook in hooks(world)} == ids
    assert {hook["targetUrl"] for hook in hooks(world)} == {f"{moved}/bot"}


def test_foreign_webhooks_and_other_installations_are_left_alone(world: World) -> None:
    fields = {"resource": "messages", "event": "created", "targetUrl": f"{world.app_url}/bot"}
    names = {"my own", "Army Knife: bot messages", "Army Knife 123456: bot messages"}
    for name in names:
        world.bot.api("POST", "/webhooks", json={"name": name, **fields})
    first = {hook["id"] for hook in hooks(world)}
    assert restart(world) == []
    other_key = new_keys()["HOOK_KEY"]
    assert restart(world, HOOK_KEY=other_key) == ["POST"] * 4
    assert first < {hook["id"] for hook in hooks(world)}
    assert restart(world) == []


def test_webex_is_away_at_the_start(database_url: str, tmp_path: Path) -> None:
    """The app starts all the same, says that it is not ready, and catches up by itself."""
    with World(database_url, tmp_path, with_queue=False) as world:
        for hook in mine(world):
            world.bot.api("DELETE", f"/webhooks/{hook['id']}")
        world.fault("GET", "/people/me$", times=2, status=502)
        world.fault("GET", "/webhooks$", times=2, status=503)
        world.queue.start()
        assert world.person("alice@example.com").browser.opens("/readyz").status_code == 503
        wait_until(lambda: world.queue.is_introduced)
        assert {(hook["resource"], hook["event"]) for hook in mine(world)} == SUBJECTS
        assert world.person("alice@example.com").browser.opens("/readyz").status_code == 200
