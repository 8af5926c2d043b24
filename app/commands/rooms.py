"""Which rooms are meant: the one where it was typed, ids, or a title."""

import re

from app.commands.context import Context
from app.errors import UserError
from app.language import _
from app.webex.errors import BadRequest, NotFound
from app.webex.markdown import escape
from app.webex.resources import Room

TOPIC = "Teams and rooms"
MOST_ROOMS = 20_000
ROOM_ID = re.compile(r"[A-Za-z0-9_=-]{40,300}")  # ids are opaque; only titles are never like this


def group_rooms(ctx: Context) -> list[Room]:
    """The group rooms of this person, those used last first."""
    return ctx.webex.list_rooms(MOST_ROOMS, type="group", sortBy="lastactivity")


def here(ctx: Context) -> Room:
    """The group room in which the command was typed.

    :raises UserError: it was typed 1:1
    """
    room = None if ctx.typed.in_bot_room else ctx.webex.get_room(ctx.typed.room_id)
    if room is None or room.type != "group":
        raise UserError(_("Type this in a group room, or name one: its id or its title. Nothing was done."))
    return room


def named(ctx: Context, words: str) -> list[Room]:
    """The rooms that these words name: nothing means here, else ids with commas between them, or one title.

    :raises UserError: if there is no such room, or more than one of that title
    """
    if not words.strip():
        return [here(ctx)]
    ids = [word for word in re.split(r"[\s,;]+", words) if word]
    if all(ROOM_ID.fullmatch(word) for word in ids):
        return [_by_id(ctx, room_id) for room_id in dict.fromkeys(ids)]
    return [_by_title(ctx, " ".join(words.split()))]


def any_room(ctx: Context, words: str) -> Room:
    """One room of any kind: nothing means where it was typed, else an id or the title of a group room.

    :raises UserError: if it is none, or more than one
    """
    if words.strip():
        found = named(ctx, words)
        if len(found) > 1:
            raise UserError(_("Name one room, please. Nothing was done."))
        return found[0]
    if not ctx.typed.room_id:
        raise UserError(_("Type this in a room, or name one: its id or its title. Nothing was done."))
    return ctx.webex.get_room(ctx.typed.room_id)


def _by_id(ctx: Context, room_id: str) -> Room:
    try:
        return ctx.webex.get_room(room_id)
    except (NotFound, BadRequest):
        missing = _("You are in no room with the id `{end}` (its last letters). Nothing was done.", end=room_id[-12:])
        raise UserError(missing) from None


def _by_title(ctx: Context, title: str) -> Room:
    alike = [room for room in group_rooms(ctx) if " ".join(room.title.lower().split()) == title.lower()]
    if not alike:
        raise UserError(_("You are in no room called **{title}**. Nothing was done.", title=escape(title)))
    if len(alike) > 1:
        same = {"count": len(alike), "title": escape(title)}
        raise UserError(_("{count} of your rooms are called **{title}**; name one by its id. Nothing was done.", **same))
    return alike[0]
