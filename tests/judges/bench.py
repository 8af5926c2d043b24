"""What every judge needs: a simulator to judge, a folder to be installed in, a verdict to come to."""

import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import requests

from app.simulator.server import Simulator

PATIENCE = 600
"""Seconds a judge may take for one of its parts; all of them take less than a minute on two processors."""


@dataclass(frozen=True)
class Verdict:
    """What a judge said.

    :param failed: what nobody can explain, in the judge's own words
    :param expected: differences that are known, each with its reason
    :param missing: why the judge could not be heard, None if it was
    """

    judge: str
    passed: int = 0
    failed: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    missing: str | None = None

    def line(self) -> str:
        """Say it in one line."""
        if self.missing:
            return f"{self.judge}: not heard, {self.missing}"
        known = f"; expected: {'; '.join(self.expected)}" if self.expected else ""
        return f"{self.judge}: {self.passed} passed, {len(self.failed)} failed, {len(self.expected)} expected differences{known}"


class Cloud(Simulator):
    """A simulator with Erin in Dave's organization, and what judges do to it over HTTP."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._control("people", {"email": "erin@partner.example", "displayName": "Erin East"})
        listed = requests.get(f"{self.url}/_sim/people", timeout=10).json()["items"]
        self.people: dict[str, dict[str, str]] = {one["email"]: one for one in listed}
        return self

    def token(self, email: str) -> str:
        """Return somebody's access token."""
        return self.people[email]["token"]

    def call(self, email: str, method: str, path: str, fields: Mapping[str, Any] | None = None) -> Any:
        """Make an API call as somebody; return the answer's content, which must be a success."""
        headers = {"Authorization": f"Bearer {self.token(email)}"}
        answer = requests.request(method, f"{self.url}/v1{path}", json=fields, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def calls(self) -> list[dict[str, Any]]:
        """Return the API calls received."""
        items: list[dict[str, Any]] = requests.get(f"{self.url}/_sim/calls", timeout=10).json()["items"]
        return items

    def give_roles(self, email: str, *names: str) -> None:
        """Make somebody an administrator."""
        self._control("roles", {"person": email, "roles": names})

    def switch(self, **switches: Any) -> None:
        """Turn switches."""
        self._control("switches", switches)

    def drain(self) -> None:
        """Wait until every webhook is delivered."""
        self._control("drain", {"timeout": 10})

    def _control(self, what: str, fields: Mapping[str, Any]) -> None:
        requests.post(f"{self.url}/_sim/{what}", json=fields, timeout=30).raise_for_status()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, whatever that is, with these variables added to the environment.

    :raises subprocess.TimeoutExpired: if it takes longer than PATIENCE
    """
    return subprocess.run(
        [str(one) for one in command], cwd=folder, env={**os.environ, **environment}, timeout=PATIENCE, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def install(folder: Path, *packages: str) -> Path | None:
    """Install Python packages by name into an environment of their own; return its Python, None if that failed."""
    made = run([sys.executable, "-m", "venv", folder / "venv"], folder)
    python = folder / "venv" / "bin" / "python"
    if made.returncode:
        return None
    installed = run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages], folder)
    return None if installed.returncode else python
