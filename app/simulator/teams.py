"""Teams and who is in them (openapi /teams, /team/memberships).

A team is held together by its General room: who is in the room is in the team, and the room's moderators are the
team's. So a membership of the team is the membership of that room under another id.
"""

from app.simulator import ids, memberships, rooms
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Membership, Person, Room, Team

GENERAL = "General"


def shape(team: Team) -> Json:
    """Return a team as the API shows it."""
    shown: Json = {"id": team.id, "name": team.name, "creatorId": team.creator_id, "created": team.created}
    return shown | ({"description": team.description} if team.description else {})


def shape_member(cloud: Cloud, team: Team, membership: Membership) -> Json:
    """Return a membership of a team as the API shows it."""
    room_shape = memberships.shape(cloud, membership)
    names = ("personId", "personEmail", "personDisplayName", "personOrgId", "isModerator", "created")
    key = f"{ids.key_of(membership.person_id)}:{ids.key_of(team.id)}"
    member_id = ids.encode("TEAM_MEMBERSHIP", key, ids.cluster_of(team.id))
    return {"id": member_id, "teamId": team.id} | {name: room_shape[name] for name in names}


def visible(cloud: Cloud, caller: Caller) -> list[Team]:
    """Return the caller's teams."""
    return [one for one in cloud.teams.values() if caller.person.id in cloud.members(one.room_id)]


def get(cloud: Cloud, caller: Caller, team_id: str) -> Team:
    """Return a team the caller is in.

    :raises ApiError: 404 otherwise.
    """
    team = cloud.teams.get(team_id)
    if team is None or caller.person.id not in cloud.members(team.room_id):
        raise ApiError(404, "Could not find a team with provided ID.")
    return team


def create(cloud: Cloud, caller: Caller, name: str, description: str | None) -> Team:
    """Make a team with its General room; the caller moderates both."""
    team = add(cloud, caller.person, name, description)
    rooms.tell_created(cloud, cloud.rooms[team.room_id], cloud.members(team.room_id)[caller.person.id])
    return team


def add(cloud: Cloud, creator: Person, name: str, description: str | None = None, team_id: str | None = None) -> Team:
    """Make a team and its General room, which has the team's uuid, without telling anybody."""
    team_id = team_id or cloud.new_id("TEAM")
    room_id = ids.encode("ROOM", ids.key_of(team_id), ids.cluster_of(team_id))
    room = rooms.add(cloud, creator, GENERAL, room_id)
    room.team_id, room.is_locked = team_id, True
    cloud.members(room.id)[creator.id].is_moderator = True
    team = Team(team_id, name, creator.id, room.created, room.id, description)
    cloud.teams[team.id] = team
    return team


def update(cloud: Cloud, caller: Caller, team: Team, name: str, description: str | None) -> Team:
    """Rename or describe a team.

    :raises ApiError: 403 for anybody but its moderators.
    """
    _check_moderator(cloud, caller, team)
    team.name = name
    if description is not None:
        team.description = description.strip() or None
    return team


def delete(cloud: Cloud, caller: Caller, team: Team) -> None:
    """End a team and all its rooms.

    :raises ApiError: 403 for anybody but its moderators.
    """
    _check_moderator(cloud, caller, team)
    for room in [one for one in cloud.rooms.values() if one.team_id == team.id]:
        rooms.end(cloud, room, caller.person.id)
    del cloud.teams[team.id]


def general(cloud: Cloud, team: Team) -> Room:
    """Return the General room of a team."""
    return cloud.rooms[team.room_id]


def member(cloud: Cloud, caller: Caller, membership_id: str) -> tuple[Team, Membership]:
    """Return one membership of a team the caller is in, and the team.

    :raises ApiError: 400 if the id is none, 404 if there is no such membership for the caller to see.
    """
    person_key, _, team_key = ids.key_of(membership_id, "membershipId").partition(":")
    team = cloud.teams.get(ids.encode("TEAM", team_key, ids.cluster_of(membership_id)))
    members = cloud.members(team.room_id) if team else {}
    found = members.get(ids.encode("PEOPLE", person_key))
    if team is None or found is None or caller.person.id not in members:
        raise ApiError(404, "Could not find a team membership with provided ID.")
    return team, found


def _check_moderator(cloud: Cloud, caller: Caller, team: Team) -> None:
    if not cloud.members(team.room_id)[caller.person.id].is_moderator:
        raise ApiError(403, FORBIDDEN)
