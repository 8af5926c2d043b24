"""What every part needs: the machine in words, processes whose CPU can be read, ratios within a round."""

import os
import platform
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]
PYTHON = Path(sys.executable)
TICK = os.sysconf("SC_CLK_TCK")
PACKAGES = ("flask", "werkzeug", "waitress", "granian", "sqlalchemy", "psycopg", "msgspec", "requests", "huey")
SERVER_CPU, CLIENT_CPU = (0, 1) if (os.cpu_count() or 1) > 1 else (0, 0)


def description() -> dict[str, Any]:
    """The machine and the versions, as far as they matter to a figure."""
    cpu = next((line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    memory = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0)
    return {
        "cpu": cpu, "processors": os.cpu_count(), "memory_gb": round(memory / 1e6, 1), "kernel": platform.release().split("-")[0],
        "python": platform.python_version(), "packages": {name: _version(name) for name in PACKAGES},
        "load": [round(one, 1) for one in os.getloadavg()],
    }  # fmt: skip


def _lines(path: str) -> list[str]:
    with suppress(OSError):
        return Path(path).read_text().splitlines()
    return []


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


class Server:
    """A program that serves, on one processor, with all the processes it starts.

    :param path: where a GET tells that it is up; a program that serves nothing has none
    :param everywhere: on all processors
    """

    def __init__(
        self, command: Sequence[str | Path], port: int, settings: dict[str, str], log: Path, path: str = "/healthz", *,
        everywhere: bool = False,
    ) -> None:  # fmt: skip
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ} | settings
        pinned = [] if everywhere else ["taskset", "-c", str(SERVER_CPU)]
        with log.open("ab") as output:
            self.child = subprocess.Popen(
                [*pinned, *map(str, command)], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip
        try:
            if path:
                self._wait(path)
        except BaseException:
            self.stop()
            raise

    def _wait(self, path: str) -> None:
        until = time.monotonic() + 30
        while time.monotonic() < until and self.child.poll() is None:
            try:
                with urllib.request.urlopen(self.url + path, timeout=5):
                    return
            except urllib.error.HTTPError as error:
                if error.code < 500:
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise RuntimeError(f"did not start: {self.log.read_text()[-2_000:]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def stop(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self.child.wait(10)
                return

    def cpu(self) -> float:
        """Seconds of processor time so far."""
        return cpu_of(family(self.child.pid))

    def memory(self) -> float:
        """Megabytes that its largest process holds now."""
        return max(_resident(pid) for pid in family(self.child.pid))


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                parents.setdefault(_fields(int(entry.name))[1], []).append(int(entry.name))
    found = [pid]
    for one in found:
        found += parents.get(one, [])
    return found


def cpu_of(pids: Iterable[int]) -> float:
    total = 0
    for pid in pids:
        with suppress(OSError):
            fields = _fields(pid)
            total += fields[11] + fields[12]
    return total / TICK


def _fields(pid: int) -> list[int]:
    """The fields of /proc/<pid>/stat from the third on, with 0 for the state."""
    told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return [0, *map(int, told[1:])]


def _resident(pid: int) -> float:
    line = next((line for line in _lines(f"/proc/{pid}/status") if line.startswith("VmRSS")), "VmRSS: 0")
    return int(line.split()[1]) / 1_024


def best(work: Callable[[], object], times: int) -> float:
    """Microseconds of this thread's processor time for one call."""
    began = time.thread_time()
    for _ in range(times):
        work()
    return (time.thread_time() - began) / times * 1e6


def median(values: Iterable[float]) -> float:
    return statistics.median(list(values))


def spread(values: Iterable[float]) -> tuple[float, float]:
    found = list(values)
    return min(found), max(found)
