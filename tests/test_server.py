"""The ears in the real server, and while the database is away."""

import json
import os
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import requests
from sqlalchemy import make_url

from app.bot import webhook
from config import load, new_keys
from tests.signing import BAD_SIGNATURES, HEADER, event, post, rows, sign
from tests.world import World, wait_until

ROOT = Path(__file__).parents[1]


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
            metrics = bob.browser.opens("/metrics")
            assert metrics.status_code == 503 and int(metrics.headers["Retry-After"]) > 0
            if "postgresql" in database_url:
                page = bob.browser.opens("/authorize/some-link")
                assert page.status_code == 503 and "One moment" in page.text
            assert requests.get(f"{world.app_url}/readyz", timeout=10).status_code == 503
            assert requests.get(f"{world.app_url}/healthz", timeout=10).status_code == 200
        finally:
            come_back()
        assert post(world, "/bot", body, sign(world.bot_secret, body)).status_code == 204
        assert rows(world) == 1


# The real server


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """`flask --app wsgi serve` as a process of its own, on a port of its own, with a Webex that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("served")
    environment = {
        "WEBEX_CLIENT_ID": "C", "WEBEX_CLIENT_SECRET": "S", "WEBEX_BOT_TOKEN": "B", "WEBEX_API_URL": "http://127.0.0.1:9/v1",
        "PUBLIC_URL": f"http://127.0.0.1:{port}", "PORT": str(port), "DATA_DIR": str(folder), **new_keys(),
    }  # fmt: skip
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "serve"]
    paths = {"PATH": os.environ["PATH"]}
    process = subprocess.Popen(command, cwd=ROOT, env={**paths, **environment}, stderr=subprocess.DEVNULL)
    world = World(f"sqlite:///{folder}/army-knife.db", folder)
    world.app_url = environment["PUBLIC_URL"]
    world.settings = {"bot secret": webhook.secret(load(environment))}
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


def test_three_hundred_slow_clients_keep_nobody_waiting(served: World) -> None:
    """Half of them never end their headers, half their body; others are served meanwhile, and so are they in the end."""
    port = int(served.app_url.rsplit(":", 1)[1])
    body = json.dumps({"resource": "messages", "event": "created", "data": {"id": "SLOW"}}).encode()
    signed = sign(served.settings["bot secret"], body)
    head = f"POST /bot HTTP/1.1\r\nHost: x\r\n{HEADER}: {signed}\r\nContent-Length: {len(body)}\r\n".encode()
    slow = [(head[:-9], head[-9:] + b"\r\n" + body), (head + b"\r\n" + body[:9], body[9:])] * 150
    connections = [socket.create_connection(("127.0.0.1", port), timeout=20) for _ in slow]
    try:
        for connection, (begun, _) in zip(connections, slow, strict=True):
            connection.sendall(begun)
        for _ in range(20):
            assert post(served, "/bot", body, signed).status_code == 204
            assert answers(served)
        for connection, (_, rest) in zip(connections, slow, strict=True):
            connection.sendall(rest)
        assert {connection.recv(100)[:12] for connection in connections} == {b"HTTP/1.1 204"}
    finally:
        for connection in connections:
            connection.close()
