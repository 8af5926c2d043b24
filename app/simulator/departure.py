"""A person is deleted: out of every group room, tokens ended, webhooks silent (guide "Webhooks"; openapi /people)."""

from app.simulator import memberships
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Caller, Person


def remove(cloud: Cloud, caller: Caller, person: Person) -> None:
    """Delete a person. What they wrote stays where it is, and so do their direct rooms for the other side.

    :raises ApiError: 400 for an administrator who would delete themselves.
    """
    if person.id == caller.person.id:
        raise ApiError(400, "You cannot delete yourself.")
    for room_id in list(cloud.memberships):
        membership = cloud.members(room_id).get(person.id)
        if membership is not None and cloud.rooms[room_id].kind == "group":
            memberships.leave(cloud, membership, caller.person.id)
    cloud.tokens.end_all(person)
    person.is_deleted = True
    if not cloud.switches.hooks_stop_on_creator_deleted:
        return
    for hook in cloud.webhooks.values():
        if hook.created_by == person.id:
            hook.status, hook.disabled_at = "inactive", cloud.clock.now()
