"""What a call leaves behind, and what it may not: lists that change while they are read, refusals, clocks that are moved back."""

from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, CAROL, DAVE, World

OFFICER = "Compliance Officer"


def following(answer: Any) -> str | None:
    return answer.links.get("next", {}).get("url")


def pages(world: World, path: str, **query: Any) -> Any:
    """Each page of a list, its next link followed as it stands."""
    answer = world.call(ALICE, "GET", path, params=query)
    while True:
        yield answer.json()["items"]
        if not (url := following(answer)):
            return
        answer = world.call(ALICE, "GET", url.removeprefix(f"{world.url}/v1"))


@pytest.mark.parametrize("path", ["/webhooks", "/messages"])
def test_a_list_whose_items_are_deleted_while_it_is_read_is_read_whole(world: World, path: str) -> None:
    room = world.room("Project X")
    for number in range(7):
        if path == "/webhooks":
            world.post(
                ALICE, path, name=f"h{number}", targetUrl=f"http://127.0.0.1:9/{number}", resource="rooms", event="created"
            )
        else:
            world.post(ALICE, path, roomId=room, text=f"m{number}")
    query = {"roomId": room} if path == "/messages" else {}
    seen = []
    for page in pages(world, path, max=2, **query):
        for item in page:
            seen.append(item["id"])
            assert world.call(ALICE, "DELETE", f"{path}/{item['id']}").status_code == 204
    assert len(set(seen)) == len(seen) == 7
    assert world.items(ALICE, path, **query) == []


@pytest.mark.parametrize("cursor", ["bnVsbA", "W10", "WzFlOTk5LDEsMl0", "e30", "MTIz", "WyJ4IiwxLDJd", "=", "%F0%9F%92%A9"])
def test_a_cursor_that_nobody_gave_out(world: World, cursor: str) -> None:
    assert world.call(ALICE, "GET", f"/rooms?cursor={cursor}").status_code == 400


def test_a_state_with_any_name_of_a_file_loads(world: World) -> None:
    for name in ("a" * 50 + "." + "b" * 199, "." * 300 + "x", " . a . ", "ä" * 300, "b" * 199 + ". "):
        part = {"files": (name, b"%PDF", "application/pdf")}
        answer = world.call(ALICE, "POST", "/messages", data={"roomId": world.room("Project X")}, files=part)
        assert answer.status_code == 200
    state = world.sim("/state", "GET")
    world.sim("/load", **state)
    assert len(world.items(ALICE, "/messages", roomId=world.room("Project X"))) == 5


def test_a_refused_answer_opens_no_room(world: World) -> None:
    elsewhere = world.post(ALICE, "/messages", roomId=world.room("Project X"), text="here")["id"]
    before = {room["id"] for room in world.items(ALICE, "/rooms")}
    refused = world.call(ALICE, "POST", "/messages", json={"toPersonEmail": DAVE, "parentId": elsewhere, "text": "there"})
    assert refused.status_code == 400
    assert {room["id"] for room in world.items(ALICE, "/rooms")} == before


def test_a_refused_call_invites_nobody(world: World) -> None:
    world.sim("/switches", unknown_email="invite")
    locked = world.post(ALICE, "/rooms", title="Locked", isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=locked, personEmail=BOB)
    direct = world.post(BOB, "/messages", toPersonEmail=ALICE, text="hi")["roomId"]
    parent = world.post(BOB, "/messages", roomId=world.room("Project X"), text="here")["id"]

    def tries(path: str, **fields: Any) -> int:
        return world.call(BOB, "POST", path, json=fields).status_code

    who = "new@example.com"
    assert tries("/memberships", roomId=locked, personEmail=who) == 403
    assert tries("/memberships", roomId=direct, personEmail=who) == 400
    assert tries("/messages", toPersonEmail=who, parentId=parent, text="hi") == 400
    assert world.items(ALICE, "/people", email=who) == []
    assert tries("/memberships", roomId=world.room("Project X"), personEmail=who) == 200
    assert [one["status"] for one in world.items(ALICE, "/people", email=who)] == ["pending"]


def test_a_clock_that_is_moved_back_hides_nothing(world: World) -> None:
    world.sim("/clock", advance=3_600)
    part = {"files": ("plan.pdf", b"%PDF", "application/pdf")}
    said = world.call(ALICE, "POST", "/messages", data={"roomId": world.room("Project X")}, files=part).json()
    world.sim("/clock", advance=-3_600)
    assert world.get(BOB, f"/messages/{said['id']}")["id"] == said["id"]
    assert world.call(BOB, "GET", said["files"][0].removeprefix(f"{world.url}/v1")).status_code == 200


def test_who_may_not_speak_may_not_edit_either(world: World) -> None:
    """openapi PUT /rooms/{roomId}, isReadOnly: no new information exchanges."""
    room = world.post(ALICE, "/rooms", title="News", isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=room, personEmail=BOB)
    said = world.post(BOB, "/messages", roomId=room, text="before")["id"]
    new = {"roomId": room, "text": "after"}
    assert world.call(BOB, "PUT", f"/messages/{said}", json=new).status_code == 200
    assert world.call(ALICE, "PUT", f"/rooms/{room}", json={"title": "News", "isAnnouncementOnly": True}).status_code == 200
    assert world.call(BOB, "PUT", f"/messages/{said}", json=new | {"text": "slipped in"}).status_code == 403
    assert world.get(BOB, f"/messages/{said}")["text"] == "after"


def test_an_archived_room_takes_neither_edits_nor_tabs(world: World) -> None:
    team = world.post(ALICE, "/teams", name="Rockets")["id"]
    room = world.post(ALICE, "/rooms", title="Engines", teamId=team)["id"]
    said = world.post(ALICE, "/messages", roomId=room, text="before")["id"]
    assert world.call(ALICE, "DELETE", f"/rooms/{room}").status_code == 204
    tab = {"roomId": room, "contentUrl": "https://example.com", "displayName": "Board"}
    assert world.call(ALICE, "PUT", f"/messages/{said}", json={"roomId": room, "text": "after"}).status_code == 403
    assert world.call(ALICE, "POST", "/room/tabs", json=tab).status_code == 403


@pytest.mark.parametrize("words", [{"text": "   "}, {"markdown": " \n "}, {"text": "", "markdown": "\t"}])
def test_white_space_is_no_message(world: World, words: dict[str, str]) -> None:
    answer = world.call(ALICE, "POST", "/messages", json={"roomId": world.room("Project X"), **words})
    assert (answer.status_code, answer.json()["message"]) == (400, "Both text and file cannot be empty.")


def test_a_line_has_no_text(world: World) -> None:
    said = world.post(ALICE, "/messages", roomId=world.room("Project X"), markdown="---")
    assert "text" not in said
    assert said["html"].startswith("<hr")


def test_a_tab_needs_https_and_events_end_now(world: World) -> None:
    tab = {"roomId": world.room("Project X"), "contentUrl": "http://example.com", "displayName": "Board"}
    assert world.call(ALICE, "POST", "/room/tabs", json=tab).status_code == 400
    assert world.call(ALICE, "GET", "/events?to=2099-01-01T00:00:00.000Z").status_code == 400


def test_what_only_a_compliance_officer_sees_and_does(world: World) -> None:
    """openapi GET /memberships and PUT /rooms/{roomId}."""
    direct = world.post(ALICE, "/messages", toPersonEmail=BOB, text="hi")["roomId"]
    theirs = world.post(ALICE, "/rooms", title="Theirs")["id"]
    asked = {"params": {"personEmail": ALICE}}
    read_only, classified = {"title": "-", "isReadOnly": True}, {"title": "Theirs", "description": "Ours"}
    assert world.call(CAROL, "GET", "/memberships", **asked).status_code == 400
    assert world.call(CAROL, "PUT", f"/rooms/{theirs}", json=classified).status_code == 404
    assert world.call(ALICE, "PUT", f"/rooms/{direct}", json=read_only).status_code == 400
    world.sim("/roles", person=CAROL, roles=[OFFICER])
    rooms = {one["roomId"] for one in world.call(CAROL, "GET", "/memberships", **asked).json()["items"]}
    assert {direct, theirs, world.room("Project X")} <= rooms
    assert world.call(CAROL, "PUT", f"/rooms/{theirs}", json=classified).json()["description"] == "Ours"
    assert world.call(CAROL, "PUT", f"/rooms/{theirs}", json=classified | {"title": "Mine"}).status_code == 403
    assert world.call(CAROL, "PUT", f"/rooms/{theirs}", json=classified | {"isLocked": True}).status_code == 403
    assert world.call(CAROL, "PUT", f"/rooms/{direct}", json=read_only).json()["isReadOnly"] is True
    assert world.call(BOB, "POST", "/messages", json={"roomId": direct, "text": "hi"}).status_code == 403
    assert world.call(DAVE, "GET", "/memberships", **asked).status_code == 400
