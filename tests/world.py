"""The world of a test: a simulated Webex, the app, and people who write, read and click."""

import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from html import unescape
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import requests
from sqlalchemy import text
from urllib3 import HTTPConnectionPool

from app import create_app
from app.bot import webhook
from app.house import House
from app.jobs import Queue
from app.models import Database, line, route
from app.simulator import ids
from app.simulator.server import Simulator
from config import Config, load, new_keys
from tests.serving import Serving

BOT_EMAIL = "armyknife@webex.bot"
_OPEN = f"SELECT 1 FROM {{}} WHERE state < {line.DONE}"
_IS_AT_WORK = f"SELECT EXISTS ({_OPEN.format('inbox')}) OR EXISTS ({_OPEN.format('outbox')})"
PATIENCE = 20.0  # seconds; far more than anything here takes


class World:
    """Simulator and app, each on a port of its own, met over HTTP.

    :param settings: settings of the app that differ from those of the tests, by their names in the environment
    """

    def __init__(self, database_url: str, folder: Path, *, with_queue: bool = True, **settings: str) -> None:
        self.database_url = database_url
        self.folder = folder
        self.with_queue = with_queue
        self.settings = settings
        self._people: dict[str, Person] = {}
        self._http = session()

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.app_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.simulator = Simulator(port=0, redirect_uris=(f"{self.app_url}/oauth/callback",))
        self.simulator.start()
        self.start_app()
        return self

    def start_app(self) -> None:
        """Start the app; also again, after it was stopped."""
        self.app = create_app(self.config())
        self.house: House = self.app.extensions["house"]
        self.queue: Queue = self.app.extensions["queue"]
        self._serving = Serving(self.app, self._socket.dup(), keeps_headers=bool(self.house.config.trusted_proxies))
        self.house.routing.begin()
        if self.with_queue:
            self.queue.huey.read_periodic = lambda _now: []  # what comes once an hour comes when a test asks for it
            self.queue.beat_every = 3_600.0  # a clock that is moved looks like an outage; a test beats when it wants to
            self.queue.start()
            self._hasten()
            wait_until(lambda: self.queue.is_introduced)
        else:
            webhook.reconcile(self.house.bot, self.house.config)

    def _hasten(self) -> None:
        """Let idle workers look for work, and for the end, more often than in production."""
        self.queue.huey.storage.read_timeout = 0.1  # PostgreSQL: how long one listens
        for worker, _ in getattr(self.queue._consumer, "worker_threads", ()):
            worker.max_delay = 0.05  # SQLite: how long one sleeps

    def stop_app(self) -> None:
        self._serving.stop()
        self.queue.stop()
        self.house.close()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.simulator.stop()
        try:
            if error is None:
                self.check_routing()
        finally:
            self.stop_app()
            self._socket.close()
            self._http.close()
            for person in self._people.values():
                person.leaves()

    def environment(self) -> dict[str, str]:
        """The app's settings, by their names in the environment."""
        keys_file = self.folder / "keys.json"
        if not keys_file.exists():
            keys_file.write_text(json.dumps(new_keys()))
        simulator = f"{self.simulator.url}/v1"
        return {
            "WEBEX_API_URL": simulator,
            "WEBEX_AUTHORIZE_URL": f"{simulator}/authorize",
            "WEBEX_TOKEN_URL": f"{simulator}/access_token",
            "WEBEX_CLIENT_ID": "demo-client-id",
            "WEBEX_CLIENT_SECRET": "demo-client-secret",
            "WEBEX_BOT_TOKEN": "demo-bot-token",
            "PUBLIC_URL": self.app_url,
            "DATABASE_URL": self.database_url,
            "DATA_DIR": str(self.folder),
            "WORKERS": "4",
            "HTTP_TIMEOUT": "3s",
            "HTTP_RETRIES": "1",
            "RETRY_AFTER_CAP": "0.3s",
            "WEBEX_RATE": "1000",
            "LOG_LEVEL": "warning",
            **json.loads(keys_file.read_text()),
            **self.settings,
        }

    def config(self) -> Config:
        return load(self.environment())

    # The simulator's controls
    def control(self, path: str, /, **body: Any) -> Any:
        answer = self._http.post(f"{self.simulator.url}/_sim/{path}", json=body, timeout=PATIENCE)
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def look(self, what: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._http.get(f"{self.simulator.url}/_sim/{what}", timeout=5).json()["items"]
        return items

    def fault(self, method: str, path: str, *, by: "Person | None" = None, times: int = 1, **what: Any) -> None:
        """Let something go wrong with the next calls that Webex gets: `what` is as POST /_sim/faults takes it."""
        self.control("faults", method=method, path=path, by=by.id if by else None, times=times, fault=what)

    def wait_for_fault(self) -> None:
        """Wait until every fault that was asked for has met its calls."""
        wait_until(lambda: not self.look("faults"))

    def goes_on(self) -> None:
        """Let Webex be slow no longer, also with the calls that it is at."""
        self._http.delete(f"{self.simulator.url}/_sim/faults", timeout=5)

    def forget_calls(self) -> None:
        self._http.delete(f"{self.simulator.url}/_sim/calls", timeout=5)

    def settle(self) -> None:
        """Wait until nothing is under way: no delivery, no row in the inbox, nothing left to say."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            # What was delivered is in the inbox, and what is said is delivered by the next drain: if that one finds
            # nothing after everything was idle, nothing is left.
            wait_until(self.is_idle)
            if not self.drain() and self.is_idle():
                return
        raise AssertionError("the world does not come to rest")

    def drain(self) -> int:
        """Wait until Webex has delivered everything; how much since the last time. Asked all the time, so not over HTTP."""
        delivered, _ = self.simulator.cloud.deliveries.drain(PATIENCE)
        return delivered

    def check_routing(self) -> None:
        """Whatever a test did: what ears know by heart is what the database says."""
        routing = self.house.routing

        def agrees() -> bool:
            with self.house.database.reading() as db:
                people = route.some(db, "", 1_000)
            return routing.is_believed and routing.entries() == {one.person_id: one.entry() for one in people}

        wait_until(agrees)

    def is_idle(self) -> bool:
        return is_at_rest(self.house.database)

    def skip_pauses(self, clock: "Clock") -> None:
        """Let every pause before another attempt be over at once, until nothing is under way."""
        waiting = "SELECT due FROM inbox WHERE state = 0 UNION ALL SELECT due FROM outbox WHERE state = 0"

        def is_over() -> bool:
            with self.house.database.reading() as db:
                due = db.scalar(text(f"SELECT min(due) FROM ({waiting}) AS waiting"))
            if due is not None:
                clock.advance(max(0.0, due - time.time() + 0.001))
                self.queue.sweep()
            return self.is_idle()

        self.drain()
        wait_until(is_over)

    # People
    def person(self, email: str) -> "Person":
        if email not in self._people:
            found = next(item for item in self.look("people") if item["email"] == email)
            self._people[email] = Person(self, found)
        return self._people[email]

    @property
    def bot(self) -> "Person":
        return self.person(BOT_EMAIL)

    # Posting deliveries as Webex would
    @contextmanager
    def deaf(self) -> Iterator[None]:
        """While it lasts, Webex delivers nothing: what happens can be told of later, in any form and order."""
        self.control("switches", lose_deliveries=-1)
        yield
        self.drain()
        self.control("switches", lose_deliveries=0)

    def event(
        self, resource: str, data: dict[str, Any], *, actor: str, owner: str = "", event: str = "created"
    ) -> dict[str, Any]:
        """A delivery in the form of today.

        :param actor: person id of who caused it
        :param owner: person id of the webhook's owner, the bot if not given
        """
        return {
            "id": f"hook-{resource}",
            "name": resource,
            "targetUrl": f"{self.app_url}/bot",
            "resource": resource,
            "event": event,
            "orgId": "org",
            "createdBy": owner or self.bot.id,
            "appId": "app",
            "ownedBy": "creator",
            "status": "active",
            "created": "2026-11-01T08:00:00.000Z",
            "actorId": actor,
            "data": data,
        }

    def deliver(self, path: str, secret: str, event: dict[str, Any] | bytes) -> int:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signature = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        headers = {"X-Spark-Signature": signature, "Content-Type": "application/json"}
        return requests.post(f"{self.app_url}{path}", data=body, headers=headers, timeout=PATIENCE).status_code

    @property
    def bot_secret(self) -> str:
        return webhook.secret(self.house.config)

    def hook_of(self, person: "Person") -> tuple[str, str]:
        """Path and secret of a connected person's webhooks."""
        subscriptions = self.house.tools.subscriptions
        opaque = subscriptions.opaque(person.id)
        return f"/hooks/{opaque}", subscriptions.secret(opaque)


def is_at_rest(database: Database) -> bool:
    """Whether no row waits or is worked on. It is asked all the time, so the driver is asked."""
    with closing(database.reader.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(_IS_AT_WORK)
        return not (cursor.fetchone() or (0,))[0]


def session() -> requests.Session:
    """A session that does not look into the environment for proxies, which would take as long as the rest of a call here."""
    made = requests.Session()
    made.trust_env = False
    return made


def wait_until(is_true: Any, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Clock:
    """The one clock of this process, read by app and simulator alike; a fixture puts it in the place of `time.time`."""

    def __init__(self) -> None:
        self.ahead = 0.0
        self._real = time.time

    def __call__(self) -> float:
        return self._real() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds


class Person:
    """Somebody with a Webex client and a browser."""

    def __init__(self, world: World, found: dict[str, Any]) -> None:
        self.world = world
        self.id: str = found["id"]
        self.name: str = found["displayName"]
        self.email: str = found["email"]
        self.token: str = found["token"]
        self.session = session()
        self.browser = Browser(world)
        self._quick = HTTPConnectionPool("127.0.0.1", urlsplit(world.simulator.url).port, timeout=PATIENCE, maxsize=4)

    def leaves(self) -> None:
        """Close every connection."""
        self.session.close()
        self.browser.session.close()
        self._quick.close()

    def api(self, method: str, path: str, **parts: Any) -> Any:
        """Call Webex as this person; any answer but a good one fails the test."""
        if "files" not in parts and "data" not in parts:
            status, content = self._call(method, path, **parts)
        else:
            headers = {"Authorization": f"Bearer {self.token}"}
            url = f"{self.world.simulator.url}/v1{path}"
            answer = self.session.request(method, url, headers=headers, timeout=PATIENCE, **parts)
            status, content = answer.status_code, answer.content
        assert status < 400, (method, path, status, content)
        return json.loads(content) if content else None

    def _call(self, method: str, path: str, params: dict[str, Any] | None = None, **body: Any) -> tuple[int, bytes]:
        """As `api`, whatever the answer. People ask thousands of times in a run: a session takes twice as long."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"/v1{path}?{urlencode(params, doseq=True)}" if params else f"/v1{path}"
        answer = self._quick.request(method, url, headers=headers, retries=False, redirect=False, **body)
        return answer.status, answer.data

    def writes(self, text: str, room: str | None = None, markdown: str | None = None) -> dict[str, Any]:
        """Write into a room, by its title, or to the bot; and don't wait for what happens."""
        to = {"roomId": self.room(room)} if room else {"toPersonEmail": BOT_EMAIL}
        words = {"markdown": markdown} if markdown else {"text": text}
        sent: dict[str, Any] = self.api("POST", "/messages", json={**words, **to})
        return sent

    def says(self, text: str, room: str | None = None, markdown: str | None = None) -> list[str]:
        """Write, wait until all is quiet, and tell what the bot said 1:1 meanwhile, oldest first."""
        return self._hears_since(self.writes(text, room, markdown))

    def presses(self, title: str, argument: str | None = None, **filled: str) -> list[str]:
        """Press a button of the newest card of the bot that has one with this title; what the bot said meanwhile.

        :param filled: what was put into the card's other inputs
        """
        found = [(message, data) for message in self.bot_messages() for data in _submits(message, title)]
        message, data = found[-1]
        inputs = {**data, **filled, **({} if argument is None else {"argument": argument})}
        body = {"type": "submit", "messageId": message["id"], "inputs": inputs}
        return self._hears_since(self.api("POST", "/attachment/actions", json=body))

    def _hears_since(self, deed: dict[str, Any]) -> list[str]:
        """Wait until all is quiet, and tell what the bot said since something was made."""
        self.world.settle()
        return [_shown(message) for message in self.bot_messages() if message["created"] >= deed["created"]]

    def hears(self) -> list[str]:
        """Everything the bot ever said to this person, oldest first."""
        return [_shown(message) for message in self.bot_messages()]

    def bot_messages(self) -> list[dict[str, Any]]:
        status, content = self._call("GET", "/messages/direct", {"personEmail": BOT_EMAIL})
        if status == 404:
            return []
        found = [message for message in json.loads(content)["items"] if message["personEmail"] == BOT_EMAIL]
        return found[::-1]

    def room(self, title: str) -> str:
        rooms = self.api("GET", "/rooms", params={"max": 200})["items"]
        return next(str(room["id"]) for room in rooms if room["title"] == title)

    def linked(self, title: str) -> str:
        """A room as the bot names it to this person: a link that opens it in Webex."""
        uuid = ids.key_of(self.room(title))
        name = f"**{title}**" if title in ("Project X", "Launch") else "your 1:1 room"
        return f"[{name}](webexteams://im?space={uuid})"

    def reads(self, title: str) -> list[dict[str, Any]]:
        """The messages of a room, oldest first."""
        items: list[dict[str, Any]] = self.api("GET", "/messages", params={"roomId": self.room(title)})["items"]
        return items[::-1]

    def link(self) -> str:
        """The authorization link that the bot sent last."""
        links = re.findall(rf"{re.escape(self.world.app_url)}/authorize/[\w-]+", " ".join(self._bot_html()))
        return str(links[-1])

    def _bot_html(self) -> list[str]:
        return [message.get("html", "") + message.get("markdown", "") for message in self.bot_messages()]

    def connects(self, *, looks: bool = False) -> requests.Response:
        """Say hello, follow the link, accept.

        :param looks: whether the page is opened to which it leads in the end
        """
        self.writes("/init" if self.bot_messages() else "hello")
        self.world.settle()
        page = self.browser.authorizes(self.link(), self, looks=looks)
        self.world.settle()
        return page

    def webhooks(self) -> list[dict[str, Any]]:
        """What Webex keeps for the integration on this person's behalf."""
        access, _ = self.world.house.tools.people.tokens.access(self.id)
        headers = {"Authorization": f"Bearer {access}"}
        answer = self.session.get(f"{self.world.simulator.url}/v1/webhooks", headers=headers, timeout=PATIENCE)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def _shown(message: dict[str, Any]) -> str:
    return str(message.get("markdown") or message.get("text", ""))


def _submits(part: Any, title: str) -> Iterator[dict[str, Any]]:
    """The data of every button with this title, however deep in a card it stands."""
    if isinstance(part, dict):
        if part.get("type") == "Action.Submit" and part.get("title") == title:
            yield part.get("data", {})
        for value in part.values():
            yield from _submits(value, title)
    elif isinstance(part, list):
        for value in part:
            yield from _submits(value, title)


_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


class Browser:
    """A browser without JavaScript: cookies, redirects, forms."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.session = session()

    def opens(self, url: str, **more: Any) -> requests.Response:
        address = url if url.startswith("http") else f"{self.world.app_url}{url}"
        return self.session.get(address, timeout=PATIENCE, **more)

    def posts(self, url: str, **more: Any) -> requests.Response:
        headers = {"Origin": self.world.app_url, **more.pop("headers", {})}
        return self.session.post(f"{self.world.app_url}{url}", timeout=PATIENCE, headers=headers, **more)

    def authorizes(self, link: str, person: Person, decision: str = "accept", *, looks: bool = True) -> requests.Response:
        """Follow an authorization link to its end; see `Person.connects`."""
        page = self.opens(f"{link}/go")
        if looks:
            return self.signs_in(page, person, decision)
        back = self.signs_in(page, person, decision, follow=False).headers["Location"]
        return self.opens(back, allow_redirects=False)

    def signs_in(
        self, page: requests.Response, person: Person, decision: str = "accept", follow: bool = True
    ) -> requests.Response:
        """Fill in Webex's sign-in page."""
        assert page.ok, page.text
        hidden = {unescape(name): unescape(value) for name, value in _HIDDEN.findall(page.text)}
        fields = {**hidden, "person": person.id, "decision": decision}
        url = f"{self.world.simulator.url}/v1/authorize"
        return self.session.post(url, data=fields, timeout=PATIENCE, allow_redirects=follow)
