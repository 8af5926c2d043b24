"""Rooms in numbers: /countrooms."""

from app.commands.context import Context
from app.commands.registry import Needs, command
from app.language import _, n_, number
from app.webex.client import WebexClient
from app.webex.errors import WebexError
from app.webex.resources import Room

MOST = 20_000  # rooms that are counted


@command("/countrooms", topic="Teams and rooms", needs=Needs.ACCESS)
def count_rooms(ctx: Context) -> str:
    """Count the rooms you are in, by kind, and how many of them you moderate.

    Usage: `/countrooms`
    """
    ctx.nothing_more()
    rooms: dict[str, Room] = {}
    for room in ctx.webex.iterate_rooms(sortBy="id"):
        rooms[room.id] = room
        if len(rooms) > MOST:
            return _("You are in more than {most} rooms, and that is as many as I count.", most=_number(MOST))
    groups = [room for room in rooms.values() if room.type == "group"]
    direct = len(rooms) - len(groups)
    head = n_("You are in **{number}** room:", "You are in **{number}** rooms:", len(rooms), number=_number(len(rooms)))
    counted = [
        _group_rooms(groups),
        n_("**{number}** 1:1 room", "**{number}** 1:1 rooms", direct, number=_number(direct)),
        _moderated(ctx.webex),
    ]
    return f"{head}\n\n" + "\n".join(f"- {one}" for one in counted)


def _number(count: int) -> str:
    return number(f"{count:,}")


def _group_rooms(groups: list[Room]) -> str:
    count, of_teams = len(groups), [room.team_id for room in groups if room.team_id]
    rooms = n_("**{number}** group room", "**{number}** group rooms", count, number=_number(count))
    if not groups:
        return rooms
    if not of_teams:
        return _("{rooms}, none in a Webex team", rooms=rooms)
    return n_(
        "{rooms}: {inside} in {count} Webex team, {outside} in none",
        "{rooms}: {inside} in {count} Webex teams, {outside} in none",
        len(set(of_teams)),
        rooms=rooms,
        inside=_number(len(of_teams)),
        outside=_number(count - len(of_teams)),
    )


def _moderated(webex: WebexClient) -> str:
    """One call more for every thousand rooms; if Webex does not allow it, the rest of the answer stands."""
    try:
        count = sum(one.is_moderator for one in webex.iterate_own_memberships())
    except WebexError as error:
        if error.status:
            return _("how many of them you moderate could not be found out: Webex answered {status}", status=error.status)
        return _("how many of them you moderate could not be found out: Webex did not answer")
    return _("**{number}** of them moderated by you", number=_number(count))
