"""More of what Webex leaves open: statuses, limits, who may do what, and how deliveries travel (contract section 11)."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, Target, World, serving
from tests.simulator.test_oauth import granted, refresh

DAY = 86_400
CARD = "application/vnd.microsoft.card.adaptive"


def hook(world: World, url: str, resource: str, event: str = "created", who: str = ALICE, **more: str) -> dict[str, Any]:
    return world.post(who, "/webhooks", name="n", targetUrl=url, resource=resource, event=event, **more)


def heard(world: World, target: Target) -> list[dict[str, Any]]:
    world.drain()
    return [json.loads(body) for body in target.bodies()]


def card(version: str = "1.3", text: str = "") -> dict[str, Any]:
    body = [{"type": "TextBlock", "text": text}]
    return {"contentType": CARD, "content": {"type": "AdaptiveCard", "version": version, "body": body}}


# Deliveries
@pytest.mark.parametrize(("counts", "status"), [(True, "inactive"), (False, "active")])
def test_repeated_attempts_count_as_failures_or_not(world: World, target: Target, counts: bool, status: str) -> None:
    world.sim("/switches", delivery_retries=19, delivery_retry_delay=0.0, delivery_retries_count=counts)
    target.status = 500
    made = hook(world, target.url, "messages")
    for _ in range(5):
        world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    assert len(target.received) == 100
    assert world.get(ALICE, f"/webhooks/{made['id']}")["status"] == status


@pytest.fixture
def crossroads(target: Target) -> Iterator[str]:
    """An address that sends everybody on to the target."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(307)
            self.send_header("Location", target.url + "/further")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as url:
        yield url


@pytest.mark.parametrize(("follows", "status", "count"), [(False, 307, 0), (True, 204, 1)])
def test_redirects_are_failures_or_followed(
    world: World, target: Target, crossroads: str, follows: bool, status: int, count: int
) -> None:
    world.sim("/switches", webhook_redirects=follows)
    hook(world, crossroads, "messages", secret="s")
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    assert [one["status"] for one in world.sim("/deliveries", "GET")["items"]] == [status]
    assert [path for path, _, _ in target.received] == ["/further"] * count


def test_deliveries_may_have_the_headers_of_the_emulator(world: World, target: Target) -> None:
    hook(world, target.url, "messages", secret="s")
    for choice in ("plain", "emulator"):
        world.sim("/switches", delivery_headers=choice)
        world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    (_, plain, _), (_, emulated, _) = target.received
    assert (plain["Content-Type"], "X-Scheduled-For" in plain) == ("application/json", False)
    assert emulated["Content-Type"] == "application/json;charset=UTF-8"
    assert emulated["X-Scheduled-For"].endswith("Z") and emulated["X-Spark-Signature"]


@pytest.mark.parametrize(("twice", "count"), [(False, 1), (True, 2)])
def test_a_message_with_a_file_may_be_told_twice(world: World, target: Target, twice: bool, count: int) -> None:
    world.sim("/switches", file_messages_are_told_twice=twice)
    hook(world, target.url, "messages")
    room = world.room("Project X")
    sent = world.call(BOB, "POST", "/messages", data={"roomId": room}, files={"files": ("a.txt", b"a")}).json()
    world.post(BOB, "/messages", roomId=room, text="hi")
    told = [one["data"]["id"] for one in heard(world, target)]
    assert (told.count(sent["id"]), len(told)) == (count, count + 1)


@pytest.mark.parametrize("layout", ["both", "new", "old"])
def test_the_data_of_a_migration_has_one_id_or_both(world: World, target: Target, layout: str) -> None:
    world.sim("/switches", migrated_data=layout)
    hook(world, target.url, "rooms", "migrated")
    moved = world.sim("/rooms/Launch/migrate")
    [told] = heard(world, target)
    assert told["data"]["id"] == moved["oldRoomId" if layout == "old" else "newRoomId"]
    beside = {name: value for name, value in told["data"].items() if name in moved}
    assert beside == (moved if layout == "both" else {})


@pytest.mark.parametrize(("name", "value"), [("personId", "me"), ("personEmail", "me")])
def test_me_in_a_filter_is_refused_or_means_the_creator(world: World, target: Target, name: str, value: str) -> None:
    fields = {"name": "n", "targetUrl": target.url, "resource": "memberships", "event": "created", "filter": f"{name}={value}"}
    refused = world.call(ALICE, "POST", "/webhooks", json=fields)
    assert (refused.status_code, name in refused.json()["message"]) == (400, True)
    world.sim("/switches", me_in_filters=True)
    world.post(ALICE, "/webhooks", **fields)
    room = world.post(ALICE, "/rooms", title="Own")
    world.post(ALICE, "/memberships", roomId=room["id"], personEmail=BOB)
    assert [one["data"]["personEmail"] for one in heard(world, target)] == [ALICE]


def test_webhooks_belong_to_an_application_or_to_a_person(world: World, target: Target) -> None:
    grant = granted(world, scope="spark:people_read spark:messages_read")["access_token"]
    made = hook(world, target.url, "messages", who=grant)
    assert world.items(ALICE, "/webhooks") == []
    assert world.call(ALICE, "GET", f"/webhooks/{made['id']}").status_code == 404
    world.sim("/switches", webhooks_per_application=False)
    assert [one["id"] for one in world.items(ALICE, "/webhooks")] == [made["id"]]
    assert world.items(BOB, "/webhooks") == []
    assert world.call(ALICE, "DELETE", f"/webhooks/{made['id']}").status_code == 204


# Tokens
@pytest.mark.parametrize(
    ("choice", "lives"), [("always", [90, 90]), ("half_life", [80, 90]), ("never", [80, 30])]
)  # fmt: skip
@pytest.mark.parametrize("rotation", ["same", "new"])
def test_when_a_refresh_token_is_renewed(world: World, choice: str, lives: list[int], rotation: str) -> None:
    world.sim("/switches", refresh_token_renewal=choice, rotate_refresh_token=rotation)
    grant, seen = granted(world), []
    for days in (10, 50 if choice != "always" else 80):
        world.sim("/clock", advance=days * DAY)
        grant = refresh(world, grant["refresh_token"]).json()
        seen.append(round(grant["refresh_token_expires_in"] / DAY))
    assert seen == lives


@pytest.mark.parametrize("shape", ["envelope", "empty"])
def test_the_body_of_401(world: World, shape: str) -> None:
    world.sim("/switches", unauthorized_body=shape)
    answer = world.call("nobody's", "GET", "/people/me")
    assert (answer.status_code, bool(answer.content)) == (401, shape == "envelope")
    assert answer.headers["trackingid"]


# Bots
@pytest.mark.parametrize("status", [403, 404])
def test_blocked_bots_meet_one_status_or_another(world: World, status: int) -> None:
    room = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room, personEmail=BOT)
    world.sim("/switches", bots_are_blocked=True, blocked_bot_status=status)
    for fields in ({"toPersonEmail": BOB}, {"roomId": room}):
        assert world.call(BOT, "POST", "/messages", json={"text": "hi", **fields}).status_code == status
    add = {"roomId": world.room("Launch"), "personEmail": BOT}
    assert world.call(ALICE, "POST", "/memberships", json=add).status_code == status


@pytest.fixture
def second(world: World) -> str:
    """The token of another bot, which is in Project X together with the first."""
    state = world.sim("/state", "GET")
    [carol] = [one for one in state["people"] if one["email"] == CAROL]
    carol["kind"] = "bot"
    world.sim("/load", **state)
    world.post(ALICE, "/memberships", roomId=world.room("Project X"), personEmail=BOT)
    return CAROL


@pytest.mark.parametrize(("meet", "status", "count"), [(True, 200, 2), (False, 403, 0)])
def test_bots_may_meet_bots_or_not(
    world: World, target: Target, second: str, meet: bool, status: int, count: int
) -> None:  # fmt: skip
    world.sim("/switches", bots_meet_bots=meet)
    hook(world, target.url, "messages", who=BOT)
    answer = world.call(second, "POST", "/messages", json={"toPersonEmail": BOT, "text": "hello, colleague"})
    assert answer.status_code == status
    assert len(world.items(BOT, "/rooms", type="direct")) == count // 2
    world.post(second, "/messages", roomId=world.room("Project X"), markdown=f"<@personEmail:{BOT}> look")
    assert len(heard(world, target)) == count
    world.post(ALICE, "/messages", roomId=world.room("Project X"), markdown=f"<@personEmail:{BOT}> look")
    assert len(heard(world, target)) == count + 1


# Messages
@pytest.mark.parametrize(
    ("choice", "who", "status", "groups"),
    [
        ("moderators", ALICE, 200, ["all"]), ("moderators", BOB, 200, None), ("everybody", BOB, 200, ["all"]),
        ("refused", BOB, 403, None), ("refused", ALICE, 200, ["all"]),
    ],
)  # fmt: skip
def test_who_may_mention_everybody_in_a_moderated_room(
    world: World, choice: str, who: str, status: int, groups: list[str] | None
) -> None:
    world.sim("/switches", mention_all=choice)
    room = world.post(ALICE, "/rooms", title="Moderated", isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=room, personEmail=BOB)
    answer = world.call(who, "POST", "/messages", json={"roomId": room, "markdown": "<@all> **hear** me"})
    assert answer.status_code == status
    if status == 403:
        assert world.items(ALICE, "/messages", roomId=room) == []
        return
    message = answer.json()
    assert message.get("mentionedGroups") == groups
    assert message["text"] == ("All hear me" if groups else "<@all> hear me")
    assert ("groupMention" in message["html"]) == bool(groups)


def test_an_edit_may_not_smuggle_in_a_mention_of_everybody(world: World) -> None:
    room = world.post(ALICE, "/rooms", title="Moderated", isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=room, personEmail=BOB)
    sent = world.post(BOB, "/messages", roomId=room, text="quiet")
    world.sim("/switches", mention_all="refused")
    edited = world.call(BOB, "PUT", f"/messages/{sent['id']}", json={"roomId": room, "markdown": "<@all>"})
    assert edited.status_code == 403
    assert world.get(BOB, f"/messages/{sent['id']}") == sent


@pytest.mark.parametrize("choice", ["moderators", "everybody", "refused"])
def test_in_an_open_room_anybody_mentions_everybody(world: World, choice: str) -> None:
    world.sim("/switches", mention_all=choice)
    sent = world.post(BOB, "/messages", roomId=world.room("Project X"), markdown="<@all> lunch")
    assert sent["mentionedGroups"] == ["all"]


@pytest.mark.parametrize(("version", "status"), [("1.3", 200), ("1.2", 200), ("1.4", 400), ("2", 400), ("odd", 200)])
def test_newer_cards_are_shown_or_refused(world: World, version: str, status: int) -> None:
    fields = {"toPersonEmail": ALICE, "text": "a card", "attachments": [card(version)]}
    assert world.call(BOT, "POST", "/messages", json=fields).status_code == 200
    world.sim("/switches", newer_cards="refused")
    assert world.call(BOT, "POST", "/messages", json=fields).status_code == status


def test_cards_may_have_a_greatest_size(world: World) -> None:
    world.sim("/switches", card_limit=1000)
    for length, status in ((100, 200), (1000, 400)):
        fields = {"toPersonEmail": DAVE, "text": "a card", "attachments": [card(text="é" * length)]}
        assert world.call(BOT, "POST", "/messages", json=fields).status_code == status


def test_a_page_of_messages_has_a_greatest_length(world: World) -> None:
    world.sim("/switches", largest_message_page=2)
    room = world.room("Project X")
    for number in range(3):
        world.post(ALICE, "/messages", roomId=room, text=str(number))
    first = world.call(ALICE, "GET", "/messages", params={"roomId": room, "max": 500})
    assert [one["text"] for one in first.json()["items"]] == ["2", "1"]
    assert "next" in first.links


# Rooms and teams
@pytest.mark.parametrize("status", [400, 403])
def test_nobody_is_added_to_a_direct_room_or_removed(world: World, status: int) -> None:
    world.sim("/switches", direct_membership_status=status)
    room = world.post(ALICE, "/messages", toPersonEmail=BOB, text="hi")["roomId"]
    assert world.call(ALICE, "POST", "/memberships", json={"roomId": room, "personEmail": CAROL}).status_code == status
    for one in world.items(ALICE, "/memberships", roomId=room):
        assert world.call(ALICE, "DELETE", f"/memberships/{one['id']}").status_code == status


@pytest.mark.parametrize("status", [400, 403])
def test_a_general_room_is_not_deleted(world: World, status: int) -> None:
    world.sim("/switches", general_room_delete_status=status)
    assert world.call(ALICE, "DELETE", f"/rooms/{world.room('General')}").status_code == status


@pytest.mark.parametrize("told", [True, False])
def test_coming_to_a_team_and_leaving_it_are_told_or_not(world: World, target: Target, told: bool) -> None:
    world.sim("/switches", team_joins_are_told=told)
    hook(world, target.url, "memberships", "all")
    team = world.post(ALICE, "/teams", name="Told")
    member = world.post(ALICE, "/team/memberships", teamId=team["id"], personEmail=BOB)
    assert world.call(ALICE, "DELETE", f"/team/memberships/{member['id']}").status_code == 204
    named = [(one["event"], one["data"]["personEmail"]) for one in heard(world, target)]
    assert named == [("created", ALICE), *([("created", BOB), ("deleted", BOB)] if told else [])]


@pytest.mark.parametrize(("leaves", "status"), [(True, 404), (False, 200)])
def test_who_leaves_a_team_leaves_its_rooms_or_stays_in_them(world: World, leaves: bool, status: int) -> None:
    world.sim("/switches", leaving_team_leaves_rooms=leaves)
    team = world.post(ALICE, "/teams", name="Left")
    member = world.post(ALICE, "/team/memberships", teamId=team["id"], personEmail=BOB)
    room = world.post(ALICE, "/rooms", title="Pad", teamId=team["id"])["id"]
    world.post(ALICE, "/memberships", roomId=room, personEmail=BOB)
    assert world.call(BOB, "DELETE", f"/team/memberships/{member['id']}").status_code == 204
    assert world.call(BOB, "GET", f"/rooms/{room}").status_code == status
