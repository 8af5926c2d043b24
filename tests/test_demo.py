"""What an operator and a first visitor type: demo, simulator, serve."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import pytest
import requests

from config import new_keys
from tests.people import PATIENCE
from tests.processes import Process, free_port, is_listening
from tests.world import World, wait_until

REQUIRED = ("WEBEX_CLIENT_ID", "WEBEX_CLIENT_SECRET", "WEBEX_BOT_TOKEN", "PUBLIC_URL", "SECRET_KEY", "TOKEN_KEYS", "HOOK_KEY")


class Demo(World):
    """The demo, and people who know nothing of it but its two addresses.

    :param command: `demo`, or a whole command line
    """

    def __init__(self, folder: Path, *command: str) -> None:
        super().__init__("", folder)
        self.command = command
        self.ports = (free_port(), free_port())

    def __enter__(self) -> Self:
        app_port, simulator_port = self.ports
        settings = {"DEMO_PORT": str(app_port), "SIMULATOR_PORT": str(simulator_port), "DEMO_BROWSER": "0"}
        settings["DATA_DIR"] = str(self.folder)
        self.process = Process(*self.command, settings=settings, log=self.folder / "demo.log")
        wait_until(lambda: "Ctrl-C ends everything" in self.process.said or not self.process.is_alive, patience=60.0)
        chat, app = re.findall(r"http://127\.0\.0\.1:\d+", self.process.said)
        self.app_url = app
        self.simulator: Any = SimpleNamespace(url=chat)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        for number in self.family().values():
            os.kill(number, signal.SIGKILL)
        self.process.is_killed()
        for person in self._people.values():
            person.leaves()

    def drain(self) -> int:
        delivered: int = self.control("drain", timeout=PATIENCE)["delivered"]
        return delivered

    def is_idle(self) -> bool:
        state = requests.get(f"{self.app_url}/readyz", timeout=PATIENCE).json()
        return state["waiting"] == state["unsaid"] == 0

    def family(self) -> dict[str, int]:
        """The processes of the demo by their command: demo and serve; make is not counted."""
        listed = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
        rows = {int(row.split()[0]): (int(row.split()[1]), row) for row in listed.splitlines()}
        ours = {self.process.child.pid}
        while more := {number for number, (parent, _) in rows.items() if parent in ours} - ours:
            ours |= more
        commands = {number: re.search(r"--app wsgi (\w+)", row) for number, (_, row) in rows.items() if number in ours}
        return {command[1]: number for number, command in commands.items() if command}

    @property
    def is_gone(self) -> bool:
        return not any(is_listening(port) for port in self.ports)


def test_make_demo_shows_the_whole_road_and_survives_kill_9(tmp_path: Path) -> None:
    make = which("make")
    assert make, "make is missing"
    with Demo(tmp_path, make, "--no-print-directory", "demo", f"VENV={sys.prefix}") as demo:
        assert [demo.simulator.url, demo.app_url] == [f"http://127.0.0.1:{port}" for port in demo.ports[::-1]]
        assert "ready: simulated Webex\n  ready: app and worker\n" in demo.process.said
        assert "Hello" in requests.get(f"{demo.simulator.url}/?as=alice@example.com", timeout=PATIENCE).text
        assert "assistant" in requests.get(demo.app_url, timeout=PATIENCE).text

        alice, bob = demo.person("alice@example.com"), demo.person("bob@example.com")
        assert "Connect your Webex account" in alice.says("hello")[0]
        assert "spark:messages_read" in alice.browser.opens(alice.link()).text
        assert "connected" in alice.connects(looks=True).text
        assert "Added **1**: buy milk" in alice.says("/todo buy milk")[0]
        assert "Now tracking" in alice.says("/track bob@example.com bob")[0]

        demo.fault("GET", "/messages/", by=demo.bot, slow=1.0)
        alice.writes("/todo eggs")
        demo.wait_for_fault()
        os.kill(demo.family()["serve"], signal.SIGKILL)
        alice.writes("/todo bread")  # while nobody is there to hear it
        wait_until(lambda: "ready: app and worker, again" in demo.process.said)
        assert "The app ended unexpectedly (-9); starting it again." in demo.process.said
        demo.settle()
        assert [heard.partition("\n")[0] for heard in alice.hears() if heard.startswith("Added")] == [
            "Added **1**: buy milk",
            "Added **2**: eggs",
            "Added **3**: bread",
        ]
        files = [file for file in tmp_path.rglob("*.db*") if file.stat().st_mode & 0o077]
        assert files == []  # nobody else may read them
        bob.writes("lunch at noon?", room="Project X")
        demo.settle()
        assert "lunch at noon?" in alice.hears()[-1]

        family = demo.family()
        assert set(family) == {"demo", "serve"}
        os.kill(family["demo"], signal.SIGINT)
        assert demo.process.ends() == 0
        assert "The demo has ended." in demo.process.said
        assert "Traceback" not in demo.process.said
        assert demo.is_gone


def test_a_demo_that_is_killed_leaves_no_process_behind(tmp_path: Path) -> None:
    with Demo(tmp_path, "demo") as demo:
        alice = demo.person("alice@example.com")
        assert len(alice.says("hello")) == 1  # nothing is left of an earlier demo in the same folder
        demo.process.is_killed()
        wait_until(lambda: demo.is_gone)


def test_the_demo_removes_only_what_a_demo_left(tmp_path: Path) -> None:
    mine = tmp_path / "demo" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years of work")
    status, said = run(tmp_path, "demo", DEMO_PORT=str(free_port()), SIMULATOR_PORT=str(free_port()))
    assert status == 1
    assert f"Error: {mine.parent} holds something that no demo left there. DATA_DIR chooses another place.\n" in said
    assert mine.read_text() == "years of work"


@contextmanager
def occupied() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield int(taken.getsockname()[1])


def run(tmp_path: Path, *command: str, **settings: str) -> tuple[int, str]:
    """Run a command to its end: its exit status, and what it said."""
    process = Process(*command, settings={"DATA_DIR": str(tmp_path), "DEMO_BROWSER": "0", **settings}, log=tmp_path / "log")
    try:
        return process.ends(), process.said
    finally:
        process.is_killed()


def test_a_busy_port_gets_one_clear_sentence(tmp_path: Path) -> None:
    with occupied() as port:
        free = str(free_port())
        demo = {"DEMO_PORT": free, "SIMULATOR_PORT": str(port)}
        assert run(tmp_path, "demo", **demo) == (
            1,
            f"Error: Port {port} is in use. Choose another: SIMULATOR_PORT={port + 100} make demo\n",
        )


def test_odd_ports_of_the_demo_get_one_clear_message(tmp_path: Path) -> None:
    status, said = run(tmp_path, "demo", DEMO_PORT="0", SIMULATOR_PORT="many", DEMO_BROWSER="maybe")
    assert status == 1
    assert all(name in said for name in ("DEMO_PORT", "SIMULATOR_PORT", "DEMO_BROWSER"))
    assert "Traceback" not in said
    (tmp_path / "log").unlink()
    same = str(free_port())
    assert run(tmp_path, "demo", DEMO_PORT=same, SIMULATOR_PORT=same) == (
        1,
        f"Error: DEMO_PORT and SIMULATOR_PORT are both {same}; they must differ.\n",
    )


def test_the_simulator_runs_alone(tmp_path: Path) -> None:
    port = free_port()
    settings = {"SIMULATOR_PORT": str(port), "DATA_DIR": str(tmp_path)}
    process = Process("simulator", settings=settings, log=tmp_path / "simulator.log")
    try:
        wait_until(lambda: is_listening(port))
        people = requests.get(f"http://127.0.0.1:{port}/_sim/people", timeout=PATIENCE).json()["items"]
        alice = next(person for person in people if person["email"] == "alice@example.com")
        me = requests.get(
            f"http://127.0.0.1:{port}/v1/people/me", headers={"Authorization": f"Bearer {alice['token']}"}, timeout=PATIENCE
        ).json()
        assert me["displayName"] == "Alice Adams"
        assert f"http://127.0.0.1:{port}" in process.said
        process.send(signal.SIGINT)
        assert process.ends() == 0
        assert "Traceback" not in process.said
        assert not is_listening(port)
    finally:
        process.is_killed()


SERVERS = {
    "serve": ("serve",),
    "run": ("run",),
    "another server": (sys.executable, "-m", "waitress", "--port=0", "wsgi:app"),
}


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS)
def test_without_settings_no_server_starts_and_every_missing_one_is_named(tmp_path: Path, command: tuple[str, ...]) -> None:
    status, said = run(tmp_path, *command)
    assert status == 1
    assert [name for name in REQUIRED if f"- {name} is missing" in said] == list(REQUIRED)
    assert "Traceback" not in said


def test_serve_says_which_port_is_busy_and_a_worker_that_it_has_no_place_beside_sqlite(tmp_path: Path) -> None:
    settings = {**new_keys(), **dict.fromkeys(REQUIRED[:3], "given"), "PUBLIC_URL": "http://127.0.0.1"}
    with occupied() as port:
        status, said = run(tmp_path, "serve", **settings, PORT=str(port))
    assert (status, said) == (1, f"Error: I can't listen on 127.0.0.1:{port} (Address already in use). PORT chooses another.\n")
    (tmp_path / "log").unlink()
    status, said = run(tmp_path, "worker", **settings)
    assert (status, said) == (1, "Error: On SQLite the worker runs inside `serve`. A separate one needs PostgreSQL.\n")
