"""Whether a state that came from outside holds together, so that no later call can stumble over it."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from app.simulator import clock, contents, drafts, events, ids, webhooks
from app.simulator.records import Webhook
from app.simulator.state import State, StateError
from app.simulator.switches import Switches

KINDS = {
    "people": "PEOPLE", "rooms": "ROOM", "teams": "TEAM", "messages": "MESSAGE", "webhooks": "WEBHOOK",
    "actions": "ATTACHMENT_ACTION", "contents": "CONTENT", "tabs": "ROOM_TAB",
}  # fmt: skip
"""What kind of id each table has."""
REFERENCES = (
    ("people", "org_id", "ORGANIZATION"), ("rooms", "creator_id", "people"), ("rooms", "owner_id", "ORGANIZATION"),
    ("rooms", "team_id", "teams"), ("teams", "creator_id", "people"), ("teams", "room_id", "rooms"),
    ("memberships", "person_id", "people"), ("memberships", "room_id", "rooms"), ("messages", "person_id", "people"),
    ("messages", "room_id", "rooms"), ("messages", "mentioned_people", "people"), ("messages", "files", "contents"),
    ("contents", "message_id", "messages"), ("webhooks", "created_by", "people"), ("webhooks", "org_id", "ORGANIZATION"),
    ("actions", "person_id", "people"), ("tabs", "room_id", "rooms"), ("tabs", "creator_id", "people"),
)  # fmt: skip
"""Which fields hold ids, and of which table; or, in capitals, of which kind where there is no table."""
WORDS = (
    ("people", "kind", frozenset({"person", "bot"})), ("rooms", "kind", frozenset({"direct", "group"})),
    ("webhooks", "status", frozenset({"active", "inactive"})), ("webhooks", "owned_by", frozenset({"creator", "org"})),
    ("contents", "scan", frozenset({"ready", "infected", "unscannable"})),
)  # fmt: skip
STAMPED = ("people", "rooms", "teams", "memberships", "messages", "webhooks", "actions", "tabs", "journal")


def check(state: State) -> None:
    """Check everything that the types alone do not say.

    :raises StateError: with the place of the first thing that is wrong.
    :raises ApiError: if a record breaks a rule that holds for requests as well.
    """
    for name, kind in KINDS.items():
        _check_ids(name, kind, [one.id for one in getattr(state, name)])
    known = {name: {one.id for one in getattr(state, name)} for name in KINDS}
    for name, field, target in REFERENCES:
        for one in getattr(state, name):
            _check_reference(f"{name}.{field}", getattr(one, field), target, known)
    for name, field, words in WORDS:
        _refuse_if(f"{name}.{field}", (getattr(one, field) for one in getattr(state, name)), _is_none_of(words))
    for name in STAMPED:
        _refuse_if(f"{name}.created", (one.created for one in getattr(state, name)), _is_no_stamp)
    _check_people(state)
    _check_rooms(state, known)
    _check_messages(state)
    for hook in state.webhooks:
        _check_webhook(hook)
    _check_rest(state, known)


def _refuse_if(place: str, values: Iterable[Any], is_wrong: Callable[[Any], bool]) -> None:
    for value in values:
        if is_wrong(value):
            raise StateError(f"{place}: {str(value)[:100]!r} can't be.")


def _check_ids(name: str, kind: str, given: list[str]) -> None:
    _refuse_if(f"{name}.id", given, lambda one: ids.canonical(kind, one) != one or ids.kind_of(one) != kind)
    _check_unique(f"{name}.id", given)


def _check_unique(place: str, values: Iterable[Any]) -> None:
    _refuse_if(place, Counter(values).items(), lambda one: one[1] > 1)


def _check_reference(place: str, value: Any, target: str, known: dict[str, set[str]]) -> None:
    for one in value if isinstance(value, list) else [value]:
        if one is not None and (one not in known[target] if target in known else ids.kind_of(one) != target):
            raise StateError(f"{place}: {str(one)[:100]!r} is not among {target}.")


def _is_none_of(words: frozenset[str]) -> Callable[[str], bool]:
    return lambda word: word not in words


def _is_no_stamp(text: str) -> bool:
    try:
        return clock.canonical(text) != text
    except ValueError:
        return True


def _check_people(state: State) -> None:
    _check_unique("people.email", (one.email for one in state.people if not one.is_deleted))
    _refuse_if("people.email", (one.email for one in state.people), lambda one: one != one.lower() or "@" not in one)


def _check_rooms(state: State, known: dict[str, set[str]]) -> None:
    """A direct room needs both sides, since it is called after the other one; a team lives in its General room."""
    _check_unique("memberships", ((one.room_id, one.person_id) for one in state.memberships))
    sizes = Counter(one.room_id for one in state.memberships)
    _refuse_if("rooms", (one.id for one in state.rooms if one.kind == "direct"), lambda one: sizes[one] != 2)
    pairs = {(one, other): room_id for one, other, room_id in state.direct_rooms}
    members: dict[str, list[str]] = {}
    for membership in state.memberships:
        members.setdefault(membership.room_id, []).append(membership.person_id)
    _refuse_if("direct_rooms", pairs.items(), lambda one: sorted(members.get(one[1], [])) != list(one[0]))
    teams = {one.id: one.room_id for one in state.teams}
    of_team = {one.id: one.team_id for one in state.rooms}
    _refuse_if("teams.room_id", teams.items(), lambda one: of_team[one[1]] != one[0])


def _check_messages(state: State) -> None:
    _check_unique("messages.order", (one.order for one in state.messages))
    _refuse_if("messages.order", (one.order for one in state.messages), lambda one: not 0 < one < 2**53)
    for message in state.messages:
        if message.attachments:
            drafts.check(drafts.Draft(attachments=message.attachments), Switches())


def _check_webhook(hook: Webhook) -> None:
    webhooks.check_target(hook.target_url)
    if hook.event not in webhooks.EVENTS.get(hook.resource, ()):
        raise StateError(f"webhooks.event: {hook.resource}:{hook.event} can't be.")
    _refuse_if("webhooks.filter", events.filter_of(hook.filter), lambda one: one not in webhooks.FILTERS[hook.resource])


def _check_rest(state: State, known: dict[str, set[str]]) -> None:
    for content in state.contents:
        clean = contents.upload(content.name, content.media_type, b"")
        if (clean.name, clean.media_type) != (content.name, content.media_type):
            raise StateError(f"contents.name: {content.name[:100]!r} of {content.media_type[:100]!r} can't be.")
    grants = state.grants
    given = [one.person.id for one in (*grants.access, *grants.refresh)] + [one.person.id for one in grants.codes.values()]
    _check_reference("grants.person", given, "people", known)
    try:
        Switches().turn(state.switches)
        clock.Clock().advance(state.clock_offset)
    except ValueError as problem:
        raise StateError(f"{problem}.") from None
