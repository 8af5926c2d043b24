"""Pages of a list, joined by Link headers (RFC 8288; guide "REST API Basics")."""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from flask import request

from app.simulator.errors import ApiError

Item = TypeVar("Item")


def size(default: int, limit: int) -> int:
    """Return the page size asked for with `max`; more than the limit is cut down to it, not refused.

    :raises ApiError: 400 if `max` is no positive number.
    """
    given = request.args.get("max")
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise ApiError(400, "max must be a positive number.")
    return min(int(given), limit)


def page(items: Sequence[Item], key: Callable[[Item], str], length: int) -> tuple[list[Item], dict[str, str]]:
    """Cut out the page the request's cursor points at; return it and the headers that lead on.

    The cursor names the last item seen, so that nothing is skipped or repeated when the list changes in between.
    """
    start = _start(items, key)
    shown = list(items[start : start + length])
    end = start + len(shown)
    if end >= len(items):
        return shown, {}
    cursor = base64.urlsafe_b64encode(f"{end}:{key(shown[-1])}".encode()).decode().rstrip("=")
    query = {name: value for name, value in request.args.items() if name not in ("max", "cursor")}
    query |= {"max": str(length), "cursor": cursor}
    return shown, {"Link": f'<{request.base_url}?{urlencode(query)}>; rel="next"'}


def _start(items: Sequence[Item], key: Callable[[Item], str]) -> int:
    cursor = request.args.get("cursor")
    if cursor is None:
        return 0
    try:
        offset, _, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        fallback = int(offset)
    except ValueError:
        raise ApiError(400, "The cursor is not valid.") from None
    return next((index + 1 for index, item in enumerate(items) if key(item) == last), fallback)
