"""The time of the simulated cloud. Tests move it; nothing else about it is special."""

import threading
import time
from datetime import UTC, datetime, timedelta

EARLIEST, LATEST = 631_152_000.0, 7_258_118_400.0
"""Where the clock may stand, in seconds since 1970."""


class Clock:
    """Wall-clock time plus a movable offset, with time stamps that never repeat."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offset = 0.0
        self._last_ms = 0

    def now(self) -> float:
        """Return the cloud's time in seconds since 1970."""
        return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Move the clock by so many seconds (backwards if negative).

        :raises ValueError: if it would leave the years between 1990 and 2200.
        """
        if not EARLIEST < self.now() + seconds < LATEST:
            raise ValueError("advance must stay between the years 1990 and 2200")
        self._offset += seconds

    def stamp(self) -> str:
        """Return the present as Webex writes it, at least one millisecond after the stamp before.

        Distinct stamps keep "messages before this time" exact even when a test posts faster than once a millisecond.
        """
        with self._lock:
            self._last_ms = max(int(self.now() * 1000), self._last_ms + 1)
            return _iso(self._last_ms)


def _iso(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC) + timedelta(milliseconds=milliseconds % 1000)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def iso(seconds: float) -> str:
    """Write seconds since 1970 as ISO-8601 in UTC with milliseconds and a Z."""
    return _iso(int(seconds * 1000))


def canonical(text: str) -> str:
    """Bring any ISO-8601 time into the cloud's own form, so that stamps compare as text.

    :raises ValueError: if the text is not a time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return iso(moment.timestamp())
    except OverflowError:  # a time in the first or last hours that the calendar can say
        raise ValueError("out of range") from None
