"""Real processes for tests: an installation that can be killed, and commands run as an operator types them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import requests

from app.bot import webhook
from app.models import Database
from app.simulator.server import Simulator
from tests import openapi
from tests.forking import ROOT, Child, Order, clean
from tests.people import PATIENCE
from tests.stopping import Point
from tests.world import World, is_at_rest, wait_until

FORKED = ("serve", "worker", "migrate", "keys")
"""Commands whose processes are forked, since many tests start them; the others are started as anybody would."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts what runs beside it so, and children inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(order: Order, output: int) -> Child | subprocess.Popen[bytes]:
    """Start a process; see `Process`."""
    arguments = order.arguments
    if arguments[0] in FORKED:
        return clean().start(replace(order, arguments=("--app", "wsgi", *arguments)), output)
    command = arguments if arguments[0].startswith("/") else (sys.executable, "-m", "flask", "--app", "wsgi", *arguments)
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=order.environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )


HASTE = {"app.jobs.STOP_WITHIN": 1.0, "app.jobs.SWEEP_EVERY": 0.2, "app.jobs.RING_EVERY": 0.2}
"""What comes every some seconds comes more often, and who has to stop is waited for for a shorter time."""


class Process:
    """A command of the app in a process and session of its own.

    :param arguments: as they follow `flask --app wsgi`, or a whole command line beginning with a path
    :param settings: the environment, beside what every process needs
    :param more: of what only those know that are forked, see `tests.forking.Order`
    """

    def __init__(self, *arguments: str, settings: dict[str, str], log: Path, **more: Any) -> None:
        self.arguments = arguments
        inherited = {name: os.environ[name] for name in INHERITED if name in os.environ} | openapi.children()
        environment = {**inherited, "PYTHONUNBUFFERED": "1", **settings}
        self.log = log
        with log.open("ab") as output:
            self.child = start(Order(arguments, environment, **more), output.fileno())

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def is_alive(self) -> bool:
        return self.child.poll() is None

    def send(self, number: signal.Signals) -> None:
        self.child.send_signal(number)

    def ends(self) -> int:
        """Wait for its end; its exit status."""
        return self.child.wait(timeout=PATIENCE)

    def is_killed(self) -> None:
        """As by kill -9, or a power failure."""
        self.child.kill()
        self.child.wait(timeout=PATIENCE)

    def is_stopped(self) -> int:
        """As by a service manager; its exit status."""
        self.child.terminate()
        return self.ends()


class Installation(World):
    """A world whose app runs in processes of its own.

    Calls give up after a second, so that what a killed process left unsure is looked into soon; see also `HASTE`.

    :ivar given: constants of the app that are others in its processes, by module and name
    """

    def __init__(self, database_url: str, folder: Path, **settings: str) -> None:
        given = {"HTTP_TIMEOUT": "1s", "HTTP_RETRIES": "0", "AUTHLIB_INSECURE_TRANSPORT": "1", **settings}
        super().__init__(database_url, folder, **given)
        self.processes: list[Process] = []
        self.given: dict[str, Any] = dict(HASTE)
        self._points: tuple[str, ...] = ()
        self._order = folder / "die-here"

    def __enter__(self) -> Self:
        self.port = self._port()
        self.app_url = f"http://127.0.0.1:{self.port}"
        self.settings["PORT"] = str(self.port)
        self.simulator = Simulator(port=0, redirect_uris=(f"{self.app_url}/oauth/callback",))
        self.simulator.start()
        self.database = Database(self.database_url)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for process in self.processes:
            process.is_killed()
        self.simulator.stop()
        self.database.close()
        for person in self._people.values():
            person.leaves()

    def _port(self) -> int:
        """Where the app can be reached."""
        return free_port()

    def begins(self, *command: str, **more: Any) -> Process:
        """Start `serve` or another command, without waiting until it is ready.

        :param more: settings of this process alone, and `ahead`, by how many seconds its clock is
        """
        log = self.folder / f"{command[0]}-{len(self.processes)}.log"
        ahead = more.pop("ahead", 0.0)
        watched = {"stop_file": str(self._order), "stops": self._points}
        process = Process(*command, settings={**self.environment(), **more}, log=log, given=self.given, ahead=ahead, **watched)
        self.processes.append(process)
        return process

    def starts_all(self) -> None:
        """Start what this database needs: on SQLite `serve`, otherwise `serve` and `worker`."""
        if not self.database.is_sqlite:
            self.begins("worker")
        self.serves()

    def stops_at(self, points: Iterable[Point]) -> None:
        """Let processes that are started from now on be ready to die at these points."""
        self._points = tuple(sorted({point.name for point in points}))

    def dies_at(self, point: Point) -> None:
        """Let the first process that comes there die."""
        self._dead = [process for process in self.processes if not process.is_alive]
        beside = self._order.with_suffix(".new")
        beside.write_text(point.name)
        beside.rename(self._order)

    @property
    def has_died(self) -> bool:
        return any(not process.is_alive for process in self.processes if process not in self._dead)

    def starts_again(self) -> None:
        """Start anew what died, and stop at no point any more."""
        (died,) = (process for process in self.processes if not process.is_alive and process not in self._dead)
        assert died.ends() == -signal.SIGKILL, died.said
        self.processes.remove(died)
        if died.arguments == ("serve",):
            self.serves()
        elif died.arguments == ("worker",):
            self.begins("worker")

    def serves(self) -> Process:
        """Start `serve` and wait until it is ready."""
        process = self.begins("serve")
        self.is_ready(process)
        return process

    def is_ready(self, process: Process) -> None:
        """Wait until the app answers, and Webex has been given all webhooks of the bot."""

        def answers() -> bool:
            assert process.is_alive, process.said
            try:
                return requests.get(f"{self.app_url}/readyz", timeout=PATIENCE).ok
            except requests.ConnectionError:
                return False

        wait_until(answers)
        wait_until(lambda: len(self.bot.api("GET", "/webhooks")["items"]) == len(webhook.WANTED))

    def is_idle(self) -> bool:
        return is_at_rest(self.database)
