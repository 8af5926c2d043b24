"""The routes under /memberships: read the request, ask the rules, show the result."""

from functools import partial

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import memberships, roles, rooms
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Membership
from app.simulator.rest.guard import body, flag, guarded, id_in, person_in, word

blueprint = Blueprint("memberships", __name__)


@blueprint.get("/memberships")
@guarded("spark:memberships_read")
def list_memberships(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List who is in a room, or the caller's own memberships; for compliance officers also somebody's in their organization."""
    room_id, person_id = id_in(request.args, "roomId", "ROOM"), id_in(request.args, "personId", "PEOPLE")
    email = word(request.args, "personEmail")
    if room_id is not None:
        found = memberships.visible(cloud, caller, rooms.reachable(cloud, caller.person, room_id), person_id, email)
    elif person_id is None and email is None:
        found = memberships.own(cloud, caller)
    elif roles.is_officer(caller.person):
        found = memberships.in_organization(cloud, caller.person.org_id, person_id, email)
    else:
        raise ApiError(400, "personId and personEmail require roomId.")
    shown, headers = page(found, lambda one: one.id, size(100, 1000))
    return {"items": [memberships.shape(cloud, one) for one in shown]}, 200, headers


@blueprint.post("/memberships")
@guarded("spark:memberships_write")
def create_membership(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Add somebody to a room."""
    fields = body()
    room_id = id_in(fields, "roomId", "ROOM")
    if room_id is None:
        raise ApiError(400, "roomId cannot be null")
    room, is_moderator = rooms.reachable(cloud, caller.person, room_id), bool(flag(fields, "isModerator"))
    check = partial(memberships.check_new, cloud, caller, room, None, is_moderator=is_moderator)
    person = person_in(cloud, fields, 502, "Add participant failed.", before_inviting=check)
    created = memberships.create(cloud, caller, room, person, is_moderator=is_moderator)
    return memberships.shape(cloud, created)


@blueprint.get("/memberships/<membership_id>")
@guarded("spark:memberships_read")
def get_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Show a membership."""
    return memberships.shape(cloud, _given(cloud, caller, membership_id))


@blueprint.put("/memberships/<membership_id>")
@guarded("spark:memberships_write")
def update_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Change a membership."""
    membership = _given(cloud, caller, membership_id)
    fields = body()
    is_moderator, is_room_hidden = flag(fields, "isModerator"), flag(fields, "isRoomHidden")
    if is_moderator is None and is_room_hidden is None:
        raise ApiError(400, "isModerator cannot be null")
    memberships.update(cloud, caller, membership, is_moderator=is_moderator, is_room_hidden=is_room_hidden)
    return memberships.shape(cloud, membership)


@blueprint.delete("/memberships/<membership_id>")
@guarded("spark:memberships_write")
def delete_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Remove somebody from a room."""
    memberships.delete(cloud, caller, _given(cloud, caller, membership_id))
    return "", 204


def _given(cloud: Cloud, caller: Caller, membership_id: str) -> Membership:
    return memberships.get(cloud, caller, membership_id.rstrip("="))
