"""Pages of a list, joined by Link headers (RFC 8288; guide "REST API Basics")."""

import base64
import json
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

    The cursor names the last item seen and the first one not seen, so that nothing is skipped or repeated when the list changes
    in between, as when everything shown is deleted.
    """
    start = _start(items, key)
    shown = list(items[start : start + length])
    end = start + len(shown)
    flaw = current_app.extensions["cloud"].switches.next_link
    is_last = end >= len(items)
    if is_last and not (flaw == "empty_page" and shown):
        return shown, {}
    place = [end, key(shown[-1]), "" if is_last else key(items[end])]
    return shown, {"Link": f'<{_next(place, length, flaw)}>; rel="next"'}


def _next(place: list[object], length: int, flaw: str) -> str:
    """Return the address of the next page, with the flaw the switch `next_link` asks for."""
    cursor = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
    query = {name: value for name, value in request.args.items() if name not in ("max", "cursor")}
    if flaw == "drops_filters":
        query = {}
    query |= {"max": "null" if flaw == "max_null" else str(length), "cursor": cursor}
    return f"{request.base_url}?{urlencode(query)}"


def _start(items: Sequence[Item], key: Callable[[Item], str]) -> int:
    cursor = request.args.get("cursor")
    if cursor is None:
        return 0
    offset, last, first = _place(cursor)
    places = {key(item): index for index, item in enumerate(items)}
    if last in places:
        return places[last] + 1
    return places.get(first, offset)


def _place(cursor: str) -> tuple[int, str, str]:
    try:
        offset, last, first = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return max(0, int(offset)), str(last), str(first)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ApiError(400, "The cursor is not valid.") from None
