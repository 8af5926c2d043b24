"""How fast the simulator starts, loads a large world, and answers: medians of several rounds, with the machine they are of.

Run it as `.venv/bin/python benchmarks/simulator.py` on a machine that has nothing else to do; `--help` lists the sizes.
The simulator is a process of its own, held to one core; the calls come from another process on another core.
"""

import argparse
import http.client
import importlib.metadata
import itertools
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from app.simulator import description, snapshot, world  # noqa: E402  # the path comes first
from app.simulator.cloud import Cloud  # noqa: E402

COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "simulator", "--port", "0")
CONNECTIONS = 4
PACKAGES = ("Flask", "Werkzeug", "msgspec", "requests")


@dataclass(frozen=True)
class Asked:
    """A call: method, path, body."""

    method: str
    path: str
    body: bytes | None = None


def main() -> None:
    """Measure everything and print it."""
    sizes = _arguments()
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    _say(f"{_processor()}, {os.cpu_count()} CPUs, load {_load()}; {platform.platform(terse=True)}")
    packages = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    _say(f"Python {platform.python_version()}, {packages}")
    held = "one core each" if len(cores) > 1 else "not held to cores of their own"
    _say(f"{sizes.rounds} rounds, {CONNECTIONS} connections; simulator and caller are {held}\n")
    _measure("start, to the first answer", lambda: _start([], cores), sizes.rounds)
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "large.toml")
        large.write_text(_large_world(sizes.rooms, sizes.members), encoding="utf-8")
        what = f"{sizes.rooms:,} rooms × {sizes.members} members"
        _measure(f"start with --world, {what}", lambda: _start(["--world", str(large)], cores), sizes.rounds)
        _measure_loading(large, what, sizes.rounds)
        with _running(["--world", str(large)], cores) as port:
            _measure_calls(port, sizes.calls, sizes.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (5)")
    parser.add_argument("--calls", type=int, default=2000, help="calls of each kind and round (2000)")
    parser.add_argument("--rooms", type=int, default=1000, help="rooms of the large world (1000)")
    parser.add_argument("--members", type=int, default=100, help="members of each of them (100)")
    return parser.parse_args()


# Starting and loading


def _start(options: list[str], cores: list[int]) -> float:
    """Return the seconds from the command to its first answer to an API call."""
    begun = time.perf_counter()
    with _running(options, cores) as port:
        _Caller(port).call(Asked("GET", "/_sim/clock"))
        return time.perf_counter() - begun


@contextmanager
def _running(options: list[str], cores: list[int]) -> Iterator[int]:
    """Run the simulator on the first core, and this process on the others; yield the port."""
    child = subprocess.Popen([*COMMAND, *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if len(cores) > 1:
        os.sched_setaffinity(child.pid, cores[:1])
        os.sched_setaffinity(0, cores[1:])
    try:
        line = child.stdout.readline() if child.stdout else ""
        yield int(line.partition("http://")[2].split()[0].rpartition(":")[2])
    finally:
        child.terminate()
        child.communicate()


def _measure_loading(large: Path, what: str, rounds: int) -> None:
    _measure(f"  of this, reading the TOML, {what}", lambda: _seconds(lambda: description.read(large)), rounds)
    described, clouds = description.read(large), []

    def populate() -> None:
        clouds.append(Cloud())
        world.populate(clouds[-1], described)

    _measure("  of this, filling the cloud", lambda: _seconds(populate), rounds)
    cloud = clouds[-1]
    state = snapshot.save(cloud)
    _measure(f"saving its state, {len(state) / 1e6:.0f} MB of JSON", lambda: _seconds(lambda: snapshot.save(cloud)), rounds)
    _measure("loading its state", lambda: _seconds(lambda: snapshot.load(Cloud(), state)), rounds)


def _large_world(rooms: int, members: int) -> str:
    """Describe as many people as rooms, each of them in as many rooms as a room has members."""
    people = [f"person{number}@example.com" for number in range(max(rooms, members))]
    lines = [f'[[people]]\nemail = "{email}"\ndisplayName = "Person {number}"' for number, email in enumerate(people)]
    lines += ['[[bots]]\nemail = "bot@webex.bot"\nname = "Bot"\ntoken = "bot-token"']
    around = people + people
    for number in range(rooms):
        inside = ", ".join(f'"{email}"' for email in around[number : number + members])
        lines.append(f'[[rooms]]\ntitle = "Room {number}"\nmembers = [{inside}]')
    return "\n".join(lines)


# Calling


class _Caller:
    """One connection, kept open, with somebody's token."""

    def __init__(self, port: int, token: str = "") -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def call(self, asked: Asked) -> bytes:
        self._http.request(asked.method, asked.path, asked.body, self._headers)
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{asked.method} {asked.path} answered {answer.status}: {content.decode()}")
        return content


def _measure_calls(port: int, count: int, rounds: int) -> None:
    people = json.loads(_Caller(port).call(Asked("GET", "/_sim/people")))["items"]
    callers = [_Caller(port, people[0]["token"]) for _ in range(CONNECTIONS)]
    kinds = _kinds(callers[0])
    for kind, asked in kinds.items():
        _measure(f"calls a second, {kind}", lambda asked=asked: _rate(callers, [asked], count), rounds, "/s")
    _measure("calls a second, all of these in turn", lambda: _rate(callers, list(kinds.values()), 2 * count), rounds, "/s")


def _kinds(caller: _Caller) -> dict[str, Asked]:
    room_id = json.loads(caller.call(Asked("GET", "/v1/rooms?max=1")))["items"][0]["id"]
    words = json.dumps({"roomId": room_id, "markdown": "**Hello**, this is message number one."}).encode()
    posting = Asked("POST", "/v1/messages", words)
    posted = [json.loads(caller.call(posting))["id"] for _ in range(50)]
    return {
        "GET /people/me": Asked("GET", "/v1/people/me"),
        "GET /rooms?max=20": Asked("GET", "/v1/rooms?max=20"),
        "GET /rooms/{id}": Asked("GET", f"/v1/rooms/{room_id}"),
        "GET /memberships?roomId=…&max=20": Asked("GET", f"/v1/memberships?roomId={room_id}&max=20"),
        "GET /messages?roomId=…&max=20": Asked("GET", f"/v1/messages?roomId={room_id}&max=20"),
        "GET /messages/{id}": Asked("GET", f"/v1/messages/{posted[0]}"),
        "POST /messages": posting,
    }


def _rate(callers: list[_Caller], asked: list[Asked], count: int) -> float:
    """Return how many calls a second are answered on all connections together."""
    share = count // len(callers)

    def work(caller: _Caller, first: int) -> None:
        for one in itertools.islice(itertools.cycle(asked), first, first + share):
            caller.call(one)

    threads = [threading.Thread(target=work, args=(caller, number)) for number, caller in enumerate(callers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return share * len(callers) / (time.perf_counter() - begun)


# Telling


def _measure(what: str, measure: Callable[[], float], rounds: int, unit: str = "s") -> None:
    """Print the median, the least and the greatest of several measurements."""
    found = sorted(measure() for _ in range(rounds))
    shown = [f"{value:,.0f}" if unit == "/s" else f"{value:.2f}" for value in (statistics.median(found), found[0], found[-1])]
    _say(f"{what:<58} {shown[0]:>7} {unit:<2}  ({shown[1]} to {shown[2]})")


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _processor() -> str:
    """Return the processor's name, as far as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
