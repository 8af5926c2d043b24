"""Deliveries to targets that misbehave: how long they may take, whom they hold up, when their webhooks are disabled."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from app.simulator import delivery
from tests.simulator.conftest import ALICE, BOB, Target, World, serving

STEP = 0.05
"""Seconds between two bytes of a target that takes its time."""


def hook(world: World, url: str) -> str:
    fields = {"name": "n", "targetUrl": url, "resource": "messages", "event": "created"}
    return world.post(ALICE, "/webhooks", **fields)["id"]


def say(world: World) -> None:
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")


def comes(what: Callable[[], object]) -> bool:
    """Whether something comes true soon."""
    end = time.monotonic() + 5
    while not what() and time.monotonic() < end:
        time.sleep(0.01)
    return bool(what())


def workers() -> set[threading.Thread]:
    return {one for one in threading.enumerate() if one.name == "simulator-webhooks"}


@contextlib.contextmanager
def trickling(start: bytes, rest: bytes) -> Iterator[str]:
    """A target that answers the start at once and then the rest, byte after byte, to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(start)
            with contextlib.suppress(OSError):
                for byte in rest:
                    time.sleep(STEP)
                    self.wfile.write(bytes([byte]))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as url:
        yield f"{url}/"


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["head", "body"])
def test_an_answer_has_so_long_in_all(world: World, start: bytes) -> None:
    world.sim("/switches", webhook_timeout=4 * STEP)
    with trickling(start, b"x" * 200) as url:
        hook(world, url)
        say(world)
        world.drain()
        assert [one["problem"] for one in world.sim("/deliveries", "GET")["items"]] == ["timeout"]


def test_redirects_have_so_long_together(world: World) -> None:
    world.sim("/switches", webhook_timeout=4 * STEP, webhook_redirects=True)
    with trickling(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /\r\nConnection: close\r\n", b"\r\n") as url:
        hook(world, url)
        say(world)
        world.drain()
        assert [one["problem"] for one in world.sim("/deliveries", "GET")["items"]] == ["timeout"]


def test_an_answer_that_takes_its_time_within_the_limit_counts(world: World) -> None:
    with trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", b"yes") as url:
        hook(world, url)
        say(world)
        world.drain()
        assert [one["status"] for one in world.sim("/deliveries", "GET")["items"]] == [200]


def test_many_targets_that_hang_hold_up_nobody_else(world: World, target: Target) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:
        for number in range(40):
            hook(world, f"http://127.0.0.1:{silent.getsockname()[1]}/{number}")
        hook(world, target.url)
        say(world)
        assert comes(lambda: target.received)
        assert world.sim("/drain", timeout=0)["pending"] == 40


def test_threads_that_have_nothing_to_do_end(world: World, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "IDLE", STEP)
    before = workers()
    for number in range(10):
        hook(world, f"{target.url}/{number}")
    say(world)
    assert world.drain() == 10
    assert comes(lambda: workers() <= before)
    say(world)
    assert world.drain() == 10


@pytest.mark.parametrize(("later", "status"), [(200, "inactive"), (301, "active"), (7 * 86_400, "active")])
def test_probation_ends_five_minutes_after_the_revival(world: World, target: Target, later: int, status: str) -> None:
    path = f"/webhooks/{hook(world, target.url)}"
    world.sim(f"{path}/disable")
    world.call(ALICE, "PUT", path, json={"name": "n", "targetUrl": target.url, "status": "active"})
    for _ in range(3):
        say(world)
    assert world.drain() == 3
    world.sim("/clock", advance=later)
    target.status = 500
    world.post(BOB, "/messages", toPersonEmail=ALICE, text="hi")
    world.drain()
    assert [one["status"] for one in world.sim("/deliveries", "GET")["items"]][-1] == 500
    assert world.get(ALICE, path)["status"] == status
