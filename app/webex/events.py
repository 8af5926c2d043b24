"""Webhook deliveries: the signature, and the envelope as a frozen value.

Source: Webex "Webhooks" guide. A delivery has no id of its own and no time, and never holds a message's text.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import msgspec

SIGNATURE_HEADER = "X-Spark-Signature"
LONGEST_ID = 300
Short = Annotated[str, msgspec.Meta(max_length=LONGEST_ID)]
Needed = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]


class MalformedEvent(Exception):
    """The body was signed by the right key and is no webhook delivery all the same."""


class Data(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What we keep of `data`: ids and kinds. Names, addresses and anything unknown fall away here, before any storage."""

    id: Needed
    room_id: Short = ""
    room_type: Short = ""
    person_id: Short = ""
    type: Short = ""
    message_id: Short = ""
    creator_id: Short = ""
    created: Short = ""


class Event(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One delivery. `actor_id` and `created_by` were not sent before 2017 and may be empty.

    :ivar name: that of the webhook by which it came; of a stored delivery, the feature that wants it
    """

    resource: Needed
    event: Needed
    data: Data
    actor_id: Short = ""
    created_by: Short = ""
    name: Short = ""

    @property
    def kind(self) -> tuple[str, str]:
        return self.resource, self.event

    @property
    def actor(self) -> str:
        """The person who caused it: `actorId`, else the author named in `data`; empty where an old delivery does not tell.

        A membership names who joined, not who let them in.
        """
        if self.resource == "memberships":
            return self.actor_id
        return self.actor_id or self.data.person_id or self.data.creator_id

    @property
    def room_id(self) -> str:
        """`data.roomId`; a rooms event has its room in `data.id` (Webex: "note id/type here, not roomId/roomType")."""
        return self.data.id if self.resource == "rooms" else self.data.room_id

    @property
    def is_direct(self) -> bool:
        return (self.data.type if self.resource == "rooms" else self.data.room_type) == "direct"

    @property
    def happened(self) -> float | None:
        """When it happened by Webex's clock, in seconds since the epoch; None if the delivery does not tell."""
        try:
            return datetime.fromisoformat(self.data.created).timestamp()
        except ValueError:
            return None

    def to_json(self) -> str:
        return msgspec.json.encode(self).decode()


class Signer:
    """Checks `X-Spark-Signature`: the lower-case hex HMAC-SHA1 of the raw body (Webex "Webhooks" guide, "Handling requests").

    Begun once per secret and copied for each body, which takes half as long as to begin anew.
    """

    def __init__(self, secret: str) -> None:
        self._begun = hmac.new(secret.encode(), digestmod=hashlib.sha1)

    def has_signed(self, body: bytes, signature: str | None) -> bool:
        """A forged header may hold anything; `compare_digest` refuses text that is not ASCII."""
        signed = self._begun.copy()
        signed.update(body)
        return signature is not None and signature.isascii() and hmac.compare_digest(signed.hexdigest(), signature)


def parse_event(body: bytes | str) -> Event:
    """Read a delivery.

    :raises MalformedEvent: if it is not JSON, too deep, lacks resource, event or data.id, or holds what is no id
    """
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if raw.isascii() and b"\\" not in raw and b"\x7f" not in raw:  # then whatever JSON takes for a string is printable
        try:
            return _decode(raw)
        except (msgspec.MsgspecError, RecursionError):
            pass  # not as Webex sends it; the other way is slower, and lenient
    return _parse_leniently(raw)


def _parse_leniently(body: bytes) -> Event:
    try:
        event = msgspec.convert(_as_sent(json.loads(body)), Event)
    except (ValueError, RecursionError, msgspec.ValidationError):
        raise MalformedEvent from None
    if not all(map(_is_id, _fields(event))):
        raise MalformedEvent
    return event


_decode = msgspec.json.Decoder(Event).decode


def _fields(event: Event) -> Iterator[str]:
    yield from (event.resource, event.event, event.actor_id, event.created_by)
    yield from msgspec.structs.astuple(event.data)


def _is_id(field: str) -> bool:
    """Ids and kinds are short and plain. A NUL or half a surrogate pair would not go into a database."""
    return len(field) <= LONGEST_ID and field.isascii() and (field.isprintable() or not field)


def _as_sent(raw: Any) -> Any:
    """Webex leaves absent fields out; be lenient with a sender that says null. A webhook's name may be anything, ours are ids."""
    if not isinstance(raw, dict):
        return raw
    kept = {key: value for key, value in raw.items() if value is not None}
    if isinstance(kept.get("name"), str) and not _is_id(kept["name"]):
        kept["name"] = ""
    if isinstance(kept.get("data"), dict):
        kept["data"] = {key: value for key, value in kept["data"].items() if value is not None}
    return kept
