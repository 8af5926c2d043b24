"""Webex ids: `ciscospark://{cluster}/{KIND}/{uuid}` in base64 without padding."""

import base64
import binascii
import functools
import uuid

from app.simulator.errors import ApiError

_NAMESPACE = uuid.UUID("5b1f0c8e-3c0d-5e0a-9d52-6a0f5e1c7a11")
CLUSTER = "us"
REGIONAL = "urn:TEAM:us-west-2_r"
"""The cluster of ids made under the switch `id_cluster`; people and organizations always live in `us` (contract 5.5)."""
GLOBAL = frozenset({"PEOPLE", "ORGANIZATION", "APPLICATION"})


def encode(kind: str, key: str, cluster: str = CLUSTER) -> str:
    """Build the public id of a `kind` (PEOPLE, ROOM …) from its uuid or other key."""
    return base64.b64encode(f"ciscospark://{cluster}/{kind}/{key}".encode()).decode().rstrip("=")


def new(kind: str, cluster: str = CLUSTER) -> str:
    """Return an id nobody has had before."""
    return encode(kind, str(uuid.uuid4()), cluster)


def stable(kind: str, name: str) -> str:
    """Return the id that `name` has in every run, so that a restart of the demo keeps people and rooms."""
    return encode(kind, str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}")))


def key_of(public_id: str) -> str:
    """Return the part after the kind: a uuid, for a membership two of them.

    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id)[2]


def cluster_of(public_id: str) -> str:
    """Return the cluster an id belongs to: `us`, or one of a region.

    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id)[0]


def kind_of(public_id: str) -> str:
    """Return what an id is one of: PEOPLE, ROOM and so on.

    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id)[1]


@functools.lru_cache(maxsize=65_536)
def _parts(public_id: str) -> tuple[str, str, str]:
    """Split an id into cluster, kind and key."""
    try:
        uri = base64.b64decode(public_id + "=" * (-len(public_id) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise ApiError(400, "Expect base64 ID or UUID.") from None
    cluster, _, rest = uri.removeprefix("ciscospark://").partition("/")
    kind, _, key = rest.partition("/")
    if not uri.startswith("ciscospark://") or not (cluster and kind and key):
        raise ApiError(400, "Expect base64 ID or UUID.")
    return cluster, kind, key


def canonical(kind: str, given: str) -> str:
    """Return the id as the cloud writes it; Webex takes padded ids and bare uuids of its own cluster as well.

    :raises ApiError: 400 if the text is neither.
    """
    try:
        return encode(kind, str(uuid.UUID(given)))
    except ValueError:
        key_of(given)
        return given.rstrip("=")
