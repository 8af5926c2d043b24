"""Faults somebody asked for: which call they hit, how often, and what goes wrong."""

import re
import threading
from dataclasses import dataclass

from app.simulator.records import Json

KINDS = frozenset({"status", "drop", "slow", "lost_answer", "bad_json", "retry_after"})


@dataclass
class Fault:
    """One fault that waits for its calls."""

    method: str
    path: re.Pattern[str]
    by: str | None
    """A person's id; None hits everybody, also calls without a token."""
    times: int
    """How many calls it still hits; negative: all."""
    what: Json

    def hits(self, method: str, path: str, by: str | None) -> bool:
        """Whether this call is one the fault waits for."""
        if self.method not in ("*", method) or not self.path.search(path):
            return False
        return self.times != 0 and self.by in (None, by)

    def listed(self) -> Json:
        """Return the fault as JSON."""
        return {
            "method": self.method, "path": self.path.pattern, "by": self.by, "times": self.times, "fault": self.what,
        }  # fmt: skip


class Faults:
    """The faults in force, in the order they were asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._items: list[Fault] = []

    def add(self, wanted: Json, by: str | None) -> Fault:
        """Put a fault in force; `by` is the person's id if the fault is for one person.

        :raises ValueError: if the description is not one.
        """
        what = wanted.get("fault")
        if not isinstance(what, dict) or not KINDS & what.keys():
            raise ValueError(f"fault must hold one of {', '.join(sorted(KINDS))}")
        try:
            path = re.compile(str(wanted.get("path", "")))
        except re.error as problem:
            raise ValueError(f"path is not a regular expression: {problem}") from None
        times = wanted.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool):
            raise ValueError("times must be a whole number")
        fault = Fault(str(wanted.get("method", "*")).upper(), path, by, times, what)
        with self._lock:
            self._items.append(fault)
        return fault

    def take(self, method: str, path: str, by: str | None) -> Json | None:
        """Return what goes wrong with this call, and count it; None if nothing does."""
        with self._lock:
            for fault in self._items:
                if fault.hits(method, path, by):
                    fault.times -= fault.times > 0
                    return fault.what
        return None

    def listed(self) -> list[Json]:
        """Return the faults that still wait."""
        with self._lock:
            return [fault.listed() for fault in self._items if fault.times]

    def clear(self) -> None:
        """End all faults."""
        with self._lock:
            self._items.clear()
