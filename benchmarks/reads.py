"""Where somebody is, over many rooms: one request after the other, against several at a time as `/checkmember` reads.

Run it as `.venv/bin/python benchmarks/reads.py` on a machine that has nothing else to do; `--help` lists the sizes. The
simulated Webex is a process of its own, and each of its answers takes as long as is asked for. The ways are measured in
one run, in turn, each in a process of its own so that its peak memory is its own. The last way has no budget to keep, which
tells what the budget costs. docs/developers.md tells how to read the rows.
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.webex.client import WebexClient  # noqa: E402  # the path comes first
from app.webex.http import Http  # noqa: E402
from app.webex.many import AT_ONCE, each  # noqa: E402
from config import SETTINGS  # noqa: E402

SIMULATOR = (sys.executable, "-m", "flask", "--app", "wsgi", "simulator", "--port", "0", "--world")
SOUGHT = "person7@example.com"
NO_LIMIT = 1_000_000
RATE = next(int(setting.default or 0) for setting in SETTINGS if setting.name == "WEBEX_RATE")


def main() -> None:
    """Measure each way in turn and print a row for it."""
    sizes = _arguments()
    if sizes.measure:
        print(json.dumps(_measured(sizes.measure, sizes.token, sizes.at_once, sizes.rate)))
        return
    machine = f"{platform.platform(terse=True)}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    print(f"{machine}, Python {platform.python_version()}, requests {requests.__version__}")
    print(f"{sizes.rooms:,} rooms, each answer takes {sizes.latency * 1_000:.0f} ms, {sizes.rate} requests a second\n")
    print(f"{'way':<24} {'calls':>6} {'seconds':>8} {'a second':>9} {'peak memory':>12}  found")
    with tempfile.TemporaryDirectory() as folder, _webex(Path(folder), sizes.rooms) as url:
        token = _slow_down(url, sizes.latency)
        for way, at_once, rate in _ways(sizes.rate) * sizes.rounds:
            _tell(way, _in_a_process(url, token, at_once, rate))
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


def _ways(rate: int) -> list[tuple[str, int, int]]:
    """Name, requests side by side, and requests a second, of each way."""
    return [
        ("one after the other", 1, rate),
        (f"{AT_ONCE} at a time", AT_ONCE, rate),
        (f"{AT_ONCE} at a time, no budget", AT_ONCE, NO_LIMIT),
    ]


def _tell(way: str, found: dict[str, float]) -> None:
    pace = found["calls"] / found["seconds"]
    row = f"{way:<24} {found['calls']:>6,} {found['seconds']:>8.2f} {pace:>9.1f} {found['peak']:>9.1f} MB  {found['found']}"
    print(row, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=1_000)
    parser.add_argument("--latency", type=float, default=0.1, help="seconds that each answer takes (0.1)")
    parser.add_argument("--rate", type=int, default=RATE, help=f"requests a second with one token ({RATE}, as WEBEX_RATE)")
    parser.add_argument("--rounds", type=int, default=1)
    for internal in ("--measure", "--token"):
        parser.add_argument(internal, default="", help=argparse.SUPPRESS)
    parser.add_argument("--at-once", type=int, default=1, help=argparse.SUPPRESS)
    return parser.parse_args()


@contextmanager
def _webex(folder: Path, rooms: int) -> Iterator[str]:
    """A simulated Webex with a person in so many rooms; every tenth has the one who is looked for."""
    world = folder / "world.toml"
    world.write_text(_world(rooms), encoding="utf-8")
    child = subprocess.Popen([*SIMULATOR, str(world)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        line = child.stdout.readline() if child.stdout else ""
        yield "http://" + line.partition("http://")[2].split()[0].rstrip("/")
    finally:
        child.terminate()
        child.communicate()


def _world(rooms: int) -> str:
    people = "".join(f'[[people]]\nemail = "person{n}@example.com"\ndisplayName = "Person {n}"\n' for n in range(10))
    listed = [f'"person0@example.com", "person{1 + n % 9}@example.com"' for n in range(rooms)]
    return people + "".join(f'[[rooms]]\ntitle = "Room {n}"\nmembers = [{members}]\n' for n, members in enumerate(listed))


def _slow_down(url: str, latency: float) -> str:
    """:returns: a token of the person in all rooms"""
    people = requests.get(f"{url}/_sim/people", timeout=10).json()["items"]
    fault = {"method": "GET", "path": "/memberships", "times": 10_000_000, "fault": {"slow": latency}}
    requests.post(f"{url}/_sim/faults", json=fault, timeout=10).raise_for_status()
    return str(next(one["token"] for one in people if one["email"] == "person0@example.com"))


def _in_a_process(url: str, token: str, at_once: int, rate: int) -> dict[str, float]:
    what = ("--measure", url, "--token", token, "--at-once", str(at_once), "--rate", str(rate))
    command = [sys.executable, __file__, *what]
    answer = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(answer.stdout)
    return found


def _measured(url: str, token: str, at_once: int, rate: int) -> dict[str, float]:
    calls = 0
    http = Http(f"{url}/v1", timeout=30, retries=3, retry_after_cap=30, rate=rate)

    def call(method: str, path: str, **parts: object) -> requests.Response:
        nonlocal calls
        calls += 1
        return http.request(method, path, token, **parts)

    webex = WebexClient(call).in_bulk()
    begun = time.perf_counter()
    rooms = webex.list_rooms(100_000, type="group")
    found = [read for _, read in each(lambda room: list(webex.list_memberships(room.id, personEmail=SOUGHT)), rooms, at_once)]
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_000
    return {"calls": calls, "seconds": seconds, "peak": peak, "found": sum(1 for one in found if one)}


if __name__ == "__main__":
    main()
