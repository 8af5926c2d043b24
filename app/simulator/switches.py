"""What Webex leaves open, as switches: each unknown of the contract has a default and can be turned."""

import math
import re
from dataclasses import dataclass, fields
from typing import Any

CHOICES: dict[str, tuple[str | int, ...]] = {
    "delivery_headers": ("plain", "emulator"),
    "migrated_data": ("both", "new", "old"),
    "rotate_refresh_token": ("same", "new", "omitted"),
    "token_error_shape": ("oauth", "spark"),
    "content_scan": ("ready", "scanning", "infected", "unscannable"),
    "put_without_secret": ("keeps", "clears"),
    "unknown_email": ("refuse", "invite"),
    "next_link": ("normal", "max_null", "drops_filters", "empty_page"),
    "id_cluster": ("us", "regional"),
    "too_many_body": ("json", "html"),
    "too_many_retry_after": ("normal", "absent", "malformed"),
    "extra_signature_algorithm": ("sha1", "sha256", "sha512"),
    "refresh_token_renewal": ("always", "half_life", "never"),
    "mention_all": ("moderators", "everybody", "refused"),
    "newer_cards": ("shown", "refused"),
    "unauthorized_body": ("envelope", "empty"),
    "attachment_action_status": (200, 202),
    "blocked_bot_status": (403, 404),
    "direct_membership_status": (400, 403),
    "general_room_delete_status": (400, 403),
}
RANGES: dict[str, tuple[float, float]] = {
    "duplicate_deliveries": (0, 100),
    "duplicate_probability": (0, 1),
    "lose_deliveries": (-1, 1_000_000),
    "delivery_retries": (0, 20),
    "webhook_timeout": (0.01, 600),
    "card_limit": (0, 1_000_000),
    "largest_message_page": (1, 1000),
}
"""The least and the greatest value; every other number lies between 0 and a hundred years in seconds."""
_CENTURY = 3_155_760_000.0
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}|")
_TAKEN = frozenset({
    "content-type", "x-scheduled-for", "x-spark-signature", "connection",
    "host", "content-length", "transfer-encoding", "accept-encoding", "user-agent",
})  # fmt: skip
"""The headers that a delivery has anyway: those of `delivery` and `post`, and those that HTTP adds."""


@dataclass
class Switches:
    """The switches of one simulator; times are in seconds."""

    emit_rooms_created_to_invited_direct: bool = False
    """Whether the invited side of a new 1:1 hears rooms:created, as it did in 2017."""
    duplicate_deliveries: int = 0
    """How many extra copies of each webhook delivery are sent."""
    duplicate_probability: float = 0.0
    """How likely one more copy of a delivery is, between 0 and 1."""
    reorder_deliveries: bool = False
    """Deliver small batches in reverse order; Webex promises no order."""
    webhook_delay: float = 0.0
    """How long a delivery waits before it is sent."""
    webhook_timeout: float = 10.0
    """How long a target has to answer; Webex documents no number."""
    lose_deliveries: int = 0
    """How many of the next deliveries are lost on the way; -1 (or true) loses every one."""
    delivery_retries: int = 0
    """How often a failed delivery is tried again; Webex documents no retries."""
    delivery_retry_delay: float = 1.0
    """How long to wait before a failed delivery is tried again; what follows to the same target waits too."""
    delivery_retries_count: bool = True
    """Whether such attempts count toward the hundred failures that disable a webhook; the guide does not say."""
    webhook_redirects: bool = False
    """Whether a redirect of a target is followed, or is a failure."""
    delivery_headers: str = "plain"
    """Whether deliveries have a plain Content-Type alone, or charset and X-Scheduled-For as Cisco's emulator sends them."""
    envelope_has_target_url: bool = True
    """Whether a delivery names the address it goes to."""
    envelope_has_created: bool = True
    """Whether a delivery says when the webhook was registered."""
    message_data_has_extras: bool = False
    """Whether the data of messages deliveries has mentionedPeople, parentId and files."""
    file_messages_are_told_twice: bool = False
    """Whether a message with a file fires messages:created twice, as an integration test of the JavaScript SDK expects."""
    migrated_data: str = "both"
    """The ids in the data of rooms:migrated: the new one with old and new beside it, the new one only, or the old one only."""
    extra_signature_header: str = ""
    """The name of a second signature header, none if empty."""
    extra_signature_algorithm: str = "sha256"
    """What the second signature is made with."""
    rotate_refresh_token: str = "same"  # noqa: S105
    """What the answer to a refresh holds: the same refresh token, a new one, or none."""
    old_access_token_dies: bool = False
    """Whether a refresh ends the access tokens issued before."""
    access_token_life: float = 1_209_600
    """Seconds until an access token expires (14 days)."""
    refresh_token_life: float = 7_776_000
    """Seconds until a refresh token expires (90 days)."""
    refresh_token_renewal: str = "always"  # noqa: S105
    """When a refresh starts the life of the refresh token anew: always, in the second half of its life, or never."""
    token_error_shape: str = "oauth"  # noqa: S105
    """Whether the token endpoint answers errors as RFC 6749 says or in Webex's envelope."""
    message_lag: float = 0.0
    """How long GET /messages/{id} answers 404 after the message was posted."""
    messages_updated_on_edit: bool = False
    """Whether an edit fires messages:updated."""
    hooks_stop_on_revoke: bool = False
    """Whether a person's webhooks fall silent when the integration's tokens are revoked."""
    hooks_stop_on_creator_deleted: bool = True
    """Whether a webhook is disabled when the person who made it is deleted."""
    conflict_on_duplicate_webhook: bool = False
    """Whether an identical second webhook is refused with 409."""
    put_without_secret: str = "keeps"  # noqa: S105
    """Whether PUT /webhooks/{id} without a secret keeps the old one or clears it."""
    webhooks_per_application: bool = True
    """Whether a person sees only the webhooks made through the calling application, or all of theirs."""
    me_in_filters: bool = False
    """Whether personId=me and personEmail=me in a filter mean the webhook's creator; documented for mentionedPeople only."""
    attachment_action_status: int = 202
    """The status of POST /attachment/actions: 202 in the published description, 200 in what some clients expect."""
    content_scan: str = "ready"
    """What the malware scan says of files uploaded from now on: ready, scanning (423, then ready), infected, unscannable."""
    content_scan_time: float = 2.0
    """How long a file is `scanning`."""
    unknown_email: str = "refuse"
    """Whether an address nobody has is refused or invited, which is a matter of the organization's policy."""
    bots_are_blocked: bool = False
    """Whether the administrator has blocked bots: they may not post, nor be added."""
    blocked_bot_status: int = 403
    """The status that blocked bots meet."""
    bots_meet_bots: bool = True
    """Whether a bot may open a direct room with a bot, and hears of the messages of others; widely doubted."""
    mention_all: str = "moderators"
    """Who may mention @all in a moderated room: its moderators (from others it stays a text), everybody, or others get 403."""
    newer_cards: str = "shown"
    """Whether cards of a version above 1.3 are accepted, or refused with 400."""
    card_limit: int = 0
    """How many bytes of JSON a card may take; 0 sets no limit of its own."""
    largest_message_page: int = 1000
    """What `max` of GET /messages is cut down to; documented only for lists of mentions (100)."""
    direct_membership_status: int = 400
    """The status of adding to, or removing from, a direct room."""
    general_room_delete_status: int = 400
    """The status of deleting the General room of a team."""
    team_joins_are_told: bool = True
    """Whether being added to a team, or removed, fires memberships events for its General room."""
    leaving_team_leaves_rooms: bool = True
    """Whether who leaves a team is out of the other rooms of the team as well."""
    next_link: str = "normal"
    """The defects of Link headers seen in the field: `max=null`, filters dropped, or a last page that is empty."""
    id_cluster: str = "us"
    """Whether new rooms, messages and so on get ids of the default cluster or of a region."""
    calls_per_minute: int = 0
    """How many calls a token may make per minute and API (the first part of the path); 0 sets no limit."""
    unauthorized_body: str = "envelope"
    """Whether 401 comes in the envelope, or empty as it once did."""
    too_many_body: str = "json"
    """Whether 429 comes as JSON or as a gateway's HTML."""
    too_many_retry_after: str = "normal"
    """The Retry-After of 429: seconds, absent, or the malformed text seen in the field."""

    def listed(self) -> dict[str, Any]:
        """Return every switch with its present value."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def turn(self, wanted: dict[str, Any]) -> None:
        """Set some switches; none is changed if one of them is wrong.

        :raises ValueError: for an unknown name or a value that does not fit.
        """
        values = {name: self._fitting(name, value) for name, value in wanted.items()}
        for name, value in values.items():
            setattr(self, name, value)

    def _fitting(self, name: str, value: Any) -> Any:
        if name not in self.listed():
            raise ValueError(f"unknown switch: {name}")
        if name == "lose_deliveries" and isinstance(value, bool):
            return -1 if value else 0
        if name in CHOICES:
            return _choice(name, value)
        present = getattr(self, name)
        if isinstance(present, bool) or isinstance(value, bool):
            if not (isinstance(present, bool) and isinstance(value, bool)):
                raise ValueError(f"{name} does not take {value!r}")
            return value
        return _word(name, value) if isinstance(present, str) else _number(name, value, type(present))


def _choice(name: str, value: Any) -> str | int:
    choices = CHOICES[name]
    if not isinstance(value, str | int) or value not in choices:
        raise ValueError(f"{name} takes one of {', '.join(map(str, choices))}")
    return value


def _word(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _HEADER.fullmatch(value) or value.lower() in _TAKEN:
        raise ValueError(f"{name} takes the name of a header that deliveries do not have anyway, or nothing")
    return value


def _number(name: str, value: Any, kind: type[Any]) -> Any:
    least, greatest = RANGES.get(name, (0, _CENTURY))
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not least <= value <= greatest:
        raise ValueError(f"{name} takes a number from {least:g} to {greatest:g}")
    return kind(value)
