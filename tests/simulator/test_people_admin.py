"""The administrator's side of people, roles, licenses, organizations, and the list of events."""

from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, CAROL, DAVE, Target, World

FULL, READ_ONLY, OFFICER = "Full Administrator", "Read-only Administrator", "Compliance Officer"
NEW = {"emails": ["new@example.com"], "displayName": "Nina New", "firstName": "Nina", "lastName": "New"}


def test_an_administrator_makes_changes_and_deletes_people(world: World) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    license_id = world.items(ALICE, "/licenses")[0]["id"]
    made = world.post(ALICE, "/people", **NEW, licenses=[license_id])
    assert (made["displayName"], made["emails"], made["orgId"]) == (
        "Nina New",
        NEW["emails"],
        world.get(ALICE, "/people/me")["orgId"],
    )
    assert made["licenses"] == [license_id]
    assert world.items(ALICE, "/licenses")[0]["consumedUnits"] == 1
    path = f"/people/{made['id']}"
    changed = world.call(ALICE, "PUT", path, json={**NEW, "displayName": "Nina Newer", "title": "Pilot"}).json()
    assert (changed["displayName"], changed["title"], changed["licenses"]) == ("Nina Newer", "Pilot", [])
    assert changed["lastModified"] > changed["created"]
    assert "licenses" not in world.get(BOB, path)
    assert world.call(ALICE, "DELETE", path).status_code == 204
    assert world.call(ALICE, "GET", path).status_code == 404
    assert world.items(ALICE, "/people", email=NEW["emails"][0]) == []
    assert world.post(ALICE, "/people", **NEW)["id"] != made["id"]


@pytest.mark.parametrize(
    ("who", "change", "status"),
    [
        (BOB, {}, 403), (DAVE, {}, 403), (CAROL, {}, 403), (ALICE, {"emails": [BOB]}, 409), (ALICE, {"emails": []}, 400),
        (ALICE, {"emails": "new@example.com"}, 400), (ALICE, {"emails": ["nowhere"]}, 400),
        (ALICE, {"emails": ["a@b.example", "c@d.example"]}, 400), (ALICE, {"licenses": ["none"]}, 400),
        (ALICE, {"displayName": None, "firstName": None, "lastName": ""}, 400), (ALICE, {"displayName": 7}, 400),
        (ALICE, {"orgId": "another"}, 403), (ALICE, {"avatar": []}, 400), (ALICE, {"roles": [[]]}, 400),
    ],
)  # fmt: skip
def test_people_that_cannot_be_made(world: World, who: str, change: dict[str, Any], status: int) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    world.sim("/roles", person=CAROL, roles=[READ_ONLY])
    assert world.call(who, "POST", "/people", json=NEW | change).status_code == status
    if who != ALICE:
        assert world.call(who, "PUT", f"/people/{world.id(BOB)}", json=NEW | change).status_code == status
        assert world.call(who, "DELETE", f"/people/{world.id(BOB)}").status_code == status


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("emails", ["a b@x"]), ("emails", ["x\n@y.z"]), ("emails", ["a\x00@y.z"]), ("emails", ["<a@y.z>"]), ("emails", ["@"]),
        ("phoneNumbers", [1]), ("phoneNumbers", [{"a": 2}]), ("phoneNumbers", {"value": "1"}), ("phoneNumbers", [{"value": 1}]),
        ("addresses", ["here"]), ("addresses", [{"country": None}]), ("siteUrls", [{}]), ("title", 7),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_person_is_named(world: World, name: str, value: object) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    calls = (("POST", "/people"), ("PUT", f"/people/{world.id(BOB)}"))
    for answer in (world.call(ALICE, *call, json=NEW | {name: value}) for call in calls):
        assert (answer.status_code, answer.json()["message"].split()[0]) == (400, name)


def test_a_person_keeps_what_is_known_of_phones_and_addresses(world: World) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    kept = {
        "phoneNumbers": [{"type": "work", "value": "408 526 7209"}], "siteUrls": ["mysite.webex.com#attendee"],
        "addresses": [{"type": "work", "country": "US", "locality": "Milpitas"}],
    }  # fmt: skip
    made = world.post(ALICE, "/people", **NEW, **kept | {"phoneNumbers": [kept["phoneNumbers"][0] | {"color": "red"}]})
    assert {name: made[name] for name in kept} == kept


def test_an_administrator_lists_everybody_of_the_organization_and_those_with_a_role(world: World) -> None:
    assert world.call(ALICE, "GET", "/people").status_code == 400
    world.sim("/roles", person=ALICE, roles=[READ_ONLY])
    assert {one["emails"][0] for one in world.items(ALICE, "/people")} >= {ALICE, BOB, CAROL}
    assert DAVE not in {one["emails"][0] for one in world.items(ALICE, "/people")}
    role_id = next(one["id"] for one in world.items(ALICE, "/roles") if one["name"] == READ_ONLY)
    assert [one["emails"] for one in world.items(ALICE, "/people", roles=role_id)] == [[ALICE]]
    assert world.call(BOB, "GET", "/people", params={"roles": role_id}).status_code == 403
    assert "status" not in world.items(ALICE, "/people", email=BOB, excludeStatus="true")[0]
    assert "status" not in world.items(ALICE, "/people", id=world.id(BOB))[0]
    assert world.items(ALICE, "/people", email=BOB)[0]["status"] == "active"


@pytest.mark.parametrize("criterion", ["", "&displayName=Dave", "&email=dave@partner.example", "&id={dave}"])
def test_nobody_lists_another_organization(world: World, criterion: str) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    own, foreign = (world.get(who, "/people/me")["orgId"] for who in (ALICE, DAVE))
    query = criterion.format(dave=world.id(DAVE))
    for who in (ALICE, BOB):
        assert world.call(who, "GET", f"/people?orgId={foreign}{query}").status_code == 403
    assert world.call(ALICE, "GET", f"/people?orgId=none{query}").status_code == 400
    assert world.items(ALICE, f"/people?orgId={own}{query}") == world.items(ALICE, f"/people?{query}")


def test_what_administrators_see_is_left_out_where_people_are_asked_for_by_their_ids(world: World) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    theirs = {"roles", "licenses", "loginEnabled", "invitePending"}
    assert all(not theirs & one.keys() for one in world.items(ALICE, "/people", id=f"{world.id(ALICE)},{world.id(BOB)}"))
    assert theirs <= world.items(ALICE, "/people", email=BOB)[0].keys()
    assert theirs <= world.get(ALICE, f"/people/{world.id(BOB)}").keys()


@pytest.mark.parametrize("resource", ["roles", "licenses", "organizations"])
def test_the_organizations_lists_are_for_administrators(world: World, resource: str) -> None:
    assert world.call(ALICE, "GET", f"/{resource}").status_code == 403
    world.sim("/roles", person=ALICE, roles=[READ_ONLY])
    for one in world.items(ALICE, f"/{resource}"):
        assert world.get(ALICE, f"/{resource}/{one['id']}") == one
    assert world.call(ALICE, "GET", f"/{resource}/{world.id(BOB)}").status_code == 404


def test_who_is_deleted_is_out_of_every_room_and_heard_no_more(world: World, target: Target) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    direct = world.post(BOB, "/messages", toPersonEmail=CAROL, text="before")
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="said before")
    hook = world.post(CAROL, "/webhooks", name="n", targetUrl=target.url, resource="memberships", event="deleted")
    world.post(BOB, "/webhooks", name="n", targetUrl=target.url + "/bob", resource="messages", event="created")
    assert world.call(ALICE, "DELETE", f"/people/{world.id(BOB)}").status_code == 204
    assert world.call(ALICE, "DELETE", f"/people/{world.id(ALICE)}").status_code == 400
    assert world.call(BOB, "GET", "/people/me").status_code == 401
    assert [one["text"] for one in world.items(CAROL, "/messages", roomId=world.room("Project X"))] == ["said before"]
    assert world.get(CAROL, f"/rooms/{direct['roomId']}")["title"] == "Bob Brown"
    world.post(CAROL, "/messages", roomId=world.room("Project X"), text="where is Bob?")
    assert world.drain() == 3  # the rooms shared with Carol: two and the General room of their team
    assert {path for path, _, _ in target.received} == {"/"}
    assert hook["status"] == "active"


@pytest.mark.parametrize(("stops", "count"), [(True, 0), (False, 1)])
def test_webhooks_of_who_is_deleted_stop_by_switch(world: World, target: Target, stops: bool, count: int) -> None:
    world.sim("/roles", person=ALICE, roles=[FULL])
    world.sim("/switches", hooks_stop_on_creator_deleted=stops)
    direct = world.post(BOB, "/messages", toPersonEmail=CAROL, text="before")
    world.post(BOB, "/webhooks", name="n", targetUrl=target.url, resource="messages", event="created")
    world.call(ALICE, "DELETE", f"/people/{world.id(BOB)}")
    world.post(CAROL, "/messages", roomId=direct["roomId"], text="after")
    assert world.drain() == count


def test_events_are_listed_for_those_who_were_there(world: World) -> None:
    room_id = world.room("Project X")
    message = world.post(BOB, "/messages", roomId=room_id, text="a word")
    world.call(BOB, "PUT", f"/messages/{message['id']}", json={"roomId": room_id, "text": "another"})
    world.call(BOB, "DELETE", f"/messages/{message['id']}")
    listed = world.items(ALICE, "/events", resource="messages")
    assert [one["type"] for one in listed] == ["deleted", "updated", "created"]
    assert listed[2]["data"]["text"] == "a word"
    assert (listed[2]["actorId"], listed[2]["data"]["roomId"]) == (world.id(BOB), room_id)
    assert world.get(CAROL, f"/events/{listed[2]['id']}") == listed[2]
    assert world.call(DAVE, "GET", f"/events/{listed[2]['id']}").status_code == 404
    assert world.items(DAVE, "/events") == []
    assert world.items(ALICE, "/events", actorId=world.id(ALICE)) == []
    at = listed[1]["created"]
    assert [one["type"] for one in world.items(ALICE, "/events", **{"from": at})] == ["deleted"]
    assert [one["type"] for one in world.items(ALICE, "/events", to=at, max=1)] == ["created"]


def test_a_compliance_officer_sees_the_organizations_events(world: World) -> None:
    world.post(ALICE, "/messages", toPersonEmail=BOB, text="between us")
    world.post(DAVE, "/rooms", title="Elsewhere")
    assert world.items(CAROL, "/events") == []
    world.sim("/roles", person=CAROL, roles=[OFFICER])
    assert {one["actorId"] for one in world.items(CAROL, "/events")} == {world.id(ALICE)}


@pytest.mark.parametrize(
    "query", ["resource=weather", "type=seen", "from=noon", "actorId=x", "resource=convergedRecordings", "max=0"]
)
def test_wrong_questions_for_events_are_refused(world: World, query: str) -> None:
    assert world.call(ALICE, "GET", f"/events?{query}").status_code == 400
