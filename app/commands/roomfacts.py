"""One room: /listroom and /listmembers."""

import re
from datetime import datetime

from app import texts
from app.commands import rooms
from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.commands.table import csv_file
from app.commands.tidy import tidy
from app.models import now
from app.webex.errors import WebexError
from app.webex.ids import uuid_of
from app.webex.markdown import escape
from app.webex.resources import Membership, Room
from app.when import shown

PAGE = 1_000  # members of a page (Webex API description, GET /memberships)


@command("/listroom", topic=rooms.TOPIC, needs=Needs.ACCESS)
def listroom(ctx: Context) -> str:
    """Tell all about a room: what it is, who made it, its settings, its id, and a link to it.

    Usage: `/listroom` in the room, or `/listroom <room>`

    Examples: `/listroom`; `/listroom Project X` names a room by its title. What you typed is removed from the room.
    """
    room = rooms.any_room(ctx, ctx.arguments)
    facts = [f"- {name}: {value}" for name, value in _facts(ctx, room) if value]
    tidy(ctx)
    return f"**{escape(room.title)}**\n\n" + "\n".join(facts)


def _facts(ctx: Context, room: Room) -> list[tuple[str, str]]:
    is_group = room.type == "group"
    uuid = uuid_of(room.id)
    link = ctx.tools.config.room_url.replace("{room}", uuid)
    return [
        ("Kind", _kind(room)),
        ("Description", escape(room.description, 1_000) if room.description else ""),
        ("Made", f"{_moment(ctx, room.created)}{_by(ctx, room.creator_id)}"),
        ("Last activity", _moment(ctx, room.last_activity)),
        ("Moderated", ("yes, only moderators add people" if room.is_locked else "no") if is_group else ""),
        ("Who may write", _writers(room) if is_group else ""),
        ("Public", ("yes, people of its organization find it" if room.is_public else "no") if is_group else ""),
        ("Id", f"`{room.id}`"),
        ("Team", f"`{room.team_id}`" if room.team_id else ""),
        ("Link", f"[open the room]({link})" if uuid else "none: its id does not tell where it opens"),
    ]


def _kind(room: Room) -> str:
    if room.type != "group":
        return "1:1 room"
    return "group room of a Webex team" if room.team_id else "group room"


def _writers(room: Room) -> str:
    if room.is_read_only:
        return "nobody: it is read-only"
    return "moderators only" if room.is_announcement_only else "all its members"


def _moment(ctx: Context, at: datetime | None) -> str:
    return shown(at.timestamp(), now(), ctx.zone) if at else ""


def _by(ctx: Context, person_id: str) -> str:
    """Who made it, if Webex tells: it may be somebody who is gone."""
    if not person_id:
        return ""
    try:
        person = ctx.webex.get_person(person_id)
    except WebexError:
        return ", by somebody whom Webex does not show any more"
    return f", by **{escape(person.display_name or person.email)}** ({escape(person.email)})"


@command("/listmembers", topic=rooms.TOPIC, needs=Needs.ACCESS)
def listmembers(ctx: Context) -> Answer:
    """List the members of a room: names, addresses, and who moderates.

    Usage: `/listmembers [csv]` in the room, or `/listmembers [csv] <room>`

    Examples: `/listmembers`; `/listmembers csv` gives a file for a spreadsheet; `/listmembers Project X` names a room by its
    title. What you typed is removed from the room.
    """
    match = re.fullmatch(r"(csv\b)?\s*(.*)", ctx.arguments, re.I | re.S)
    is_csv, where = bool(match and match[1]), match[2] if match else ""
    room = rooms.any_room(ctx, where)
    members = sorted(ctx.webex.list_memberships(room.id, max=PAGE), key=_order)
    tidy(ctx)
    moderators = sum(one.is_moderator for one in members)
    moderated = f", {texts.counted(moderators, 'moderator')}" if moderators else ""
    head = f"**{texts.counted(len(members), 'member')}** of **{escape(room.title)}**{moderated}"
    if not is_csv:
        return Answer(f"{head}:\n\n" + "\n".join(_line(one) for one in members))
    rows = [[one.person_display_name, one.person_email, "yes" if one.is_moderator else ""] for one in members]
    return Answer(f"{head}, in the file.", file=csv_file(f"Members of {room.title}", ["Name", "Address", "Moderator"], rows))


def _order(one: Membership) -> tuple[str, str]:
    return (one.person_display_name or one.person_email).casefold(), one.person_email.casefold()


def _line(one: Membership) -> str:
    name = (
        f"**{escape(one.person_display_name)}** ({escape(one.person_email)})"
        if one.person_display_name
        else escape(one.person_email)
    )
    return f"- {name}{', moderator' if one.is_moderator else ''}"
