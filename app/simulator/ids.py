"""Webex ids: `ciscospark://{cluster}/{KIND}/{uuid}` in base64 without padding."""

import base64
import binascii
import uuid

from app.simulator.errors import ApiError

_NAMESPACE = uuid.UUID("5b1f0c8e-3c0d-5e0a-9d52-6a0f5e1c7a11")
CLUSTER = "us"


def encode(kind: str, key: str) -> str:
    """Build the public id of a `kind` (PEOPLE, ROOM …) from its uuid or other key."""
    return base64.b64encode(f"ciscospark://{CLUSTER}/{kind}/{key}".encode()).decode().rstrip("=")


def new(kind: str) -> str:
    """Return an id nobody has had before."""
    return encode(kind, str(uuid.uuid4()))


def stable(kind: str, name: str) -> str:
    """Return the id that `name` has in every run, so that a restart of the demo keeps people and rooms."""
    return encode(kind, str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}")))


def key_of(public_id: str) -> str:
    """Return the part after the kind: a uuid, for a membership two of them.

    :raises ApiError: 400 if the text is not such an id.
    """
    try:
        uri = base64.b64decode(public_id + "=" * (-len(public_id) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ApiError(400, "Expect base64 ID or UUID.") from None
    if not uri.startswith("ciscospark://") or uri.count("/") < 4:
        raise ApiError(400, "Expect base64 ID or UUID.")
    return uri.rsplit("/", 1)[1]


def canonical(kind: str, given: str) -> str:
    """Return the id as the cloud writes it; Webex takes padded ids and bare uuids of its own cluster as well.

    :raises ApiError: 400 if the text is neither.
    """
    try:
        return encode(kind, str(uuid.UUID(given)))
    except ValueError:
        key_of(given)
        return given.rstrip("=")
