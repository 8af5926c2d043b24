"""Copying a room: /copyroom."""

from app.commands import rooms
from app.commands.context import Context
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, command
from app.commands.tidy import tidy
from app.errors import UsageError, UserError
from app.models import now
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

LONGEST_TITLE = 120  # characters
MOST_MEMBERS = 2_000


@command("/copyroom", topic=rooms.TOPIC, needs=Needs.ACCESS)
def copyroom(ctx: Context) -> Answer:
    """Make a new room with the same people as this one.

    Usage: `/copyroom <title>`

    Example: `/copyroom Project X, phase two`. The new room belongs to the same team and has the same description, moderators
    and lock. I ask before anything is done, and tell of each person. `/undo` deletes the new room.
    """
    title = " ".join(ctx.arguments.split())
    if not title:
        raise UsageError
    if len(title) > LONGEST_TITLE:
        raise UserError(f"A title has at most {LONGEST_TITLE} characters; yours has {len(title)}. Nothing was done.")
    room = rooms.here(ctx)
    tidy(ctx)
    others = [one for one in ctx.webex.list_memberships(room.id, max=1_000) if one.person_id != ctx.person_id]
    if len(others) > MOST_MEMBERS:
        raise UserError(f"**{escape(room.title)}** has more than {MOST_MEMBERS} members, and that is as many as I copy.")
    return propose(
        ctx, f"make the room **{escape(title)}** with the people of **{escape(room.title)}**", _steps(room, title, others)
    )


def _steps(room: Room, title: str, others: list[Membership]) -> list[Step]:
    """The room first, then its people, and the lock last, since nobody can be added by others once it is there."""
    team = {"teamId": room.team_id} if room.team_id else {}
    described = {"description": room.description} if room.description else {}
    made: Step = ("create room", f"the room **{escape(title)}**", {"title": title, "since": now(), **team, **described})
    lock: Step = ("lock room", f"lock **{escape(title)}**", {"title": title})
    return [made, *(_person(one) for one in others), *([lock] if room.is_locked else [])]


def _person(one: Membership) -> Step:
    who = f"**{escape(one.person_display_name or one.person_email)}** ({escape(one.person_email)})"
    moderator = {"isModerator": True} if one.is_moderator else {}
    return "add", f"{who}{', moderator' if one.is_moderator else ''}", {"personId": one.person_id, **moderator}
