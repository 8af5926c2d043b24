"""The ears: what is not signed is not heard, and nothing that is sent to them breaks them."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.databases import Databases
from tests.people import Person
from tests.signing import BAD_SIGNATURES, HEADER, event, post, rows, sign
from tests.world import Clock, World


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests here that leave nothing behind: Alice and Bob are connected."""
    with databases.fresh("sqlite") as url, World(url, tmp_path_factory.mktemp("town")) as made:
        for email in ("alice@example.com", "bob@example.com"):
            made.person(email).connects()
        yield made


@pytest.fixture
def alice_here(town: World) -> Person:
    return town.person("alice@example.com")


@pytest.fixture(autouse=True)
def nothing_is_stored(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test with the shared world sends, no row comes of it, and no call to Webex."""
    if "town" not in request.fixturenames:
        yield
        return
    town: World = request.getfixturevalue("town")
    before = rows(town)
    town.forget_calls()
    yield
    assert rows(town) == before
    assert town.look("calls") == []


def ears(world: World, person: Person) -> list[tuple[str, str]]:
    """Path and secret of each ear."""
    return [("/bot", world.bot_secret), world.hook_of(person)]


# Signatures


@pytest.mark.parametrize("kind", BAD_SIGNATURES)
def test_a_bad_signature_is_not_heard(town: World, alice_here: Person, kind: str) -> None:
    body = json.dumps(event(alice_here)).encode()
    for path, secret in ears(town, alice_here):
        answer = post(town, path, body, BAD_SIGNATURES[kind](sign(secret, body)))
        assert answer.status_code == 401, path
        assert answer.content == b""


def test_a_tampered_body_is_not_heard(town: World, alice_here: Person) -> None:
    body = json.dumps(event(alice_here)).encode()
    for path, secret in ears(town, alice_here):
        for changed in (body.replace(b"MESSAGE", b"ANOTHER"), body + b" ", body[:-1], b""):
            assert post(town, path, changed, sign(secret, body)).status_code == 401


def test_every_ear_has_a_secret_of_its_own(town: World, alice_here: Person) -> None:
    """Bob knows his own secret, and the bot's may leak: neither opens Alice's ear, nor the other way round."""
    bob = town.person("bob@example.com")
    secrets = dict([*ears(town, alice_here), town.hook_of(bob)])
    assert len(set(secrets.values())) == 3
    body = json.dumps(event(alice_here)).encode()
    for path in secrets:
        for other, secret in secrets.items():
            if other != path:
                assert post(town, path, body, sign(secret, body)).status_code == 401
    for weak in ("", "demo-client-secret", "demo-bot-token", alice_here.id):
        assert all(post(town, path, body, sign(weak, body)).status_code == 401 for path in secrets)


def test_an_unknown_path_is_no_ear(town: World, alice_here: Person) -> None:
    body = json.dumps(event(alice_here)).encode()
    for last in ("unknown", "%00", "%ff%fe", "a" * 5_000, "", "a/b"):
        for signature in (None, sign(town.hook_of(alice_here)[1], body)):
            answer = post(town, f"/hooks/{last}", body, signature)
            assert (answer.status_code, answer.content) == (404, b""), last


def test_the_signature_comes_before_anything_else(town: World, alice_here: Person) -> None:
    """Unsigned nonsense is unsigned before it is nonsense."""
    for path, _ in ears(town, alice_here):
        for body in (b"", b"{", b"[" * 50_000, b"\xff", b'{"data": 1}'):
            assert post(town, path, body).status_code == 401
            assert post(town, path, body, "0" * 40).status_code == 401


# Signed nonsense


def _with(**data: Any) -> bytes:
    fields = {"resource": "messages", "event": "created", "actorId": "A", "data": {"id": "M", "roomId": "R", **data}}
    return json.dumps(fields).encode()


MALFORMED = {
    "nothing": b"",
    "half an object": b"{",
    "a list": b"[]",
    "a word": b'"messages"',
    "null": b"null",
    "a number": b"1e999",
    "deep lists": b"[" * 50_000,
    "deep objects": b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    "deep inside": b'{"resource":"messages","event":"created","data":{"id":' + b"[" * 30_000,
    "a long number": b'{"resource":"messages","event":"created","data":{"id":' + b"9" * 20_000 + b"}}",
    "a number for an id": _with(id=5),
    "a list for an id": _with(id=["M"]),
    "an object for an id": _with(id={"a": 1}),
    "an empty id": _with(id=""),
    "no id": json.dumps({"resource": "messages", "event": "created", "data": {}}).encode(),
    "no data": json.dumps({"resource": "messages", "event": "created"}).encode(),
    "data is a list": json.dumps({"resource": "messages", "event": "created", "data": []}).encode(),
    "data is null": json.dumps({"resource": "messages", "event": "created", "data": None}).encode(),
    "no resource": json.dumps({"event": "created", "data": {"id": "M"}}).encode(),
    "a flag for a resource": json.dumps({"resource": True, "event": "created", "data": {"id": "M"}}).encode(),
    "an id as long as a book": _with(id="M" * 301),
    "a room as long as a book": _with(roomId="R" * 40_000),
    "a NUL in an id": _with(id="M\0N"),
    "a NUL in a room": _with(roomId="R\0"),
    "a line break in an id": _with(id="M\nN"),
    "half a surrogate pair": b'{"resource":"messages","event":"created","data":{"id":"\\ud800"}}',
    "half a pair for an actor": b'{"resource":"messages","event":"created","actorId":"\\ud800","data":{"id":"M"}}',
    "an emoji for an id": _with(id="🙂"),
    "bytes that are no text": b"\xff\xfe\x00",
    "bad UTF-8 inside": b'{"resource":"messages","event":"created","data":{"id":"\xc3("}}',
    "UTF-16": json.dumps({"a": 1}).encode("utf-16"),
    "a form": b"resource=messages&event=created",
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_signed_nonsense_is_refused(town: World, alice_here: Person, kind: str) -> None:
    for path, secret in ears(town, alice_here):
        answer = post(town, path, MALFORMED[kind], sign(secret, MALFORMED[kind]), **{"Content-Type": "application/json"})
        assert (answer.status_code, answer.content) == (400, b""), path


def test_a_packed_body_is_not_unpacked(town: World, alice_here: Person) -> None:
    body = gzip.compress(json.dumps(event(alice_here)).encode())
    for path, secret in ears(town, alice_here):
        answer = post(town, path, body, sign(secret, body), **{"Content-Encoding": "gzip"})
        assert answer.status_code == 400


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "resource": st.sampled_from(["messages", "rooms", "memberships", "all", "meetings"]) | JSON,
        "event": st.sampled_from(["created", "deleted", "all"]) | JSON,
        "actorId": st.text() | JSON,
        "createdBy": st.text() | JSON,
        "data": st.dictionaries(st.sampled_from(["id", "roomId", "roomType", "personId", "type"]), st.text() | JSON) | JSON,
    },
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=EVENTS)
def test_no_signed_event_whatever_breaks_an_ear(town: World, alice_here: Person, fields: dict[str, Any]) -> None:
    """Events of strangers, so none is of use to Alice: dropped or refused, never an error, never stored."""
    body = json.dumps(fields).encode()
    path, secret = town.hook_of(alice_here)
    with town.app.test_client() as client:
        answer = client.post(path, data=body, headers={HEADER: sign(secret, body)})
    assert answer.status_code in (204, 400)


def test_events_that_no_feature_needs_are_dropped(town: World, alice_here: Person) -> None:
    bob = town.person("bob@example.com")
    path, secret = town.hook_of(alice_here)
    useless = (
        event(bob),  # nobody she tracks
        event(alice_here, resource="memberships"),
        event(alice_here, event="deleted"),
        event(alice_here, event="updated"),
        event(alice_here, resource="meetings", event="started"),
        event(alice_here, resource="armyknife", event="connected"),  # our own words, from outside
        event(alice_here, resource="armyknife", event="repair"),
        event(alice_here, createdBy=bob.id),  # somebody else's webhook
    )
    for one in useless:
        assert town.deliver(path, secret, one) == 204, one
    assert town.deliver("/bot", town.bot_secret, event(town.bot)) == 204  # the bot's own words


# What does belong


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_signed_delivery_is_stored_once(world: World, alice: Person) -> None:
    alice.connects()
    before = rows(world)
    for path, secret in ears(world, alice):
        for _ in range(3):
            assert world.deliver(path, secret, event(alice)) == 204
    assert rows(world) == before + 2


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_old_delivery_played_again_runs_nothing(clock: Clock, world: World, alice: Person) -> None:
    """No time is signed, and after a week a delivery's key is forgotten: whoever kept one could send it again."""
    alice.connects()
    assert "buy milk" in alice.says("/todo buy milk")[0]
    assert "water plants" in alice.says("/todo water plants", room="Project X")[0]
    clock.advance(8 * 86_400)
    world.queue.purge()
    assert rows(world) == 0
    said = len(alice.hears())
    world.control("replay", last=50)
    world.settle()
    assert rows(world) > 0
    answers = alice.hears()[said:]
    assert answers and all("more than a day ago" in answer for answer in answers)
    assert alice.says("/todo")[0].count("buy milk") == 1
    assert alice.says("/todo")[0].count("water plants") == 1
