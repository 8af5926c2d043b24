"""Rate limits: how many calls a token makes per minute and API (guide "REST API Basics"; contract 5.2)."""

import math
import threading
from collections import deque

from app.simulator.clock import Clock
from app.simulator.switches import Switches

WINDOW = 60.0
"""Seconds in which `calls_per_minute` calls are let through."""


class Limits:
    """The calls of the last minute, by token and API."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, str], deque[float]] = {}

    def take(self, token: str, path: str) -> int | None:
        """Count a call; return None if it may be made, or after how many seconds it may be tried again.

        :param path: the path of the call below the API's base, whose first part names the API.
        """
        limit = self._switches.calls_per_minute
        if not limit:
            return None
        now = self._clock.now()
        with self._lock:
            calls = self._calls.setdefault((token, path.strip("/").split("/")[0]), deque())
            while calls and not now - WINDOW < calls[0] <= now:
                calls.popleft()
            if len(calls) >= limit:
                return max(1, math.ceil(calls[0] + WINDOW - now))
            calls.append(now)
        return None
