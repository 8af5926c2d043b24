"""Dying at a named step: in a process of the app that a test started, a function of the app is watched, and kills the process.

A point is watched all the time and does something once: when the file that all processes of an installation look at holds its
name. Whoever reads it there removes the file and is gone by SIGKILL, as by kill -9 or a power failure.
"""

import importlib
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True)
class Point:
    """Where a process may die.

    :ivar function: as `app.outbox.say` or `app.inbox.Inbox.accept`: it must be called by that name, and not have been copied
        into a table or another module
    """

    function: str
    when: str

    @property
    def name(self) -> str:
        """How it stands in the file."""
        return f"{self.when} {self.function}"

    @classmethod
    def read(cls, name: str) -> "Point":
        """Read what `name` wrote."""
        when, function = name.split()
        return cls(function, when)


def watch(file: Path, names: Iterable[str]) -> None:
    """Watch points, by their names, from now on."""
    for point in map(Point.read, names):
        owner, attribute = _place(point.function)
        setattr(owner, attribute, _watched(getattr(owner, attribute), point, file))


def _place(function: str) -> tuple[Any, str]:
    """Return the module or class in which a function stands, and its name there."""
    path, _, attribute = function.rpartition(".")
    module, _, last = path.rpartition(".")
    return (getattr(importlib.import_module(module), last) if last[0].isupper() else importlib.import_module(path)), attribute


def _watched(function: Callable[..., Any], point: Point, file: Path) -> Callable[..., Any]:
    @wraps(function)
    def watched(*arguments: Any, **named: Any) -> Any:
        if point.when == BEFORE:
            _die_if_meant(point, file)
        result = function(*arguments, **named)
        if point.when == AFTER:
            _die_if_meant(point, file)
        return result

    return watched


def _die_if_meant(point: Point, file: Path) -> None:
    try:
        if file.read_text() != point.name:
            return
        file.unlink()
    except FileNotFoundError:
        return
    os.kill(os.getpid(), signal.SIGKILL)
