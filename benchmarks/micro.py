"""What an event costs inside the process, without sockets: the ear, its steps, and an empty Flask route beside it.

Everything has its turn in each round, in an order that is drawn anew, and the best round of nine counts: the processor time of
this thread, which neighbours disturb least.
"""

import hashlib
import hmac
import io
import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from flask import Flask

from app import create_app, ears
from app.integration import listeners
from app.webex.events import Event, Signer, parse_event
from benchmarks.apps import bare
from benchmarks.installation import Installation, signed, webex_id
from benchmarks.machine import best

ROUNDS = 9


def measure(folder: Path, *, many: int = 0) -> dict[str, Any]:
    """:param many: accounts in the table"""
    place = Installation.make(folder, accounts=max(many, 1))
    app = create_app(place.config)
    house = app.extensions["house"]
    house.routing._load()
    person = random.choice(place.people)
    path, signature, body = signed(*place.hook(person), place.irrelevant(person))
    works = _works(app, house, path, signature, body) if not many else {}
    works["irrelevant, ahead of Flask"] = (_asker(app.wsgi_app, path, signature, body, 204), 2_000)
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name in random.sample(list(works), len(works)):
            found[name].append(best(*works[name]))
    house.close()
    return {name: round(min(times), 2) for name, times in found.items()}


def _works(app: Flask, house: Any, path: str, signature: str, body: bytes) -> dict[str, tuple[Callable[[], object], int]]:
    event, opaque, subscriptions = parse_event(body), path.rsplit("/", 1)[1], house.tools.subscriptions
    person = house.routing.find(opaque)
    secret, decoder = subscriptions.secret(opaque), msgspec.json.Decoder(Event)
    flask: Any = app.wsgi_app.behind  # type: ignore[attr-defined]
    nowhere = "/hooks/" + "0" * 40
    return {
        "nothing (a WSGI callable)": (_asker(bare.wsgi, path, signature, body, 204), 2_000),
        "empty Flask route": (_asker(bare.flask.wsgi_app, path, signature, body, 204), 200),
        "irrelevant, through Flask": (_asker(flask, path, signature, body, 204), 200),
        "forged, ahead of Flask": (_asker(app.wsgi_app, path, "0" * 40, body, 401), 2_000),
        "unknown path, ahead of Flask": (_asker(app.wsgi_app, nowhere, signature, body, 404), 2_000),
        "the ear alone": (lambda: ears.hear(house, path, signature, body), 2_000),
        "step: the signature": (lambda: subscriptions.signer(opaque).has_signed(body, signature), 5_000),
        "of a path not heard of lately": (lambda: Signer(subscriptions.secret(opaque)).has_signed(body, signature), 5_000),
        "step: reading the event": (lambda: parse_event(body), 5_000),
        "of that, msgspec": (lambda: decoder.decode(body), 5_000),
        "step: the routing table": (lambda: house.routing.find(opaque), 5_000),
        "step: the decision": (lambda: listeners.wanted_by(person, event, subscriptions.purpose(event.name)), 5_000),
        "step: counting it": (lambda: house.tools.tally.heard(person.person_id, is_dropped=True), 5_000),
        "for comparison: SHA-1 of the body": (lambda: hashlib.sha1(body, usedforsecurity=False).digest(), 5_000),
        "for comparison: hmac.digest, SHA-1": (lambda: hmac.digest(secret.encode(), body, "sha1"), 5_000),
        "for comparison: json.loads": (lambda: json.loads(body), 5_000),
    }


def _asker(road: Any, path: str, signature: str, body: bytes, status: int) -> Callable[[], object]:
    """A call of a WSGI application as a server makes it."""
    environ = {
        "REQUEST_METHOD": "POST", "PATH_INFO": path, "SCRIPT_NAME": "", "QUERY_STRING": "", "SERVER_NAME": "x", "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "wsgi.errors": sys.stderr, "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/json", "HTTP_HOST": "x", "HTTP_X_SPARK_SIGNATURE": signature,
    }  # fmt: skip
    told: list[str] = []

    def start(line: str, headers: Any, problem: Any = None) -> None:
        told[:] = [line]

    def ask() -> None:
        answer = road({**environ, "wsgi.input": io.BytesIO(body)}, start)
        for _ in answer:
            pass
        if hasattr(answer, "close"):
            answer.close()

    ask()
    assert told[0].startswith(str(status)), told
    return ask


def memory(folder: Path, accounts: int) -> dict[str, float]:
    """Of the table: megabytes that this process holds more, and bytes per account."""
    place = Installation.make(folder, accounts=accounts)
    house = create_app(place.config).extensions["house"]
    before = _resident()
    house.routing._load()
    grown = _resident() - before
    assert len(house.routing) == accounts and webex_id("PEOPLE") not in house.routing.entries()
    house.close()
    return {"accounts": accounts, "megabytes": round(grown / 1e6, 1), "bytes_each": round(grown / accounts)}


def _resident() -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) * 1_024


if __name__ == "__main__":  # in a process of its own, so that the memory is its own
    print(json.dumps(memory(Path(sys.argv[1]), int(sys.argv[2]))))
