"""A fresh cloud for every test, people to act as, and a target that webhooks are delivered to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page

from app.simulator.server import Simulator

ALICE, BOB, CAROL, DAVE = "alice@example.com", "bob@example.com", "carol@example.com", "dave@partner.example"
BOT = "armyknife@webex.bot"


class World:
    """The simulator seen from outside, over HTTP only."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = requests.Session()
        self.http.trust_env = False  # looking into the environment for proxies takes as long as a call here
        self.people = {one["email"]: one for one in self.http.get(f"{url}/_sim/people").json()["items"]}

    def id(self, email: str) -> str:
        return self.people[email]["id"]

    def call(self, who: str, method: str, path: str, **options: Any) -> requests.Response:
        """Make an API call as a person or the bot, by e-mail address, or with any other text as the token."""
        token = self.people[who]["token"] if who in self.people else who
        options.setdefault("allow_redirects", False)
        return self.http.request(
            method, f"{self.url}/v1{path}", headers={"Authorization": f"Bearer {token}", **options.pop("headers", {})}, **options
        )

    def get(self, who: str, path: str, **query: Any) -> Any:
        answer = self.call(who, "GET", path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def items(self, who: str, path: str, **query: Any) -> list[dict[str, Any]]:
        return self.get(who, path, **query)["items"]

    def post(self, who: str, path: str, **fields: Any) -> dict[str, Any]:
        answer = self.call(who, "POST", path, json=fields)
        assert answer.status_code in (200, 202), answer.text
        return answer.json()

    def room(self, title: str, who: str = ALICE) -> str:
        return next(room["id"] for room in self.items(who, "/rooms") if room["title"] == title)

    def sim(self, where: str, verb: str = "POST", /, **fields: Any) -> Any:
        answer = self.http.request(verb, f"{self.url}/_sim{where}", json=fields or None)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def drain(self) -> int:
        answer = self.sim("/drain", timeout=5)
        assert answer["pending"] == 0
        return answer["delivered"]


@dataclass
class Target:
    """Where webhooks go: keeps what came, answers what it is told."""

    url: str = ""
    status: int = 204
    received: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.received]


@pytest.fixture
def world() -> Iterator[World]:
    with Simulator(port=0) as simulator:
        seen = World(simulator.url)
        yield seen
        seen.http.close()


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """A server of somebody else's on loopback: its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def target() -> Iterator[Target]:
    told = Target()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.received.append((self.path, dict(self.headers.items()), body))
            self.send_response(told.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with serving(Handler) as told.url:
        yield told


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A tab of the chat page; no script in it may fail, and it may ask nobody but the simulator."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-US")
    context.set_default_timeout(10_000)
    problems: list[str] = []
    ours = ("http://127.0.0.1:", "blob:http://127.0.0.1:", "data:")
    context.on("weberror", lambda problem: problems.append(str(problem.error)))
    context.on("request", lambda asked: asked.url.startswith(ours) or problems.append(asked.url))
    yield context.new_page()
    context.close()
    assert problems == []
