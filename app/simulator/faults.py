"""Faults somebody asked for: which call or delivery they hit, how often, and what goes wrong."""

import math
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from app.simulator.records import Json

CALLS = frozenset({"status", "drop", "slow", "lost_answer", "bad_json", "retry_after", "too_many", "token", "migrate"})
"""What can go wrong with an API call."""
BESIDE = frozenset({"body", "headers", "seconds"})
"""What may stand beside them."""
FLAGS = ("drop", "lost_answer", "bad_json", "too_many")
FIELDS = frozenset({"method", "path", "by", "times", "fault", "resource", "event"})
METHODS = ("*", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
DELIVERIES = ("lost", "duplicated", "reordered", "delayed", "tampered", "unsigned")
"""What can go wrong with the delivery of a webhook: the values of `delivery`."""
TOKENS = ("expired", "revoked")
"""What can become of the token a call is made with: the values of `token`."""
LONGEST = 600.0
"""Seconds anything may be made to wait."""
_HEADER = re.compile(r"[\x20-\x7e\x80-\xff]*")


@dataclass
class Fault:
    """One fault that waits for its calls or deliveries."""

    method: str
    path: re.Pattern[str]
    """Looked for in the path of a call, or in the address a delivery goes to."""
    by: str | None
    """A person's id, of the caller or of the webhook's creator; None hits everybody, also calls without a token."""
    times: int
    """How many calls or deliveries it still hits; negative: all."""
    what: Json
    resource: str | None = None
    event: str | None = None
    ended: threading.Event = field(default_factory=threading.Event)

    def hits_call(self, method: str, path: str, by: str | None) -> bool:
        """Whether this call is one the fault waits for."""
        return "delivery" not in self.what and self.method in ("*", method) and self._hits(path, by)

    def hits_delivery(self, target: str, by: str, resource: str, event: str) -> bool:
        """Whether this delivery is one the fault waits for."""
        is_meant = self.resource in (None, resource) and self.event in (None, event)
        return "delivery" in self.what and is_meant and self._hits(target, by)

    def listed(self) -> Json:
        """Return the fault as JSON."""
        shown: Json = {
            "method": self.method, "path": self.path.pattern, "by": self.by, "times": self.times, "fault": self.what,
        }  # fmt: skip
        subject = {"resource": self.resource, "event": self.event}
        return shown | {name: value for name, value in subject.items() if value is not None}

    def _hits(self, where: str, by: str | None) -> bool:
        return self.times != 0 and self.by in (None, by) and self.path.search(where) is not None


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
        if not isinstance(what, dict) or not (CALLS | {"delivery"}) & what.keys():
            raise ValueError(f"fault must hold one of {', '.join(sorted(CALLS | {'delivery'}))}")
        _check_names(wanted, FIELDS)
        _check_names(what, CALLS | BESIDE | {"delivery"})
        _check(what)
        method = (_text(wanted, "method") or "*").upper()
        if method not in METHODS:
            raise ValueError(f"method takes one of {', '.join(METHODS)}")
        times = wanted.get("times", 1)
        if not isinstance(times, int) or isinstance(times, bool):
            raise ValueError("times must be a whole number")
        fault = Fault(method, _pattern(wanted), by, times, what, _text(wanted, "resource"), _text(wanted, "event"))
        with self._lock:
            self._items.append(fault)
        return fault

    def take(self, method: str, path: str, by: str | None) -> Json | None:
        """Return what goes wrong with this call, and count it; None if nothing does."""
        with self._lock:
            return _counted(next((one for one in self._items if one.hits_call(method, path, by)), None))

    def take_delivery(self, target: str, by: str, resource: str, event: str) -> Json | None:
        """Return what goes wrong with this delivery, and count it; None if nothing does."""
        with self._lock:
            return _counted(next((one for one in self._items if one.hits_delivery(target, by, resource, event)), None))

    def listed(self) -> list[Json]:
        """Return the faults that still wait."""
        with self._lock:
            return [fault.listed() for fault in self._items if fault.times]

    def hold_up(self, what: Json) -> None:
        """Let a call that was slowed down wait, until its time or all faults are over."""
        with self._lock:
            fault = next((one for one in self._items if one.what is what), None)
        if fault:
            fault.ended.wait(float(what["slow"]))

    def clear(self) -> None:
        """End all faults; calls that are slowed down go on at once."""
        with self._lock:
            for fault in self._items:
                fault.ended.set()
            self._items.clear()


def _counted(fault: Fault | None) -> Json | None:
    if fault is None:
        return None
    fault.times -= fault.times > 0
    return fault.what


def _check_names(given: Json, known: Collection[str]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"{name} is not known here; there is {', '.join(sorted(known))}")


def _text(wanted: Json, name: str) -> str | None:
    value = wanted.get(name)
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{name} must be a text")
    return value


def _pattern(wanted: Json) -> re.Pattern[str]:
    try:
        return re.compile(_text(wanted, "path") or "")
    except (re.error, RecursionError) as problem:
        raise ValueError(f"path is not a regular expression: {problem}") from None


def _check(what: Json) -> None:
    """Check that a fault can be carried out when its time comes.

    :raises ValueError: otherwise.
    """
    if "delivery" in what and what["delivery"] not in DELIVERIES:
        raise ValueError(f"delivery takes one of {', '.join(DELIVERIES)}")
    if "token" in what and what["token"] not in TOKENS:
        raise ValueError(f"token takes one of {', '.join(TOKENS)}")
    for name in FLAGS:
        if not isinstance(what.get(name, True), bool):
            raise ValueError(f"{name} takes true or false")
    if "migrate" in what and not isinstance(what["migrate"], str):
        raise ValueError("migrate takes the id or the title of a room")
    for name in ("slow", "seconds"):
        if name in what and not _is_number(what[name], 0, LONGEST):
            raise ValueError(f"{name} takes a number of seconds up to {LONGEST:g}")
    if "status" in what and not _is_number(what["status"], 200, 599):
        raise ValueError("status takes a number from 200 to 599")
    wait = what.get("retry_after")
    headers = what.get("headers", {})
    if not isinstance(headers, dict) or not all(_HEADER.fullmatch(f"{one}{headers[one]}") for one in headers):
        raise ValueError("headers takes names and values")
    if wait is not None and not _HEADER.fullmatch(str(wait)):
        raise ValueError("retry_after takes the value of a header")


def _is_number(value: Any, least: float, greatest: float) -> bool:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return is_number and least <= value <= greatest
