"""What the cloud keeps: people, rooms, teams, memberships, messages, files, tabs, webhooks and card actions."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from app.simulator import ids

Json = dict[str, Any]


@dataclass(frozen=True)
class Application:
    """An app known to the cloud: a bot, an integration, or the developer portal that hands out personal tokens."""

    id: str
    name: str
    kind: str


@dataclass
class Person:
    """A person or a bot."""

    id: str
    email: str
    display_name: str
    org_id: str
    kind: str
    created: str
    token: str
    roles: frozenset[str] = frozenset()
    """Ids of administrator roles (`app/simulator/directory.py`)."""
    details: Json = field(default_factory=dict)
    """What an administrator wrote: firstName, lastName, avatar, licenses and so on."""
    modified: str | None = None
    is_invited: bool = False
    """Whether only an invitation went out to the address so far."""
    is_deleted: bool = False
    """Deleted people are kept, since rooms keep what they wrote; nobody finds them any more."""
    timezone: str | None = None
    """The zone of their profile, as in Europe/Oslo; without one the API leaves the field out (openapi Person)."""


@dataclass
class Team:
    """A team; its members are those of its General room."""

    id: str
    name: str
    creator_id: str
    created: str
    room_id: str
    """The General room, which has the team's uuid until it is migrated."""
    description: str | None = None


@dataclass
class Room:
    """A room; the title of a direct room is made anew for each viewer."""

    id: str
    kind: str
    title: str
    creator_id: str
    owner_id: str
    created: str
    last_activity: str
    is_locked: bool = False
    is_public: bool = False
    is_announcement_only: bool = False
    description: str | None = None
    team_id: str | None = None
    made_public: str | None = None
    classification_id: str | None = None
    is_read_only: bool = False
    is_archived: bool = False
    """Whether it was a room of a team and somebody deleted it: Webex archives such rooms."""


@dataclass
class Membership:
    """One person in one room."""

    room_id: str
    person_id: str
    created: str
    is_moderator: bool = False
    is_room_hidden: bool = False

    @property
    def id(self) -> str:
        """Webex makes the id of both uuids, so a person who comes back has the same one again."""
        key = f"{ids.key_of(self.person_id)}:{ids.key_of(self.room_id)}"
        return ids.encode("MEMBERSHIP", key, ids.cluster_of(self.room_id))


@dataclass
class Message:
    """A message; `order` counts all messages of the cloud and is never shown."""

    id: str
    order: int
    room_id: str
    person_id: str
    created: str
    readable_from: float
    text: str | None = None
    markdown: str | None = None
    html: str | None = None
    parent_id: str | None = None
    mentioned_people: list[str] = field(default_factory=list)
    mentioned_groups: list[str] = field(default_factory=list)
    attachments: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    """Ids of contents."""
    updated: str | None = None
    edits: int = 0


@dataclass(frozen=True)
class Content:
    """A file of a message and what the malware scan says of it."""

    id: str
    message_id: str
    name: str
    media_type: str
    data: bytes
    scan: str
    """`ready`, `infected` or `unscannable`, as the switch `content_scan` stood at the upload."""
    scanned_at: float
    """When the scan ends, in the cloud's time."""


@dataclass
class Tab:
    """A web page pinned to a room."""

    id: str
    room_id: str
    display_name: str
    content_url: str
    creator_id: str
    created: str


@dataclass
class Webhook:
    """A registration, and how its deliveries have fared lately."""

    id: str
    name: str
    target_url: str
    resource: str
    event: str
    created_by: str
    org_id: str
    app_id: str
    created: str
    filter: str | None = None
    secret: str | None = None
    status: str = "active"
    owned_by: str = "creator"
    """`creator`, or `org` for one that hears the whole organization."""
    is_silent: bool = False
    """Whether the owner's grant was revoked under the switch `hooks_stop_on_revoke`."""
    failures: deque[float] = field(default_factory=deque)
    disabled_at: float | None = None
    probation_until: float | None = None
    """In the cloud's time: when one failure does not disable it any more."""


@dataclass(frozen=True)
class Action:
    """One press of a Submit button on a card."""

    id: str
    message_id: str
    room_id: str
    person_id: str
    inputs: Json
    created: str


@dataclass(frozen=True)
class Caller:
    """Who calls: the person behind an access token, through which app, with which scopes (None: all)."""

    person: Person
    app_id: str
    scopes: frozenset[str] | None = None

    def may(self, scope: str) -> bool:
        """Whether the token carries the scope or one that contains it."""
        if self.scopes is None or scope in self.scopes:
            return True
        return scope.startswith("spark:") and "spark:all" in self.scopes
