"""Webex ids: `ciscospark://{cluster}/{KIND}/{uuid}` in base64 without padding."""

import base64
import functools
import uuid

from app.simulator.errors import ApiError

_NAMESPACE = uuid.UUID("5b1f0c8e-3c0d-5e0a-9d52-6a0f5e1c7a11")
CLUSTER = "us"
REGIONAL = "urn:TEAM:us-west-2_r"
"""The cluster of ids made under the switch `id_cluster`; people and organizations always live in `us` (contract 5.5)."""
GLOBAL = frozenset({"PEOPLE", "ORGANIZATION", "APPLICATION"})


_FIELDS = {
    "PEOPLE": "personId", "ROOM": "roomId", "MESSAGE": "messageId", "TEAM": "teamId", "WEBHOOK": "webhookId",
    "CONTENT": "contentId", "EVENT": "eventId", "ROLE": "roleId", "LICENSE": "licenseId", "ORGANIZATION": "orgId",
    "AUTHORIZATION": "authorizationId",
}  # fmt: skip
"""What the published description calls an id of a kind in a path; the others are `id`."""


def encode(kind: str, key: str, cluster: str = CLUSTER) -> str:
    """Build the public id of a `kind` (PEOPLE, ROOM …) from its uuid or other key."""
    return base64.b64encode(f"ciscospark://{cluster}/{kind}/{key}".encode()).decode().rstrip("=")


def new(kind: str, cluster: str = CLUSTER) -> str:
    """Return an id nobody has had before."""
    return encode(kind, str(uuid.uuid4()), cluster)


def stable(kind: str, name: str) -> str:
    """Return the id that `name` has in every run, so that a restart of the demo keeps people and rooms."""
    return encode(kind, str(uuid.uuid5(_NAMESPACE, f"{kind}:{name}")))


def key_of(public_id: str, field: str = "id") -> str:
    """Return the part after the kind: a uuid, for a membership two of them.

    :param field: what the request calls the id
    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id, field)[2]


def cluster_of(public_id: str) -> str:
    """Return the cluster an id belongs to: `us`, or one of a region.

    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id, "id")[0]


def kind_of(public_id: str) -> str:
    """Return what an id is one of: PEOPLE, ROOM and so on.

    :raises ApiError: 400 if the text is not such an id.
    """
    return _parts(public_id, "id")[1]


def _parts(public_id: str, field: str) -> tuple[str, str, str]:
    """Split an id into cluster, kind and key."""
    try:
        return _decoded(public_id)
    except ValueError:
        raise ApiError(400, "Expect base64 ID or UUID.", field=field) from None


@functools.lru_cache(maxsize=65_536)
def _decoded(public_id: str) -> tuple[str, str, str]:
    uri = base64.b64decode(public_id + "=" * (-len(public_id) % 4), validate=True).decode()
    cluster, _, rest = uri.removeprefix("ciscospark://").partition("/")
    kind, _, key = rest.partition("/")
    if not uri.startswith("ciscospark://") or not (cluster and kind and key):
        raise ValueError(public_id)
    return cluster, kind, key


def canonical(kind: str, given: str, field: str | None = None) -> str:
    """Return the id as the cloud writes it; Webex takes padded ids and bare uuids of its own cluster as well.

    :param field: what the request calls it, by default what it is called in a path
    :raises ApiError: 400 if the text is neither.
    """
    try:
        return encode(kind, str(uuid.UUID(given)))
    except ValueError:
        key_of(given, field or _FIELDS.get(kind, "id"))
        return given.rstrip("=")
