"""What Webex leaves open is a switch: each does what it says (contract section 11)."""

import base64
import hashlib
import hmac
import json
import socket
from typing import Any

import pytest
import requests

from tests.simulator.conftest import ALICE, BOB, BOT, DAVE, Target, World


def hook(world: World, target: Target, who: str = ALICE, **more: str) -> dict[str, Any]:
    fields = {"name": "mine", "targetUrl": target.url + "/hook", "resource": "messages", "event": "created"}
    return world.post(who, "/webhooks", **(fields | more))


def say(world: World, who: str = BOB, **more: Any) -> dict[str, Any]:
    fields = more if "parentId" in more else {"roomId": world.room("Project X", who), "text": "hi", **more}
    return world.post(who, "/messages", **fields)


def heard(world: World, target: Target) -> list[dict[str, Any]]:
    world.drain()
    return [json.loads(body) for body in target.bodies()]


@pytest.mark.parametrize(("retries", "count"), [(0, 1), (2, 3)])
def test_failed_deliveries_are_tried_again(world: World, target: Target, retries: int, count: int) -> None:
    world.sim("/switches", delivery_retries=retries, delivery_retry_delay=0.01)
    hook(world, target)
    target.status = 500
    say(world)
    world.drain()
    assert len(target.received) == count
    assert len(set(target.bodies())) == 1
    target.status = 204
    say(world)
    world.drain()
    assert len(target.received) == count + 1


@pytest.mark.parametrize(("chance", "count"), [(0, 1), (1, 2)])
def test_deliveries_come_twice_by_chance(world: World, target: Target, chance: float, count: int) -> None:
    world.sim("/switches", duplicate_probability=chance)
    hook(world, target)
    say(world)
    assert len(heard(world, target)) == count


def test_a_target_has_so_long_to_answer(world: World) -> None:
    world.sim("/switches", webhook_timeout=0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        world.post(ALICE, "/webhooks", name="n", targetUrl=url, resource="messages", event="created")
        say(world)
        world.drain()
    assert [one["problem"] for one in world.sim("/deliveries", "GET")["items"]] == ["timeout"]


@pytest.mark.parametrize("name", ["targetUrl", "created"])
def test_the_envelope_may_lack_what_the_guide_does_not_name(world: World, target: Target, name: str) -> None:
    switch = {"targetUrl": "envelope_has_target_url", "created": "envelope_has_created"}[name]
    hook(world, target)
    for is_on in (True, False):
        world.sim("/switches", **{switch: is_on})
        say(world)
        assert (name in heard(world, target)[-1]) == is_on


def test_the_data_of_a_message_may_have_extras(world: World, target: Target) -> None:
    hook(world, target)
    root = say(world)
    fields = {"parentId": root["id"], "markdown": f"<@personEmail:{ALICE}|Al>"}
    say(world, **fields)
    world.sim("/switches", message_data_has_extras=True)
    say(world, **fields)
    file = world.call(BOB, "POST", "/messages", data={"roomId": root["roomId"]}, files={"files": ("a", b"a")}).json()
    _, plain, full, with_file = (one["data"] for one in heard(world, target))
    assert {"parentId", "mentionedPeople", "files", "text"}.isdisjoint(plain)
    assert (full["parentId"], full["mentionedPeople"]) == (root["id"], [world.id(ALICE)])
    assert with_file["files"] == file["files"]


@pytest.mark.parametrize("algorithm", ["sha1", "sha256", "sha512"])
def test_there_may_be_a_second_signature(world: World, target: Target, algorithm: str) -> None:
    world.sim("/switches", extra_signature_header="X-Webex-Signature", extra_signature_algorithm=algorithm)
    hook(world, target, secret="s")
    say(world)
    world.drain()
    [(_, headers, body)] = target.received
    assert headers["X-Webex-Signature"] == hmac.new(b"s", body, algorithm).hexdigest()
    assert headers["X-Spark-Signature"] == hmac.new(b"s", body, hashlib.sha1).hexdigest()


@pytest.mark.parametrize(("choice", "secret"), [("keeps", "s"), ("clears", None)])
def test_a_webhook_changed_without_its_secret(world: World, target: Target, choice: str, secret: str | None) -> None:
    world.sim("/switches", put_without_secret=choice)
    made = hook(world, target, secret="s")
    fields = {"name": "n", "targetUrl": target.url}
    assert world.call(ALICE, "PUT", f"/webhooks/{made['id']}", json=fields).json().get("secret") == secret


def test_a_second_webhook_like_the_first_is_refused(world: World, target: Target) -> None:
    hook(world, target)
    hook(world, target)
    world.sim("/switches", conflict_on_duplicate_webhook=True)
    fields = {"name": "other", "targetUrl": target.url + "/hook", "resource": "messages", "event": "created"}
    assert world.call(ALICE, "POST", "/webhooks", json=fields).status_code == 409
    hook(world, target, filter="roomType=direct")


@pytest.mark.parametrize(("call", "refused"), [("/messages", 404), ("/memberships", 502)])
def test_an_unknown_address_is_refused_or_invited(world: World, call: str, refused: int) -> None:
    email = "stranger@elsewhere.example"
    fields = {"toPersonEmail": email, "text": "hi"}
    if call == "/memberships":
        fields = {"roomId": world.room("Project X"), "personEmail": email}
    assert world.call(ALICE, "POST", call, json=fields).status_code == refused
    world.sim("/switches", unknown_email="invite")
    assert world.call(ALICE, "POST", call, json=fields).status_code == 200
    stranger = next(one for one in world.sim("/people", "GET")["items"] if one["email"] == email)
    assert world.get(ALICE, f"/people/{stranger['id']}")["status"] == "pending"
    assert world.call(ALICE, "POST", "/messages", json={"toPersonEmail": "nobody", "text": "hi"}).status_code == 404


def test_the_administrator_may_block_bots(world: World) -> None:
    world.sim("/switches", bots_are_blocked=True)
    assert world.call(BOT, "POST", "/messages", json={"toPersonEmail": BOB, "text": "hi"}).status_code == 403
    add = {"roomId": world.room("Project X"), "personEmail": BOT}
    assert world.call(ALICE, "POST", "/memberships", json=add).status_code == 403
    assert world.items(BOB, "/rooms", type="direct") == []
    assert world.call(ALICE, "POST", "/messages", json={"toPersonEmail": BOB, "text": "hi"}).status_code == 200


@pytest.mark.parametrize("flaw", ["normal", "max_null", "drops_filters", "empty_page"])
def test_the_next_link_may_have_its_flaws(world: World, flaw: str) -> None:
    world.sim("/switches", next_link=flaw)
    for number in range(3):
        world.post(ALICE, "/rooms", title=str(number))
    first = world.call(ALICE, "GET", "/rooms", params={"max": 2, "type": "group", "sortBy": "created"})
    url = first.links["next"]["url"]
    assert ("max=null" in url) == (flaw == "max_null")
    assert ("type=group" in url) == (flaw != "drops_filters")
    lengths = []
    while url:
        page = requests.get(url, headers=dict(first.request.headers), params={"max": 2} if flaw == "max_null" else {}, timeout=5)
        if flaw == "max_null":
            assert page.status_code == 400
            return
        lengths.append(len(page.json()["items"]))
        url = page.links.get("next", {}).get("url")
    assert lengths == ([2, 2, 0] if flaw == "empty_page" else [2, 2])


def test_ids_may_come_from_a_region(world: World, target: Target) -> None:
    world.sim("/switches", id_cluster="regional")
    hook(world, target)
    room = world.post(ALICE, "/rooms", title="Abroad")
    member = world.post(ALICE, "/memberships", roomId=room["id"], personEmail=BOB)
    message = world.post(BOB, "/messages", roomId=room["id"], text="hi")
    direct = world.post(BOB, "/messages", toPersonEmail=DAVE, text="hi")
    team = world.post(ALICE, "/teams", name="Abroad")
    for made, kind in ((room, "ROOM"), (member, "MEMBERSHIP"), (message, "MESSAGE"), (team, "TEAM")):
        assert decoded(made["id"]).startswith(f"ciscospark://urn:TEAM:us-west-2_r/{kind}/")
    assert decoded(direct["roomId"]).startswith("ciscospark://urn:TEAM:")
    assert world.post(DAVE, "/messages", toPersonEmail=BOB, text="hi")["roomId"] == direct["roomId"]
    assert world.get(ALICE, f"/memberships/{member['id']}") == member
    assert [one["isModerator"] for one in world.items(ALICE, "/team/memberships", teamId=team["id"])] == [True]
    assert decoded(world.id(ALICE)).startswith("ciscospark://us/PEOPLE/")
    assert heard(world, target)[0]["data"]["id"] == message["id"]
    assert world.call(ALICE, "GET", f"/rooms/{decoded(room['id']).rpartition('/')[2]}").status_code == 404


def decoded(public_id: str) -> str:
    return base64.b64decode(public_id + "==").decode()


def test_calls_per_minute_are_counted_for_each_token_and_api(world: World) -> None:
    world.sim("/switches", calls_per_minute=2)
    get = lambda who, path: world.call(who, "GET", path)  # noqa: E731
    assert [get(ALICE, "/people/me").status_code for _ in range(3)] == [200, 200, 429]
    assert (get(BOB, "/people/me").status_code, get(ALICE, "/rooms").status_code) == (200, 200)
    refused = get(ALICE, f"/people/{world.id(BOB)}")
    assert 55 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.json()["trackingId"]
    world.sim("/clock", advance=61)
    assert get(ALICE, "/people/me").status_code == 200


@pytest.mark.parametrize("body", ["json", "html"])
@pytest.mark.parametrize("wait", ["normal", "absent", "malformed"])
def test_too_many_requests_take_many_forms(world: World, body: str, wait: str) -> None:
    world.sim("/switches", too_many_body=body, too_many_retry_after=wait)
    world.sim("/faults", path="/people", fault={"too_many": True, "seconds": 7})
    answer = world.call(ALICE, "GET", "/people/me")
    assert (answer.status_code, body in answer.headers["Content-Type"]) == (429, True)
    assert answer.headers.get("Retry-After") == {"normal": "7", "absent": None, "malformed": "rand(30),add(30)"}[wait]


@pytest.mark.parametrize("status", [200, 202])
def test_pressing_a_card_is_answered_with_either_status(world: World, status: int) -> None:
    world.sim("/switches", attachment_action_status=status)
    content = {"type": "AdaptiveCard", "version": "1.3"}
    card = {"contentType": "application/vnd.microsoft.card.adaptive", "content": content}
    message = world.post(BOT, "/messages", toPersonEmail=ALICE, text="A card", attachments=[card])
    fields = {"type": "submit", "messageId": message["id"], "inputs": {"a": "b"}}
    action = world.call(ALICE, "POST", "/attachment/actions", json=fields)
    assert action.status_code == status
    assert world.call(ALICE, "GET", f"/attachment/actions/{action.json()['id']}").status_code == 404
    assert world.get(BOT, f"/attachment/actions/{action.json()['id']}")["inputs"] == {"a": "b"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook_delay": -1}, {"duplicate_probability": 2}, {"delivery_retries": 1000}, {"attachment_action_status": 500},
        {"extra_signature_header": "No: header"}, {"extra_signature_header": "Content-Type"},
        {"extra_signature_header": "x-spark-signature"}, {"extra_signature_header": "Content-Length"},
        {"next_link": "x"}, {"content_scan": None}, {"webhook_timeout": 0},
    ],
)  # fmt: skip
def test_values_that_make_no_sense_are_refused(world: World, wrong: dict[str, Any]) -> None:
    before = world.sim("/switches", "GET")
    answer = requests.post(f"{world.url}/_sim/switches", json=wrong | {"bots_are_blocked": True}, timeout=5)
    assert answer.status_code == 400
    assert world.sim("/switches", "GET") == before
