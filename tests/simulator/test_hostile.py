"""Anything may be thrown at the simulator: it answers, never with a 5xx of its own, and its state stays sound."""

import json
import re
import socket
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.simulator import roles, rooms, teams
from app.simulator.application import create_application
from app.simulator.cloud import Cloud
from app.simulator.server import Simulator
from tests.simulator.conftest import ALICE, World

NAMES = (
    "roomId", "parentId", "toPersonId", "toPersonEmail", "text", "markdown", "html", "files", "attachments", "title",
    "teamId", "isLocked", "isPublic", "isAnnouncementOnly", "isReadOnly", "description", "classificationId", "personId",
    "personEmail", "isModerator", "isRoomHidden", "name", "targetUrl", "resource", "event", "filter", "secret", "status",
    "ownedBy", "type", "messageId", "inputs", "contentUrl", "displayName", "emails", "firstName", "roles", "licenses",
    "orgId", "phoneNumbers", "loginEnabled", "max", "cursor", "before", "beforeMessage", "mentionedPeople", "from", "to",
    "sortBy", "orgPublicSpaces", "email", "id", "excludeStatus", "actorId", "serviceType", "clientId", "allow", "person",
    "advance", "n", "timeout", "fault", "path", "times", "by", "method", "grant_type", "code", "refresh_token", "client_id",
    "client_secret", "redirect_uri", "response_type", "scope", "state", "decision", "code_challenge",
)  # fmt: skip
VALUES = (
    "alice@example.com", "bob@example.com", "dave@partner.example", "armyknife@webex.bot", "me", "true", "false", "all",
    "messages", "rooms", "memberships", "attachmentActions", "created", "migrated", "submit", "http://127.0.0.1:9/x",
    "http://[", "http://a:b", "javascript:x", "", "0", "-1", "9" * 5000, "2026-11-21T10:00:00Z", "9999-12-31T23:59:59-23:59",
    "0001-01-01T00:00:00+23:59", "bm9uc2Vuc2U", "roomType=direct", "roomId=x&=&&a==", "<@all> **x**", "x" * 8000, "\x00",
    "\ud800", "demo-client-id", "authorization_code", "LTE6eA", "{}", "direct", "lastactivity", "org", "\u202e", "é" * 300,
)  # fmt: skip
PATHS = (
    "/people", "/people/me", "/rooms", "/memberships", "/messages", "/messages/direct", "/webhooks", "/attachment/actions",
    "/teams", "/team/memberships", "/room/tabs", "/events", "/roles", "/licenses", "/organizations", "/authorizations",
    "/authorizations/tokenExpiry", "/contents", "/access_token", "/authorize",
)  # fmt: skip
CONTROLS = ("/clock", "/switches", "/faults", "/people", "/roles", "/revoke", "/expire", "/replay", "/rooms", "/webhooks")
STORES = ("people", "rooms", "teams", "messages", "webhooks", "tabs", "actions", "contents")
REFERENCE = re.compile(r"\{(\w+):(\d+)\}")
"""Stands for the so-manieth thing of a store at the time of the call."""
CARD = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard", "version": "1.3"}}
PEOPLE = ("alice@example.com", "bob@example.com", "armyknife@webex.bot")
HOOK = {"name": "n", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "created"}
GOOD: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("POST", "/messages", {"roomId": "{rooms:0}", "markdown": "**hi**"}),
    ("POST", "/messages", {"toPersonEmail": "{people:1}", "text": "hi"}),
    ("POST", "/messages", {"roomId": "{rooms:2}", "attachments": [CARD]}),
    ("PUT", "/messages/{messages:0}", {"roomId": "{rooms:0}", "text": "edited"}),
    ("DELETE", "/messages/{messages:1}", {}),
    ("POST", "/rooms", {"title": "T", "isLocked": True, "isAnnouncementOnly": True}),
    ("PUT", "/rooms/{rooms:0}", {"title": "T"}),
    ("DELETE", "/rooms/{rooms:1}", {}),
    ("POST", "/memberships", {"roomId": "{rooms:0}", "personEmail": "dave@partner.example", "isModerator": True}),
    ("PUT", "/memberships/{memberships:1}", {"isModerator": True, "isRoomHidden": False}),
    ("DELETE", "/memberships/{memberships:2}", {}),
    ("POST", "/webhooks", HOOK),
    ("PUT", "/webhooks/{webhooks:0}", HOOK),
    ("POST", "/teams", {"name": "T"}),
    ("DELETE", "/teams/{teams:0}", {}),
    ("POST", "/team/memberships", {"teamId": "{teams:0}", "personEmail": "carol@example.com"}),
    ("POST", "/room/tabs", {"roomId": "{rooms:0}", "contentUrl": "https://example.com", "displayName": "D"}),
    ("POST", "/people", {"emails": ["new@example.com"], "displayName": "New"}),
    ("PUT", "/people/{people:3}", {"displayName": "Carol"}),
    ("DELETE", "/people/{people:3}", {}),
    ("POST", "/attachment/actions", {"type": "submit", "messageId": "{messages:0}", "inputs": {}}),
)
CALLS = 6
"""Calls made one after another in one world."""
FAULTS = (
    "status", "body", "headers", "drop", "lost_answer", "bad_json", "retry_after", "too_many", "token", "migrate", "delivery",
)  # fmt: skip
PLAIN = settings(
    max_examples=60, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

LEAF = st.one_of(
    st.sampled_from(VALUES), st.builds("{{{}:{}}}".format, st.sampled_from(STORES), st.integers(0, 9)), st.booleans(), st.none(),
    st.integers(), st.floats(), st.text(max_size=20),
)  # fmt: skip
TREE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3))
VALUE = TREE | st.just([CARD])
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUE, max_size=6)
LAST = st.one_of(st.just(""), LEAF.map(str), st.builds("{{memberships:{}}}".format, st.integers(0, 9)))


class Thrower:
    """Makes calls in a world of its own and looks at the answers and at the world."""

    def __init__(self, application: Flask) -> None:
        self.cloud = application.extensions["cloud"] = Simulator(port=0).cloud
        self.cloud.deliveries.stop()
        self._client = application.test_client()
        alice, bob = self.cloud.person("alice@example.com"), self.cloud.person("bob@example.com")
        alice.roles = frozenset({roles.role_id("Full Administrator"), roles.role_id("Compliance Officer")})
        teams.add(self.cloud, bob, "Rockets")
        rooms.direct(self.cloud, alice, bob)
        self._tokens = {email: self.cloud.person(email).token for email in PEOPLE}

    def call(self, who: str, method: str, path: str, query: Any, fields: Any, *, is_form: bool = False) -> int:
        """Make a call as a person."""
        options: dict[str, Any] = {"data": self._resolved(json.dumps(fields)), "content_type": "application/json"}
        if is_form:
            options = {"data": self._texts(fields), "content_type": "multipart/form-data"}
        options["headers"] = {"Authorization": f"Bearer {self._tokens[who]}"}
        where = quote(self._resolved(path).encode("utf-8", "replace"))
        return self._client.open(where, method=method, query_string=self._texts(query), **options).status_code

    def throw(self, *args: Any, **options: Any) -> None:
        """Make a call, which a defect of the simulator would end with an exception here."""
        status, path = self.call(*args, **options), args[2]
        assert status < 500 or (status == 502 and path.endswith("/memberships")), (status, path)
        check_sound(self.cloud)

    def _texts(self, fields: dict[str, Any]) -> dict[str, str]:
        return {name: self._resolved(str(value)).encode("utf-8", "replace").decode() for name, value in fields.items()}

    def _resolved(self, text: str) -> str:
        return REFERENCE.sub(self._id, text)

    def _id(self, found: re.Match[str]) -> str:
        if found[1] == "memberships":
            ids = [one.id for members in self.cloud.memberships.values() for one in members.values()]
        else:
            ids = list(getattr(self.cloud, found[1], {}))
        return ids[int(found[2]) % len(ids)] if ids else "none"


def check_sound(cloud: Cloud) -> None:
    """What must hold whatever was asked: every reference leads somewhere, and locked rooms have moderators."""
    assert cloud.memberships.keys() == cloud.rooms.keys()
    for room_id, room in cloud.rooms.items():
        members = cloud.members(room_id)
        assert room.id == room_id
        assert all((one.room_id, one.person_id) == (room_id, key) and key in cloud.people for key, one in members.items())
        assert not room.is_announcement_only or room.is_locked
        assert any(one.is_moderator for one in members.values()) == room.is_locked
        assert room.kind == "group" or len(members) == 2
        assert room.team_id is None or room.team_id in cloud.teams
        assert all(cloud.messages[one.id] is one for one in cloud.room_messages.get(room_id, []))
    assert all(one.room_id in cloud.rooms for one in [*cloud.messages.values(), *cloud.tabs.values(), *cloud.teams.values()])
    assert all(one.message_id in cloud.messages for one in cloud.contents.values())
    assert all(one.created_by in cloud.people for one in cloud.webhooks.values())


@pytest.fixture(scope="module")
def application() -> Flask:
    """The application of every world here; `testing` lets a defect of a view through in place of a 500."""
    made = create_application(Simulator(port=0).cloud)
    made.testing = True
    return made


def whos() -> st.SearchStrategy[str]:
    return st.sampled_from(PEOPLE)


@PLAIN
@given(data=st.data())
def test_the_api_takes_anything(data: st.DataObject, application: Flask) -> None:
    world = Thrower(application)
    methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"])
    paths = st.builds("/v1{}/{}".format, st.sampled_from(PATHS), LAST).map(lambda one: one.rstrip("/"))
    for call in data.draw(
        st.lists(st.tuples(whos(), methods, paths, FIELDS, FIELDS, st.booleans()), min_size=CALLS, max_size=CALLS)
    ):
        world.throw(*call[:5], is_form=call[5])


@PLAIN
@given(data=st.data())
def test_good_requests_with_a_wrong_field(data: st.DataObject, application: Flask) -> None:
    world = Thrower(application)
    changes = st.tuples(whos(), st.sampled_from(GOOD), st.dictionaries(st.sampled_from(NAMES), VALUE, max_size=1))
    for who, (method, path, good), change in data.draw(st.lists(changes, min_size=2, max_size=3 * CALLS)):
        world.throw(who, method, f"/v1{path}", {}, good | change)


@PLAIN
@given(data=st.data())
def test_the_controls_take_anything(data: st.DataObject, application: Flask) -> None:
    world = Thrower(application)
    names = list(world.cloud.switches.listed())
    paths = st.builds("/_sim{}/{}{}".format, st.sampled_from(CONTROLS), LAST, st.sampled_from(["", "/migrate", "/disable"]))
    faults = st.builds(
        lambda what, times: {"fault": what, "times": times}, st.dictionaries(st.sampled_from(FAULTS), VALUE), VALUE
    )
    fields = FIELDS | st.dictionaries(st.sampled_from(names), VALUE, max_size=2) | faults
    for path, given_fields in data.draw(st.lists(st.tuples(paths.map(lambda one: one.rstrip("/")), fields), max_size=CALLS)):
        world.throw(PEOPLE[0], "POST", path, {}, given_fields)
        world.throw(PEOPLE[0], "GET", path, {}, {})
    for path in PATHS[:10]:
        world.call(PEOPLE[1], "GET", f"/v1{path}", {}, {})
    world.cloud.faults.clear()
    for path in PATHS[:10]:
        world.throw(PEOPLE[0], "GET", f"/v1{path}", {}, {})


@PLAIN
@given(content=st.binary(max_size=60) | st.sampled_from([b"[" * 100_000, b'{"a":' * 5_000, b'{"text": NaN}', b'{"max": 1e999}']))
def test_bodies_of_any_bytes(content: bytes, application: Flask) -> None:
    world = Thrower(application)
    headers = {"Authorization": f"Bearer {world.cloud.person('bob@example.com').token}"}
    client = application.test_client()
    for kind in ("application/json", "multipart/form-data; boundary=x", "text/plain", "application/json; charset=\xff"):
        for path in ("/v1/messages", "/v1/rooms", "/_sim/switches"):
            status = client.post(path, data=content, content_type=kind, headers=headers).status_code
            assert status in (400, 403, 413, 415) or (path == "/_sim/switches" and status == 200)
    check_sound(world.cloud)


def test_a_request_that_was_cut_off_is_none(world: World) -> None:
    """Nobody hears its answer, and it may say something else than the whole would have."""
    address, token = urlsplit(world.url), world.people[ALICE]["token"]
    world.post(ALICE, "/messages", toPersonEmail="bob@example.com", text="Shall we?")
    world.sim("/calls", "DELETE")
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        head = f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 90\r\n"
        body = "toPersonEmail=bob@example.com&text=I agree"
        line.sendall(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\n{body}".encode())
        line.shutdown(socket.SHUT_WR)
        assert line.recv(100) == b""
    assert world.sim("/calls", "GET")["items"] == []
    assert [one["text"] for one in world.items(ALICE, "/messages/direct", personEmail="bob@example.com")] == ["Shall we?"]


@pytest.mark.parametrize(
    ("length", "status"), [("abc", 400), ("-1", 400), ("1 1", 400), ("0x1", 400), ("8000001", 413), ("9" * 5000, 413)]
)
def test_a_length_that_is_none_is_no_large_one(world: World, length: str, status: int) -> None:
    address = urlsplit(world.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as line:
        line.sendall(f"POST /v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
        answer = line.makefile("rb").read().decode()  # to its end: the connection is closed, since nobody knows what follows
    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "trackingId" in answer
