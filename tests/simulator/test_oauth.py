"""The OAuth server: the sign-in page, codes, PKCE, tokens, scopes (contract section 3)."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.simulator.server import Simulator
from tests.simulator.conftest import ALICE, BOB, BOT, Target, World

CALLBACK = "http://127.0.0.1:8000/oauth/callback"
CLIENT = {"client_id": "demo-client-id", "client_secret": "demo-client-secret"}
VERIFIER = "v" * 43


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


CHALLENGE = challenge_of(VERIFIER)
ASKED = {
    "response_type": "code", "client_id": CLIENT["client_id"], "redirect_uri": CALLBACK, "state": "a b&c",
    "scope": "spark:people_read spark:messages_read", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
}  # fmt: skip


def answer(world: World, person: str = ALICE, decision: str = "accept", **change: Any) -> dict[str, str]:
    """Fill in the sign-in page; return what the app gets back."""
    form = {name: value for name, value in (ASKED | change).items() if value is not None}
    response = world.http.post(
        f"{world.url}/v1/authorize", data=form | {"person": person, "decision": decision}, allow_redirects=False
    )
    assert response.status_code == 302, response.text
    assert response.headers["Location"].startswith(CALLBACK + "?")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def token(world: World, **form: Any) -> requests.Response:
    return world.http.post(f"{world.url}/v1/access_token", data=CLIENT | form)


def redeem(world: World, code: str, **change: Any) -> requests.Response:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    return token(world, **(form | change))


def granted(world: World, person: str = ALICE, **change: Any) -> dict[str, Any]:
    response = redeem(world, answer(world, person, **change)["code"])
    assert response.status_code == 200, response.text
    return response.json()


def refresh(world: World, refresh_token: str) -> requests.Response:
    return token(world, grant_type="refresh_token", refresh_token=refresh_token)


def test_the_page_names_the_app_the_people_and_the_scopes_in_words(world: World) -> None:
    page = world.http.get(f"{world.url}/v1/authorize", params=ASKED)
    assert page.status_code == 200
    for expected in ("Army Knife", "Alice Adams", ALICE, BOB, "Read the messages in your rooms", "spark:people_read"):
        assert expected in page.text
    assert BOT not in page.text
    assert 'value="a b&amp;c"' in page.text
    assert "<script" not in page.text
    assert page.headers["X-Frame-Options"] == "DENY"


def test_a_grant_from_the_page_to_the_api(world: World) -> None:
    back = answer(world)
    assert back["state"] == "a b&c"
    grant = redeem(world, back["code"]).json()
    assert (grant["expires_in"], grant["refresh_token_expires_in"]) == (1_209_600, 7_776_000)
    assert grant["token_type"] == "Bearer"
    assert set(grant["scope"].split()) == {"spark:people_read", "spark:messages_read", "spark:kms"}
    assert world.get(grant["access_token"], "/people/me")["emails"] == [ALICE]


def test_the_person_may_be_given_by_id_and_may_deny(world: World) -> None:
    grant = redeem(world, answer(world, world.id(BOB))["code"]).json()
    assert world.get(grant["access_token"], "/people/me")["emails"] == [BOB]
    denied = answer(world, decision="deny")
    assert (denied["error"], denied["state"]) == ("access_denied", "a b&c")
    assert "code" not in denied


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "spark:people_read spark:everything"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "é" * 43}, "invalid_request"),
        ({"code_challenge": CHALLENGE + "="}, "invalid_request"),
        ({"code_challenge": ""}, "invalid_request"),
    ],
)
def test_errors_of_the_app_go_back_to_it(world: World, change: dict[str, str], error: str) -> None:
    assert answer(world, **change)["error"] == error


@pytest.mark.parametrize(
    "change", [{"client_id": "someone"}, {"redirect_uri": "http://evil.example/"}, {"redirect_uri": CALLBACK + "/"}]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_doubtful_request_leads_nowhere(world: World, change: dict[str, str], method: str) -> None:
    given = {"params": ASKED | change} if method == "GET" else {"data": ASKED | change | {"decision": "accept"}}
    page = world.http.request(method, f"{world.url}/v1/authorize", allow_redirects=False, **given)
    assert page.status_code == 400
    assert "Location" not in page.headers


@pytest.mark.parametrize("person", ["", "nobody@example.com", BOT])
def test_only_people_sign_in(world: World, person: str) -> None:
    form = ASKED | {"decision": "accept", "person": person}
    assert world.http.post(f"{world.url}/v1/authorize", data=form, allow_redirects=False).status_code == 400


def test_a_code_works_once(world: World) -> None:
    code = answer(world)["code"]
    assert redeem(world, code).status_code == 200
    again = redeem(world, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "change", [{"code_verifier": "w" * 43}, {"code_verifier": ""}, {"redirect_uri": "http://127.0.0.1/"}, {"code": "no"}]
)
def test_a_code_is_bound_to_verifier_and_redirect_uri(world: World, change: dict[str, str]) -> None:
    refused = redeem(world, **({"code": answer(world)["code"]} | change))
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("verifier", "status"),
    [("a", 400), ("v" * 42, 400), ("a.b~c-_" * 7, 200), ("v" * 128, 200), ("v" * 129, 400), ("é" * 43, 400)],
)
def test_a_verifier_has_43_to_128_characters(world: World, verifier: str, status: int) -> None:
    code = answer(world, code_challenge=challenge_of(verifier))["code"]
    assert redeem(world, code, code_verifier=verifier).status_code == status


def test_a_code_ages_and_needs_no_pkce_if_none_was_asked(world: World) -> None:
    plain = {"code_challenge": None, "code_challenge_method": None}
    assert redeem(world, answer(world, **plain)["code"], code_verifier="").status_code == 200
    code = answer(world)["code"]
    world.sim("/clock", advance=601)
    assert redeem(world, code).json()["error"] == "invalid_grant"


def test_the_client_proves_itself_by_form_or_basic(world: World) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
    url = f"{world.url}/v1/access_token"
    good = world.http.post(url, data=form | {"code": answer(world)["code"]}, auth=(CLIENT["client_id"], CLIENT["client_secret"]))
    assert good.status_code == 200
    for bad in ({"client_secret": "wrong"}, {"client_id": "wrong"}, {"client_secret": ""}):
        refused = redeem(world, answer(world)["code"], **bad)
        assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert token(world, grant_type="password").json()["error"] == "unsupported_grant_type"


def test_refreshing(world: World) -> None:
    grant = granted(world)
    fresh = refresh(world, grant["refresh_token"]).json()
    assert fresh["refresh_token"] == grant["refresh_token"]
    assert fresh["access_token"] != grant["access_token"]
    assert world.call(grant["access_token"], "GET", "/people/me").status_code == 200
    world.sim("/switches", rotate_refresh_token="new", old_access_token_dies=True)
    rotated = refresh(world, grant["refresh_token"]).json()
    assert rotated["refresh_token"] != grant["refresh_token"]
    assert refresh(world, grant["refresh_token"]).json()["error"] == "invalid_grant"
    assert world.call(fresh["access_token"], "GET", "/people/me").status_code == 401
    world.sim("/switches", rotate_refresh_token="omitted", token_error_shape="spark")
    assert "refresh_token" not in refresh(world, rotated["refresh_token"]).json()
    refused = refresh(world, "unknown")
    assert refused.status_code == 400
    assert refused.json()["errors"]


def test_tokens_end_with_time_by_order_and_by_revocation(world: World) -> None:
    grant, other = granted(world), granted(world, BOB)
    alive = lambda one: world.call(one["access_token"], "GET", "/people/me").status_code == 200  # noqa: E731
    world.sim("/expire", person=ALICE)
    assert (alive(grant), alive(other)) == (False, True)
    assert alive(refresh(world, grant["refresh_token"]).json())
    world.sim("/clock", advance=1_209_601)
    assert not alive(other)
    other = refresh(world, other["refresh_token"]).json()
    assert world.sim("/revoke", person=world.id(BOB)) == {"revoked": 1}
    assert not alive(other)
    assert refresh(world, other["refresh_token"]).json()["error"] == "invalid_grant"
    world.sim("/clock", advance=7_776_001)
    assert refresh(world, grant["refresh_token"]).json()["error"] == "invalid_grant"
    assert world.call(BOB, "GET", "/people/me").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/people/me", "spark:people_read"), ("GET", "/rooms", "spark:rooms_read"),
        ("POST", "/rooms", "spark:rooms_write"), ("GET", "/memberships", "spark:memberships_read"),
        ("POST", "/memberships", "spark:memberships_write"), ("GET", "/messages", "spark:messages_read"),
        ("POST", "/messages", "spark:messages_write"), ("POST", "/attachment/actions", "spark:messages_write"),
    ],
)  # fmt: skip
def test_each_call_needs_its_scope(world: World, method: str, path: str, scope: str) -> None:
    others = " ".join(one for one in (
        "spark:people_read", "spark:rooms_read", "spark:rooms_write", "spark:memberships_read",
        "spark:memberships_write", "spark:messages_read", "spark:messages_write",
    ) if one != scope)  # fmt: skip
    refused = world.call(granted(world, scope=others)["access_token"], method, path, json={})
    assert refused.status_code == 403
    assert "missing required scopes" in refused.json()["message"]
    for enough in (scope, "spark:all"):
        allowed = world.call(granted(world, scope=enough)["access_token"], method, path, json={})
        assert allowed.status_code in (200, 400)


def test_the_firehose_needs_all_three_read_scopes_and_hooks_belong_to_the_app(world: World, target: Target) -> None:
    fields = {"name": "n", "targetUrl": target.url, "resource": "all", "event": "all"}
    three = "spark:messages_read spark:memberships_read spark:rooms_read"
    lacking = granted(world, scope="spark:messages_read spark:rooms_read")["access_token"]
    assert world.call(lacking, "POST", "/webhooks", json=fields).status_code == 403
    access = granted(world, scope=three)["access_token"]
    hook = world.post(access, "/webhooks", **fields)
    assert [one["id"] for one in world.items(access, "/webhooks")] == [hook["id"]]
    assert world.items(ALICE, "/webhooks") == []


@pytest.mark.parametrize(("stops", "count"), [(False, 1), (True, 0)])
def test_hooks_after_revocation(world: World, target: Target, stops: bool, count: int) -> None:
    world.sim("/switches", hooks_stop_on_revoke=stops)
    fields = {"name": "n", "targetUrl": target.url, "resource": "messages", "event": "created"}
    world.post(granted(world)["access_token"], "/webhooks", **fields)
    world.sim("/revoke", person=ALICE, client_id=CLIENT["client_id"])
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
    world.drain()
    assert len(target.received) == count


def test_without_registered_redirect_uris_any_loopback_address_will_do() -> None:
    with Simulator(port=0, redirect_uris=None) as simulator:
        for redirect_uri, status in (("http://localhost:4711/back?x=1", 302), ("http://example.com/back", 400)):
            form = ASKED | {"redirect_uri": redirect_uri, "person": ALICE, "decision": "accept"}
            response = requests.post(f"{simulator.url}/v1/authorize", data=form, allow_redirects=False, timeout=5)
            assert response.status_code == status
            assert status != 302 or response.headers["Location"].startswith(redirect_uri + "&code=")


@pytest.mark.parametrize("redirect_uri", ["http://127.0.0.1/\r\nX: y", "http://localhost:99999/", "http://localhost:abc/"])
def test_nobody_is_sent_where_no_answer_could_go(redirect_uri: str) -> None:
    for registered in (None, (redirect_uri,)):
        with Simulator(port=0, redirect_uris=registered) as simulator:
            form = ASKED | {"redirect_uri": redirect_uri, "person": ALICE, "decision": "accept"}
            response = requests.post(f"{simulator.url}/v1/authorize", data=form, allow_redirects=False, timeout=5)
            assert (response.status_code, "redirect_uri" in response.text) == (400, True)
