"""The Webex of a test: where it is, who is in it, what may go wrong. The test meets it over HTTP, as its bot does."""

import threading
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import requests

from app.simulator.description import Description, Integration, read
from app.simulator.http import Server
from app.simulator.server import Simulator
from app.simulator.world import DEMO
from app.testing.person import Person

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENCE = 30.0
"""Seconds a call may take; far more than any of the simulator's own does."""


class Webex:
    """A running simulator. Use it in a `with` block, or as the fixture `webex`.

    :param description: the world; None is the demo world, whose integration may be called back at any loopback address
    """

    def __init__(self, description: Description | None = None) -> None:
        self.description = description or _demo()
        self.simulator = Simulator(port=0, description=self.description)
        self.http = requests.Session()
        self.http.trust_env = False  # a proxy in the environment does not lead to this machine
        self._people: dict[str, Person] = {}
        self._servers: list[tuple[Server, threading.Thread]] = []

    def __enter__(self) -> Self:
        """Start it."""
        self.simulator.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Stop it and everything it serves."""
        self.simulator.stop()
        for server, thread in self._servers:
            server.shutdown()
            thread.join()
            server.cut()
            server.server_close()
        self.http.close()

    # Where it is
    @property
    def url(self) -> str:
        """Its address, without a slash at the end; the chat page is there."""
        return self.simulator.url

    @property
    def api_url(self) -> str:
        """The base of the REST API, in the place of https://webexapis.com/v1."""
        return f"{self.url}/v1"

    @property
    def authorize_url(self) -> str:
        """Where integrations send people to sign in."""
        return f"{self.api_url}/authorize"

    @property
    def token_url(self) -> str:
        """Where integrations exchange codes and refresh tokens."""
        return f"{self.api_url}/access_token"

    @property
    def integration(self) -> Integration:
        """The first integration of the world, with `client_id` and `client_secret`.

        :raises LookupError: if the world has none.
        """
        if not self.description.integrations:
            raise LookupError("This world has no integration; add [[integrations]] to its description.")
        return self.description.integrations[0]

    # Who is in it
    def person(self, name: str) -> Person:
        """Return a person or a bot by address, by name or by the first word of either, whatever the case.

        :raises LookupError: if nobody or more than one is called so.
        """
        people = self._everybody()
        wanted = name.strip().lower()
        for names in (lambda one: (one.id.lower(), one.email), lambda one: (one.name.lower(),), _first_words):
            found = [one for one in people if wanted in names(one)]
            if len(found) == 1:
                return found[0]
            if found:
                break
        there = ", ".join(f"{one.name} <{one.email}>" for one in people)
        raise LookupError(f"{'Several people are' if found else 'Nobody is'} called {name!r}; there is {there}.")

    @property
    def bot(self) -> Person:
        """The first bot of the world.

        :raises LookupError: if the world has none.
        """
        found = next((one for one in self._everybody() if one.is_bot), None)
        if found is None:
            raise LookupError("This world has no bot; add [[bots]] to its description.")
        return found

    def add_person(self, email: str, name: str) -> Person:
        """Add a person, with a personal access token; who shares the domain of an address shares the organization."""
        self.control("people", email=email, displayName=name)
        return self.person(email)

    # What happens in it
    def serve(self, application: "WSGIApplication") -> str:
        """Serve a WSGI application, such as a Flask bot, until the end of the test; return its address with a slash."""
        server = Server("127.0.0.1", 0, application)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), name="served bot", daemon=True)
        thread.start()
        self._servers.append((server, thread))
        return f"http://127.0.0.1:{server.server_address[1]}/"

    def drain(self, timeout: float = 10.0) -> int:
        """Wait until every webhook is delivered and answered; return how many there were since the last time.

        :param timeout: seconds to wait at most
        :raises AssertionError: if deliveries still wait then.
        """
        answer = self.control("drain", timeout=timeout)
        if answer["pending"]:
            raise AssertionError(f"{answer['pending']} webhook deliveries still wait after {timeout:g} seconds.")
        return int(answer["delivered"])

    def fault(self, method: str = "*", path: str = "", *, by: Person | None = None, times: int = 1, **what: Any) -> None:
        """Let something go wrong with the next API calls that match.

        :param path: a regular expression on the path
        :param by: whose calls; None is everybody's
        :param times: how many calls; negative: all
        :param what: the fault, as in `status=502`, `retry_after="2"`, `drop=True`; docs/simulator.md lists them
        """
        self.control("faults", method=method, path=path, by=by.id if by else None, times=times, fault=what)

    def turn(self, **switches: Any) -> None:
        """Set switches, as in `turn(webhook_delay=2)`; docs/simulator.md lists them."""
        self.control("switches", **switches)

    def advance(self, seconds: float) -> None:
        """Move Webex's clock, so that tokens expire."""
        self.control("clock", advance=seconds)

    def calls(self) -> list[dict[str, Any]]:
        """Return the API calls so far, oldest first: `method`, `path`, `query` (names), `by` (a person's id), `status`."""
        return self._items("calls")

    def deliveries(self) -> list[dict[str, Any]]:
        """Return the attempts to deliver webhooks, oldest first: `webhook`, `resource`, `event`, `status`, `problem`."""
        return self._items("deliveries")

    def state(self) -> bytes:
        """Return everything Webex knows, for `load`."""
        return self._control("GET", "state").content

    def load(self, state: bytes) -> None:
        """Put a saved state in the place of everything there is."""
        self._control("POST", "load", data=state)
        self._people.clear()

    def control(self, path: str, /, **body: Any) -> Any:
        """Call one of the simulator's controls below /_sim with POST; return what it answers, None if nothing.

        :raises AssertionError: if it refuses.
        """
        answer = self._control("POST", path, json=body)
        return answer.json() if answer.content else None

    def _items(self, path: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._control("GET", path).json()["items"]
        return items

    def _control(self, method: str, path: str, **parts: Any) -> requests.Response:
        answer = self.http.request(method, f"{self.url}/_sim/{path}", timeout=PATIENCE, **parts)
        if not answer.ok:
            raise AssertionError(f"{method} /_sim/{path} answered {answer.status_code}: {answer.text}")
        return answer

    def _everybody(self) -> list[Person]:
        """Return everybody; who was asked for before is the same object again, and knows what they have heard."""
        shown = self._items("people")
        return [self._people.setdefault(one["id"], Person(self, one)) for one in shown]


def _demo() -> Description:
    """Return the demo world with an integration that may be called back at any loopback address."""
    world = read(DEMO)
    return replace(world, integrations=tuple(replace(one, redirect_uris=None) for one in world.integrations))


def _first_words(one: Person) -> tuple[str, ...]:
    return one.name.lower().split()[0], one.email.partition("@")[0]
