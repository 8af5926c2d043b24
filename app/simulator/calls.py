"""The log of API calls received. It keeps who called what and the answer, never a body or a value."""

import threading
from collections import deque
from collections.abc import Iterable

from app.simulator.clock import Clock, iso
from app.simulator.records import Json


class Calls:
    """The last ten thousand calls."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._items: deque[Json] = deque(maxlen=10_000)
        self._under_way = 0

    @property
    def under_way(self) -> int:
        """How many calls were received and are not noted yet, whether or not their callers still wait."""
        with self._lock:
            return self._under_way

    def begin(self) -> None:
        """Note that a call was received."""
        with self._lock:
            self._under_way += 1

    def add(self, method: str, path: str, query: Iterable[str], by: str | None, status: int | None) -> None:
        """Note a call; `query` holds parameter names only, `status` is None when no answer was sent."""
        item = {"method": method, "path": path, "query": sorted(query), "by": by, "status": status}
        with self._lock:
            self._under_way -= 1
            self._items.append({**item, "at": iso(self._clock.now())})

    def listed(self) -> list[Json]:
        """Return the calls, oldest first."""
        with self._lock:
            return list(self._items)

    def clear(self) -> None:
        """Forget all calls."""
        with self._lock:
            self._items.clear()
