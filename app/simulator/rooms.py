"""Rooms: making, changing and ending them, and the one direct room of each pair of people."""

from app.simulator import contents, events, ids, memberships, roles
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Membership, Person, Room

OFFICERS_FIELDS = {"classificationId", "isAnnouncementOnly", "description", "isPublic"}
"""What a compliance officer changes of a room without being in it (openapi PUT /rooms/{roomId})."""


def shape(cloud: Cloud, room: Room, viewer: Person) -> Json:
    """Return a room as one viewer sees it: a direct room bears the name of the other side."""
    title = cloud.other_member(room, viewer.id).display_name if room.kind == "direct" else room.title
    shown: Json = {
        "id": room.id, "title": title, "type": room.kind, "isLocked": room.is_locked,
        "lastActivity": room.last_activity, "creatorId": room.creator_id, "created": room.created,
        "ownerId": room.owner_id, "isPublic": room.is_public, "isReadOnly": room.is_read_only or room.is_archived,
    }  # fmt: skip
    if room.kind == "group":
        shown["isAnnouncementOnly"] = room.is_announcement_only
    optional = {
        "teamId": room.team_id, "madePublic": room.made_public, "classificationId": room.classification_id,
        "description": room.description,
    }  # fmt: skip
    return shown | {name: value for name, value in optional.items() if value is not None}


def visible(cloud: Cloud, caller: Caller, kind: str | None, sort_by: str | None, team_id: str | None = None) -> list[Room]:
    """Return the caller's rooms; archived ones are not listed.

    :param kind: `direct` or `group`, None for both.
    :param sort_by: `id`, `lastactivity` (newest first, also the default) or `created` (newest first).
    :param team_id: only the rooms of this team.
    """
    mine = [cloud.rooms[key] for key, members in cloud.memberships.items() if caller.person.id in members]
    mine = [room for room in mine if kind in (None, room.kind) and team_id in (None, room.team_id) and not room.is_archived]
    if sort_by == "id":
        return sorted(mine, key=lambda room: room.id)
    if sort_by == "created":
        return sorted(mine, key=lambda room: room.created, reverse=True)
    return sorted(mine, key=lambda room: room.last_activity, reverse=True)


def public(cloud: Cloud, caller: Caller, begin: str | None, end: str | None) -> list[Room]:
    """Return the public rooms of the caller's organization, joined or not, the last made public first.

    :param begin: only rooms made public after this time, a stamp in the cloud's own form.
    :param end: only rooms made public before this time.
    """
    found = [one for one in cloud.rooms.values() if one.is_public and one.owner_id == caller.person.org_id]
    found = [one for one in found if (begin or "") < (one.made_public or "") < (end or "~")]
    return sorted(found, key=lambda room: room.made_public or "", reverse=True)


def reachable(cloud: Cloud, person: Person, room_id: str) -> Room:
    """Return a room the person is in, or may join: one of their team, or a public one of their organization.

    :raises ApiError: 404 otherwise.
    """
    room = cloud.rooms.get(room_id)
    if room is not None and memberships.may_join(cloud, person, room):
        return room
    return cloud.room_of(person, room_id)


def changeable(cloud: Cloud, person: Person, room_id: str) -> Room:
    """Return a room the person is in; for compliance officers any of their organization.

    :raises ApiError: 404 otherwise.
    """
    room = cloud.rooms.get(room_id)
    if room is not None and roles.is_officer(person) and room.owner_id == person.org_id:
        return room
    return cloud.room_of(person, room_id)


def add(cloud: Cloud, creator: Person, title: str, room_id: str | None = None, kind: str = "group") -> Room:
    """Make a room with its creator in it, without telling anybody."""
    now = cloud.clock.stamp()
    room = Room(room_id or cloud.new_id("ROOM"), kind, title, creator.id, creator.org_id, now, now)
    cloud.rooms[room.id] = room
    memberships.join(cloud, room, creator)
    return room


def create(cloud: Cloud, caller: Caller, title: str, options: Json) -> Room:
    """Make a group room; a locked one has the caller as moderator.

    :param options: isLocked, isPublic, isAnnouncementOnly, description, teamId, classificationId as in the request.
    :raises ApiError: 400 if the options contradict each other, 403 for a bot that classifies, 404 for a team the
        caller is not in.
    """
    if options.get("isAnnouncementOnly") and not options.get("isLocked"):
        raise ApiError(400, "isAnnouncementOnly requires isLocked.")
    if options.get("isPublic") and not (options.get("description") or "").strip():
        raise ApiError(400, "A public room requires a description.")
    if options.get("classificationId") and caller.person.kind == "bot":
        raise ApiError(403, FORBIDDEN)
    if options.get("isReadOnly"):
        raise ApiError(400, "isReadOnly cannot be set when a room is created.")
    team_id = options.get("teamId")
    if team_id is not None and not cloud.in_team(team_id, caller.person.id):
        raise ApiError(404, "Could not find a team with provided ID.")
    room = add(cloud, caller.person, title)
    room.team_id = team_id
    _apply(cloud, room, options)
    room.is_locked = bool(options.get("isLocked"))
    membership = cloud.members(room.id)[caller.person.id]
    membership.is_moderator = room.is_locked
    tell_created(cloud, room, membership)
    return room


def tell_created(cloud: Cloud, room: Room, membership: Membership) -> None:
    """Tell the creator of a room of it, and of being in it (contract 2.1)."""
    creator_id = membership.person_id
    events.room_happened(cloud, "created", room, creator_id, frozenset({creator_id}))
    events.membership_happened(cloud, "created", memberships.shape(cloud, membership), creator_id)


def update(cloud: Cloud, caller: Caller, room: Room, title: str, options: Json) -> Room:
    """Change title and options of a group room; of a direct one a compliance officer changes whether it is read-only.

    :raises ApiError: 400 for a direct room or contradicting options, 403 for a locked room of other moderators and
        for what only a compliance officer may do, or not even they.
    """
    if room.kind == "direct" and not (roles.is_officer(caller.person) and options.keys() == {"isReadOnly"}):
        raise ApiError(400, "A direct room cannot be updated.")
    _check_may_change(cloud, caller.person, room, title, options)
    _check_update(cloud, caller, room, options)
    room.title = title if room.kind == "group" else room.title
    room.team_id = options.get("teamId") or room.team_id
    _apply(cloud, room, options)
    events.room_happened(cloud, "updated", room, caller.person.id, frozenset(cloud.members(room.id)))
    if "isLocked" in options:
        memberships.lock(cloud, caller, room, is_locked=bool(options["isLocked"]))
    return room


def _check_may_change(cloud: Cloud, person: Person, room: Room, title: str, options: Json) -> None:
    """Members change a room, moderators a locked one. A compliance officer who is not in it changes a few fields of it."""
    mine = cloud.members(room.id).get(person.id)
    if room.is_archived or (mine and room.kind == "group" and room.is_locked and not mine.is_moderator):
        raise ApiError(403, FORBIDDEN)
    is_too_much = title != room.title or not options.keys() <= OFFICERS_FIELDS
    if mine is None and room.kind == "group" and is_too_much:
        raise ApiError(403, FORBIDDEN)


def _check_update(cloud: Cloud, caller: Caller, room: Room, options: Json) -> None:
    """Check the rules of openapi PUT /rooms/{roomId}; what stays as it is is always allowed."""
    is_locked = options.get("isLocked", room.is_locked)
    if options.get("isAnnouncementOnly", room.is_announcement_only) and not is_locked:
        raise ApiError(400, "isAnnouncementOnly requires isLocked.")
    if cloud.team_of_general(room) is not None and not is_locked:
        raise ApiError(400, "The General room of a team stays locked.")
    reserved = (("isPublic", room.is_public), ("isReadOnly", room.is_read_only))
    wants_reserved = any(options.get(name) and not present for name, present in reserved)
    if wants_reserved and not roles.is_officer(caller.person):
        raise ApiError(403, FORBIDDEN)
    if options.get("isPublic") and not str(options.get("description", room.description or "")).strip():
        raise ApiError(400, "A public room requires a description.")
    _check_team(cloud, caller, room, options.get("teamId"))


def _check_team(cloud: Cloud, caller: Caller, room: Room, team_id: str | None) -> None:
    if team_id in (None, room.team_id):
        return
    if room.team_id is not None:
        raise ApiError(400, "A room cannot move from team to team.")
    if not cloud.in_team(team_id, caller.person.id):
        raise ApiError(404, "Could not find a team with provided ID.")
    moderators = (one.person_id for one in cloud.members(room.id).values() if one.is_moderator)
    if not all(cloud.in_team(team_id, one) for one in moderators):
        raise ApiError(400, "All moderators of the room must be members of the team.")


def delete(cloud: Cloud, caller: Caller, room: Room) -> None:
    """End a group room; for somebody who may not, it only means to leave (openapi DELETE /rooms/{id}).

    In a room without moderators its creator counts as one. A room of a team is archived.

    :raises ApiError: 400 for a direct room and for the General room of a team.
    """
    if room.kind == "direct":
        raise ApiError(400, "A direct room cannot be deleted.")
    if cloud.team_of_general(room) is not None:
        raise ApiError(cloud.switches.general_room_delete_status, "The General room ends with its team.")
    mine = cloud.members(room.id)[caller.person.id]
    if not (mine.is_moderator if room.is_locked else room.creator_id == caller.person.id):
        memberships.leave(cloud, mine, caller.person.id)
    elif room.team_id is None:
        end(cloud, room, caller.person.id)
    elif not room.is_archived:
        room.is_archived = True
        events.room_happened(cloud, "updated", room, caller.person.id, frozenset(cloud.members(room.id)))


def end(cloud: Cloud, room: Room, actor_id: str) -> None:
    """Take a room out of the world; its members hear that they are out (there is no rooms:deleted)."""
    everybody = frozenset(cloud.members(room.id))
    gone = [memberships.shape(cloud, one) for one in cloud.members(room.id).values()]
    cloud.memberships[room.id] = {}
    for shape_of_one in gone:
        events.membership_happened(cloud, "deleted", shape_of_one, actor_id, everybody)
    for message in cloud.room_messages.pop(room.id, []):
        contents.drop(cloud, message)
        del cloud.messages[message.id]
    for tab in [one for one in cloud.tabs.values() if one.room_id == room.id]:
        del cloud.tabs[tab.id]
    del cloud.memberships[room.id], cloud.rooms[room.id]


def find_direct(cloud: Cloud, one: Person, other: Person) -> Room | None:
    """Return the direct room of two people, or None if they never wrote to each other."""
    return cloud.rooms.get(cloud.direct_rooms.get(_pair(one, other), ""))


def direct(cloud: Cloud, sender: Person, other: Person) -> Room:
    """Return the direct room of two people, made on first use with the events of contract 2.4.

    :raises ApiError: 400 if somebody writes to themselves, 403 for two bots under the switch `bots_meet_bots`.
    """
    if sender.id == other.id:
        raise ApiError(400, "Cannot open a direct room with yourself.")
    if sender.kind == other.kind == "bot" and not cloud.switches.bots_meet_bots:
        raise ApiError(403, FORBIDDEN)
    known = find_direct(cloud, sender, other)
    if known is not None:
        return known
    room = add(cloud, sender, "", _direct_id(cloud, sender, other), "direct")
    cloud.direct_rooms[_pair(sender, other)] = room.id
    memberships.join(cloud, room, other)
    both = frozenset({sender.id, other.id})
    told = both if cloud.switches.emit_rooms_created_to_invited_direct else frozenset({sender.id})
    events.room_happened(cloud, "created", room, sender.id, told)
    for membership in cloud.members(room.id).values():
        events.membership_happened(cloud, "created", memberships.shape(cloud, membership), sender.id)
    return room


def _pair(one: Person, other: Person) -> tuple[str, str]:
    first, second = sorted((one.id, other.id))
    return first, second


def _direct_id(cloud: Cloud, one: Person, other: Person) -> str:
    """Return the id the pair's room has in every run, if it lives in the default cluster."""
    if cloud.switches.id_cluster != "us":
        return cloud.new_id("ROOM")
    return ids.stable("ROOM", " ".join(_pair(one, other)))


def _apply(cloud: Cloud, room: Room, options: Json) -> None:
    is_public = bool(options.get("isPublic", room.is_public))
    if is_public != room.is_public:
        room.made_public = cloud.clock.stamp() if is_public else None
    room.is_public = is_public
    room.is_announcement_only = bool(options.get("isAnnouncementOnly", room.is_announcement_only))
    room.is_read_only = bool(options.get("isReadOnly", room.is_read_only))
    room.classification_id = options.get("classificationId") or room.classification_id
    if "description" in options:
        room.description = str(options["description"]).strip() or None
