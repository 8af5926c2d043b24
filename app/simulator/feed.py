"""What changed, for the open chat pages: a numbered list that a page reads on from where it stopped."""

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass

HOLDERS = 3
"""How many requests may wait for a change at once.

A browser opens six connections to one origin and all its tabs share them; were every tab to hold one, nobody could
write any more. The other tabs get their answer at once and ask again soon.
"""


@dataclass(frozen=True)
class Change:
    """Something that happened in a room, and who may know of it."""

    number: int
    kind: str
    room_id: str
    ref: str
    audience: frozenset[str]


class Feed:
    """The last changes, oldest first."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._changes: deque[Change] = deque(maxlen=5_000)
        self._numbers = itertools.count(1)
        self._last = 0
        self._holders = 0
        self._is_closed = False

    @property
    def last(self) -> int:
        """The number of the newest change, 0 if nothing happened yet."""
        return self._last

    def add(self, kind: str, room_id: str, ref: str, audience: frozenset[str]) -> None:
        """Tell the people in `audience` that the message or room `ref` changed."""
        with self._news:
            self._last = next(self._numbers)
            self._changes.append(Change(self._last, kind, room_id, ref, audience))
            self._news.notify_all()

    def restart(self) -> None:
        """Let every page read everything anew: the number left out here tells them that they missed something."""
        with self._news:
            self._changes.clear()
            self._last = next(self._numbers)
            self._news.notify_all()

    def since(self, number: int, person_id: str) -> list[Change] | None:
        """Return the person's changes after `number`; None if the list no longer reaches back so far."""
        with self._news:
            oldest = self._changes[0].number if self._changes else self._last + 1
            if number > self._last or number < oldest - 1:
                return None
            return [one for one in self._changes if one.number > number and person_id in one.audience]

    def wait(self, number: int, person_id: str, seconds: float) -> bool:
        """Wait until the person has a change after `number`; return whether this request was allowed to wait."""
        deadline = time.monotonic() + seconds
        with self._news:
            if self._holders >= HOLDERS:
                return False
            self._holders += 1
            try:
                while not self._is_closed and self.since(number, person_id) == []:
                    left = deadline - time.monotonic()
                    if left <= 0:
                        break
                    self._news.wait(left)
            finally:
                self._holders -= 1
        return True

    def close(self) -> None:
        """Let all waiting requests go."""
        with self._news:
            self._is_closed = True
            self._news.notify_all()
