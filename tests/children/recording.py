"""A call of the simulated API as it was made and answered, to be judged in another process than that of the simulator."""

import base64
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from flask import Flask, Response, g, request

from app.simulator.application import API


@dataclass(frozen=True)
class Call:
    """A request and its answer, before faults spoil it."""

    method: str
    path: str
    query: dict[str, str]
    agent: str
    kind: str
    content: bytes
    """The body of the request, empty for a form, which is read already."""
    status: int
    answer_kind: str
    answer: bytes
    is_ordered: bool
    """Whether a fault says what the answer is."""

    @classmethod
    def of(cls, response: Response) -> Self:
        """Take the call that is being answered."""
        return cls(
            request.method,
            request.path,
            dict(request.args.items()),
            request.user_agent.string,
            request.mimetype,
            request.get_data() if request.is_json else b"",
            response.status_code,
            response.mimetype or "",
            response.get_data(),
            bool(g.get("fault")),
        )

    def line(self) -> bytes:
        """Write it as a line of JSON."""
        return json.dumps(asdict(self), default=lambda content: base64.b64encode(content).decode()).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read what `line` wrote."""
        fields: dict[str, Any] = json.loads(line)
        return cls(**fields | {name: base64.b64decode(fields[name]) for name in ("content", "answer")})


class Recorder:
    """Appends the calls of this process to a file of its own, each at once, so that killing the process loses none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def watch(self, application: Flask) -> None:
        """Note every call that an application answers from now on."""
        application.after_request(self._note)

    def _note(self, response: Response) -> Response:
        if request.path.startswith(API + "/"):
            path = self._folder / f"{os.getpid()}.calls"  # of this moment, since a process may fork
            with path.open("ab", buffering=0) as file:
                file.write(Call.of(response).line())
        return response


class Calls:
    """Reads what recorders have written into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._read: dict[Path, int] = {}

    def take(self) -> list[Call]:
        """Return the calls that came since the last time."""
        found = []
        for path in sorted(self.folder.glob("*.calls")):
            content = path.read_bytes()[self._read.get(path, 0) :]
            whole = content[: content.rfind(b"\n") + 1]
            self._read[path] = self._read.get(path, 0) + len(whole)
            found += [Call.read(line) for line in whole.splitlines()]
        return found

    def environment(self) -> dict[str, str]:
        """Return what the environment of a process must hold for its simulators to be recorded here."""
        paths = (str(Path(__file__).parent), os.environ.get("PYTHONPATH", ""))
        return {"WATCHED_CALLS": str(self.folder), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
