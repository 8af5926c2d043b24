"""The routes under /teams and /team/memberships: read the request, ask the rules, show the result."""

from functools import partial

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, memberships, teams
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Team
from app.simulator.rest.guard import body, flag, guarded, id_in, person_in, required, word

blueprint = Blueprint("teams", __name__)


@blueprint.get("/teams")
@guarded("spark:teams_read")
def list_teams(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the caller's teams."""
    shown, headers = page(teams.visible(cloud, caller), lambda one: one.id, size(100, 1000))
    return {"items": [teams.shape(one) for one in shown]}, 200, headers


@blueprint.post("/teams")
@guarded("spark:teams_write")
def create_team(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Make a team."""
    fields = body()
    return teams.shape(teams.create(cloud, caller, required(fields, "name"), word(fields, "description")))


@blueprint.get("/teams/<team_id>")
@guarded("spark:teams_read")
def get_team(cloud: Cloud, caller: Caller, team_id: str) -> ResponseReturnValue:
    """Show a team."""
    return teams.shape(_given(cloud, caller, team_id))


@blueprint.put("/teams/<team_id>")
@guarded("spark:teams_write")
def update_team(cloud: Cloud, caller: Caller, team_id: str) -> ResponseReturnValue:
    """Rename or describe a team."""
    team, fields = _given(cloud, caller, team_id), body()
    return teams.shape(teams.update(cloud, caller, team, required(fields, "name"), word(fields, "description")))


@blueprint.delete("/teams/<team_id>")
@guarded("spark:teams_write")
def delete_team(cloud: Cloud, caller: Caller, team_id: str) -> ResponseReturnValue:
    """End a team."""
    teams.delete(cloud, caller, _given(cloud, caller, team_id))
    return "", 204


@blueprint.get("/team/memberships")
@guarded("spark:team_memberships_read")
def list_team_memberships(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List who is in a team."""
    team_id = id_in(request.args, "teamId", "TEAM")
    if team_id is None:
        raise ApiError(400, "Required String parameter 'teamId' is not present")
    team = teams.get(cloud, caller, team_id)
    found = [teams.shape_member(cloud, team, one) for one in cloud.members(team.room_id).values()]
    shown, headers = page(found, lambda one: str(one["id"]), size(100, 1000))
    return {"items": shown}, 200, headers


@blueprint.post("/team/memberships")
@guarded("spark:team_memberships_write")
def create_team_membership(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Add somebody to a team, which is to its General room."""
    fields = body()
    team_id, is_moderator = id_in(fields, "teamId", "TEAM"), bool(flag(fields, "isModerator"))
    if team_id is None:
        raise ApiError(400, "teamId cannot be null")
    team = teams.get(cloud, caller, team_id)
    room = teams.general(cloud, team)
    check = partial(memberships.check_new, cloud, caller, room, None, is_moderator=is_moderator)
    person = person_in(cloud, fields, 502, "Add participant failed.", before_inviting=check)
    created = memberships.create(cloud, caller, room, person, is_moderator=is_moderator)
    return teams.shape_member(cloud, team, created)


@blueprint.get("/team/memberships/<membership_id>")
@guarded("spark:team_memberships_read")
def get_team_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Show a membership of a team."""
    return teams.shape_member(cloud, *teams.member(cloud, caller, membership_id.rstrip("=")))


@blueprint.put("/team/memberships/<membership_id>")
@guarded("spark:team_memberships_write")
def update_team_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Make somebody a moderator of a team, or not."""
    team, membership = teams.member(cloud, caller, membership_id.rstrip("="))
    is_moderator = flag(body(), "isModerator")
    if is_moderator is None:
        raise ApiError(400, "isModerator cannot be null")
    memberships.update(cloud, caller, membership, is_moderator=is_moderator, is_room_hidden=None)
    return teams.shape_member(cloud, team, membership)


@blueprint.delete("/team/memberships/<membership_id>")
@guarded("spark:team_memberships_write")
def delete_team_membership(cloud: Cloud, caller: Caller, membership_id: str) -> ResponseReturnValue:
    """Remove somebody from a team."""
    _, membership = teams.member(cloud, caller, membership_id.rstrip("="))
    memberships.delete(cloud, caller, membership)
    return "", 204


def _given(cloud: Cloud, caller: Caller, team_id: str) -> Team:
    return teams.get(cloud, caller, ids.canonical("TEAM", team_id))
