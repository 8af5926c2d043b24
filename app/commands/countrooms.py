"""Rooms in numbers: /countrooms."""

from app import texts
from app.commands.context import Context
from app.commands.registry import Needs, command
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
            return f"You are in more than {MOST:,} rooms, and that is as many as I count."
    groups = [room for room in rooms.values() if room.type == "group"]
    counted = [
        f"- {_counted(len(groups), 'group room')}{_of_teams(groups)}",
        f"- {_counted(len(rooms) - len(groups), '1:1 room')}",
        *_moderated(ctx.webex),
    ]
    return f"You are in {_counted(len(rooms), 'room')}:\n\n" + "\n".join(counted)


def _counted(count: int, what: str) -> str:
    return f"**{count:,}** {what if count == 1 else what + 's'}"


def _of_teams(groups: list[Room]) -> str:
    of_teams = [room.team_id for room in groups if room.team_id]
    if not of_teams:
        return ", none in a Webex team" if groups else ""
    teams = texts.counted(len(set(of_teams)), "Webex team")
    return f": {len(of_teams):,} in {teams}, {len(groups) - len(of_teams):,} in none"


def _moderated(webex: WebexClient) -> list[str]:
    """One call more for every thousand rooms; if Webex does not allow it, the rest of the answer stands."""
    try:
        count = sum(one.is_moderator for one in webex.iterate_own_memberships())
    except WebexError as error:
        why = f"answered {error.status}" if error.status else "did not answer"
        return [f"- how many of them you moderate could not be found out: Webex {why}"]
    return [f"- **{count:,}** of them moderated by you"]
