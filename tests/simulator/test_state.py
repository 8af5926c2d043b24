"""States: saved, loaded elsewhere, and refused when they are wrong."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from app.simulator import snapshot
from app.simulator.cloud import Cloud
from app.simulator.server import Simulator
from app.simulator.state import State, StateError
from tests.simulator.conftest import ALICE, BOB, BOT, DAVE, Target, World
from tests.simulator.test_worlds import running


def live_in(world: World, target: Target) -> dict[str, str]:
    """Let everything happen that leaves a trace in the state; return an id of each kind that stays."""
    world.sim("/roles", person=ALICE, roles=["Full Administrator", "Compliance Officer"])
    team = world.post(ALICE, "/teams", name="Team")
    gone = world.post(ALICE, "/teams", name="Gone")
    world.post(ALICE, "/rooms", title="Gone, too", teamId=gone["id"])
    room = world.post(ALICE, "/rooms", title="Team room", teamId=team["id"])
    archived = world.post(ALICE, "/rooms", title="Archived", teamId=team["id"])
    world.call(ALICE, "DELETE", f"/teams/{gone['id']}")
    world.call(ALICE, "DELETE", f"/rooms/{archived['id']}")
    world.post(ALICE, "/memberships", roomId=room["id"], personEmail=BOB)
    tab = world.post(ALICE, "/room/tabs", roomId=room["id"], displayName="Page", contentUrl="https://example.com/")
    hook = world.post(BOT, "/webhooks", name="n", targetUrl=target.url, resource="messages", event="created", secret="s")
    card = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "content": {"type": "AdaptiveCard", "version": "1.3", "actions": [{"type": "Action.Submit", "title": "Go"}]},
    }
    shown = world.post(BOT, "/messages", toPersonEmail=ALICE, text="card", attachments=[card])
    action = world.post(ALICE, "/attachment/actions", type="submit", messageId=shown["id"], inputs={"a": "b"})
    parent = world.post(ALICE, "/messages", roomId=room["id"], markdown=f"**hi** <@personEmail:{BOB}>")
    reply = world.post(BOB, "/messages", roomId=room["id"], text="ho", parentId=parent["id"])
    file = world.call(
        ALICE, "POST", "/messages", data={"roomId": room["id"]}, files={"files": ("a.bin", b"\x00\xff", "application/x-a")}
    ).json()
    alone = world.post(DAVE, "/rooms", title="Empty")
    (mine,) = world.items(DAVE, "/memberships", roomId=alone["id"])
    world.call(DAVE, "DELETE", f"/memberships/{mine['id']}")
    world.call(ALICE, "PUT", f"/messages/{parent['id']}", json={"roomId": room["id"], "text": "edited"})
    world.sim(f"/rooms/{world.room('Launch')}/migrate")
    world.sim("/switches", message_lag=0.0, rotate_refresh_token="new")
    world.call(ALICE, "DELETE", f"/people/{world.id('carol@example.com')}")
    world.sim("/clock", advance=3600)
    world.drain()
    return {
        "teams": team["id"], "rooms": room["id"], "room/tabs": tab["id"], "messages": reply["id"],
        "attachment/actions": action["id"], "webhooks": hook["id"], "file": file["files"][0].rpartition("/")[2],
    }  # fmt: skip


def seen(world: World) -> dict[str, Any]:
    """Everything people see over the API."""
    found: dict[str, Any] = {}
    for who in (ALICE, BOB, DAVE, BOT):
        for path in ("/rooms", "/teams", "/memberships", "/webhooks"):
            found[who + path] = world.items(who, path)
        for room in found[who + "/rooms"]:
            if who != BOT:
                found[who + room["id"]] = [
                    {name: value for name, value in one.items() if name != "files"}
                    for one in world.items(who, "/messages", roomId=room["id"])
                ]
    return found | {"events": world.items(ALICE, "/events"), "switches": world.sim("/switches", "GET")}


def tokens_of(world: World) -> dict[str, Any]:
    """Let Bob allow the demo's integration something, and return its tokens."""
    asked = {"response_type": "code", "client_id": "demo-client-id", "scope": "spark:people_read", "state": "s"}
    asked["redirect_uri"] = "http://127.0.0.1:8000/oauth/callback"
    form = {**asked, "person": world.id(BOB), "decision": "accept"}
    answer = world.http.post(f"{world.url}/v1/authorize", data=form, allow_redirects=False)
    code = answer.headers["Location"].partition("code=")[2].partition("&")[0]
    return granted(world, grant_type="authorization_code", code=code, redirect_uri=asked["redirect_uri"])


def granted(world: World, **form: str) -> dict[str, Any]:
    client = {"client_id": "demo-client-id", "client_secret": "demo-client-secret"}
    answer = world.http.post(f"{world.url}/v1/access_token", data={**client, **form})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_state_goes_from_one_simulator_to_another(world: World, target: Target) -> None:
    ids = live_in(world, target)
    given = tokens_of(world)
    before, state = seen(world), world.http.get(f"{world.url}/_sim/state").content
    with running() as other:
        assert other.http.post(f"{other.url}/_sim/load", data=state).status_code == 204
        assert seen(other) == before
        assert without_time(other.http.get(f"{other.url}/_sim/state").content) == without_time(state)
        file_id = ids.pop("file")
        assert other.call(ALICE, "GET", f"/contents/{file_id}").content == b"\x00\xff"
        for path, one in ids.items():
            who = BOT if path in ("webhooks", "attachment/actions") else ALICE
            assert other.get(who, f"/{path}/{one}")["id"] == one
        assert other.get(given["access_token"], "/people/me")["emails"] == [BOB]
        assert granted(other, grant_type="refresh_token", refresh_token=given["refresh_token"])["access_token"]
        # Life goes on: new messages come after the old ones, and webhooks hear of them.
        came = len(target.received)
        newest = other.post(ALICE, "/messages", toPersonEmail=BOT, text="still there?")
        other.drain()
        assert other.items(ALICE, "/messages", roomId=newest["roomId"])[0]["id"] == newest["id"]
        assert len(target.received) == came + 1


def test_a_loaded_state_takes_the_place_of_everything(world: World) -> None:
    empty = world.http.get(f"{world.url}/_sim/state").content
    world.post(ALICE, "/rooms", title="Later")
    eve = world.sim("/people", email="eve@example.com")
    assert world.http.post(f"{world.url}/_sim/load", data=empty).status_code == 204
    assert {room["title"] for room in world.items(ALICE, "/rooms")} == {"Project X", "Launch", "General"}
    assert world.call(eve["token"], "GET", "/people/me").status_code == 401


def test_deliveries_that_wait_are_not_made_after_a_load(world: World, target: Target) -> None:
    state = world.http.get(f"{world.url}/_sim/state").content
    world.sim("/switches", webhook_delay=0.3)
    world.post(BOT, "/webhooks", name="n", targetUrl=target.url, resource="messages", event="created")
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    assert world.http.post(f"{world.url}/_sim/load", data=state).status_code == 204
    world.sim("/drain", timeout=5)
    assert target.received == []


def test_every_part_of_the_cloud_is_saved_or_left_out_on_purpose() -> None:
    left_out = {"lock", "deliveries", "faults", "feed", "calls", "limits"}
    saved_otherwise = {"clock": "clock_offset", "tokens": "grants", "room_messages": "messages", "order": "messages"}
    parts = {saved_otherwise.get(name, name) for name in vars(Cloud()) if name not in left_out}
    assert parts == set(State.__struct_fields__) - {"kind", "version", "saved"}


def broken(state: dict[str, Any], table: str, field: str, value: Any) -> bytes:
    changed = json.loads(json.dumps(state))
    holder = changed[table][0] if isinstance(changed[table], list) else changed[table]
    assert field in holder, (table, field)
    holder[field] = value
    return json.dumps(changed).encode()


@pytest.fixture(scope="module")
def lived() -> Iterator[tuple[Cloud, dict[str, Any]]]:
    """A cloud in which something of every kind happened, and its state."""
    with Simulator(port=0) as simulator:
        world = World(simulator.url)
        live_in(world, Target("http://127.0.0.1:9/"))
        yield simulator.cloud, json.loads(snapshot.save(simulator.cloud))
        world.http.close()


NOBODY = base64.b64encode(b"ciscospark://us/PEOPLE/nobody").decode().rstrip("=")


@pytest.mark.parametrize(
    ("table", "field", "value"),
    [
        ("people", "id", "nonsense"), ("people", "id", NOBODY), ("people", "email", "bob@example.com"),
        ("people", "kind", "ghost"), ("people", "org_id", NOBODY), ("people", "created", "yesterday"),
        ("people", "token", 7), ("rooms", "kind", "huge"), ("rooms", "creator_id", NOBODY), ("rooms", "team_id", "x"),
        ("memberships", "person_id", NOBODY), ("memberships", "room_id", NOBODY), ("messages", "room_id", NOBODY),
        ("messages", "order", 0), ("messages", "order", "first"), ("messages", "attachments", [{"content": 1}]),
        ("messages", "files", ["none"]), ("messages", "mentioned_people", [NOBODY]), ("teams", "room_id", NOBODY),
        ("webhooks", "event", "exploded"), ("webhooks", "filter", "nothing=1"), ("webhooks", "target_url", "ftp://x"),
        ("webhooks", "created_by", NOBODY), ("webhooks", "status", "asleep"), ("webhooks", "failures", ["x"]),
        ("contents", "name", "a\r\nb"), ("contents", "media_type", "a\r\nb"), ("contents", "scan", "odd"),
        ("contents", "message_id", NOBODY), ("contents", "data", "!"), ("tabs", "room_id", NOBODY),
        ("switches", "webhook_delay", -1), ("switches", "content_scan", "odd"), ("grants", "clients", "x"),
        ("direct_rooms", 0, NOBODY), ("journal", "created", "now"), ("actions", "person_id", NOBODY),
    ],
)  # fmt: skip
def test_an_unsound_state_is_refused(lived: tuple[Cloud, dict[str, Any]], table: str, field: str, value: Any) -> None:
    cloud, state = lived
    before = snapshot.save(cloud)
    if table == "direct_rooms":
        content = json.dumps({**state, table: [[value, *one[1:]] for one in state[table]]}).encode()
    else:
        content = broken(state, table, field, value)
    with pytest.raises(StateError):
        snapshot.load(cloud, content)
    assert without_time(snapshot.save(cloud)) == without_time(before)


def without_time(content: bytes) -> dict[str, Any]:
    """A state to compare: without the time it was saved at, and sets in one order."""
    state = json.loads(content)
    for entry in state["journal"]:
        entry["audience"].sort()
    for token in state["grants"]["access"] + state["grants"]["refresh"]:
        token["scopes"] = sorted(token["scopes"] or ())
        token["person"]["roles"].sort()
    for person in state["people"]:
        person["roles"].sort()
    return {**state, "saved": ""}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda state: b"", "This is no saved state of the simulator: Input data was truncated."),
        (lambda state: b"[]", "This is no saved state of the simulator: Expected `object`, got `array`."),
        (lambda state: b"{}", 'This is no saved state of the simulator: "kind" must be "webex-simulator".'),
        (
            lambda state: json.dumps({**state, "version": 2}).encode(),
            "This state has version 2; this simulator reads version 1 only.",
        ),
        (
            lambda state: json.dumps({**state, "people": 1}).encode(),
            "This is no saved state of the simulator: Expected `array`, got `int` - at `$.people`.",
        ),
        (
            lambda state: json.dumps({**state, "clock_offset": 1e300}).encode(),
            "advance must stay between the years 1990 and 2200.",
        ),
    ],
)
def test_what_is_no_state_is_refused_over_http(world: World, make: Callable[[Any], bytes], sentence: str) -> None:
    state = world.sim("/state", "GET")
    answer = world.http.post(f"{world.url}/_sim/load", data=make(state))
    assert (answer.status_code, answer.json()["message"]) == (400, sentence)
    assert len(world.items(ALICE, "/rooms")) == 3


def test_only_the_command_line_names_a_file(world: World, tmp_path: Path) -> None:
    assert world.http.post(f"{world.url}/_sim/save").status_code == 409
    with running(save_path=tmp_path / "state.json") as other:
        elsewhere = tmp_path / "elsewhere.json"
        assert other.http.post(f"{other.url}/_sim/save", json={"path": str(elsewhere)}).status_code == 400
        assert other.sim("/save") == {"saved": "state.json"}
        other.post(ALICE, "/rooms", title="After")
    assert [one.name for one in tmp_path.iterdir()] == ["state.json"]
    assert (tmp_path / "state.json").stat().st_mode & 0o777 == 0o600
    with Simulator(port=0) as simulator:
        snapshot.read(simulator.cloud, tmp_path / "state.json")
        shown = requests.get(f"{simulator.url}/_sim/people", timeout=5).json()["items"]
    assert [one["email"] for one in shown][:2] == [ALICE, BOB]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with running(save_path=tmp_path / "missing" / "state.json") as world:
        answer = world.http.post(f"{world.url}/_sim/save")
    assert answer.status_code == 409 and "can't be written" in answer.json()["message"]
