"""Many reads at once: a bounded number of requests side by side, within their token's budget."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from app.webex.errors import RateLimited, WebexError

Input = TypeVar("Input")
Output = TypeVar("Output")

AT_ONCE = 8  # requests side by side for one person; connections are kept alive between them
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 10.0  # seconds between two tries at least, at first and later
PATIENCE = 300.0  # seconds for which one read waits until Webex's pauses are over


def each(
    read: Callable[[Input], Output], inputs: Iterable[Input], at_once: int = AT_ONCE
) -> Iterator[tuple[Input, Output | WebexError]]:
    """Read something for each input, several at a time.

    :param read: makes one or more GET requests, with a client `in_bulk`
    :returns: inputs in their order, each with what was read or why it could not be
    :raises NotConnected: if the authorization ends meanwhile
    """
    asked = list(inputs)
    with ThreadPoolExecutor(at_once, thread_name_prefix="read") as pool:
        yield from zip(asked, pool.map(lambda one: _patiently(read, one), asked), strict=True)


def _patiently(read: Callable[[Input], Output], one: Input) -> Output | WebexError:
    """What was read already would be lost if the whole began anew, so pauses are waited for here."""
    until, least = time.monotonic() + PATIENCE, FIRST_PAUSE
    while True:
        try:
            return read(one)
        except RateLimited as error:
            if time.monotonic() + error.retry_after > until:
                return error
            time.sleep(max(error.retry_after, least))
            least = min(2 * least, LONGEST_PAUSE)  # a refusal without a pause is no invitation
        except WebexError as error:
            return error
