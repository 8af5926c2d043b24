"""Teams, their General room, their rooms and members; public rooms; tabs (openapi /teams, /team/memberships, /rooms)."""

import base64
from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, CAROL, DAVE, Target, World

OFFICER = "Compliance Officer"


def key(public_id: str) -> str:
    return base64.b64decode(public_id + "==").decode().rsplit("/", 1)[1]


def team(world: World, *emails: str) -> dict[str, Any]:
    made = world.post(ALICE, "/teams", name="Rockets", description="All who fly")
    for email in emails:
        world.post(ALICE, "/team/memberships", teamId=made["id"], personEmail=email)
    return made


def general(world: World, made: dict[str, Any], who: str = ALICE) -> dict[str, Any]:
    [found] = [one for one in world.items(who, "/rooms", teamId=made["id"]) if one["title"] == "General"]
    return found


def members(world: World, made: dict[str, Any], who: str = ALICE) -> dict[str, dict[str, Any]]:
    return {one["personEmail"]: one for one in world.items(who, "/team/memberships", teamId=made["id"])}


def test_a_team_has_a_general_room_with_its_uuid_and_its_maker_as_moderator(world: World, target: Target) -> None:
    world.post(ALICE, "/webhooks", name="n", targetUrl=target.url, resource="all", event="all")
    made = team(world, BOB)
    room = general(world, made)
    assert key(room["id"]) == key(made["id"])
    assert (room["teamId"], room["isLocked"]) == (made["id"], True)
    assert {email: one["isModerator"] for email, one in members(world, made).items()} == {ALICE: True, BOB: False}
    assert general(world, made, BOB)["id"] == room["id"]
    world.drain()
    assert b'"resource":"rooms","event":"created"' in target.bodies()[0]
    assert sum(b'"resource":"memberships","event":"created"' in one for one in target.bodies()) == 2


def test_teams_are_listed_shown_changed_and_ended(world: World) -> None:
    made = team(world, BOB)
    path = f"/teams/{made['id']}"
    assert made["id"] in [one["id"] for one in world.items(BOB, "/teams")]
    assert made["id"] not in [one["id"] for one in world.items(DAVE, "/teams")]
    assert world.get(BOB, path) == made
    assert world.call(DAVE, "GET", path).status_code == 404
    assert world.call(BOB, "PUT", path, json={"name": "Mine"}).status_code == 403
    assert world.call(ALICE, "PUT", path, json={}).status_code == 400
    assert world.call(ALICE, "PUT", path, json={"name": "Moon"}).json()["name"] == "Moon"
    room_id = world.post(ALICE, "/rooms", title="Pad", teamId=made["id"])["id"]
    assert world.call(BOB, "DELETE", path).status_code == 403
    assert world.call(ALICE, "DELETE", path).status_code == 204
    for gone in (path, f"/rooms/{room_id}", f"/rooms/{general_id(made)}"):
        assert world.call(ALICE, "GET", gone).status_code == 404


def general_id(made: dict[str, Any]) -> str:
    uri = base64.b64decode(made["id"] + "==").decode().replace("/TEAM/", "/ROOM/")
    return base64.b64encode(uri.encode()).decode().rstrip("=")


def test_moderators_of_a_team_come_and_go_but_one_stays(world: World) -> None:
    made = team(world, BOB)
    mine, bobs = members(world, made)[ALICE]["id"], members(world, made)[BOB]["id"]
    add = {"teamId": made["id"], "personEmail": CAROL}
    assert world.call(BOB, "POST", "/team/memberships", json=add).status_code == 403
    assert world.call(ALICE, "DELETE", f"/team/memberships/{mine}").status_code == 403
    assert world.call(ALICE, "PUT", f"/team/memberships/{mine}", json={"isModerator": False}).status_code == 403
    assert world.call(ALICE, "PUT", f"/team/memberships/{bobs}", json={"isModerator": True}).json()["isModerator"]
    assert world.call(BOB, "POST", "/team/memberships", json=add).status_code == 200
    assert world.call(BOB, "POST", "/team/memberships", json=add).status_code == 409
    assert world.call(ALICE, "DELETE", f"/team/memberships/{mine}").status_code == 204
    assert world.call(ALICE, "GET", f"/team/memberships/{bobs}").status_code == 404
    assert world.get(BOB, f"/team/memberships/{bobs}")["personEmail"] == BOB


def test_who_leaves_the_general_room_leaves_the_team_and_all_its_rooms(world: World) -> None:
    made = team(world, BOB)
    room_id = world.post(ALICE, "/rooms", title="Pad", teamId=made["id"])["id"]
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOB)
    [place] = [one for one in world.items(BOB, "/memberships") if one["roomId"] == general(world, made)["id"]]
    assert world.call(BOB, "DELETE", f"/memberships/{place['id']}").status_code == 204
    assert made["id"] not in [one["id"] for one in world.items(BOB, "/teams")]
    assert world.call(BOB, "GET", f"/rooms/{room_id}").status_code == 404


def test_team_members_join_the_teams_rooms_by_themselves(world: World) -> None:
    made = team(world, BOB)
    room_id = world.post(ALICE, "/rooms", title="Pad", teamId=made["id"])["id"]
    join = lambda who: world.call(who, "POST", "/memberships", json={"roomId": room_id, "personEmail": who}).status_code  # noqa: E731
    assert world.get(BOB, f"/rooms/{room_id}")["title"] == "Pad"
    assert [one["personEmail"] for one in world.items(BOB, "/memberships", roomId=room_id)] == [ALICE]
    others = {"roomId": room_id, "personEmail": CAROL}
    assert world.call(BOB, "POST", "/memberships", json=others).status_code == 403
    assert (join(BOB), join(DAVE)) == (200, 404)
    locked = world.post(ALICE, "/rooms", title="Bridge", teamId=made["id"], isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=locked, personEmail=CAROL)
    assert [one["personEmail"] for one in world.items(BOB, "/memberships", roomId=locked)] == [ALICE]


def test_a_room_of_a_team_is_archived_not_deleted(world: World) -> None:
    made = team(world)
    room_id = world.post(ALICE, "/rooms", title="Pad", teamId=made["id"])["id"]
    assert world.call(ALICE, "DELETE", f"/rooms/{room_id}").status_code == 204
    assert world.get(ALICE, f"/rooms/{room_id}")["isReadOnly"]
    assert [one["title"] for one in world.items(ALICE, "/rooms", teamId=made["id"])] == ["General"]
    assert world.call(ALICE, "POST", "/messages", json={"roomId": room_id, "text": "late"}).status_code == 403
    assert world.call(ALICE, "DELETE", f"/rooms/{general(world, made)['id']}").status_code == 400


def test_a_room_moves_into_a_team_once_and_with_its_moderators(world: World) -> None:
    made, other = team(world), world.post(ALICE, "/teams", name="Others")
    room_id = world.room("Project X")
    move = lambda team_id: world.call(ALICE, "PUT", f"/rooms/{room_id}", json={"title": "X", "teamId": team_id})  # noqa: E731
    bobs = next(one["id"] for one in world.items(ALICE, "/memberships", roomId=room_id) if one["personEmail"] == BOB)
    world.call(ALICE, "PUT", f"/memberships/{bobs}", json={"isModerator": True, "isRoomHidden": False})
    assert move(made["id"]).status_code == 400
    world.post(ALICE, "/team/memberships", teamId=made["id"], personEmail=BOB)
    assert move(made["id"]).json()["teamId"] == made["id"]
    assert move(other["id"]).status_code == 400
    carols = next(one["id"] for one in world.items(ALICE, "/memberships", roomId=room_id) if one["personEmail"] == CAROL)
    promote = {"isModerator": True, "isRoomHidden": False}
    assert world.call(ALICE, "PUT", f"/memberships/{carols}", json=promote).status_code == 400


def test_only_announcers_speak_and_unlocking_ends_announcements(world: World) -> None:
    fields = {"title": "News", "isLocked": True, "isAnnouncementOnly": True}
    room_id = world.post(ALICE, "/rooms", **fields)["id"]
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOB)
    assert world.call(BOB, "POST", "/messages", json={"roomId": room_id, "text": "me too"}).status_code == 403
    world.post(ALICE, "/messages", roomId=room_id, text="news")
    path = f"/rooms/{room_id}"
    assert world.call(ALICE, "PUT", path, json={"title": "News", "isLocked": False}).status_code == 400
    opened = world.call(ALICE, "PUT", path, json={"title": "News", "isLocked": False, "isAnnouncementOnly": False}).json()
    assert (opened["isLocked"], opened["isAnnouncementOnly"]) == (False, False)
    assert not any(one["isModerator"] for one in world.items(BOB, "/memberships", roomId=room_id))
    assert world.call(BOB, "PUT", path, json={"title": "News", "isLocked": True}).json()["isLocked"]
    mine = next(one for one in world.items(BOB, "/memberships", roomId=room_id) if one["isModerator"])
    assert mine["personEmail"] == BOB
    assert world.call(BOB, "DELETE", f"/memberships/{mine['id']}").status_code == 204
    assert not world.get(ALICE, path)["isLocked"]


def test_public_rooms_are_found_and_joined_within_the_organization(world: World) -> None:
    room = world.post(ALICE, "/rooms", title="Lounge", isPublic=True, description="For all")
    assert (room["isPublic"], room["description"]) == (True, "For all")
    found = lambda who, **query: [one["title"] for one in world.items(who, "/rooms", orgPublicSpaces="true", **query)]  # noqa: E731
    assert (found(BOB), found(DAVE)) == (["Lounge"], [])
    assert found(BOB, to=room["created"]) == []
    assert found(BOB, **{"from": room["created"]}) == ["Lounge"]
    assert world.call(BOB, "GET", "/rooms?orgPublicSpaces=true&sortBy=id").status_code == 400
    for who, status in ((BOB, 200), (DAVE, 404)):
        fields = {"roomId": room["id"], "personEmail": who}
        assert world.call(who, "POST", "/memberships", json=fields).status_code == status
    change = lambda **options: world.call(BOB, "PUT", f"/rooms/{room['id']}", json={"title": "Lounge", **options})  # noqa: E731
    assert not change(isPublic=False).json()["isPublic"]
    assert change(isPublic=True).status_code == 403
    assert change(isReadOnly=True).status_code == 403
    world.sim("/roles", person=BOB, roles=[OFFICER])
    assert change(isPublic=True).json()["isPublic"]
    assert "description" not in change(isPublic=False, description=" ").json()
    assert change(isPublic=True).status_code == 400


@pytest.mark.parametrize(
    ("who", "fields", "status"),
    [
        (ALICE, {"title": "T", "isPublic": True}, 400), (ALICE, {"title": "T", "teamId": "no id"}, 400),
        (ALICE, {"title": "T", "teamId": base64.b64encode(b"ciscospark://us/TEAM/x").decode()}, 404),
        (ALICE, {"title": "T", "isLocked": "maybe"}, 400), (ALICE, {"title": ["T"]}, 400), (ALICE, {"title": " "}, 400),
        ("armyknife@webex.bot", {"title": "T", "classificationId": base64.b64encode(b"ciscospark://us/C/x").decode()}, 403),
    ],
)  # fmt: skip
def test_rooms_that_cannot_be_made(world: World, who: str, fields: dict[str, Any], status: int) -> None:
    assert world.call(who, "POST", "/rooms", json=fields).status_code == status


def test_tabs(world: World) -> None:
    room_id = world.room("Project X")
    fields = {"roomId": room_id, "contentUrl": "https://example.com/board", "displayName": "Board"}
    tab = world.post(BOB, "/room/tabs", **fields)
    assert {name: tab[name] for name in fields} == fields
    assert (tab["creatorId"], tab["roomType"]) == (world.id(BOB), "group")
    path = f"/room/tabs/{tab['id']}"
    assert world.items(ALICE, "/room/tabs", roomId=room_id) == [world.get(ALICE, path)]
    assert world.call(DAVE, "GET", path).status_code == 404
    changed = world.call(ALICE, "PUT", path, json=fields | {"displayName": "Plan"})
    assert changed.json() == tab | {"displayName": "Plan"}
    for wrong in ({"contentUrl": "nowhere"}, {"displayName": ""}, {"roomId": None}):
        assert world.call(ALICE, "PUT", path, json=fields | wrong).status_code == 400
        assert world.call(ALICE, "POST", "/room/tabs", json=fields | wrong).status_code == 400
    assert world.call(ALICE, "DELETE", path).status_code == 204
    assert world.items(ALICE, "/room/tabs", roomId=room_id) == []
    assert [one["type"] for one in world.items(BOB, "/events", resource="tabs")] == ["deleted", "updated", "created"]
