"""Tabs: web pages pinned to a room (openapi /room/tabs)."""

from urllib.parse import urlsplit

from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Room, Tab


def shape(cloud: Cloud, tab: Tab) -> Json:
    """Return a tab as the API shows it."""
    return {
        "id": tab.id, "roomId": tab.room_id, "roomType": cloud.rooms[tab.room_id].kind,
        "displayName": tab.display_name, "contentUrl": tab.content_url, "creatorId": tab.creator_id,
        "created": tab.created,
    }  # fmt: skip


def listed(cloud: Cloud, room: Room) -> list[Tab]:
    """Return the tabs of a room in the order they were made."""
    return [one for one in cloud.tabs.values() if one.room_id == room.id]


def get(cloud: Cloud, caller: Caller, tab_id: str) -> Tab:
    """Return a tab of a room the caller is in.

    :raises ApiError: 404 otherwise.
    """
    tab = cloud.tabs.get(tab_id)
    if tab is None or caller.person.id not in cloud.members(tab.room_id):
        raise ApiError(404, "Could not find a room tab with provided ID.")
    return tab


def create(cloud: Cloud, caller: Caller, room: Room, display_name: str, content_url: str) -> Tab:
    """Pin a page to a room.

    :raises ApiError: 400 if the address is none of https, 403 in a locked room for anybody but its moderators, and in an
        archived or read-only one.
    """
    _check(cloud, caller, room, content_url)
    now = cloud.clock.stamp()
    tab = Tab(cloud.new_id("ROOM_TAB"), room.id, display_name, content_url, caller.person.id, now)
    cloud.tabs[tab.id] = tab
    _note(cloud, caller, tab, "created")
    return tab


def update(cloud: Cloud, caller: Caller, tab: Tab, display_name: str, content_url: str) -> Tab:
    """Let a tab show another page, under another name.

    :raises ApiError: as `create`.
    """
    _check(cloud, caller, cloud.rooms[tab.room_id], content_url)
    tab.display_name, tab.content_url = display_name, content_url
    _note(cloud, caller, tab, "updated")
    return tab


def delete(cloud: Cloud, caller: Caller, tab: Tab) -> None:
    """Take a tab away.

    :raises ApiError: 403 in a locked room for anybody but its moderators.
    """
    _check(cloud, caller, cloud.rooms[tab.room_id], tab.content_url)
    _note(cloud, caller, tab, "deleted")
    del cloud.tabs[tab.id]


def _check(cloud: Cloud, caller: Caller, room: Room, content_url: str) -> None:
    if (room.is_locked and not cloud.members(room.id)[caller.person.id].is_moderator) or room.is_archived or room.is_read_only:
        raise ApiError(403, FORBIDDEN)
    try:
        parts = urlsplit(content_url)
        is_address = parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise ApiError(400, "contentUrl must be a web address that begins with https.")


def _note(cloud: Cloud, caller: Caller, tab: Tab, kind: str) -> None:
    person = caller.person
    data = {name: value for name, value in shape(cloud, tab).items() if name not in ("displayName", "contentUrl")}
    audience = frozenset(cloud.members(tab.room_id))
    cloud.journal.add("tabs", kind, actor_id=person.id, org_id=person.org_id, data=data, audience=audience)
