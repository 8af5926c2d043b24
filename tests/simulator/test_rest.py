"""The rules of the REST API that an app can run into (contract sections 4 and 5)."""

import base64
from typing import Any

import pytest
import requests

from app.simulator.server import Simulator
from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, World


def test_the_demo_world(world: World) -> None:
    assert [one["email"] for one in world.people.values()] == [ALICE, BOB, CAROL, DAVE, BOT]
    assert {room["title"] for room in world.items(ALICE, "/rooms")} == {"Project X", "Launch", "General"}
    assert {room["title"] for room in world.items(DAVE, "/rooms")} == {"Launch", "General"}
    [team] = world.items(DAVE, "/teams")
    assert team["name"] == "Rocket"
    assert world.get(DAVE, f"/rooms/{world.room('Launch')}")["teamId"] == team["id"]
    assert world.get(BOT, "/people/me")["displayName"] == "Army Knife"


def test_a_restart_keeps_the_ids_of_people_and_rooms(world: World) -> None:
    with Simulator(port=0) as again:
        other = World(again.url)
        assert other.people == world.people
        assert other.room("Project X") == world.room("Project X")
        other.http.close()


@pytest.mark.parametrize(
    ("who", "method", "path", "fields", "status"),
    [
        ("nobody's token", "GET", "/people/me", None, 401),
        (ALICE, "GET", "/nothing/here", None, 404),
        (ALICE, "PATCH", "/rooms", {}, 405),
        (ALICE, "GET", "/people", None, 400),
        (ALICE, "GET", "/people/no-id", None, 400),
        (ALICE, "GET", "/messages", None, 400),
        (ALICE, "GET", "/rooms?max=none", None, 400),
        (ALICE, "GET", "/memberships?personEmail=bob@example.com", None, 400),
        (ALICE, "POST", "/rooms", {}, 400),
        (ALICE, "POST", "/rooms", {"title": "T", "isAnnouncementOnly": True}, 400),
        (ALICE, "POST", "/messages", {"text": "to nobody"}, 400),
        (ALICE, "POST", "/messages", {"toPersonEmail": BOB, "roomId": "ROOM", "text": "to two"}, 400),
        (ALICE, "POST", "/messages", {"roomId": "ROOM"}, 400),
        (ALICE, "POST", "/messages", {"roomId": "ROOM", "text": ""}, 400),
        (ALICE, "POST", "/messages", {"roomId": "ROOM", "text": "é" * 3720}, 400),
        (ALICE, "POST", "/messages", {"roomId": "ROOM", "markdown": "x" * 7440}, 400),
        (ALICE, "POST", "/messages", {"roomId": "ROOM", "text": ["no text"]}, 400),
        (ALICE, "POST", "/messages", {"toPersonEmail": "stranger@elsewhere.example", "text": "hi"}, 404),
        (ALICE, "POST", "/memberships", {"roomId": "ROOM"}, 400),
        (ALICE, "POST", "/memberships", {"roomId": "ROOM", "personEmail": BOB}, 409),
        (ALICE, "POST", "/memberships", {"roomId": "ROOM", "personEmail": "stranger@elsewhere.example"}, 502),
        (DAVE, "GET", "/rooms/ROOM", None, 404),
        (DAVE, "GET", "/messages?roomId=ROOM", None, 404),
        (DAVE, "GET", "/memberships?roomId=ROOM", None, 404),
        (DAVE, "POST", "/messages", {"roomId": "ROOM", "text": "let me in"}, 404),
        (DAVE, "POST", "/memberships", {"roomId": "ROOM", "personEmail": DAVE}, 404),
    ],
)
def test_refusals_come_in_the_envelope(
    world: World, who: str, method: str, path: str, fields: dict[str, Any] | None, status: int
) -> None:
    room_id = world.room("Project X")
    fields = {name: room_id if value == "ROOM" else value for name, value in fields.items()} if fields is not None else None
    answer = world.call(who, method, path.replace("ROOM", room_id), json=fields)
    assert answer.status_code == status
    envelope = answer.json()
    assert envelope["errors"][0]["description"] in (envelope["message"], f"personId: {envelope['message']}")
    assert envelope["trackingId"] == answer.headers["trackingid"]


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b'{"title": ', "application/json", 400),
        (b"[]", "application/json", 400),
        (b"title=T", "text/plain", 415),
        (b" " * 1_000_001, "application/json", 413),
        (b" " * 8_000_001, "application/json", 413),
    ],
)
def test_bodies_that_are_not_one(world: World, content: bytes, kind: str, status: int) -> None:
    answer = world.call(ALICE, "POST", "/rooms", data=content, headers={"Content-Type": kind})
    assert answer.status_code == status
    assert answer.json()["trackingId"]


def test_every_answer_is_tracked_and_the_connection_is_kept(world: World) -> None:
    answer = world.call(ALICE, "GET", "/people/me", headers={"TrackingID": "mine_1"})
    assert answer.headers["TrackingID"] == "mine_1"
    assert "Connection" not in answer.headers
    assert world.call(ALICE, "GET", "/people/me").headers["trackingid"].startswith("ROUTER_")


def test_people_are_found_by_email_and_name_in_the_own_organization_only(world: World) -> None:
    assert [one["displayName"] for one in world.items(ALICE, "/people", email="BOB@example.com")] == ["Bob Brown"]
    assert world.items(ALICE, "/people", email=DAVE) == []
    assert [one["emails"] for one in world.items(ALICE, "/people", displayName="car")] == [[CAROL]]
    assert world.items(BOT, "/people", displayName="dave") == []
    unknown = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9hMGEwYTBhMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDI"
    answer = world.get(ALICE, "/people", id=f"{world.id(DAVE)},{unknown}")
    assert [one["emails"] for one in answer["items"]] == [[DAVE]]
    assert answer["notFoundIds"] == [unknown]


def test_max_is_the_page_size_and_next_leads_through_all(world: World) -> None:
    for number in range(5):
        world.post(ALICE, "/rooms", title=f"Room {number}")
    answer = world.call(ALICE, "GET", "/rooms", params={"max": 3, "type": "group"})
    titles, pages = [], 1
    while True:
        assert len(answer.json()["items"]) <= 3
        titles += [room["title"] for room in answer.json()["items"]]
        if "next" not in answer.links:
            break
        assert "type=group" in answer.links["next"]["url"]
        answer = requests.get(answer.links["next"]["url"], headers=dict(answer.request.headers), timeout=5)
        pages += 1
    assert titles == [*(f"Room {number}" for number in (4, 3, 2, 1, 0)), "Launch", "Project X", "General"]
    assert pages == 3
    assert world.call(ALICE, "GET", "/rooms", params={"max": 5000}).status_code == 200


def test_messages_come_newest_first_and_before_them_older_ones(world: World) -> None:
    room_id = world.room("Project X")
    posted = [world.post(ALICE, "/messages", roomId=room_id, text=str(number)) for number in range(60)]
    listed = lambda **query: [one["text"] for one in world.items(BOB, "/messages", roomId=room_id, **query)]  # noqa: E731
    assert listed() == [str(number) for number in range(59, 9, -1)]
    assert listed(max=2) == ["59", "58"]
    assert listed(max=2, beforeMessage=posted[10]["id"]) == ["9", "8"]
    assert listed(max=2, before=posted[10]["created"]) == ["9", "8"]
    assert listed(before=posted[1]["created"].replace("Z", "+00:00")) == ["0"]
    assert len(listed(max=100)) == 60


def test_a_bot_sees_in_groups_only_what_mentions_it(world: World) -> None:
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    quiet = world.post(ALICE, "/messages", roomId=room_id, text="among us")
    heard = world.post(ALICE, "/messages", roomId=room_id, markdown=f"<@personId:{world.id(BOT)}|Army> help")
    own = world.post(BOT, "/messages", roomId=room_id, text="here")
    assert world.call(BOT, "GET", "/messages", params={"roomId": room_id}).status_code == 403
    assert [one["id"] for one in world.items(BOT, "/messages", roomId=room_id, mentionedPeople="me")] == [heard["id"]]
    assert world.call(BOT, "GET", f"/messages/{quiet['id']}").status_code == 404
    assert world.get(BOT, f"/messages/{heard['id']}")["text"] == "Army help"
    assert world.get(BOT, f"/messages/{own['id']}")["text"] == "here"
    assert len(world.items(ALICE, "/messages", roomId=room_id)) == 3


def test_a_direct_room_is_one_for_each_pair_and_bears_the_others_name(world: World) -> None:
    first = world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    second = world.post(BOT, "/messages", toPersonId=world.id(ALICE), text="hi")
    assert first["roomId"] == second["roomId"]
    assert world.get(ALICE, f"/rooms/{first['roomId']}")["title"] == "Army Knife"
    assert world.get(BOT, f"/rooms/{first['roomId']}")["title"] == "Alice Adams"
    assert [one["text"] for one in world.items(BOT, "/messages/direct", personEmail=ALICE)] == ["hi", "hello"]
    membership = world.items(ALICE, "/memberships", roomId=first["roomId"])[0]
    assert world.call(ALICE, "DELETE", f"/memberships/{membership['id']}").status_code == 400
    add = {"roomId": first["roomId"], "personEmail": BOB}
    assert world.call(ALICE, "POST", "/memberships", json=add).status_code == 400
    assert world.call(ALICE, "GET", f"/messages/direct?personEmail={BOB}").status_code == 404


def test_a_refused_first_message_opens_no_direct_room(world: World) -> None:
    assert world.call(ALICE, "POST", "/messages", json={"toPersonEmail": BOB, "text": "x" * 7440}).status_code == 400
    assert world.items(ALICE, "/rooms", type="direct") == []


def test_messages_are_edited_ten_times_and_deleted_by_their_author(world: World) -> None:
    room_id = world.room("Project X")
    message = world.post(ALICE, "/messages", roomId=room_id, text="first")
    path = f"/messages/{message['id']}"
    assert "updated" not in message
    for number in range(10):
        edited = world.call(ALICE, "PUT", path, json={"roomId": room_id, "markdown": f"**{number}**"})
        assert edited.status_code == 200
    assert edited.json()["text"] == "9"
    assert edited.json()["updated"]
    assert world.call(ALICE, "PUT", path, json={"roomId": room_id, "text": "once more"}).status_code == 400
    assert world.call(BOB, "PUT", path, json={"roomId": room_id, "text": "mine"}).status_code == 403
    assert world.call(BOB, "DELETE", path).status_code == 403
    assert world.call(ALICE, "DELETE", path).status_code == 204
    assert world.call(ALICE, "GET", path).status_code == 404


def test_threads_have_one_level_and_need_no_room(world: World) -> None:
    root = world.post(ALICE, "/messages", roomId=world.room("Project X"), text="root")
    reply = world.post(BOB, "/messages", parentId=root["id"], text="reply")
    assert (reply["parentId"], reply["roomId"]) == (root["id"], root["roomId"])
    fields = {"roomId": root["roomId"], "parentId": reply["id"], "text": "deeper"}
    assert world.call(CAROL, "POST", "/messages", json=fields).status_code == 400
    listed = world.items(ALICE, "/messages", roomId=root["roomId"], parentId=root["id"])
    assert [one["text"] for one in listed] == ["reply"]


def test_moderators_lock_a_room(world: World) -> None:
    room_id = world.room("Project X")
    mine = {one["personEmail"]: one["id"] for one in world.items(ALICE, "/memberships", roomId=room_id)}
    fields = {"isModerator": True, "isRoomHidden": False}
    assert world.call(ALICE, "PUT", f"/memberships/{mine[BOB]}", json=fields).json()["isModerator"]
    assert world.get(ALICE, f"/rooms/{room_id}")["isLocked"]
    assert world.call(CAROL, "DELETE", f"/memberships/{mine[ALICE]}").status_code == 403
    assert world.call(CAROL, "PUT", f"/rooms/{room_id}", json={"title": "Mine"}).status_code == 403
    assert world.call(BOB, "PUT", f"/rooms/{room_id}", json={"title": "Lift-off"}).json()["title"] == "Lift-off"
    assert world.call(BOB, "DELETE", f"/memberships/{mine[CAROL]}").status_code == 204
    assert world.call(CAROL, "GET", f"/rooms/{room_id}").status_code == 404


def test_deleting_a_room_means_leaving_it_for_others_than_its_creator(world: World) -> None:
    room_id = world.room("Project X")
    assert world.call(BOB, "DELETE", f"/rooms/{room_id}").status_code == 204
    assert world.call(BOB, "GET", f"/rooms/{room_id}").status_code == 404
    assert world.get(CAROL, f"/rooms/{room_id}")["title"] == "Project X"
    assert world.call(ALICE, "DELETE", f"/rooms/{room_id}").status_code == 204
    assert world.call(CAROL, "GET", f"/rooms/{room_id}").status_code == 404


def test_ids_are_taken_padded_and_as_bare_uuids(world: World) -> None:
    padded = world.id(BOB) + "=" * (-len(world.id(BOB)) % 4)
    bare = base64.b64decode(padded).decode().rsplit("/", 1)[1]
    for given in (padded, bare):
        assert world.get(ALICE, f"/people/{given}")["emails"] == [BOB]


def test_a_card_is_posted_pressed_and_read_by_its_author(world: World) -> None:
    content = {"type": "AdaptiveCard", "version": "1.3", "body": []}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    message = world.post(BOT, "/messages", toPersonEmail=ALICE, text="A card", attachments=[card])
    assert message["attachments"] == [card]
    action = world.call(
        ALICE, "POST", "/attachment/actions", json={"type": "submit", "messageId": message["id"], "inputs": {"a": "b"}}
    )
    assert action.status_code == 202
    assert world.get(BOT, f"/attachment/actions/{action.json()['id']}")["inputs"] == {"a": "b"}
    assert world.call(BOB, "GET", f"/attachment/actions/{action.json()['id']}").status_code == 404
    edit = {"roomId": message["roomId"], "text": "another"}
    assert world.call(BOT, "PUT", f"/messages/{message['id']}", json=edit).status_code == 400
    without = {**card, "content": {"type": "AdaptiveCard"}}
    for attachments in ([card, card], [without], [{"contentType": "text/html"}]):
        fields = {"toPersonEmail": ALICE, "text": "no", "attachments": attachments}
        assert world.call(BOT, "POST", "/messages", json=fields).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/messages/x", "messageId"), ("GET", "/rooms/x", "roomId"), ("GET", "/people/x", "personId"),
        ("GET", "/messages?roomId=x", "roomId"), ("GET", "/memberships/x", "membershipId"), ("GET", "/people?id=x", "id"),
        ("GET", "/team/memberships/x", "membershipId"), ("DELETE", "/webhooks/x", "webhookId"),
        ("GET", "/contents/x", "contentId"), ("GET", f"/messages?roomId={'a' * 8}&beforeMessage=x", "roomId"),
        ("GET", "/room/tabs/x", "id"),
    ],
)  # fmt: skip
def test_an_id_that_is_none_is_named(world: World, method: str, path: str, field: str) -> None:
    answer = world.call(ALICE, method, path)
    assert answer.status_code == 400
    assert answer.json()["message"] == "Expect base64 ID or UUID."
    assert answer.json()["errors"] == [{"description": f"{field}: Expect base64 ID or UUID."}]
