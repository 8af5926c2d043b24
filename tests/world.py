"""The world of a test: a simulated Webex, the app, and people who write, read and click."""

import hashlib
import hmac
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests
from sqlalchemy import text

from app import create_app
from app.bot import webhook
from app.house import House
from app.jobs import Queue
from app.models import Database, line, route
from app.simulator.server import Simulator
from config import Config, load, new_keys
from tests.people import BOT_EMAIL, PATIENCE, Person, session
from tests.recorded import Recordings
from tests.serving import Serving

_OPEN = f"SELECT 1 FROM {{}} WHERE state < {line.DONE}"
_IS_AT_WORK = f"SELECT EXISTS ({_OPEN.format('inbox')}) OR EXISTS ({_OPEN.format('outbox')})"


class World:
    """Simulator and app, each on a port of its own, met over HTTP.

    :param settings: settings of the app that differ from those of the tests, by their names in the environment
    :param recordings: what need not be told again
    :ivar was_controlled: whether the simulated Webex was told to be otherwise
    """

    def __init__(
        self,
        database_url: str,
        folder: Path,
        *,
        with_queue: bool = True,
        recordings: Recordings | None = None,
        **settings: str,
    ) -> None:
        self.recordings = recordings
        self.was_controlled = False
        self.database_url = database_url
        self.folder = folder
        self.with_queue = with_queue
        self.settings = settings
        self._people: dict[str, Person] = {}
        self._http = session()

    def __enter__(self) -> Self:
        self._socket = self.recordings.listening() if self.recordings else socket.create_server(("127.0.0.1", 0))
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
        """Let idle workers look for the end (PostgreSQL), or for delayed work (SQLite), more often than in production."""
        self.queue.huey.storage.read_timeout = 0.3  # how long one listens
        for worker, _ in getattr(self.queue._consumer, "worker_threads", ()):
            worker.max_delay = 0.1  # how long one sleeps

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
            keys_file.write_text(json.dumps(_keys()))
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
        self.was_controlled = True
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
        self.was_controlled = True  # nothing tells any more that nothing has happened
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
    def person(self, email: str) -> Person:
        if email not in self._people:
            found = next(item for item in self.look("people") if item["email"] == email)
            self._people[email] = Person(self, found)
        return self._people[email]

    @property
    def bot(self) -> Person:
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

    def hook_of(self, person: Person) -> tuple[str, str]:
        """Path and secret of a connected person's webhooks."""
        subscriptions = self.house.tools.subscriptions
        opaque = subscriptions.opaque(person.id)
        return f"/hooks/{opaque}", subscriptions.secret(opaque)


@cache
def _keys() -> dict[str, str]:
    """The keys of every installation of this process."""
    return new_keys()


def is_at_rest(database: Database) -> bool:
    """Whether no row waits or is worked on. It is asked all the time, so the driver is asked."""
    with closing(database.reader.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(_IS_AT_WORK)
        return not (cursor.fetchone() or (0,))[0]


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
