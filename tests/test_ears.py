"""The ears: what is not signed is not heard, and nothing that is sent to them breaks them."""

import gzip
import hashlib
import hmac
import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, make_url, select

from app.models.inbox import InboxRow
from config import load
from tests.databases import Databases
from tests.world import Clock, Person, World, wait_until

HEADER = "X-Spark-Signature"
ROOT = Path(__file__).parents[1]


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


def rows(world: World) -> int:
    with world.house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(InboxRow)) or 0


def event(author: Person, **changes: Any) -> dict[str, Any]:
    data = {"id": "MESSAGE", "roomId": "ROOM", "roomType": "group", "personId": author.id}
    return {"resource": "messages", "event": "created", "actorId": author.id, "data": data, **changes}


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def post(world: World, path: str, body: bytes, signature: Any = None, **headers: str) -> requests.Response:
    given_headers: dict[str, Any] = {**headers, **({HEADER: signature} if signature is not None else {})}
    return requests.post(f"{world.app_url}{path}", data=body, headers=given_headers, timeout=10)


def ears(world: World, person: Person) -> list[tuple[str, str]]:
    """Path and secret of each ear."""
    return [("/bot", world.bot_secret), world.hook_of(person)]


# Signatures


BAD_SIGNATURES: dict[str, Callable[[str], Any]] = {
    "none": lambda right: None,
    "empty": lambda right: "",
    "zeros": lambda right: "0" * 40,
    "upper case": lambda right: right.upper(),
    "cut": lambda right: right[:-1],
    "with a space inside": lambda right: right[:20] + " " + right[20:],
    "with a name": lambda right: f"sha1={right}",
    "not ASCII": lambda right: ("é" * 40).encode("latin-1"),
    "UTF-8": lambda right: "é🔑".encode() * 10,
    "bytes that are no text": lambda right: b"\xff\xfe\x80" * 13,
    "huge": lambda right: "a" * 60_000,
    "the right one and more": lambda right: f"{right},{right}",
}


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


def outage(url: str) -> tuple[Callable[[], None], Callable[[], None]]:
    """How the database goes away, and how it comes back."""
    if url.startswith("sqlite"):

        def rename(old: str, new: str) -> None:
            with closing(sqlite3.connect(make_url(url).database or "")) as connection:
                connection.execute(f"ALTER TABLE {old} RENAME TO {new}")

        return lambda: rename("inbox", "away"), lambda: rename("away", "inbox")
    name = make_url(url).database
    maintenance = make_url(url).set(drivername="postgresql", database="postgres").render_as_string(hide_password=False)

    def run(*statements: str) -> None:
        with psycopg.connect(maintenance, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    kick = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    return (
        lambda: run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false', kick),
        lambda: run(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true'),
    )


def test_the_database_is_away(database_url: str, tmp_path: Path) -> None:
    """Nothing is acknowledged that is not stored; Webex is told to come again."""
    with World(database_url, tmp_path, with_queue=False) as world:
        bob = world.person("bob@example.com")
        go_away, come_back = outage(database_url)
        body = json.dumps(event(bob)).encode()
        go_away()
        try:
            answer = post(world, "/bot", body, sign(world.bot_secret, body))
            assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0
            assert post(world, "/bot", body, "0" * 40).status_code == 401
            assert requests.get(f"{world.app_url}/readyz", timeout=10).status_code == 503
            assert requests.get(f"{world.app_url}/healthz", timeout=10).status_code == 200
        finally:
            come_back()
        assert post(world, "/bot", body, sign(world.bot_secret, body)).status_code == 204
        assert rows(world) == 1


# The real server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, town: World) -> Iterator[World]:
    """`flask --app wsgi serve` as a process of its own, on a port of its own, with a Webex that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    nowhere = "http://127.0.0.1:9/v1"
    environment = {
        **town.environment(),
        "DATA_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/served.db", "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}", "WEBEX_API_URL": nowhere, "PATH": os.environ["PATH"],
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)
    world = World(environment["DATABASE_URL"], folder)
    world.app_url = environment["PUBLIC_URL"]
    world.settings = {"bot secret": town.bot_secret}
    assert load({**environment}).port == port
    try:
        wait_until(lambda: answers(world))
        yield world
    finally:
        process.terminate()
        process.wait(20)


def answers(world: World) -> bool:
    try:
        return requests.get(f"{world.app_url}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def test_too_large_is_413(served: World) -> None:
    secret = served.settings["bot secret"]
    most = 64 * 1_024
    for size, status in ((most - 1, 400), (most + 1, 413), (400_000, 413)):
        body = b" " * size
        assert post(served, "/bot", body, sign(secret, body)).status_code == status, size


def test_too_large_in_chunks_is_413(served: World) -> None:
    """No Content-Length tells the size; some servers cut such a body in silence."""
    secret = served.settings["bot secret"]
    for size, status in ((8_000, 400), (80_000, 413)):
        body = b" " * size
        pieces = (body[start : start + 4_000] for start in range(0, size, 4_000))
        headers = {HEADER: sign(secret, body)}
        answer = requests.post(f"{served.app_url}/bot", data=pieces, headers=headers, timeout=10)
        assert answer.status_code == status, size


def test_signatures_on_the_real_server(served: World) -> None:
    body = b'{"resource": "messages", "event": "created", "data": {"id": "M"}}'
    right = sign(served.settings["bot secret"], body)
    assert post(served, "/bot", body, right).status_code == 204
    for kind in ("none", "not ASCII", "UTF-8", "bytes that are no text", "huge"):
        assert post(served, "/bot", body, BAD_SIGNATURES[kind](right)).status_code == 401, kind
    assert post(served, "/bot", body, **{"X_Spark_Signature": right}).status_code == 401
    assert post(served, "/hooks/unknown", body, right).status_code == 404


def test_ears_take_nothing_but_post(served: World) -> None:
    for path in ("/bot", "/hooks/unknown"):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = requests.request(method, f"{served.app_url}{path}", timeout=10)
            assert (answer.status_code, answer.content) == (405, b""), (method, path)
            assert "POST" in answer.headers["Allow"]


def test_broken_requests_do_the_server_no_harm(served: World) -> None:
    port = int(served.app_url.rsplit(":", 1)[1])
    length = b"POST /bot HTTP/1.1\r\nHost: x\r\nContent-Length: "
    for start in (
        b"nonsense\r\n\r\n",
        length + b"4\r\nContent-Length: 5\r\n\r\nabcd",
        length + b"-1\r\n\r\n",
        length + b"x\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(start)
            assert connection.recv(100).startswith((b"HTTP/1.1 400", b"HTTP/1.0 400")), start
    assert answers(served)
