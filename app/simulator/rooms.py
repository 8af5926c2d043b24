"""Rooms: making, changing and ending them, and the one direct room of each pair of people."""

from app.simulator import events, ids, memberships
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Person, Room


def shape(cloud: Cloud, room: Room, viewer: Person) -> Json:
    """Return a room as one viewer sees it: a direct room bears the name of the other side."""
    title = cloud.other_member(room, viewer.id).display_name if room.kind == "direct" else room.title
    shown: Json = {
        "id": room.id, "title": title, "type": room.kind, "isLocked": room.is_locked,
        "lastActivity": room.last_activity, "creatorId": room.creator_id, "created": room.created,
        "ownerId": room.owner_id, "isPublic": room.is_public, "isReadOnly": False,
    }  # fmt: skip
    if room.kind == "group":
        shown["isAnnouncementOnly"] = room.is_announcement_only
    if room.description is not None:
        shown["description"] = room.description
    return shown


def visible(cloud: Cloud, caller: Caller, kind: str | None, sort_by: str | None) -> list[Room]:
    """Return the caller's rooms.

    :param kind: `direct` or `group`, None for both.
    :param sort_by: `id`, `lastactivity` (newest first, also the default) or `created` (newest first).
    """
    mine = [cloud.rooms[key] for key, members in cloud.memberships.items() if caller.person.id in members]
    mine = [room for room in mine if kind in (None, room.kind)]
    if sort_by == "id":
        return sorted(mine, key=lambda room: room.id)
    if sort_by == "created":
        return sorted(mine, key=lambda room: room.created, reverse=True)
    return sorted(mine, key=lambda room: room.last_activity, reverse=True)


def add(cloud: Cloud, creator: Person, title: str, room_id: str | None = None, kind: str = "group") -> Room:
    """Make a room with its creator in it, without telling anybody."""
    now = cloud.clock.stamp()
    room = Room(room_id or ids.new("ROOM"), kind, title, creator.id, creator.org_id, now, now)
    cloud.rooms[room.id] = room
    memberships.join(cloud, room, creator)
    return room


def create(cloud: Cloud, caller: Caller, title: str, options: Json) -> Room:
    """Make a group room; a locked one has the caller as moderator.

    :param options: isLocked, isPublic, isAnnouncementOnly, description as in the request.
    :raises ApiError: 400 if the options contradict each other.
    """
    if options.get("isAnnouncementOnly") and not options.get("isLocked"):
        raise ApiError(400, "isAnnouncementOnly requires isLocked.")
    if options.get("isPublic") and not options.get("description"):
        raise ApiError(400, "A public room requires a description.")
    room = add(cloud, caller.person, title)
    _apply(room, options)
    room.is_locked = bool(options.get("isLocked"))
    membership = cloud.members(room.id)[caller.person.id]
    membership.is_moderator = room.is_locked
    only_creator = frozenset({caller.person.id})
    events.room_happened(cloud, "created", room, caller.person.id, only_creator)
    events.membership_happened(cloud, "created", memberships.shape(cloud, membership), caller.person.id)
    return room


def update(cloud: Cloud, caller: Caller, room: Room, title: str, options: Json) -> Room:
    """Change title and options of a group room.

    :raises ApiError: 400 for a direct room or contradicting options, 403 for a locked room of other moderators.
    """
    if room.kind == "direct":
        raise ApiError(400, "A direct room cannot be updated.")
    mine = cloud.members(room.id)[caller.person.id]
    if room.is_locked and not mine.is_moderator:
        raise ApiError(403, FORBIDDEN)
    if options.get("isAnnouncementOnly") and not options.get("isLocked", room.is_locked):
        raise ApiError(400, "isAnnouncementOnly requires isLocked.")
    room.title = title
    _apply(room, options)
    if "isLocked" in options:
        room.is_locked = bool(options["isLocked"])
        for member in cloud.members(room.id).values():
            member.is_moderator = room.is_locked and (member.is_moderator or member is mine)
    events.room_happened(cloud, "updated", room, caller.person.id, frozenset(cloud.members(room.id)))
    return room


def delete(cloud: Cloud, caller: Caller, room: Room) -> None:
    """End a group room; for somebody who may not, it only means to leave (openapi DELETE /rooms/{id}).

    In a room without moderators its creator counts as one.

    :raises ApiError: 400 for a direct room.
    """
    if room.kind == "direct":
        raise ApiError(400, "A direct room cannot be deleted.")
    mine = cloud.members(room.id)[caller.person.id]
    if not (mine.is_moderator if room.is_locked else room.creator_id == caller.person.id):
        memberships.leave(cloud, mine, caller.person.id)
        return
    everybody = frozenset(cloud.members(room.id))
    gone = [memberships.shape(cloud, one) for one in cloud.members(room.id).values()]
    cloud.memberships[room.id] = {}
    for shape_of_one in gone:
        events.membership_happened(cloud, "deleted", shape_of_one, caller.person.id, everybody)
    for message in cloud.room_messages.pop(room.id, []):
        del cloud.messages[message.id]
    del cloud.memberships[room.id], cloud.rooms[room.id]


def find_direct(cloud: Cloud, one: Person, other: Person) -> Room | None:
    """Return the direct room of two people, or None if they never wrote to each other."""
    return cloud.rooms.get(_direct_id(one, other))


def direct(cloud: Cloud, sender: Person, other: Person) -> Room:
    """Return the direct room of two people, made on first use with the events of contract 2.4.

    :raises ApiError: 400 if somebody writes to themselves.
    """
    if sender.id == other.id:
        raise ApiError(400, "Cannot open a direct room with yourself.")
    known = find_direct(cloud, sender, other)
    if known is not None:
        return known
    room = add(cloud, sender, "", _direct_id(sender, other), "direct")
    memberships.join(cloud, room, other)
    both = frozenset({sender.id, other.id})
    told = both if cloud.switches.emit_rooms_created_to_invited_direct else frozenset({sender.id})
    events.room_happened(cloud, "created", room, sender.id, told)
    for membership in cloud.members(room.id).values():
        events.membership_happened(cloud, "created", memberships.shape(cloud, membership), sender.id)
    return room


def _direct_id(one: Person, other: Person) -> str:
    return ids.stable("ROOM", " ".join(sorted((one.id, other.id))))


def _apply(room: Room, options: Json) -> None:
    room.is_public = bool(options.get("isPublic", room.is_public))
    room.is_announcement_only = bool(options.get("isAnnouncementOnly", room.is_announcement_only))
    if "description" in options:
        room.description = str(options["description"]).strip() or None
