"""Many deliveries over a few connections: by wrk if it is there, else by a generator in Python, which is slower."""

import http.client
import json
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.machine import CLIENT_CPU

LUA = Path(__file__).with_name("deliveries.lua")
CONNECTIONS = 32
Delivery = tuple[str, str, bytes]


@dataclass(frozen=True)
class Load:
    """What is sent.

    :ivar header: that holds the signature; a signature of the form `name=value;name=value` sets several
    :ivar rare: deliveries that are sent once each, one in `every`
    """

    common: Path
    header: str = "X-Spark-Signature"
    rare: Path | None = None
    every: int = 0


@dataclass(frozen=True)
class Outcome:
    """:ivar wrong: answers that were no success
    :ivar p50: milliseconds
    """

    requests: int
    seconds: float
    wrong: int
    broken: int
    p50: float
    p99: float


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "the generator in benchmarks/load.py"


def write(path: Path, deliveries: Sequence[Delivery]) -> Path:
    with path.open("wb") as file:
        for to, signature, body in deliveries:
            file.write(f"{to}\t{signature}\t".encode() + body + b"\n")
    return path


def run(url: str, load: Load, seconds: float) -> Outcome:
    """Send as fast as answers come, for so many seconds."""
    if not shutil.which("wrk"):
        return _run_here(url, load, seconds)
    rare = [str(load.rare), str(load.every)] if load.rare else []
    command = ["taskset", "-c", str(CLIENT_CPU), "wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "--timeout", "10s"]
    told = subprocess.run(
        [*command, "-s", str(LUA), url, "--", str(load.common), load.header, *rare], capture_output=True, text=True, check=True
    )
    return Outcome(**json.loads(told.stdout.strip().splitlines()[-1]))


def _run_here(url: str, load: Load, seconds: float) -> Outcome:
    told = subprocess.run(
        [sys.executable, "-m", "benchmarks.load", url, load.header, str(seconds), str(load.common), str(load.rare or ""),
         str(load.every)], capture_output=True, text=True, check=True,
    )  # fmt: skip
    return Outcome(**json.loads(told.stdout.strip().splitlines()[-1]))


def _read(name: str) -> list[Delivery]:
    lines = (line.split(b"\t", 2) for line in Path(name).read_bytes().splitlines())
    return [(to.decode(), signature.decode(), body) for to, signature, body in lines]


def _main(url: str, header: str, seconds: float, files: tuple[list[Delivery], list[Delivery]], every: int) -> Outcome:
    (common, rare), numbers, used = files, count(1), count()
    times: list[float] = []
    wrong: list[int] = []
    until = time.monotonic() + seconds

    def work() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        while (began := time.monotonic()) < until:
            number = next(numbers)
            is_rare = every and number % every == 0 and (place := next(used)) < len(rare)
            to, signature, body = rare[place] if is_rare else common[number % len(common)]
            pairs = dict(pair.split("=", 1) for pair in signature.split(";")) if "=" in signature else {header: signature}
            connection.request("POST", to, body, {"Content-Type": "application/json", **pairs})
            answer = connection.getresponse()
            answer.read()
            times.append(time.monotonic() - began)
            if answer.status >= 300:
                wrong.append(answer.status)

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    times.sort()
    p50, p99 = times[len(times) // 2] * 1e3, times[len(times) * 99 // 100] * 1e3
    return Outcome(len(times), seconds, len(wrong), 0, p50, p99)


if __name__ == "__main__":
    url, header, seconds, common, rare, every = sys.argv[1:]
    outcome = _main(url, header, float(seconds), (_read(common), _read(rare) if rare else []), int(every))
    print(json.dumps(outcome.__dict__))
