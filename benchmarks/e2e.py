"""From a webhook to its answer: commands arrive at random moments beside events that nobody needs, and Webex takes 100 ms.

Measured is the time from the sending of the webhook to the arrival of the answer at Webex. At least one call lies between,
the reading of the message. The clock is the machine's, so it is one for all processes.
"""

import asyncio
import json
import os
import random
import secrets
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path
from typing import Any

from benchmarks.installation import Installation, free_port, postgresql, room_of, signed, webex_id
from benchmarks.machine import PYTHON, Server

DELAY = 0.1
PEOPLE = 1_000  # in turn, so that nobody's command waits behind their last one
RATES = (5, 50, 120)
IRRELEVANT = 1_000
WORKERS = 64
FLASK = (PYTHON, "-m", "flask", "--app", "wsgi")


def measure(folder: Path, *, seconds: float = 8.0) -> dict[str, Any]:
    """Both layouts at each rate."""
    found: dict[str, Any] = {"delay": DELAY, "seconds": seconds, "irrelevant": IRRELEVANT, "runs": {}, "missing": {}}
    for name in ("SQLite, waitress, worker inside", "PostgreSQL, granian, separate worker"):
        try:
            found["runs"] |= _layout(folder, name, seconds)
        except RuntimeError as error:
            found["missing"][name] = str(error)
    found["load"] = round(os.getloadavg()[0], 1)
    return found


def _layout(folder: Path, name: str, seconds: float) -> dict[str, Any]:
    with ExitStack() as stack:
        port = free_port()
        stub = [PYTHON, "-m", "benchmarks.apps.webex", str(port), str(DELAY)]
        webex = stack.enter_context(Server(stub, port, {}, folder / "webex.log", "/log", everywhere=True))
        worker: list[Server] = []
        is_large = name.startswith("PostgreSQL")
        url = stack.enter_context(postgresql(folder))[0] if is_large else ""
        settings = {"WEBEX_API_URL": f"{webex.url}/v1", "WORKERS": str(WORKERS)}
        place = Installation.make(folder / name.split(",", maxsplit=1)[0], url, accounts=PEOPLE, trackers=1, **settings)
        serve = [*FLASK, "serve", *(("--server", "granian") if is_large else ())]
        web = stack.enter_context(Server(serve, place.port, place.settings, folder / "web.log", "/readyz", everywhere=True))
        if is_large:
            apart = place.settings | {"DATA_DIR": str(folder / "worker")}
            worker = [stack.enter_context(Server([*FLASK, "worker"], 0, apart, folder / "worker.log", "", everywhere=True))]
        time.sleep(3)
        found = {}
        asyncio.run(Driver(web, webex, place).run(20, 2))  # warmed up
        for rate in RATES:
            before, began = sum(one.cpu() for one in (web, *worker)), time.monotonic()
            run = asyncio.run(Driver(web, webex, place).run(rate, seconds))
            spent = sum(one.cpu() for one in (web, *worker)) - before
            found[f"{name}, {rate} a second"] = run | {"cpu": round(spent, 2), "took": round(time.monotonic() - began, 1)}
        return found


class Driver:
    """Sends at moments that were drawn beforehand, whether or not earlier ones are answered."""

    def __init__(self, web: Server, webex: Server, place: Installation) -> None:
        self.web, self.webex, self.place = web, webex, place
        self.idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.sent: dict[str, float] = {}
        self.acknowledged: dict[str, list[float]] = {"command": [], "irrelevant": []}
        self.wrong = 0

    async def run(self, rate: float, seconds: float) -> dict[str, Any]:
        _get(self.webex, "/forget")
        commands = [
            (at, self._command(person)) for at, person in zip(_moments(rate, seconds), cycle(self.place.people), strict=False)
        ]
        useless = [signed(*self.place.hook(one), self.place.irrelevant(one)) for one in self.place.people[:500]]
        others = [(at, ("", one)) for at, one in zip(_moments(IRRELEVANT, seconds), cycle(useless), strict=False)]
        began, tasks = time.monotonic() + 0.2, set()
        for at, (word, delivery) in sorted([*commands, *others], key=lambda one: one[0]):
            if (pause := began + at - time.monotonic()) > 0:
                await asyncio.sleep(pause)
            tasks.add(asyncio.create_task(self._send(word, delivery)))
        await asyncio.gather(*tasks)
        log = await self._answered(len(commands))
        arrived = dict(log["replies"])
        times = sorted((arrived[word] - at) * 1e3 for word, at in self.sent.items() if word in arrived)
        count = sum(log["calls"].values())
        return {
            "commands": len(commands), "answered": len(times), "twice": len(log["replies"]) - len(arrived), "wrong": self.wrong,
            "p50": _percentile(times, 50), "p99": _percentile(times, 99), "calls": log["calls"], "calls_each": count / len(commands),
            "reused": 1 - log["connections"] / count,
            "acknowledged": {kind: [_percentile(sorted(some), 50), _percentile(sorted(some), 99)]
                             for kind, some in self.acknowledged.items()},
        }  # fmt: skip

    def _command(self, person_id: str) -> tuple[str, tuple[str, str, bytes]]:
        word = secrets.token_hex(8)
        event = self.place.relevant(person_id)
        event["data"] |= {"id": f"{person_id}-{word}", "roomId": room_of(person_id), "roomType": "direct"}
        return word, signed(*self.place.bot, event | {"id": webex_id("WEBHOOK")})

    async def _send(self, word: str, delivery: tuple[str, str, bytes]) -> None:
        path, signature, body = delivery
        reader, writer = self.idle.pop() if self.idle else await asyncio.open_connection("127.0.0.1", self.place.port)
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-Spark-Signature: {signature}\r\n\r\n"
        began = time.monotonic()
        if word:
            self.sent[word] = began
        try:
            writer.write(head.encode() + body)
            answer = await reader.readuntil(b"\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            self.wrong += 1
            return
        self.acknowledged["command" if word else "irrelevant"].append((time.monotonic() - began) * 1e3)
        self.wrong += b" 204 " not in answer[:13]
        if b"connection: close" in answer.lower():  # waitress, after each 204
            writer.close()
        else:
            self.idle.append((reader, writer))

    async def _answered(self, count: int) -> Any:
        """What Webex noted, when everything is answered or nothing more comes."""
        until = time.monotonic() + 20
        while True:
            await asyncio.sleep(0.5)
            log = _get(self.webex, "/log")
            if len(log["replies"]) >= count or time.monotonic() > until:
                await asyncio.sleep(DELAY * 2)
                return _get(self.webex, "/log")


def _moments(rate: float, seconds: float) -> Iterator[float]:
    """Of a Poisson process."""
    at = random.expovariate(rate)
    while at < seconds:
        yield at
        at += random.expovariate(rate)


def _get(server: Server, path: str) -> Any:
    with urllib.request.urlopen(server.url + path, timeout=10) as answer:
        return json.load(answer)


def _percentile(ordered: list[float], percent: int) -> float:
    return round(ordered[min(len(ordered) - 1, len(ordered) * percent // 100)], 2) if ordered else float("nan")
