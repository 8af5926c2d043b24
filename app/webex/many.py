"""Many reads at once: a bounded number of requests side by side, which slow down together when Webex asks for it."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.webex.errors import RateLimited, WebexError

Input = TypeVar("Input")
Output = TypeVar("Output")

AT_ONCE = 8  # requests side by side for one person; connections are kept alive between them
ATTEMPTS = 6  # of one read that Webex refuses with 429; the client below has repeated each of them already


class Pace:
    """One token's pace: when Webex asks one request to wait, all of them do."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until = 0.0

    def hold(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        while (rest := self._until - time.monotonic()) > 0:
            time.sleep(rest)


def each(
    read: Callable[[Input], Output], inputs: Iterable[Input], at_once: int = AT_ONCE
) -> Iterator[tuple[Input, Output | WebexError]]:
    """Read something for each input, several at a time.

    :param read: makes one or more GET requests
    :returns: inputs in their order, each with what was read or why it could not be
    :raises NotConnected: if the authorization ends meanwhile
    """
    pace = Pace()
    asked = list(inputs)
    with ThreadPoolExecutor(at_once, thread_name_prefix="read") as pool:
        yield from zip(asked, pool.map(lambda one: _paced(read, one, pace), asked), strict=True)


def _paced(read: Callable[[Input], Output], one: Input, pace: Pace) -> Output | WebexError:
    for attempt in range(1, ATTEMPTS + 1):
        pace.wait()
        try:
            return read(one)
        except RateLimited as error:
            pace.hold(error.retry_after)
            if attempt == ATTEMPTS:
                return error
        except WebexError as error:
            return error
    raise AssertionError("the last attempt returns")
