"""The form of a saved state: one JSON document, whose types are those of the records themselves."""

from typing import Any

import msgspec

from app.simulator.journal import Entry
from app.simulator.records import Action, Application, Content, Membership, Message, Person, Room, Tab, Team, Webhook
from app.simulator.tokens import Grants

KIND, VERSION = "webex-simulator", 1


class StateError(ValueError):
    """This is no state that could be loaded; the text says why."""


class State(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Everything that is saved.

    Left out is what belongs to the run and not to the world: deliveries that wait, faults, the logs of calls and
    deliveries, the counts of rate limits, what chat pages have still to be told.
    """

    kind: str = KIND
    version: int = VERSION
    saved: str
    """When, in the cloud's time; for people to read."""
    clock_offset: float
    """Seconds the cloud's clock is ahead."""
    switches: dict[str, Any]
    org_names: dict[str, str]
    applications: list[Application]
    people: list[Person]
    rooms: list[Room]
    direct_rooms: list[tuple[str, str, str]]
    """Two person ids and the id of their room."""
    teams: list[Team]
    memberships: list[Membership]
    messages: list[Message]
    webhooks: list[Webhook]
    actions: list[Action]
    contents: list[Content]
    tabs: list[Tab]
    seen: list[tuple[str, str, int]]
    """Person id, room id, and the order of the newest message seen there."""
    grants: Grants
    journal: list[Entry]
    """Oldest first."""


class _Head(msgspec.Struct):
    kind: str = ""
    version: int = 0


def encode(state: State) -> bytes:
    """Write a state as JSON; bytes become base64."""
    return msgspec.json.encode(state, enc_hook=list)


def decode(content: bytes) -> State:
    """Read a state, checking every type.

    :raises StateError: if it is none, or one of another version.
    """
    try:
        head = msgspec.json.decode(content, type=_Head)
        if head.kind != KIND:
            raise StateError(f'This is no saved state of the simulator: "kind" must be "{KIND}".')
        if head.version != VERSION:
            raise StateError(f"This state has version {head.version}; this simulator reads version {VERSION} only.")
        return msgspec.json.decode(content, type=State, dec_hook=_build)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise StateError(f"This is no saved state of the simulator: {problem}.") from None


def _build(kind: Any, value: Any) -> Any:
    """Make a deque of a list; it is the one type of the records that msgspec does not know."""
    if not isinstance(value, list) or not all(isinstance(one, int | float) for one in value):
        raise ValueError("Expected `array` of numbers")
    return kind(value)
