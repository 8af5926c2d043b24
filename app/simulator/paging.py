"""Pages of a list, joined by Link headers (RFC 8288; guide "REST API Basics")."""

import base64
from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from flask import current_app, request

from app.simulator.errors import ApiError

Item = TypeVar("Item")
MAX_DIGITS = 20
"""Longer numbers are no page sizes; Python itself refuses to read very long ones."""


def size(default: int, limit: int) -> int:
    """Return the page size asked for with `max`; more than the limit is cut down to it, not refused.

    :raises ApiError: 400 if `max` is no positive number.
    """
    given = request.args.get("max")
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > MAX_DIGITS or int(given) < 1:
        raise ApiError(400, "max must be a positive number.")
    return min(int(given), limit)


def page(items: Sequence[Item], key: Callable[[Item], str], length: int) -> tuple[list[Item], dict[str, str]]:
    """Cut out the page the request's cursor points at; return it and the headers that lead on.

    The cursor names the last item seen, so that nothing is skipped or repeated when the list changes in between.
    """
    start = _start(items, key)
    shown = list(items[start : start + length])
    end = start + len(shown)
    flaw = current_app.extensions["cloud"].switches.next_link
    is_last = end >= len(items)
    if is_last and not (flaw == "empty_page" and shown):
        return shown, {}
    return shown, {"Link": f'<{_next(f"{end}:{key(shown[-1])}", length, flaw)}>; rel="next"'}


def _next(place: str, length: int, flaw: str) -> str:
    """Return the address of the next page, with the flaw the switch `next_link` asks for."""
    cursor = base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")
    query = {name: value for name, value in request.args.items() if name not in ("max", "cursor")}
    if flaw == "drops_filters":
        query = {}
    query |= {"max": "null" if flaw == "max_null" else str(length), "cursor": cursor}
    return f"{request.base_url}?{urlencode(query)}"


def _start(items: Sequence[Item], key: Callable[[Item], str]) -> int:
    cursor = request.args.get("cursor")
    if cursor is None:
        return 0
    try:
        offset, _, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        fallback = max(0, int(offset))
    except ValueError:
        raise ApiError(400, "The cursor is not valid.") from None
    return next((index + 1 for index, item in enumerate(items) if key(item) == last), fallback)
