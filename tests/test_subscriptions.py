"""What Webex is asked to tell us about a person: no more than the features need, and nobody else's business."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.models import inbox
from config import new_keys
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIREHOSE = {"SUBSCRIPTIONS": "firehose"}


def registered(person: Person) -> set[tuple[str, str, str]]:
    return {(hook["resource"], hook["event"], hook.get("filter", "")) for hook in person.webhooks()}


def own(person: Person) -> tuple[str, str, str]:
    return "messages", "created", f"personId={person.id}"


def changes(world: World) -> list[str]:
    """What the app did to Alice's webhooks since the calls were forgotten, in order."""
    calls = [call for call in world.look("calls") if call["by"] == world.person("alice@example.com").id]
    return [call["method"] for call in calls if "/webhooks" in call["path"] and call["method"] != "GET"]


def repairs(world: World) -> list[str]:
    """Let the hourly repair run at once."""
    world.forget_calls()
    world.house.tools.subscriptions.sync(world.person("alice@example.com").id)
    return changes(world)


def restart(world: World, **settings: str) -> list[str]:
    """Start anew, and wait for what a start does by itself: it sees to everybody's webhooks."""
    world.stop_app()
    world.forget_calls()
    world.settings = settings
    world.start_app()
    world.settle()
    return changes(world)


def acts_as_app(world: World, person: Person, method: str, path: str, **fields: str) -> Any:
    """Change Webex's list behind the app's back, as the same integration."""
    access, _ = world.house.tools.people.tokens.access(person.id)
    call = {"headers": {"Authorization": f"Bearer {access}"}, "timeout": 5}
    answer = person.session.request(method, f"{world.simulator.url}/v1{path}", json=fields or None, **call)
    assert answer.ok, answer.text
    return answer.json() if answer.content else None


def heard(world: World) -> int:
    with world.house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(inbox.InboxRow)) or 0


# Precise


def test_only_what_the_features_need_is_registered(world: World, alice: Person, bob: Person, carol: Person) -> None:
    alice.connects()
    assert registered(alice) == {own(alice)}
    (hook,) = alice.webhooks()
    assert hook["targetUrl"] == world.app_url + world.hook_of(alice)[0]
    assert hook["secret"] == world.hook_of(alice)[1]
    alice.says("/track bob@example.com bob")
    alice.says("/track carol@example.com carol")
    assert registered(alice) == {own(alice), own(bob), own(carol)}
    assert len({hook["name"] for hook in alice.webhooks()}) == 3
    assert all(hook["name"].startswith("Army Knife ") for hook in alice.webhooks())
    names = " ".join(hook["name"] for hook in alice.webhooks())
    assert bob.email not in names and bob.id not in names  # whoever lists them is not told who is tracked
    alice.says("/track bob@example.com robert")
    assert len(alice.webhooks()) == 3
    alice.says("/untrack robert")
    assert registered(alice) == {own(alice), own(carol)}


def test_what_nobody_needs_never_reaches_the_server(world: World, alice: Person, bob: Person, carol: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    before = len(world.look("deliveries"))
    carol.says("for Alice and Bob", room="Project X")
    carol.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "for Alice alone"})
    world.settle()
    assert len(world.look("deliveries")) == before


def test_words_of_others_never_run_a_command(world: World, alice: Person, bob: Person) -> None:
    """Alice tracks Bob, so her webhook tells of his messages, commands included."""
    alice.connects()
    alice.says("/todo buy milk")
    alice.says("/track bob@example.com bob")
    for words in ("/todo /clear", "/done 1", "/untrack bob", "/delete DELETENOW", "/track store", "/me"):
        bob.writes(words, room="Project X")
    world.settle()
    assert "buy milk" in alice.says("/todo")[0]
    assert "bob" in alice.says("/trackers")[0] and "live" in alice.says("/trackers")[0]
    assert bob.hears() == []


def test_a_delivery_that_lies_about_its_author(world: World, alice: Person, bob: Person) -> None:
    """The message as Webex shows it counts: a delivery that says Alice wrote what Bob wrote runs nothing."""
    alice.connects()
    alice.says("/todo buy milk")
    sent = bob.writes("/todo stolen", room="Project X")
    world.settle()
    path, secret = world.hook_of(alice)
    for data in ({"personId": alice.id}, {"personId": bob.id}):
        event = {"resource": "messages", "event": "created", "actorId": alice.id, "createdBy": alice.id}
        event |= {"data": {"id": sent["id"], "roomId": sent["roomId"], "roomType": "group", **data}}
        assert world.deliver(path, secret, event) == 204
        world.settle()
    assert "stolen" not in alice.says("/todo")[0]
    assert bob.hears() == []  # nor is it taken for his: he never spoke to the bot


def test_create_before_delete(world: World, alice: Person) -> None:
    """A webhook whose filter must change is replaced, and there is no moment without one."""
    alice.connects()
    (hook,) = alice.webhooks()
    acts_as_app(world, alice, "DELETE", f"/webhooks/{hook['id']}")
    fields = {name: hook[name] for name in ("name", "targetUrl", "secret", "resource")}
    acts_as_app(world, alice, "POST", "/webhooks", **fields, event="all")
    assert repairs(world) == ["POST", "DELETE"]
    assert registered(alice) == {own(alice)}


def test_foreign_webhooks_are_left_alone(world: World, alice: Person) -> None:
    alice.connects()
    names = ("my own", "Army Knife", "Army Knife 000000: my messages", "army knife webhook")
    for name in names:
        fields = {"targetUrl": "http://127.0.0.1:9/", "resource": "rooms", "event": "created"}
        acts_as_app(world, alice, "POST", "/webhooks", name=name, **fields)
    assert repairs(world) == []
    alice.says("/track bob@example.com bob")
    alice.says("/untrack bob")
    assert {hook["name"] for hook in alice.webhooks()} > set(names)
    alice.says("/delete DELETENOW")
    assert {hook.name for hook in world.simulator.cloud.webhooks.values() if hook.created_by == alice.id} == set(names)


def test_a_webhook_that_webex_switched_off_is_revived(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    for hook in alice.webhooks():
        world.control(f"webhooks/{hook['id']}/disable")
    assert "0 of 2 active" in alice.says("/me")[0]
    ids = {hook["id"] for hook in alice.webhooks()}
    assert repairs(world) == ["PUT", "PUT"]
    assert {(hook["id"], hook["status"]) for hook in alice.webhooks()} == {(one, "active") for one in ids}
    bob.says("heard again", room="Project X")
    assert "heard again" in alice.hears()[-1]
    assert repairs(world) == []


def test_a_webhook_that_is_gone_is_made_again_and_doubles_go(world: World, alice: Person) -> None:
    alice.connects()
    (hook,) = alice.webhooks()
    fields = {name: hook[name] for name in ("name", "targetUrl", "secret", "resource", "event", "filter")}
    acts_as_app(world, alice, "POST", "/webhooks", **fields)
    acts_as_app(world, alice, "POST", "/webhooks", **fields)
    assert repairs(world) == ["DELETE", "DELETE"]
    assert [left["id"] for left in alice.webhooks()] == [hook["id"]]
    acts_as_app(world, alice, "DELETE", f"/webhooks/{hook['id']}")
    assert repairs(world) == ["POST"]
    assert registered(alice) == {own(alice)}


def test_a_moved_app_is_found_again(world: World, alice: Person) -> None:
    """PUBLIC_URL changed: every webhook is pointed to the new address, none is made twice."""
    alice.connects()
    alice.says("/track bob@example.com bob")
    ids = {hook["id"] for hook in alice.webhooks()}
    moved = world.app_url.replace("127.0.0.1", "localhost")
    assert restart(world, PUBLIC_URL=moved) == ["PUT", "PUT"]
    assert repairs(world) == []
    assert {hook["id"] for hook in alice.webhooks()} == ids
    assert {hook["targetUrl"] for hook in alice.webhooks()} == {moved + world.hook_of(alice)[0]}
    assert {hook["secret"] for hook in alice.webhooks()} == {world.hook_of(alice)[1]}
    assert "2 of 2 active" in alice.says("/me")[0]


def test_a_new_hook_key(world: World, alice: Person, bob: Person) -> None:
    """The old one leaked: all paths and secrets change, nobody has to connect again, and the old ones open nothing."""
    alice.connects()
    alice.says("/track bob@example.com bob")
    old = world.hook_of(alice)
    restart(world, HOOK_KEY=new_keys()["HOOK_KEY"])
    bob.says("under the new key", room="Project X")
    assert sum("under the new key" in text for text in alice.hears()) == 1
    assert world.deliver(*old, {"resource": "messages", "event": "created", "data": {"id": "x"}}) == 404
    assert (
        world.deliver(world.hook_of(alice)[0], old[1], {"resource": "messages", "event": "created", "data": {"id": "x"}}) == 401
    )


def test_two_installations_leave_each_other_alone(world: World, alice: Person, tmp_path: Path, databases: Any) -> None:
    """Another HOOK_KEY is another installation of the same integration, with its own database."""
    alice.connects()
    first = {hook["id"] for hook in alice.webhooks()}
    world.stop_app()
    database = world.database_url
    with databases.fresh("sqlite") as other:
        world.database_url, world.settings = other, {"HOOK_KEY": new_keys()["HOOK_KEY"]}
        world.start_app()
        alice.says("hello")
        alice.browser.authorizes(alice.link(), alice)
        world.settle()
        both = {hook["id"] for hook in alice.webhooks()}
        assert first < both and len(both) == 2
        assert repairs(world) == []
        alice.browser.posts("/account/delete")  # typed to the bot that both have, the first would catch up on it
        world.settle()
        assert {hook.id for hook in world.simulator.cloud.webhooks.values() if hook.created_by == alice.id} == first
        world.stop_app()
        world.database_url, world.settings = database, {}
        world.start_app()
        world.settle()
    assert repairs(world) == []
    assert {hook["id"] for hook in alice.webhooks()} == first


def test_webex_refuses_in_the_middle(world: World, alice: Person, bob: Person) -> None:
    """What cannot be heard is not promised; the next try goes on from there."""
    alice.connects()
    world.fault("POST", "/webhooks$", status=500)
    assert "nothing was changed" in alice.says("/track bob@example.com bob")[0]
    assert "You track nobody" in alice.says("/trackers")[0]
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]
    world.fault("DELETE", "/webhooks/", times=2, status=503)
    assert "no longer track" in alice.says("/untrack bob")[0]
    said = len(alice.hears())
    bob.says("still delivered, and dropped unread", room="Project X")
    assert len(alice.hears()) == said
    assert repairs(world) == ["DELETE"]
    assert registered(alice) == {own(alice)}


def test_a_webhook_registered_by_a_request_whose_answer_got_lost(world: World, alice: Person) -> None:
    alice.connects()
    world.fault("POST", "/webhooks$", lost_answer=True)
    assert "nothing was changed" in alice.says("/track bob@example.com bob")[0]
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]
    assert len(alice.webhooks()) == 2


# Firehose


def test_one_webhook_for_everything(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, **FIREHOSE) as world:
        alice, bob, carol = (world.person(f"{name}@example.com") for name in ("alice", "bob", "carol"))
        alice.connects()
        assert registered(alice) == {("all", "all", "")}
        world.forget_calls()
        alice.says("/track bob@example.com bob")
        assert changes(world) == []
        bob.says("through the hose", room="Project X")
        assert "through the hose" in alice.hears()[-1]

        rows = heard(world)
        world.forget_calls()
        carol.writes("/todo not hers", room="Project X")  # written by nobody who matters
        carol.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "for Alice alone"})
        room = carol.api("POST", "/rooms", json={"title": "A new one"})
        carol.api("POST", "/memberships", json={"roomId": room["id"], "personEmail": alice.email})
        carol.api("PUT", f"/rooms/{room['id']}", json={"title": "Renamed"})
        world.settle()
        assert heard(world) == rows
        assert {call["by"] for call in world.look("calls")} == {carol.id}  # nothing was fetched

        answers = alice.says("/todo mine", room="Project X")
        assert len(answers) == 1 and "mine" in answers[0]
        said = alice.hears()
        world.control("replay", last=3)
        world.settle()
        assert alice.hears() == said


def test_from_precise_to_firehose_and_back(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    for mode, wanted in (("firehose", {("all", "all", "")}), ("precise", {own(alice), own(bob)})):
        did = restart(world, SUBSCRIPTIONS=mode)
        assert did.index("DELETE") > did.index("POST")
        assert registered(alice) == wanted
        bob.says(f"heard in {mode}", room="Project X")
        assert f"heard in {mode}" in alice.hears()[-1]


def test_what_is_typed_to_the_bot_is_answered_once_whatever_is_heard(database_url: str, tmp_path: Path) -> None:
    """With a firehose both ears hear it: the bot's and the person's."""
    with World(database_url, tmp_path, **FIREHOSE) as world:
        alice = world.person("alice@example.com")
        alice.connects()
        assert len(alice.says("/todo buy milk")) == 1
        assert len(alice.says("/me")) == 1
        mention = f"<@personId:{world.bot.id}|Army Knife> /todo by mention"
        assert alice.says("", room="Project X", markdown=mention) == []  # the bot is not in that room; not hers to run either
        assert "by mention" not in alice.says("/todo")[0]
