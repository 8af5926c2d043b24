"""The routes under /rooms: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, rooms
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json
from app.simulator.rest.guard import body, choice, flag, guarded, id_in, moment, required, word

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/rooms")
@guarded("spark:rooms_read")
def list_rooms(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the caller's rooms."""
    query = request.args
    kind, sort_by = choice(query, "type", ("direct", "group")), choice(query, "sortBy", ("id", "lastactivity", "created"))
    team_id, begin, end = id_in(query, "teamId", "TEAM"), moment(query, "from"), moment(query, "to")
    if flag(query, "orgPublicSpaces"):
        if kind or sort_by or team_id:
            raise ApiError(400, "orgPublicSpaces cannot be combined with teamId, type or sortBy.")
        found = rooms.public(cloud, caller, begin, end)
    else:
        found = rooms.visible(cloud, caller, kind, sort_by, team_id)
        found = [one for one in found if not (begin or end) or (begin or "") < (one.made_public or "") < (end or "~")]
    shown, headers = page(found, lambda room: room.id, size(100, 1000))
    return {"items": [rooms.shape(cloud, room, caller.person) for room in shown]}, 200, headers


@blueprint.post("/rooms")
@guarded("spark:rooms_write")
def create_room(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Make a group room."""
    fields = body()
    room = rooms.create(cloud, caller, required(fields, "title"), _options(fields))
    return rooms.shape(cloud, room, caller.person)


@blueprint.get("/rooms/<room_id>")
@guarded("spark:rooms_read")
def get_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """Show a room."""
    room = rooms.reachable(cloud, caller.person, ids.canonical("ROOM", room_id))
    return rooms.shape(cloud, room, caller.person)


@blueprint.put("/rooms/<room_id>")
@guarded("spark:rooms_write")
def update_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """Change a room."""
    room = rooms.changeable(cloud, caller.person, ids.canonical("ROOM", room_id))
    fields = body()
    room = rooms.update(cloud, caller, room, required(fields, "title"), _options(fields))
    return rooms.shape(cloud, room, caller.person)


@blueprint.delete("/rooms/<room_id>")
@guarded("spark:rooms_write")
def delete_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """End a room, or leave it."""
    rooms.delete(cloud, caller, cloud.room_of(caller.person, ids.canonical("ROOM", room_id)))
    return "", 204


def _options(fields: Json) -> Json:
    flags = ("isLocked", "isPublic", "isAnnouncementOnly", "isReadOnly")
    options: Json = {name: value for name in flags if (value := flag(fields, name)) is not None}
    texts = {
        "teamId": id_in(fields, "teamId", "TEAM"), "description": word(fields, "description"),
        "classificationId": id_in(fields, "classificationId", "CLASSIFICATION"),
    }  # fmt: skip
    return options | {name: value for name, value in texts.items() if value is not None}
