"""Faults of deliveries, tokens and rooms, ordered one by one (design 6); webhooks of moved rooms and of organizations."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
import requests

from app.simulator import webhooks
from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, Target, World
from tests.simulator.test_oauth import granted, refresh

SECRET = "s"


def hook(world: World, target: Target, who: str = ALICE, **more: str) -> dict[str, Any]:
    fields = {"name": "mine", "targetUrl": target.url + "/hook", "resource": "messages", "event": "created", "secret": SECRET}
    return world.post(who, "/webhooks", **(fields | more))


def say(world: World, count: int = 1) -> list[str]:
    room_id = world.room("Project X")
    return [world.post(BOB, "/messages", roomId=room_id, text="hi")["id"] for _ in range(count)]


def ids(world: World, target: Target) -> list[str]:
    world.drain()
    return [json.loads(body)["data"]["id"] for body in target.bodies()]


def is_signed(headers: dict[str, str], body: bytes) -> bool:
    return headers.get("X-Spark-Signature") == hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(
    ("trouble", "order"), [("lost", [1]), ("duplicated", [0, 0, 1]), ("reordered", [1, 0]), ("delayed", [0, 1])]
)
def test_one_delivery_goes_astray(world: World, target: Target, trouble: str, order: list[int]) -> None:
    hook(world, target)
    world.sim("/faults", fault={"delivery": trouble, "seconds": 0.2})
    begun = time.monotonic()
    said = say(world, 2)
    assert ids(world, target) == [said[index] for index in order]
    assert all(is_signed(headers, body) for _, headers, body in target.received)
    assert trouble != "delayed" or time.monotonic() - begun >= 0.2
    assert world.sim("/faults", "GET")["items"] == []


def test_a_delivery_nothing_overtakes_comes_all_the_same(world: World, target: Target) -> None:
    hook(world, target)
    world.sim("/faults", fault={"delivery": "reordered"})
    said = say(world)
    assert ids(world, target) == said


@pytest.mark.parametrize("trouble", ["tampered", "unsigned"])
def test_one_delivery_is_forged(world: World, target: Target, trouble: str) -> None:
    hook(world, target)
    world.sim("/faults", fault={"delivery": trouble})
    said = say(world, 2)
    assert ids(world, target) == said
    (_, first, forged), (_, second, honest) = target.received
    assert ("X-Spark-Signature" in first, is_signed(first, forged)) == (trouble == "tampered", False)
    assert is_signed(second, honest)


def test_faults_of_deliveries_choose_owner_target_resource_and_event(world: World, target: Target) -> None:
    hook(world, target, ALICE, targetUrl=target.url + "/alice")
    hook(world, target, CAROL, targetUrl=target.url + "/carol", resource="all", event="all")
    for wanted in (
        {"by": BOB}, {"by": CAROL, "resource": "rooms"}, {"path": "/nowhere"}, {"event": "deleted"},
        {"by": CAROL, "path": "/carol", "resource": "messages", "event": "created"},
    ):  # fmt: skip
        world.sim("/faults", times=1, fault={"delivery": "lost"}, **wanted)
    say(world)
    world.drain()
    assert [path for path, _, _ in target.received] == ["/alice"]
    assert len(world.sim("/faults", "GET")["items"]) == 4
    assert world.call(ALICE, "GET", "/rooms").status_code == 200


@pytest.mark.parametrize(("end", "is_renewed"), [("expired", True), ("revoked", False)])
def test_a_token_ends_at_the_very_call(world: World, end: str, is_renewed: bool) -> None:
    grant = granted(world)
    world.sim("/faults", path="/people/me", fault={"token": end})
    call = lambda value: world.call(value, "GET", "/people/me").status_code  # noqa: E731
    assert [call(grant["access_token"]) for _ in range(2)] == [401, 401]
    renewed = refresh(world, grant["refresh_token"])
    assert renewed.ok == is_renewed
    assert not is_renewed or call(renewed.json()["access_token"]) == 200


@pytest.mark.parametrize("end", ["expired", "revoked"])
@pytest.mark.parametrize("who", [ALICE, BOT])
def test_a_personal_token_outlives_all_but_its_own_end(world: World, who: str, end: str) -> None:
    world.sim("/expire", person=who)
    world.sim("/clock", advance=365 * 86_400)
    assert world.call(who, "GET", "/people/me").status_code == 200
    world.sim("/faults", path="/people/me", fault={"token": end})
    assert [world.call(who, "GET", "/people/me").status_code for _ in range(2)] == [401, 401]


def test_a_room_moves_and_takes_everything_along(world: World, target: Target) -> None:
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    for who in (ALICE, BOT, DAVE):
        hook(world, target, who, targetUrl=f"{target.url}/{who}", resource="rooms", event="migrated")
    hook(world, target, CAROL, resource="all", event="all")
    message = world.post(ALICE, "/messages", roomId=room_id, text="before")
    world.drain()
    target.received.clear()
    moved = world.sim(f"/rooms/{room_id}/migrate")
    assert (moved["oldRoomId"], moved["newRoomId"]) == (room_id, world.room("Project X"))
    world.drain()
    assert sorted(path for path, _, _ in target.received) == [f"/{ALICE}", f"/{BOT}"]
    envelope = json.loads(target.bodies()[0])
    assert (envelope["resource"], envelope["event"], envelope["data"]["id"]) == ("rooms", "migrated", moved["newRoomId"])
    assert (envelope["data"]["oldRoomId"], envelope["data"]["newRoomId"]) == (room_id, moved["newRoomId"])
    assert world.call(ALICE, "GET", f"/rooms/{room_id}").status_code == 404
    assert world.get(BOB, f"/messages/{message['id']}")["roomId"] == moved["newRoomId"]
    assert len(world.items(ALICE, "/memberships", roomId=moved["newRoomId"])) == 4
    reply = world.post(BOB, "/messages", roomId=moved["newRoomId"], parentId=message["id"], text="after")
    assert reply["parentId"] == message["id"]


def test_direct_and_team_rooms_move_too_also_by_fault(world: World) -> None:
    direct = world.post(ALICE, "/messages", toPersonEmail=BOB, text="before")
    team = world.post(ALICE, "/teams", name="Rockets")
    world.sim("/faults", path="/messages", fault={"migrate": direct["roomId"]})
    world.sim("/faults", path="/teams", fault={"migrate": "General"})
    after = world.post(BOB, "/messages", toPersonEmail=ALICE, text="after")
    assert after["roomId"] != direct["roomId"]
    assert [one["text"] for one in world.items(ALICE, "/messages", roomId=after["roomId"])] == ["after", "before"]
    assert world.get(ALICE, f"/teams/{team['id']}")["name"] == "Rockets"
    assert len(world.items(ALICE, "/team/memberships", teamId=team["id"])) == 1
    assert requests.post(f"{world.url}/_sim/rooms/{direct['roomId']}/migrate", timeout=5).status_code == 404


@pytest.mark.parametrize(
    "what",
    [
        {"delivery": "late"}, {"token": "stolen"}, {"migrate": 1}, {"slow": -1}, {"slow": "long"}, {"status": 99},
        {"status": "x"}, {"retry_after": "1\r\nX: y"}, {"status": 500, "headers": []}, {"status": 500, "headers": {"a": "\n"}},
    ],
)  # fmt: skip
def test_faults_that_cannot_be_carried_out_are_refused(world: World, what: dict[str, Any]) -> None:
    assert requests.post(f"{world.url}/_sim/faults", json={"fault": what}, timeout=5).status_code == 400


def test_an_organizations_webhook_hears_all_its_people_and_belongs_to_its_administrators(world: World, target: Target) -> None:
    fields = {"name": "n", "targetUrl": target.url, "resource": "messages", "event": "created", "ownedBy": "org"}
    assert world.call(ALICE, "POST", "/webhooks", json=fields).status_code == 403
    assert world.call(ALICE, "GET", "/webhooks?ownedBy=org").status_code == 403
    for who in (ALICE, BOB):
        world.sim("/roles", person=who, roles=["Full Administrator"])
    made = world.post(ALICE, "/webhooks", **fields)
    assert made["ownedBy"] == "org"
    assert [one["id"] for one in world.items(BOB, "/webhooks", ownedBy="org")] == [made["id"]]
    assert world.call(BOB, "POST", "/webhooks", json=fields).status_code == 409
    assert world.call(BOB, "POST", "/webhooks", json=fields | {"filter": "roomType=direct"}).status_code == 200
    assert world.call(BOB, "POST", "/webhooks", json=fields | {"ownedBy": "nobody"}).status_code == 400
    world.post(CAROL, "/messages", toPersonEmail=DAVE, text="to another organization")
    alone = world.post(DAVE, "/rooms", title="Alone")
    world.post(DAVE, "/messages", roomId=alone["id"], text="to nobody")
    assert world.drain() == 2
    assert json.loads(target.bodies()[0])["ownedBy"] == "org"
    assert world.call(BOB, "DELETE", f"/webhooks/{made['id']}").status_code == 204


def test_a_person_can_have_so_many_webhooks(world: World, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    assert webhooks.LIMIT == 30_000
    monkeypatch.setattr(webhooks, "LIMIT", 2)
    for _ in range(2):
        hook(world, target)
    fields = {"name": "n", "targetUrl": target.url, "resource": "messages", "event": "created"}
    assert world.call(ALICE, "POST", "/webhooks", json=fields).status_code == 400
    assert world.call(BOB, "POST", "/webhooks", json=fields).status_code == 200


@pytest.mark.parametrize(
    ("resource", "event", "text", "count"),
    [
        ("attachmentActions", "created", "roomId={room}", 1), ("attachmentActions", "created", "personId={alice}", 1),
        ("attachmentActions", "created", "personId={bob}", 0), ("attachmentActions", "all", "messageId={card}", 1),
        ("messages", "all", "hasAttachments=true", 2), ("messages", "created", "roomId={room}&personId={alice}", 1),
        ("messages", "deleted", "personEmail=armyknife@webex.bot", 1), ("messages", "all", "hasFiles=false", 3),
        ("memberships", "updated", "isModerator=true", 0), ("rooms", "all", "type=direct", 0),
    ],
)  # fmt: skip
def test_filters_of_every_resource(world: World, target: Target, resource: str, event: str, text: str, count: int) -> None:
    content = {"type": "AdaptiveCard", "version": "1.3"}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    room_id = world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")["roomId"]
    first = world.post(BOT, "/messages", roomId=room_id, attachments=[card])
    values = {"room": room_id, "alice": world.id(ALICE), "bob": world.id(BOB), "card": first["id"]}
    hook(world, target, BOT, resource=resource, event=event, filter=text.format(**values))
    world.post(ALICE, "/attachment/actions", type="submit", messageId=first["id"], inputs={})
    world.post(ALICE, "/messages", roomId=room_id, text="and now?")
    second = world.post(BOT, "/messages", roomId=room_id, attachments=[card])
    world.call(BOT, "DELETE", f"/messages/{second['id']}")
    assert world.drain() == count
