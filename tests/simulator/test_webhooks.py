"""Webhooks: who hears what, what a delivery looks like, how registrations live and die (contract section 1 and 2)."""

import hashlib
import hmac
import json
import socket
from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, Target, World


def hook(world: World, target: Target, who: str, resource: str, event: str, **more: str) -> dict[str, Any]:
    path = more.pop("path", "/hook")
    fields = {"name": "mine", "targetUrl": target.url + path, "resource": resource, "event": event, **more}
    return world.post(who, "/webhooks", **fields)


def heard(world: World, target: Target) -> list[dict[str, Any]]:
    world.drain()
    return [json.loads(body) for body in target.bodies()]


def named(envelopes: list[dict[str, Any]]) -> list[str]:
    return [f"{one['resource']}:{one['event']}" for one in envelopes]


def test_the_signature_is_of_the_exact_bytes(world: World, target: Target) -> None:
    world.post(ALICE, "/rooms", title="Café")
    fields = {"name": "träge – hook", "targetUrl": target.url, "resource": "messages", "event": "created"}
    world.post(ALICE, "/webhooks", **fields, secret="schlüssel")
    world.post(ALICE, "/messages", roomId=world.room("Café"), text="hi")
    world.drain()
    [(_, headers, body)] = target.received
    assert headers["X-Spark-Signature"] == hmac.new("schlüssel".encode(), body, hashlib.sha1).hexdigest()
    assert "träge – hook".encode() in body
    assert headers["Content-Type"].startswith("application/json")


def test_without_a_secret_there_is_no_signature(world: World, target: Target) -> None:
    hook(world, target, ALICE, "messages", "created")
    world.post(ALICE, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    assert "X-Spark-Signature" not in target.received[0][1]


def test_an_envelope_says_who_and_what_but_never_the_text(world: World, target: Target) -> None:
    registered = hook(world, target, BOT, "all", "all")
    message = world.post(ALICE, "/messages", toPersonEmail=BOT, markdown="a **secret** word")
    envelope = heard(world, target)[-1]
    assert b"secret" not in b"".join(target.bodies())
    assert envelope["data"] == {
        "id": message["id"], "roomId": message["roomId"], "roomType": "direct", "personId": world.id(ALICE),
        "personEmail": ALICE, "created": message["created"],
    }  # fmt: skip
    same = ("id", "name", "targetUrl", "orgId", "createdBy", "appId", "ownedBy", "status", "created")
    assert {name: envelope[name] for name in same} == {name: registered[name] for name in same}
    assert (envelope["resource"], envelope["event"]) == ("messages", "created")
    assert envelope["actorId"] == world.id(ALICE)
    assert "filter" not in envelope


def test_a_new_direct_room_and_its_return(world: World, target: Target) -> None:
    hook(world, target, BOT, "all", "all")
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    first = heard(world, target)
    assert named(first) == ["memberships:created", "memberships:created", "messages:created"]
    assert {one["data"]["personEmail"] for one in first[:2]} == {ALICE, BOT}
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="again")
    assert named(heard(world, target))[3:] == ["messages:created"]


def test_the_sender_of_a_first_message_hears_of_the_room_and_the_invited_only_by_switch(world: World, target: Target) -> None:
    hook(world, target, ALICE, "rooms", "created", path="/alice")
    hook(world, target, BOT, "rooms", "created", path="/bot")
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    world.drain()
    assert [path for path, _, _ in target.received] == ["/alice"]
    world.sim("/switches", emit_rooms_created_to_invited_direct=True)
    world.post(BOB, "/messages", toPersonEmail=BOT, text="hello")
    world.drain()
    assert [path for path, _, _ in target.received] == ["/alice", "/bot"]


def test_a_bot_is_added_mentioned_and_removed(world: World, target: Target) -> None:
    room_id = world.room("Project X")
    hook(world, target, BOT, "all", "all")
    added = world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    world.post(BOB, "/messages", roomId=room_id, text="not for the bot")
    world.post(BOB, "/messages", roomId=room_id, markdown="<@all> neither is this")
    mention = world.post(BOB, "/messages", roomId=room_id, markdown=f"<@personEmail:{BOT}> but this")
    own = world.post(BOT, "/messages", roomId=room_id, text="yes?")
    assert world.call(BOB, "DELETE", f"/memberships/{added['id']}").status_code == 204
    world.post(BOB, "/memberships", roomId=room_id, personEmail=DAVE)
    envelopes = heard(world, target)
    assert named(envelopes) == ["memberships:created", "messages:created", "messages:created", "memberships:deleted"]
    assert [one["actorId"] for one in envelopes] == [world.id(who) for who in (ALICE, BOB, BOT, BOB)]
    assert [one["data"]["id"] for one in envelopes] == [added["id"], mention["id"], own["id"], added["id"]]


def test_a_person_hears_everything_in_their_rooms(world: World, target: Target) -> None:
    room_id = world.room("Project X")
    hook(world, target, ALICE, "all", "all")
    message = world.post(BOB, "/messages", roomId=room_id, text="hi all")
    world.call(BOB, "DELETE", f"/messages/{message['id']}")
    world.call(CAROL, "PUT", f"/rooms/{room_id}", json={"title": "Renamed in secret"})
    world.post(BOB, "/rooms", title="Elsewhere")
    envelopes = heard(world, target)
    assert named(envelopes) == ["messages:created", "messages:deleted", "rooms:updated"]
    assert "created" not in envelopes[1]["data"]
    assert set(envelopes[2]["data"]) == {"id", "type", "isLocked", "creatorId", "created", "lastActivity"}
    assert b"Renamed" not in target.bodies()[2]


def test_a_room_of_ones_own_and_its_first_moderator(world: World, target: Target) -> None:
    hook(world, target, ALICE, "all", "all")
    room = world.post(ALICE, "/rooms", title="Own")
    world.post(ALICE, "/memberships", roomId=room["id"], personEmail=BOB, isModerator=True)
    assert named(heard(world, target)) == [
        "rooms:created", "memberships:created", "memberships:created", "memberships:updated", "memberships:updated",
        "rooms:updated",
    ]  # fmt: skip


def test_hiding_a_direct_room_is_seen_by_oneself_only(world: World, target: Target) -> None:
    room_id = world.post(ALICE, "/messages", toPersonEmail=BOB, text="hi")["roomId"]
    hook(world, target, ALICE, "memberships", "updated", path="/alice")
    hook(world, target, BOB, "memberships", "updated", path="/bob")
    mine = next(one for one in world.items(ALICE, "/memberships", roomId=room_id) if one["personEmail"] == ALICE)
    fields = {"isModerator": False, "isRoomHidden": True}
    assert world.call(ALICE, "PUT", f"/memberships/{mine['id']}", json=fields).json()["isRoomHidden"]
    world.drain()
    assert [path for path, _, _ in target.received] == ["/alice"]
    world.post(BOB, "/messages", toPersonEmail=ALICE, text="still there?")
    assert not world.get(ALICE, f"/memberships/{mine['id']}")["isRoomHidden"]


def test_card_presses_reach_the_author_outside_the_firehose(world: World, target: Target) -> None:
    hook(world, target, BOT, "all", "all", path="/fire")
    hook(world, target, BOT, "attachmentActions", "created", path="/cards")
    hook(world, target, ALICE, "attachmentActions", "created", path="/alice")
    content = {"type": "AdaptiveCard", "version": "1.3"}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    message = world.post(BOT, "/messages", toPersonEmail=ALICE, text="A card", attachments=[card])
    action = world.post(ALICE, "/attachment/actions", type="submit", messageId=message["id"], inputs={"pin": "1234"})
    world.drain()
    [body] = [body for path, _, body in target.received if path in ("/cards", "/alice")]
    assert json.loads(body)["data"] == {name: action[name] for name in action if name != "inputs"}
    assert sum(b"attachmentActions" in body for _, _, body in target.received) == 1


@pytest.mark.parametrize(
    ("resource", "text", "count"),
    [
        ("messages", "roomType=direct", 1), ("messages", "roomType=group", 2), ("messages", "mentionedPeople=me", 1),
        ("messages", f"personEmail={BOB}", 3), ("messages", f"personEmail={CAROL}", 0),
        ("messages", "hasAttachments=true", 0), ("messages", "roomType=group&mentionedPeople=me", 1),
        ("memberships", f"personEmail={ALICE}", 1), ("memberships", "isModerator=true", 0), ("rooms", "type=group", 0),
    ],
)  # fmt: skip
def test_filters_let_through_what_they_name(world: World, target: Target, resource: str, text: str, count: int) -> None:
    hook(world, target, ALICE, resource, "created", filter=text)
    room_id = world.room("Project X")
    world.post(BOB, "/messages", roomId=room_id, text="plain")
    world.post(BOB, "/messages", roomId=room_id, markdown=f"<@personEmail:{ALICE}|Al>")
    world.post(BOB, "/messages", toPersonEmail=ALICE, text="between us")
    envelopes = heard(world, target)
    assert len(envelopes) == count
    assert all(one["filter"] == text for one in envelopes)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"name": ""}, 400), ({"targetUrl": "nowhere"}, 400), ({"resource": "weather"}, 400), ({"event": "seen"}, 400),
        ({"filter": "color=red"}, 400), ({"filter": "roomType=large"}, 400), ({"filter": "roomId=nope"}, 400),
        ({"filter": "RoomType=direct"}, 400), ({"resource": "meetings"}, 403), ({"ownedBy": "org"}, 403),
        ({"resource": "all"}, 400), ({"resource": "rooms", "event": "deleted"}, 400),
    ],
)  # fmt: skip
def test_wrong_registrations_are_refused(world: World, target: Target, change: dict[str, str], status: int) -> None:
    good = {"name": "n", "targetUrl": target.url, "resource": "messages", "event": "created"}
    assert world.call(ALICE, "POST", "/webhooks", json=good | change).status_code == status
    assert world.items(ALICE, "/webhooks") == []


def test_put_changes_name_target_and_secret_and_ignores_the_rest(world: World, target: Target) -> None:
    made = hook(world, target, ALICE, "messages", "created", filter="roomType=direct", secret="one")
    path = f"/webhooks/{made['id']}"
    wanted = {"name": "new", "targetUrl": target.url + "/new", "resource": "rooms", "event": "all", "filter": "x=y"}
    changed = world.call(ALICE, "PUT", path, json=wanted).json()
    assert changed == made | {"name": "new", "targetUrl": target.url + "/new"}
    assert world.call(ALICE, "PUT", path, json=wanted | {"secret": "two"}).json()["secret"] == "two"
    assert world.call(ALICE, "PUT", path, json=wanted | {"status": "inactive"}).status_code == 400
    assert world.call(ALICE, "PUT", path, json={"name": "new"}).status_code == 400
    assert world.call(BOB, "GET", path).status_code == 404
    assert world.call(ALICE, "DELETE", path).status_code == 204
    assert world.call(ALICE, "GET", path).status_code == 404


def test_a_hundred_failures_disable_a_webhook_and_one_more_after_revival(world: World, target: Target) -> None:
    made = hook(world, target, ALICE, "messages", "created")
    path, room_id = f"/webhooks/{made['id']}", world.room("Project X")
    status = lambda: world.get(ALICE, path)["status"]  # noqa: E731
    fail = lambda: (world.post(BOB, "/messages", roomId=room_id, text="x"), world.drain())  # noqa: E731
    target.status = 500
    for _ in range(99):
        world.post(BOB, "/messages", roomId=room_id, text="x")
    world.drain()
    assert status() == "active"
    fail()
    assert status() == "inactive"
    fail()
    assert len(target.received) == 100
    revive = {"name": "mine", "targetUrl": target.url, "status": "active"}
    assert world.call(ALICE, "PUT", path, json=revive).json()["status"] == "active"
    fail()
    assert status() == "inactive"
    world.sim("/clock", advance=301)
    world.call(ALICE, "PUT", path, json=revive)
    fail()
    assert status() == "active"


def test_deliveries_come_in_order_and_can_be_disturbed(world: World, target: Target) -> None:
    hook(world, target, ALICE, "messages", "created", secret="s")
    room_id = world.room("Project X")
    say = lambda count: [world.post(BOB, "/messages", roomId=room_id, text="x")["id"] for _ in range(count)]  # noqa: E731
    ids = lambda: [one["data"]["id"] for one in heard(world, target)]  # noqa: E731
    posted = say(20)
    assert ids() == posted
    target.received.clear()
    world.sim("/switches", duplicate_deliveries=1)
    posted = say(1)
    assert ids() == posted * 2
    assert target.received[0] == target.received[1]
    world.sim("/switches", duplicate_deliveries=0, lose_deliveries=1)
    target.received.clear()
    posted = say(2)
    assert ids() == posted[1:]
    world.sim("/switches", lose_deliveries=0, reorder_deliveries=True, webhook_delay=0.3)
    target.received.clear()
    posted = say(2)
    assert ids() == posted[::-1]


def test_the_last_deliveries_are_replayed_byte_for_byte(world: World, target: Target) -> None:
    hook(world, target, ALICE, "messages", "created", secret="s")
    for text in ("one", "two"):
        world.post(BOB, "/messages", roomId=world.room("Project X"), text=text)
    world.drain()
    assert world.sim("/replay", n=2) == {"replayed": 2}
    world.drain()
    assert target.received[2:] == target.received[:2]
    attempts = world.sim("/deliveries", "GET")["items"]
    assert [one["status"] for one in attempts] == [204] * 4
    assert {(one["webhook"], one["resource"], one["event"]) for one in attempts} == {("mine", "messages", "created")}


def test_edits_are_told_by_switch_only(world: World, target: Target) -> None:
    hook(world, target, ALICE, "messages", "updated")
    room_id = world.room("Project X")
    path = f"/messages/{world.post(BOB, '/messages', roomId=room_id, text='x')['id']}"
    world.call(BOB, "PUT", path, json={"roomId": room_id, "text": "y"})
    assert heard(world, target) == []
    world.sim("/switches", messages_updated_on_edit=True)
    world.call(BOB, "PUT", path, json={"roomId": room_id, "text": "z"})
    assert named(heard(world, target)) == ["messages:updated"]


def test_a_target_that_is_away_counts_as_a_failure(world: World) -> None:
    fields = {"name": "away", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "created"}
    world.post(ALICE, "/webhooks", **fields)
    world.post(ALICE, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    [attempt] = world.sim("/deliveries", "GET")["items"]
    assert (attempt["status"], attempt["problem"]) == (None, "unreachable")


def test_a_target_that_does_not_answer_holds_up_nobody_else(world: World, target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}/1", f"http://127.0.0.1:{port}/2", target.url):
            fields = {"name": "n", "targetUrl": url, "resource": "messages", "event": "created"}
            world.post(ALICE, "/webhooks", **fields)
        world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
        assert world.sim("/drain", timeout=0.3) == {"delivered": 1, "pending": 2}
        assert len(target.received) == 1
