"""The state of a cloud, saved and loaded: a JSON document with a version, nothing that could run."""

import itertools
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from app.simulator.clock import iso
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.soundness import check
from app.simulator.state import State, StateError, decode, encode

TABLES = ("applications", "people", "rooms", "teams", "messages", "webhooks", "actions", "contents", "tabs")
"""What the cloud keeps by id."""


def save(cloud: Cloud) -> bytes:
    """Return the cloud's state as JSON. It holds every token and secret of the cloud."""
    with cloud.lock:
        tables: dict[str, Any] = {name: list(getattr(cloud, name).values()) for name in TABLES}
        return encode(
            State(
                saved=iso(cloud.clock.now()),
                clock_offset=_offset(cloud),
                switches=cloud.switches.listed(),
                org_names=cloud.org_names,
                direct_rooms=[(one, other, room_id) for (one, other), room_id in cloud.direct_rooms.items()],
                memberships=[one for members in cloud.memberships.values() for one in members.values()],
                seen=[(person_id, room_id, order) for (person_id, room_id), order in cloud.seen.items()],
                grants=cloud.tokens.grants,
                journal=cloud.journal.listed()[::-1],
                **tables,
            )
        )


def load(cloud: Cloud, content: bytes) -> None:
    """Put a saved state in the place of the cloud's own. Nothing changes if it is wrong.

    Deliveries that still wait are not made any more.

    :raises StateError: if it is no state, or one that does not hold together.
    """
    state = decode(content)
    try:
        check(state)
    except ApiError as problem:  # The records are checked by the rules for requests.
        raise StateError(problem.message) from None
    with cloud.lock:
        for hook in cloud.webhooks.values():
            hook.is_silent = True
        _fill_tables(cloud, state)
        _fill_rooms(cloud, state)
        cloud.switches.turn(state.switches)
        cloud.clock.advance(state.clock_offset - _offset(cloud))
        cloud.tokens.restore(state.grants, cloud.people)
        cloud.journal.restore(state.journal)
        cloud.feed.restart()


def write(cloud: Cloud, path: Path) -> None:
    """Save into a file that only its owner can read; whoever reads it meanwhile sees the old one or the new one.

    :raises OSError: if it can't be written.
    """
    content = save(cloud)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def read(cloud: Cloud, path: Path) -> None:
    """Load from a file.

    :raises StateError: if it can't be read, or holds no sound state.
    """
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise StateError(f"{path} can't be read ({problem.strerror}).") from None
    load(cloud, content)


def _offset(cloud: Cloud) -> float:
    """Return how far the cloud's clock is ahead, in seconds; the rounding takes out the time between two readings."""
    return round(cloud.clock.now() - time.time(), 3)


def _fill_tables(cloud: Cloud, state: State) -> None:
    for name in TABLES:
        _refill(getattr(cloud, name), {one.id: one for one in getattr(state, name)})
    _refill(cloud.org_names, state.org_names)
    _refill(cloud.direct_rooms, {(one, other): room_id for one, other, room_id in state.direct_rooms})
    _refill(cloud.seen, {(person_id, room_id): order for person_id, room_id, order in state.seen})


def _fill_rooms(cloud: Cloud, state: State) -> None:
    _refill(cloud.memberships, {one.id: {} for one in state.rooms})
    for membership in state.memberships:
        cloud.memberships[membership.room_id][membership.person_id] = membership
    cloud.room_messages.clear()
    newest = 0
    for message in sorted(state.messages, key=lambda one: one.order):
        cloud.room_messages.setdefault(message.room_id, []).append(message)
        newest = message.order
    cloud.order = itertools.count(newest + 1)


def _refill(table: dict[Any, Any], content: dict[Any, Any]) -> None:
    table.clear()
    table.update(content)
