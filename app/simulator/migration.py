"""A room moves to another region or organization and gets a new id (guide "Webhooks", rooms:migrated)."""

from dataclasses import replace
from typing import Any

from app.simulator import events, ids
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Room


def migrate(cloud: Cloud, room_id: str) -> Room:
    """Give a room a new id and tell its members; under the old one nobody finds it any more.

    People, messages, files and tabs move with it; messages keep their ids, memberships have new ones, as theirs are made
    of the room's. How Webex lays out the data of the event is not known; the switch `migrated_data` chooses.

    :raises ApiError: 404 if there is no such room.
    """
    room = cloud.rooms.get(room_id)
    if room is None:
        raise ApiError(404, "Could not find a room with provided ID.")
    room.id = cloud.new_id("ROOM")
    for store in (cloud.rooms, cloud.memberships, cloud.room_messages):
        _rename(store, room_id, room.id)
    for membership in cloud.members(room.id).values():
        membership.room_id = room.id
    for message in cloud.room_messages.get(room.id, []):
        message.room_id = room.id
    _move_the_rest(cloud, room_id, room)
    layouts = {"both": {"oldRoomId": room_id, "newRoomId": room.id}, "new": {}, "old": {"id": room_id}}
    moved = layouts[cloud.switches.migrated_data]
    events.room_happened(cloud, "migrated", room, room.creator_id, frozenset(cloud.members(room.id)), more=moved)
    return room


def matching(cloud: Cloud, given: str) -> str:
    """Return the id of the room a request of the controls means: an id in any form, or the title of a group room.

    :raises ApiError: 404 if there is none.
    """
    by_title = (one.id for one in cloud.rooms.values() if one.kind == "group" and one.title == given)
    found = given if given in cloud.rooms else next(by_title, None)
    return found or ids.canonical("ROOM", given)


def _move_the_rest(cloud: Cloud, old_id: str, room: Room) -> None:
    for tab in cloud.tabs.values():
        tab.room_id = room.id if tab.room_id == old_id else tab.room_id
    for action in list(cloud.actions.values()):
        if action.room_id == old_id:
            cloud.actions[action.id] = replace(action, room_id=room.id)
    for team in cloud.teams.values():
        team.room_id = room.id if team.room_id == old_id else team.room_id
    for pair, direct_id in cloud.direct_rooms.items():
        if direct_id == old_id:
            cloud.direct_rooms[pair] = room.id
            break
    for person_id, seen_id in [one for one in cloud.seen if one[1] == old_id]:
        cloud.seen[person_id, room.id] = cloud.seen.pop((person_id, seen_id))


def _rename(store: dict[str, Any], old: str, new: str) -> None:
    if old in store:
        store[new] = store.pop(old)
