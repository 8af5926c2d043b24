"""Memberships: who is in which room, and what may change about that."""

from app.simulator import events, ids
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Membership, Person, Room


def shape(cloud: Cloud, membership: Membership) -> Json:
    """Return a membership as the API and webhooks show it."""
    person = cloud.people[membership.person_id]
    return {
        "id": membership.id, "roomId": membership.room_id, "roomType": cloud.rooms[membership.room_id].kind,
        "personId": person.id, "personEmail": person.email, "personDisplayName": person.display_name,
        "personOrgId": person.org_id, "isModerator": membership.is_moderator, "isMonitor": False,
        "isRoomHidden": membership.is_room_hidden, "created": membership.created,
    }  # fmt: skip


def visible(
    cloud: Cloud, caller: Caller, room_id: str | None, person_id: str | None, person_email: str | None
) -> list[Membership]:
    """Return the memberships a list call shows: of a room, or all of the caller's own.

    :raises ApiError: 400 for a person without a room (openapi of 2025-07-18), 404 for a room the caller is not in.
    """
    if room_id is None:
        if person_id is not None or person_email is not None:
            raise ApiError(400, "personId and personEmail require roomId.")
        rooms = cloud.memberships.values()
        return [members[caller.person.id] for members in rooms if caller.person.id in members]
    found = list(cloud.members(cloud.room_of(caller.person, room_id).id).values())
    if person_id is not None:
        found = [one for one in found if one.person_id == person_id]
    if person_email is not None:
        found = [one for one in found if cloud.people[one.person_id].email == person_email.strip().lower()]
    return found


def get(cloud: Cloud, caller: Caller, membership_id: str) -> Membership:
    """Return one membership of a room the caller is in.

    :raises ApiError: 400 if the id is none, 404 if there is no such membership for the caller to see.
    """
    person_key, _, room_key = ids.key_of(membership_id).partition(":")
    members = cloud.members(ids.encode("ROOM", room_key))
    found = members.get(ids.encode("PEOPLE", person_key))
    if found is None or caller.person.id not in members:
        raise ApiError(404, "Could not find a membership with provided ID.")
    return found


def join(cloud: Cloud, room: Room, person: Person) -> Membership:
    """Put a person into a room without telling anybody."""
    membership = Membership(room.id, person.id, cloud.clock.stamp())
    cloud.memberships.setdefault(room.id, {})[person.id] = membership
    return membership


def create(cloud: Cloud, caller: Caller, room: Room, person: Person, *, is_moderator: bool) -> Membership:
    """Add a person to a group room.

    :raises ApiError: 400 in a direct room, 403 if only moderators may add, 409 if the person is there already.
    """
    if room.kind == "direct":
        raise ApiError(400, "Cannot add participants to a direct room.")
    _check_moderator(cloud, caller, room)
    if person.id in cloud.members(room.id):
        raise ApiError(409, "Person is already in the room.")
    membership = join(cloud, room, person)
    events.membership_happened(cloud, "created", shape(cloud, membership), caller.person.id)
    if is_moderator:
        _moderate(cloud, caller, room, membership)
    return membership


def update(
    cloud: Cloud, caller: Caller, membership: Membership, *, is_moderator: bool | None, is_room_hidden: bool | None
) -> Membership:
    """Make somebody a moderator or not, or hide one's own direct room.

    :raises ApiError: 400 if the room's kind does not allow it, 403 if the caller may not.
    """
    room = cloud.rooms[membership.room_id]
    if is_room_hidden is not None and is_room_hidden != membership.is_room_hidden:
        _hide(cloud, caller, room, membership, is_hidden=is_room_hidden)
    if is_moderator is not None and is_moderator != membership.is_moderator:
        if room.kind == "direct":
            raise ApiError(400, "A direct room has no moderators.")
        _check_moderator(cloud, caller, room)
        if is_moderator:
            _moderate(cloud, caller, room, membership)
        else:
            _unmoderate(cloud, caller, room, membership)
    return membership


def delete(cloud: Cloud, caller: Caller, membership: Membership) -> None:
    """Leave a group room or remove somebody from it.

    :raises ApiError: 400 in a direct room, 403 if only moderators may remove others.
    """
    room = cloud.rooms[membership.room_id]
    if room.kind == "direct":
        raise ApiError(400, "Cannot remove participants from a direct room.")
    if membership.person_id != caller.person.id:
        _check_moderator(cloud, caller, room)
    leave(cloud, membership, caller.person.id)


def leave(cloud: Cloud, membership: Membership, actor_id: str) -> None:
    """Take a person out of a room and tell everybody there, the person included."""
    gone = shape(cloud, membership)
    del cloud.memberships[membership.room_id][membership.person_id]
    events.membership_happened(cloud, "deleted", gone, actor_id)


def _check_moderator(cloud: Cloud, caller: Caller, room: Room) -> None:
    if room.is_locked and not cloud.members(room.id)[caller.person.id].is_moderator:
        raise ApiError(403, FORBIDDEN)


def _hide(cloud: Cloud, caller: Caller, room: Room, membership: Membership, *, is_hidden: bool) -> None:
    if room.kind != "direct":
        raise ApiError(400, "Only direct rooms can be hidden.")
    if membership.person_id != caller.person.id:
        raise ApiError(403, FORBIDDEN)
    membership.is_room_hidden = is_hidden
    seen_by = frozenset({caller.person.id})
    events.membership_happened(cloud, "updated", shape(cloud, membership), caller.person.id, seen_by)


def _moderate(cloud: Cloud, caller: Caller, room: Room, membership: Membership) -> None:
    """The first moderator locks the room, and who appoints one becomes one too (contract 2.1)."""
    for one in (membership, cloud.members(room.id)[caller.person.id]):
        if not one.is_moderator:
            one.is_moderator = True
            events.membership_happened(cloud, "updated", shape(cloud, one), caller.person.id)
    _set_locked(cloud, room, caller.person.id, is_locked=True)


def _unmoderate(cloud: Cloud, caller: Caller, room: Room, membership: Membership) -> None:
    membership.is_moderator = False
    events.membership_happened(cloud, "updated", shape(cloud, membership), caller.person.id)
    if not any(one.is_moderator for one in cloud.members(room.id).values()):
        _set_locked(cloud, room, caller.person.id, is_locked=False)


def _set_locked(cloud: Cloud, room: Room, actor_id: str, *, is_locked: bool) -> None:
    if room.is_locked != is_locked:
        room.is_locked = is_locked
        events.room_happened(cloud, "updated", room, actor_id, frozenset(cloud.members(room.id)))
