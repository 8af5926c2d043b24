"""The routes under /rooms: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, rooms
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json
from app.simulator.rest.guard import body, flag, guarded, id_in, word

blueprint = Blueprint("rooms", __name__)


@blueprint.get("/rooms")
@guarded("spark:rooms_read")
def list_rooms(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the caller's rooms."""
    kind = _choice("type", ("direct", "group"))
    sort_by = _choice("sortBy", ("id", "lastactivity", "created"))
    found = rooms.visible(cloud, caller, kind, sort_by)
    if id_in(request.args, "teamId", "TEAM") is not None:
        found = []  # No room of this cloud belongs to a team.
    shown, headers = page(found, lambda room: room.id, size(100, 1000))
    return {"items": [rooms.shape(cloud, room, caller.person) for room in shown]}, 200, headers


@blueprint.post("/rooms")
@guarded("spark:rooms_write")
def create_room(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Make a group room."""
    fields = body()
    if id_in(fields, "teamId", "TEAM") is not None:
        raise ApiError(404, "Could not find a team with provided ID.")
    return rooms.shape(cloud, rooms.create(cloud, caller, _title(fields), _options(fields)), caller.person)


@blueprint.get("/rooms/<room_id>")
@guarded("spark:rooms_read")
def get_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """Show a room."""
    return rooms.shape(cloud, cloud.room_of(caller.person, ids.canonical("ROOM", room_id)), caller.person)


@blueprint.put("/rooms/<room_id>")
@guarded("spark:rooms_write")
def update_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """Change a room."""
    room = cloud.room_of(caller.person, ids.canonical("ROOM", room_id))
    fields = body()
    room = rooms.update(cloud, caller, room, _title(fields), _options(fields))
    return rooms.shape(cloud, room, caller.person)


@blueprint.delete("/rooms/<room_id>")
@guarded("spark:rooms_write")
def delete_room(cloud: Cloud, caller: Caller, room_id: str) -> ResponseReturnValue:
    """End a room, or leave it."""
    rooms.delete(cloud, caller, cloud.room_of(caller.person, ids.canonical("ROOM", room_id)))
    return "", 204


def _choice(name: str, choices: tuple[str, ...]) -> str | None:
    value = word(request.args, name)
    if value is not None and value not in choices:
        raise ApiError(400, f"{name} must be one of {', '.join(choices)}.")
    return value


def _title(fields: Json) -> str:
    title = word(fields, "title")
    if title is None or not title.strip():
        raise ApiError(400, "title cannot be empty")
    return title


def _options(fields: Json) -> Json:
    options: Json = {}
    for name in ("isLocked", "isPublic", "isAnnouncementOnly"):
        value = flag(fields, name)
        if value is not None:
            options[name] = value
    description = word(fields, "description")
    if description is not None:
        options["description"] = description
    return options
