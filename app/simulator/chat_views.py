"""What the chat page shows of people, rooms, messages and changes."""

import zlib

from app.simulator import chat_cards, markdown, messages, rooms
from app.simulator.chat_source import source
from app.simulator.cloud import Cloud
from app.simulator.feed import Change
from app.simulator.records import Content, Json, Message, Person, Room

HUES = 6
_SALT = 4
"""Chosen so that the people of the demo world have five different colours."""


def person(one: Person) -> Json:
    """Return a person with initials and the colour of the avatar."""
    initials = "".join(part[0] for part in one.display_name.split()[:2]).upper()
    hue = zlib.crc32(f"{one.email}{_SALT}".encode()) % HUES
    return {
        "id": one.id, "email": one.email, "name": one.display_name, "initials": initials, "hue": hue,
        "isBot": one.kind == "bot",
    }  # fmt: skip


def room(cloud: Cloud, one: Room, viewer: Person) -> Json:
    """Return a room for the list, with whether the viewer has something to read there."""
    newest = cloud.room_messages.get(one.id, [])[-1:]
    seen = cloud.seen.get((viewer.id, one.id), 0)
    is_unread = bool(newest) and newest[0].order > seen and newest[0].person_id != viewer.id
    other = person(cloud.other_member(one, viewer.id)) if one.kind == "direct" else None
    return {
        "id": one.id, "title": rooms.shape(cloud, one, viewer)["title"], "kind": one.kind, "isUnread": is_unread,
        "mentionsAll": one.kind == "group" and messages.may_mention_all(cloud, one, viewer.id),
        "lastActivity": one.last_activity, "other": other, "snippet": _snippet(cloud, newest, viewer),
    }  # fmt: skip


def room_list(cloud: Cloud, viewer: Person) -> list[Json]:
    """Return the viewer's rooms that are not hidden, the latest first."""
    mine = [
        cloud.rooms[room_id]
        for room_id, members_of in cloud.memberships.items()
        if viewer.id in members_of and not members_of[viewer.id].is_room_hidden
    ]
    return [room(cloud, one, viewer) for one in sorted(mine, key=lambda one: one.last_activity, reverse=True)]


def members(cloud: Cloud, one: Room) -> list[Json]:
    """Return the people of a room by name."""
    people = [cloud.people[person_id] for person_id in cloud.members(one.id)]
    return [person(who) for who in sorted(people, key=lambda who: who.display_name)]


def message(cloud: Cloud, one: Message) -> Json:
    """Return a message with the html to show and, for its author, the words to edit."""
    parent = cloud.messages.get(one.parent_id or "")
    return {
        "id": one.id, "order": one.order, "roomId": one.room_id, "author": person(cloud.people[one.person_id]),
        "html": one.html or markdown.escape_text(one.text or ""), "source": source(one), "created": one.created,
        "isEdited": one.updated is not None, "parentId": one.parent_id, "words": _words(cloud, one)[:200],
        "answers": _quote(cloud, parent) if parent else "a deleted message" if one.parent_id else None,
        "card": chat_cards.html(one.attachments[0].get("content")) if one.attachments else None,
        "files": [_file(cloud.contents[key]) for key in one.files if key in cloud.contents],
    }  # fmt: skip


def news(cloud: Cloud, viewer: Person, changed: list[Change]) -> Json:
    """Return what the page has to redraw after some changes."""
    answer: Json = {"messages": [], "deleted": [], "members": []}
    for change in changed:
        subject, _, event = change.kind.partition(":")
        if subject == "membership":
            answer["members"].append(change.room_id)
        elif subject == "message" and event == "deleted":
            answer["deleted"].append(change.ref)
        elif subject == "message" and change.ref in cloud.messages:
            answer["messages"].append(message(cloud, cloud.messages[change.ref]))
    if changed:
        answer["rooms"] = room_list(cloud, viewer)
    return answer


def _file(one: Content) -> Json:
    return {"id": one.id, "name": one.name, "type": one.media_type, "size": len(one.data)}


def _words(cloud: Cloud, one: Message) -> str:
    """Return what a message says, on one line; without words it is a card or a file."""
    if one.text:
        return " ".join(one.text.split())
    names = [cloud.contents[key].name for key in one.files if key in cloud.contents]
    return "a card" if one.attachments else names[0] if names else ""


def _snippet(cloud: Cloud, newest: list[Message], viewer: Person) -> str:
    if not newest:
        return ""
    author = cloud.people[newest[0].person_id]
    name = author.display_name if author.kind == "bot" else author.display_name.split()[0]
    who = "You" if author.id == viewer.id else name
    return f"{who}: {_words(cloud, newest[0])[:80]}"


def _quote(cloud: Cloud, parent: Message) -> str:
    words = _words(cloud, parent)
    return f"{cloud.people[parent.person_id].display_name}: {words[:60]}{'…' if len(words) > 60 else ''}"
