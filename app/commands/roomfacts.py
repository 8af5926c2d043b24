"""One room: /listroom and /listmembers."""

import re
from datetime import datetime

from app.commands import rooms
from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.commands.table import csv_file
from app.commands.tidy import tidy
from app.language import _, n_
from app.models import now
from app.webex.errors import WebexError
from app.webex.ids import uuid_of
from app.webex.markdown import escape
from app.webex.resources import Membership, Room
from app.when import shown

PAGE = 1_000  # members of a page (Webex API description, GET /memberships)


@command("/listroom", topic=rooms.TOPIC, needs=Needs.ACCESS)
def listroom(ctx: Context) -> str:
    """Tell all about a room: who made it, its settings, its id, and a link that opens it.

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
        (_("Kind"), _kind(room)),
        (_("Description"), escape(room.description, 1_000) if room.description else ""),
        (_("Made"), _made(ctx, room)),
        (_("Last activity"), _moment(ctx, room.last_activity)),
        (_("Moderated"), (_("yes, only moderators add people") if room.is_locked else _("no")) if is_group else ""),
        (_("Who may write"), _writers(room) if is_group else ""),
        (_("Public"), (_("yes, people of its organization find it") if room.is_public else _("no")) if is_group else ""),
        (_("Id"), f"`{room.id}`"),
        (_("Team"), f"`{room.team_id}`" if room.team_id else ""),
        (_("Link"), _("[open the room]({link})", link=link) if uuid else _("none: its id does not tell where it opens")),
    ]


def _kind(room: Room) -> str:
    if room.type != "group":
        return _("1:1 room")
    return _("group room of a Webex team") if room.team_id else _("group room")


def _writers(room: Room) -> str:
    if room.is_read_only:
        return _("nobody: it is read-only")
    return _("moderators only") if room.is_announcement_only else _("all its members")


def _moment(ctx: Context, at: datetime | None) -> str:
    return shown(at.timestamp(), now(), ctx.zone) if at else ""


def _made(ctx: Context, room: Room) -> str:
    """When, and by whom, if Webex tells: it may be somebody who is gone."""
    made = _moment(ctx, room.created)
    if not room.creator_id:
        return made
    try:
        person = ctx.webex.get_person(room.creator_id)
    except WebexError:
        return _("{moment}, by somebody whom Webex does not show any more", moment=made)
    name, email = escape(person.display_name or person.email), escape(person.email)
    return _("{moment}, by **{name}** ({email})", moment=made, name=name, email=email)


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
    head = _head(room, members)
    if not is_csv:
        return Answer(f"{head}:\n\n" + "\n".join(_line(one) for one in members))
    rows = [[one.person_display_name, one.person_email, _("yes") if one.is_moderator else ""] for one in members]
    columns = [_("Name"), _("Address"), _("Moderator")]
    file = csv_file(_("Members of {room}", room=room.title), columns, rows)
    return Answer(_("{members}, in the file.", members=head), file=file)


def _head(room: Room, members: list[Membership]) -> str:
    """How many they are, and how many of them moderate."""
    told = n_("**{count} member** of **{room}**", "**{count} members** of **{room}**", len(members), room=escape(room.title))
    moderators = sum(one.is_moderator for one in members)
    return n_("{members}, {count} moderator", "{members}, {count} moderators", moderators, members=told) if moderators else told


def _order(one: Membership) -> tuple[str, str]:
    return (one.person_display_name or one.person_email).casefold(), one.person_email.casefold()


def _line(one: Membership) -> str:
    name = (
        f"**{escape(one.person_display_name)}** ({escape(one.person_email)})"
        if one.person_display_name
        else escape(one.person_email)
    )
    return f"- {_('{name}, moderator', name=name) if one.is_moderator else name}"
