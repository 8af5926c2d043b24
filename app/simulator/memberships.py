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


def own(cloud: Cloud, caller: Caller) -> list[Membership]:
    """Return all memberships of the caller."""
    return [members[caller.person.id] for members in cloud.memberships.values() if caller.person.id in members]


def visible(cloud: Cloud, caller: Caller, room: Room, person_id: str | None, person_email: str | None) -> list[Membership]:
    """Return who is in a room; of a moderated room the caller is not in, only its moderators (openapi /memberships)."""
    found = list(cloud.members(room.id).values())
    if room.is_locked and caller.person.id not in cloud.members(room.id):
        found = [one for one in found if one.is_moderator]
    return _of(cloud, found, person_id, person_email)


def in_organization(cloud: Cloud, org_id: str, person_id: str | None, person_email: str | None) -> list[Membership]:
    """Return somebody's memberships of all rooms of an organization, as its compliance officers see them."""
    rooms = [members for room_id, members in cloud.memberships.items() if cloud.rooms[room_id].owner_id == org_id]
    return _of(cloud, [one for members in rooms for one in members.values()], person_id, person_email)


def _of(cloud: Cloud, found: list[Membership], person_id: str | None, person_email: str | None) -> list[Membership]:
    if person_id is not None:
        found = [one for one in found if one.person_id == person_id]
    if person_email is not None:
        found = [one for one in found if cloud.people[one.person_id].email == person_email.strip().lower()]
    return found


def get(cloud: Cloud, caller: Caller, membership_id: str) -> Membership:
    """Return one membership of a room the caller is in.

    :raises ApiError: 400 if the id is none, 404 if there is no such membership for the caller to see.
    """
    person_key, _, room_key = ids.key_of(membership_id, "membershipId").partition(":")
    members = cloud.members(ids.encode("ROOM", room_key, ids.cluster_of(membership_id)))
    found = members.get(ids.encode("PEOPLE", person_key))
    if found is None or caller.person.id not in members:
        raise ApiError(404, "Could not find a membership with provided ID.")
    return found


def may_join(cloud: Cloud, person: Person, room: Room) -> bool:
    """Whether somebody may see and join a room without being added: one of their team, or a public one."""
    is_public = room.is_public and room.owner_id == person.org_id
    return (is_public or cloud.in_team(room.team_id, person.id)) and not room.is_archived


def join(cloud: Cloud, room: Room, person: Person) -> Membership:
    """Put a person into a room without telling anybody."""
    membership = Membership(room.id, person.id, cloud.clock.stamp())
    cloud.memberships.setdefault(room.id, {})[person.id] = membership
    return membership


def create(cloud: Cloud, caller: Caller, room: Room, person: Person, *, is_moderator: bool) -> Membership:
    """Add a person to a group room, or join one oneself.

    :raises ApiError: 400 in a direct room, 403 if only moderators may add or bots are blocked, 409 if the person is
        there already.
    """
    check_new(cloud, caller, room, person, is_moderator=is_moderator)
    membership = join(cloud, room, person)
    is_told = _is_told(cloud, room)
    events.membership_happened(cloud, "created", shape(cloud, membership), caller.person.id, is_told=is_told)
    if is_moderator:
        _moderate(cloud, caller, room, membership)
    return membership


def check_new(cloud: Cloud, caller: Caller, room: Room, person: Person | None, *, is_moderator: bool) -> None:
    """Check that somebody may be added to a room.

    :param person: None for somebody who is not there yet and would be invited.
    :raises ApiError: as `create`.
    """
    if room.kind == "direct":
        raise ApiError(cloud.switches.direct_membership_status, "Cannot add participants to a direct room.")
    if person is not None:
        cloud.check_bot(person)
        if person.id in cloud.members(room.id):
            raise ApiError(409, "Person is already in the room.")
    is_joining = person == caller.person and not room.is_locked and not is_moderator
    if not is_joining:
        _check_moderator(cloud, caller, room)
    if is_moderator:
        _check_in_team(cloud, room, person)


def update(
    cloud: Cloud, caller: Caller, membership: Membership, *, is_moderator: bool | None, is_room_hidden: bool | None
) -> Membership:
    """Make somebody a moderator or not, or hide one's own direct room.

    :raises ApiError: 400 if the room's kind does not allow it, 403 if the caller may not.
    """
    room = cloud.rooms[membership.room_id]
    is_new = is_moderator is not None and is_moderator != membership.is_moderator
    if is_new:
        _check_moderation(cloud, caller, room, membership)
    if is_room_hidden is not None and is_room_hidden != membership.is_room_hidden:
        _hide(cloud, caller, room, membership, is_hidden=is_room_hidden)
    if is_new and is_moderator:
        _moderate(cloud, caller, room, membership)
    elif is_new:
        membership.is_moderator = False
        events.membership_happened(cloud, "updated", shape(cloud, membership), caller.person.id)
        _unlock_if_headless(cloud, room, caller.person.id)
    return membership


def delete(cloud: Cloud, caller: Caller, membership: Membership) -> None:
    """Leave a group room or remove somebody from it.

    :raises ApiError: 400 in a direct room, 403 if only moderators may remove others, or for a team's last moderator.
    """
    room = cloud.rooms[membership.room_id]
    if room.kind == "direct":
        raise ApiError(cloud.switches.direct_membership_status, "Cannot remove participants from a direct room.")
    if membership.person_id != caller.person.id:
        _check_moderator(cloud, caller, room)
    _check_not_last(cloud, room, membership)
    leave(cloud, membership, caller.person.id)


def leave(cloud: Cloud, membership: Membership, actor_id: str) -> None:
    """Take a person out of a room and tell everybody there, the person included.

    Who leaves the General room of a team leaves the team, and with it all its rooms (switch `leaving_team_leaves_rooms`).
    """
    room = cloud.rooms[membership.room_id]
    gone = shape(cloud, membership)
    del cloud.memberships[room.id][membership.person_id]
    events.membership_happened(cloud, "deleted", gone, actor_id, is_told=_is_told(cloud, room))
    _unlock_if_headless(cloud, room, actor_id)
    if cloud.team_of_general(room) is not None and cloud.switches.leaving_team_leaves_rooms:
        for other in [one for one in cloud.rooms.values() if one.team_id == room.team_id]:
            if membership.person_id in cloud.members(other.id):
                leave(cloud, cloud.members(other.id)[membership.person_id], actor_id)


def lock(cloud: Cloud, caller: Caller, room: Room, *, is_locked: bool) -> None:
    """Lock a room, which makes the caller its moderator, or unlock it, after which it has none."""
    _set_locked(cloud, room, caller.person.id, is_locked=is_locked)
    for one in cloud.members(room.id).values():
        is_moderator = is_locked and (one.is_moderator or one.person_id == caller.person.id)
        if is_moderator != one.is_moderator:
            one.is_moderator = is_moderator
            events.membership_happened(cloud, "updated", shape(cloud, one), caller.person.id)


def _is_told(cloud: Cloud, room: Room) -> bool:
    return cloud.team_of_general(room) is None or cloud.switches.team_joins_are_told


def _check_moderator(cloud: Cloud, caller: Caller, room: Room) -> None:
    """Only members add and remove people, and in a locked room only its moderators."""
    mine = cloud.members(room.id).get(caller.person.id)
    if mine is None or room.is_archived or (room.is_locked and not mine.is_moderator):
        raise ApiError(403, FORBIDDEN)


def _check_moderation(cloud: Cloud, caller: Caller, room: Room, membership: Membership) -> None:
    if room.kind == "direct":
        raise ApiError(400, "A direct room has no moderators.")
    _check_moderator(cloud, caller, room)
    if membership.is_moderator:
        _check_not_last(cloud, room, membership)
    else:
        _check_in_team(cloud, room, cloud.people[membership.person_id])


def _check_in_team(cloud: Cloud, room: Room, person: Person | None) -> None:
    is_general = cloud.team_of_general(room) is not None
    is_in_team = person is not None and cloud.in_team(room.team_id, person.id)
    if room.team_id is not None and not is_general and not is_in_team:
        raise ApiError(400, "A moderator of a team's room must be a member of the team.")


def _check_not_last(cloud: Cloud, room: Room, membership: Membership) -> None:
    """The last moderator of a team's General room stays (openapi DELETE /memberships/{id})."""
    moderators = [one for one in cloud.members(room.id).values() if one.is_moderator]
    if cloud.team_of_general(room) is not None and moderators == [membership]:
        raise ApiError(403, "The last moderator of a team cannot be removed.")


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


def _unlock_if_headless(cloud: Cloud, room: Room, actor_id: str) -> None:
    """A room without moderators is open, and everybody may speak in it again."""
    if room.is_locked and not any(one.is_moderator for one in cloud.members(room.id).values()):
        room.is_announcement_only = False
        _set_locked(cloud, room, actor_id, is_locked=False)


def _set_locked(cloud: Cloud, room: Room, actor_id: str, *, is_locked: bool) -> None:
    if room.is_locked != is_locked:
        room.is_locked = is_locked
        events.room_happened(cloud, "updated", room, actor_id, frozenset(cloud.members(room.id)))
