"""The command `flask --app wsgi simulator`: described worlds, saved states, and what it refuses."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "flask", "--app", "wsgi", "simulator")


@contextmanager
def started(*options: str) -> Iterator[str]:
    """The command as a process of its own, told to end by SIGTERM; yields its address."""
    process = subprocess.Popen([*COMMAND, "--port", "0", *options], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = re.match(r"Simulated Webex: (http://\S+)", process.stdout.readline())
        assert found
        yield found[1]
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 0


def refused(*options: str) -> str:
    ended = subprocess.run([*COMMAND, *options], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode != 0
    return ended.stderr


def test_the_example_of_the_docs_is_saved_and_loaded_again(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    with started("--world", "docs/examples/world.toml", "--save", str(state)) as url:
        grace = {"Authorization": "Bearer grace-token"}
        made = requests.post(f"{url}/v1/rooms", json={"title": "Kept"}, headers=grace, timeout=10).json()
    assert json.loads(state.read_bytes())["version"] == 1
    with started("--load", str(state)) as url:
        rooms = requests.get(f"{url}/v1/rooms", headers=grace, timeout=10).json()["items"]
    assert {room["title"] for room in rooms} == {"Engines", "Announcements", "General", "Kept"}
    assert made["id"] in {room["id"] for room in rooms}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--world", "missing.toml"), "Error: missing.toml can't be read (No such file or directory); name a TOML file."),
        (("--load", "README.md"), "Error: This is no saved state of the simulator: JSON is malformed"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_sentence(options: tuple[str, ...], sentence: str) -> None:
    told = refused(*options)
    assert told.startswith(sentence) and "Traceback" not in told


def test_a_port_that_is_taken_is_told() -> None:
    with started() as url:
        told = refused("--port", url.rpartition(":")[2])
    assert told == f"Error: I can't listen at {url} (Address already in use).\n"
