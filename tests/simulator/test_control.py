"""The controls: faults, switches, the call log, more people (design 5)."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.simulator.conftest import ALICE, BOB, World

DROP = {"drop": True}


def fault(world: World, **what: object) -> None:
    world.sim("/faults", method="POST", path="^/v1/messages$", fault=what)


def say(world: World, who: str = ALICE) -> requests.Response:
    return world.call(who, "POST", "/messages", json={"roomId": world.room("Project X"), "text": "hi"})


def said(world: World) -> int:
    return len(world.items(ALICE, "/messages", roomId=world.room("Project X")))


def test_a_status_fault_hits_once_and_the_call_is_not_made(world: World) -> None:
    fault(world, status=503, body="<h1>Unavailable</h1>", headers={"Retry-After": "2"})
    answer = say(world)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (503, "<h1>Unavailable</h1>", "2")
    assert answer.headers["trackingid"]
    assert say(world).status_code == 200
    assert said(world) == 1


@pytest.mark.parametrize("wait", ["1", "rand(30)", None])
def test_too_many_requests(world: World, wait: str | None) -> None:
    fault(world, retry_after=wait)
    answer = say(world)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, wait)
    assert answer.json()["trackingId"]


@pytest.mark.parametrize(("what", "count"), [("drop", 0), ("lost_answer", 1)])
def test_connections_end_without_an_answer(world: World, what: str, count: int) -> None:
    fault(world, **{what: True})
    with pytest.raises(requests.ConnectionError):
        say(world)
    assert said(world) == count
    lost = [one for one in world.sim("/calls", "GET")["items"] if one["method"] == "POST"]
    assert [one["status"] for one in lost] == [None]


@pytest.mark.parametrize("what", ["drop", "lost_answer", "bad_json", "too_many"])
def test_a_fault_that_is_false_is_none(world: World, what: str) -> None:
    fault(world, **{what: False})
    assert say(world).json()["text"] == "hi"


def test_slow_calls_go_on_when_faults_are_ended(world: World) -> None:
    fault(world, slow=600)
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(say, world)
        while world.sim("/faults", "GET")["items"]:
            time.sleep(0.01)
        time.sleep(0.1)
        assert not slow.done()
        world.sim("/faults", "DELETE")
        assert slow.result(timeout=20).status_code == 200


def test_bad_json_and_slowness(world: World) -> None:
    fault(world, bad_json=True)
    with pytest.raises(requests.exceptions.JSONDecodeError):
        say(world).json()
    fault(world, slow=0.2)
    begun = time.monotonic()
    assert say(world).status_code == 200
    assert time.monotonic() - begun >= 0.2


def test_faults_choose_person_method_and_times_and_are_cleared(world: World) -> None:
    world.sim("/faults", method="*", path="/rooms", by=BOB, times=2, fault={"status": 500})
    assert world.call(ALICE, "GET", "/rooms").status_code == 200
    assert [world.call(BOB, "GET", "/rooms").status_code for _ in range(3)] == [500, 500, 200]
    world.sim("/faults", method="*", path="/people", times=-1, fault={"status": 500})
    assert [world.call(BOB, "GET", "/people/me").status_code for _ in range(3)] == [500] * 3
    world.sim("/faults", "DELETE")
    assert world.call(BOB, "GET", "/people/me").status_code == 200


def test_a_fault_can_hit_the_token_endpoint(world: World) -> None:
    world.sim("/faults", method="POST", path="access_token", fault={"status": 502})
    assert requests.post(f"{world.url}/v1/access_token", timeout=5).status_code == 502


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "fault"), ({"fault": {}}, "fault"), ({"fault": "drop"}, "fault"), ({"fault": DROP, "path": "("}, "path"),
        ({"fault": DROP, "path": 5}, "path"), ({"fault": DROP, "times": "x"}, "times"), ({"fault": {"drop": 1}}, "drop"),
        ({"fault": DROP, "method": "FETCH"}, "method"), ({"fault": DROP, "method": 7}, "method"),
        ({"fault": DROP, "metod": "GET"}, "metod"),
        ({"fault": {"status": 500, "bodi": "x"}}, "bodi"), ({"fault": {"delivery": "lost"}, "resource": 5}, "resource"),
    ],
)  # fmt: skip
def test_wrong_faults_are_refused_and_what_is_wrong_is_named(world: World, wrong: dict[str, object], named: str) -> None:
    answer = requests.post(f"{world.url}/_sim/faults", json=wrong, timeout=5)
    assert (answer.status_code, answer.json()["message"].split()[0]) == (400, named)
    assert world.sim("/faults", "GET")["items"] == []


def test_what_is_null_in_a_fault_is_as_good_as_absent(world: World) -> None:
    listed = world.sim("/faults", method=None, path=None, by=None, resource=None, fault=DROP)
    assert listed == {"method": "*", "path": "", "by": None, "times": 1, "fault": DROP}


def test_the_call_log_has_names_but_no_values(world: World) -> None:
    world.sim("/calls", "DELETE")
    world.call(ALICE, "GET", "/people", params={"email": BOB, "max": 1})
    world.call("bad token", "GET", "/people/me")
    first, second = world.sim("/calls", "GET")["items"]
    assert first.pop("at")
    assert first == {"method": "GET", "path": "/v1/people", "query": ["email", "max"], "by": world.id(ALICE), "status": 200}
    assert (second["by"], second["status"]) == (None, 401)


def test_switches_are_listed_and_checked(world: World) -> None:
    listed = world.sim("/switches", "GET")
    assert listed["access_token_life"] == 1_209_600
    assert world.sim("/switches", webhook_delay=1)["webhook_delay"] == 1
    for wrong in ({"no_such": 1}, {"rotate_refresh_token": "often"}, {"reorder_deliveries": 3}, {"webhook_delay": "long"}):
        assert requests.post(f"{world.url}/_sim/switches", json=wrong, timeout=5).status_code == 400


def test_reading_can_lag_behind(world: World) -> None:
    world.sim("/switches", message_lag=30)
    path = f"/messages/{say(world).json()['id']}"
    assert world.call(BOB, "GET", path).status_code == 404
    world.sim("/clock", advance=31)
    assert world.call(BOB, "GET", path).status_code == 200


def test_more_people_can_be_added(world: World) -> None:
    eve = world.sim("/people", email="eve@example.com", displayName="Eve Edge")
    assert world.get(eve["token"], "/people/me")["displayName"] == "Eve Edge"
    assert world.items(ALICE, "/people", email="eve@example.com")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", None), ("email", ""), ("email", "eve"), ("email", ["a@b"]), ("email", "e ve@b"), ("email", "eve\n@b"),
        ("displayName", 7), ("displayName", ["Eve"]), ("timezone", ""), ("timezone", 1), ("timezone", {}),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_added_person_is_named(world: World, name: str, value: object) -> None:
    answer = requests.post(f"{world.url}/_sim/people", json={"email": "eve@example.com"} | {name: value}, timeout=5)
    assert (answer.status_code, answer.json()["message"].split()[0]) == (400, name)
    assert len(world.sim("/people", "GET")["items"]) == len(world.people)


def test_what_is_null_in_an_added_person_is_as_good_as_absent(world: World) -> None:
    eve = world.sim("/people", email="eve@example.com", displayName=None, timezone=None)
    assert eve["displayName"] == "eve"
    assert "timezone" not in world.get(eve["token"], "/people/me")
    fay = world.sim("/people", email="fay@example.com", timezone="Asia/Kolkata")
    assert world.get(fay["token"], "/people/me")["timezone"] == "Asia/Kolkata"


@pytest.mark.parametrize("where", ["roles", "revoke", "expire", "timezone"])
@pytest.mark.parametrize(("person", "status"), [(None, 400), ("", 400), (5, 400), ("nobody@example.com", 404)])
def test_a_person_who_is_not_given_is_asked_for(world: World, where: str, person: object, status: int) -> None:
    fields = {"person": person, "roles": []}
    answer = requests.post(f"{world.url}/_sim/{where}", json=fields, timeout=5)
    assert (answer.status_code, "person" in answer.json()["message"]) == (status, True)


def test_a_webhook_is_disabled_by_hand(world: World) -> None:
    fields = {"name": "n", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "created"}
    hook = world.post(ALICE, "/webhooks", **fields)
    world.sim(f"/webhooks/{hook['id']}/disable")
    assert world.get(ALICE, f"/webhooks/{hook['id']}")["status"] == "inactive"
