"""A budget of requests for each access token, kept by everything in this process that uses the token.

Webex publishes no figure that holds: a baseline of about 300 requests a minute per API and person, more for messages, and
its limits move. So the budget only keeps us from hammering, and Webex's own word, 429 with Retry-After, is the rule: whoever
hears it first holds everybody with this token, so that nobody finds it out by a refusal of their own.
"""

import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from app.webex.errors import RateLimited

BURST = 2.0  # seconds of the rate that may be spent at once, by who asked for nothing for a while
RESERVE = 1.0  # of these, the seconds that bulk work leaves to people's commands
IDLE = 120.0  # seconds without use, longer than any request lasts, after which a budget may be forgotten
MOST_KEPT = 1_000  # budgets in memory before idle ones, which are as good as new ones, are forgotten


@dataclass(frozen=True)
class Clock:
    """What time it is, and how to let some pass; a pair, so that both can be moved together."""

    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Budget:
    """One token's requests: a bucket that fills at `rate` a second, and a pause that Webex asked for."""

    def __init__(self, rate: float, clock: Clock) -> None:
        self._rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._most = max(rate * BURST, 2.0)
        self._reserve = self._most * RESERVE / BURST
        self._left = self._most
        self._used = self._counted = self._held_until = clock.monotonic()

    @property
    def is_idle(self) -> bool:
        with self._lock:
            return self._clock.monotonic() > max(self._used, self._held_until) + IDLE

    def take(self, patience: float, *, in_bulk: bool = False) -> None:
        """Wait until one request may be made.

        :param patience: seconds for which a pause of Webex's is waited for
        :param in_bulk: leave the reserve to others
        :raises RateLimited: if the pause lasts longer; it says how long
        """
        while (wait := self._taken(patience, in_bulk)) > 0:
            self._clock.sleep(wait)

    def _taken(self, patience: float, in_bulk: bool) -> float:
        """:returns: seconds to wait before the next try; none, if one request was taken"""
        with self._lock:
            now = self._clock.monotonic()
            if (held := self._held_until - now) > 0:
                if held > patience:
                    raise RateLimited(429, retry_after=held)
                return held
            self._left, self._counted = self._now_left(now), now
            missing = 1.0 + (self._reserve if in_bulk else 0.0) - self._left
            if missing > 0.0:
                return max(missing / self._rate, 0.001)
            self._left -= 1.0
            self._used = now
            return 0.0

    def _now_left(self, now: float) -> float:
        return min(self._most, self._left + max(0.0, now - self._counted) * self._rate)

    def hold(self, seconds: float) -> None:
        """Webex asked for a pause. After it little more than the reserve is left, so that not all who waited come at once."""
        with self._lock:
            self._held_until = max(self._held_until, self._clock.monotonic() + seconds)
            self._left, self._counted = min(self._left, self._reserve + 1.0), self._held_until

    def spent(self, requests: int) -> None:
        """Count requests that were made without asking: repeats after a failure."""
        with self._lock:
            self._left -= requests


class Budgets:
    """:param rate: requests a second with one token, on average"""

    def __init__(self, rate: float, clock: Clock | None = None) -> None:
        self._rate = rate
        self._clock = clock or Clock()
        self._lock = threading.Lock()
        self._by_token: dict[bytes, Budget] = {}
        self._full = MOST_KEPT

    def of(self, token: str) -> Budget:
        key = hashlib.sha256(token.encode()).digest()  # so that no token stands in a table that lives as long as the process
        with self._lock:
            if len(self._by_token) >= self._full:
                self._by_token = {known: one for known, one in self._by_token.items() if not one.is_idle}
                self._full = max(MOST_KEPT, 2 * len(self._by_token))
            if key not in self._by_token:
                self._by_token[key] = Budget(self._rate, self._clock)
            return self._by_token[key]
