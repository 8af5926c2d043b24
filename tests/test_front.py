"""Deliveries reach the ears ahead of Flask or through it; nobody outside can tell which, and neither breaks on anything."""

import io
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import Client, EnvironBuilder

from app.front import Front
from tests.databases import Databases
from tests.signing import BAD_SIGNATURES, HEADER, event, rows, sign
from tests.world import World

MOST = 64 * 1_024
Road = Callable[..., Any]


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with databases.fresh("sqlite") as url, World(url, tmp_path_factory.mktemp("town")) as made:
        made.person("alice@example.com").connects()
        yield made


def asks(
    road: Road, path: str, signature: Any, body: bytes, method: str = "POST", **environ: Any
) -> tuple[int, bytes, str | None, str | None]:
    """What a request gets: status, body, Retry-After, Allow."""
    builder = EnvironBuilder(path=path, method=method, data=body, headers={HEADER: signature} if signature is not None else {})
    given = builder.get_environ()
    given.update(environ)
    given = {name: value for name, value in given.items() if value is not None}
    answer = Client(road).run_wsgi_app(given)
    body_sent, status, headers = b"".join(answer[0]), int(answer[1].split()[0]), answer[2]
    allowed = headers.get("Allow")
    return status, body_sent, headers.get("Retry-After"), allowed and ",".join(sorted(allowed.split(", ")))


def test_both_roads_answer_alike(town: World) -> None:
    """Plain, forged, unknown, broken, oversized, chunked, cut off, misaddressed."""
    ahead: Any = town.app.wsgi_app
    assert isinstance(ahead, Front)
    alice, bob = (town.person(f"{name}@example.com") for name in ("alice", "bob"))
    path, secret = town.hook_of(alice)
    body = json.dumps(event(bob)).encode()
    mine = json.dumps(event(town.bot)).encode()
    chunked: dict[str, Any] = {"CONTENT_LENGTH": None, "HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True}

    def large(size: int) -> bytes:
        return body + b" " * (size - len(body))

    cases: list[tuple[int, str, Any, bytes, dict[str, Any]]] = [
        (204, path, sign(secret, body), body, {}),
        (204, "/bot", sign(town.bot_secret, mine), mine, {}),
        *((401, path, wrong(sign(secret, body)), body, {}) for name, wrong in BAD_SIGNATURES.items() if "bytes" not in name),
        (401, "/bot", sign(secret, body), body, {}),
        (404, "/hooks/unknown", sign(secret, body), body, {}),
        (404, "/hooks/" + "0" * 40, sign(secret, body), body, {}),
        (404, "/hooks/", sign(secret, body), body, {}),
        (404, f"{path}/", sign(secret, body), body, {}),
        (404, f"{path}/x", sign(secret, body), body, {}),
        (404, "/bot/", sign(town.bot_secret, mine), mine, {}),
        (400, path, sign(secret, b"{"), b"{", {}),
        (400, path, sign(secret, b""), b"", {}),
        (401, path, None, b"", {}),
        (204, path, sign(secret, large(MOST)), large(MOST), {}),
        (413, path, sign(secret, large(MOST + 1)), large(MOST + 1), {}),
        (413, "/bot", None, large(MOST + 1), {}),
        (413, path, sign(secret, body), body, {"CONTENT_LENGTH": "9" * 30}),
        (400, path, sign(secret, body), body, {"CONTENT_LENGTH": str(len(body) + 1)}),
        (401, path, sign(secret, body), body, {"CONTENT_LENGTH": str(len(body) - 1)}),
        (401, path, sign(secret, body), body, {"CONTENT_LENGTH": None}),
        (401, path, sign(secret, body), body, {"CONTENT_LENGTH": "x"}),
        (401, path, sign(secret, body), body, {"CONTENT_LENGTH": "-1"}),
        (204, path, sign(secret, body), body, chunked),
        (401, path, sign(secret, b"x"), body, chunked),
        (404, "/hooks/unknown", None, body, chunked),
        # Flask reads no further than it may, and what is cut off is not what was signed.
        (401, path, sign(secret, large(MOST + 1)), large(MOST + 1), chunked),
        (405, path, sign(secret, body), body, {"REQUEST_METHOD": "PUT"}),
        (405, "/bot", None, b"", {"REQUEST_METHOD": "GET"}),
    ]
    before = rows(town)
    for status, to, signature, sent, environ in cases:
        answers = [asks(road, to, signature, sent, **environ) for road in (ahead, ahead.behind)]
        assert answers[0] == answers[1], (to, environ)
        assert answers[0][:2] == (status, b""), (to, environ)
    assert rows(town) == before


def test_ten_thousand_fuzzed_deliveries(town: World) -> None:
    """Paths, signatures, lengths and bodies bent in every way: refused or dropped, never an error; and good ones are heard."""
    alice = town.person("alice@example.com")
    path, secret = town.hook_of(alice)
    chance = random.Random(7)
    foreign = event(town.person("bob@example.com"))
    seen = dict.fromkeys((204, 400, 401, 404, 405, 413), 0)
    before = rows(town)
    for number in range(10_000):
        seen[_status(town, chance, path, secret, foreign)] += 1
        if number % 1_000 == 0:
            assert town.deliver(path, secret, event(alice, data={"id": f"M{number}", "roomId": "R"})) == 204
    assert rows(town) == before + 10
    assert min(seen.values()) > 0, seen


def _status(town: World, chance: random.Random, path: str, secret: str, good: dict[str, Any]) -> int:
    body = bytearray(json.dumps(good).encode())
    for _ in range(chance.choice((0, 1, 3, 30))):
        place = chance.randrange(len(body))
        body[place : place + chance.choice((0, 1, 1, 9))] = chance.randbytes(chance.choice((0, 1, 1, 2)))
        body = body or bytearray(b"{")
    signed = sign(secret, bytes(body)) if chance.random() < 0.5 else chance.choice(("", "0" * 40, "é" * 40, "\udcff", "x" * 999))
    length = chance.choice((*[str(len(body))] * 36, "", "x", str(len(body) + 1), "999999999", "9" * 4_400))
    environ = {
        "REQUEST_METHOD": chance.choice((*["POST"] * 18, "GET", "BREW")),
        "PATH_INFO": chance.choice((*[path] * 12, "/bot", path[:-1], path + "/", "/hooks/\xff", "/hooks/" + "0" * 40)),
        "SCRIPT_NAME": "", "SERVER_NAME": "x", "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "QUERY_STRING": "",
        "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO(), "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": length, "HTTP_X_SPARK_SIGNATURE": signed,
    }  # fmt: skip
    told: list[str] = []
    for _ in town.app.wsgi_app(environ, lambda status, headers, problem=None: told.append(status) or (lambda _: None)):  # type: ignore[func-returns-value]
        pass
    return int(told[0].split()[0])
