"""Webex resources as frozen values; camelCase ends here.

Only what this application reads is decoded. Fields that Webex leaves out have a default (Webex: "absent rather than null").
"""

from datetime import datetime
from typing import Any, TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    id: str


class Person(_Resource, frozen=True):
    emails: tuple[str, ...] = ()
    display_name: str = ""
    type: str = "person"
    timezone: str = ""
    org_id: str = ""

    @property
    def email(self) -> str:
        return self.emails[0] if self.emails else ""

    @property
    def is_bot(self) -> bool:
        return self.type == "bot"


class Room(_Resource, frozen=True):
    title: str = ""
    type: str = "group"
    team_id: str = ""
    is_locked: bool = False
    is_public: bool = False
    is_announcement_only: bool = False
    is_read_only: bool = False
    description: str = ""
    creator_id: str = ""
    created: datetime | None = None
    last_activity: datetime | None = None


class Membership(_Resource, frozen=True):
    room_id: str
    person_id: str
    person_email: str = ""
    person_display_name: str = ""
    person_org_id: str = ""
    is_moderator: bool = False
    created: datetime | None = None


class Message(_Resource, frozen=True):
    room_id: str
    person_id: str
    room_type: str = "group"
    person_email: str = ""
    text: str = ""
    markdown: str = ""
    html: str = ""
    files: tuple[str, ...] = ()
    mentioned_people: tuple[str, ...] = ()
    mentioned_groups: tuple[str, ...] = ()
    parent_id: str = ""
    created: datetime | None = None


class AttachmentAction(_Resource, frozen=True):
    """A button of a card that was pressed, with what was filled in."""

    message_id: str
    person_id: str
    room_id: str
    inputs: dict[str, Any] = {}
    created: datetime | None = None


class Webhook(_Resource, frozen=True):
    name: str
    target_url: str
    resource: str
    event: str
    filter: str = ""
    status: str = "active"
    created: str = ""


def decode(kind: type[T], data: Any) -> T:
    """Turn Webex's JSON object into one of the values above.

    :raises msgspec.ValidationError: if a required field is missing or has the wrong type
    """
    return msgspec.convert(data, kind, strict=False)
