"""The routes under /room/tabs: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, tabs
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Tab
from app.simulator.rest.guard import body, guarded, id_in, required

blueprint = Blueprint("tabs", __name__)


@blueprint.get("/room/tabs")
@guarded("spark:rooms_read")
def list_tabs(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the tabs of a room."""
    room_id = id_in(request.args, "roomId", "ROOM")
    if room_id is None:
        raise ApiError(400, "Required String parameter 'roomId' is not present")
    found = tabs.listed(cloud, cloud.room_of(caller.person, room_id))
    shown, headers = page(found, lambda one: one.id, size(100, 1000))
    return {"items": [tabs.shape(cloud, one) for one in shown]}, 200, headers


@blueprint.post("/room/tabs")
@guarded("spark:rooms_write")
def create_tab(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Pin a page to a room."""
    fields = body()
    room_id = id_in(fields, "roomId", "ROOM")
    if room_id is None:
        raise ApiError(400, "roomId cannot be null")
    room, name, address = cloud.room_of(caller.person, room_id), required(fields, "displayName"), required(fields, "contentUrl")
    return tabs.shape(cloud, tabs.create(cloud, caller, room, name, address))


@blueprint.get("/room/tabs/<tab_id>")
@guarded("spark:rooms_read")
def get_tab(cloud: Cloud, caller: Caller, tab_id: str) -> ResponseReturnValue:
    """Show a tab."""
    return tabs.shape(cloud, _given(cloud, caller, tab_id))


@blueprint.put("/room/tabs/<tab_id>")
@guarded("spark:rooms_write")
def update_tab(cloud: Cloud, caller: Caller, tab_id: str) -> ResponseReturnValue:
    """Let a tab show another page."""
    tab, fields = _given(cloud, caller, tab_id), body()
    if id_in(fields, "roomId", "ROOM") != tab.room_id:
        raise ApiError(400, "roomId must be the room of the tab.")
    name, address = required(fields, "displayName"), required(fields, "contentUrl")
    return tabs.shape(cloud, tabs.update(cloud, caller, tab, name, address))


@blueprint.delete("/room/tabs/<tab_id>")
@guarded("spark:rooms_write")
def delete_tab(cloud: Cloud, caller: Caller, tab_id: str) -> ResponseReturnValue:
    """Take a tab away."""
    tabs.delete(cloud, caller, _given(cloud, caller, tab_id))
    return "", 204


def _given(cloud: Cloud, caller: Caller, tab_id: str) -> Tab:
    return tabs.get(cloud, caller, ids.canonical("ROOM_TAB", tab_id))
