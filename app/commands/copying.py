"""Copying a room: /copyroom."""

from app.commands import rooms
from app.commands.context import Context
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, command
from app.commands.tidy import tidy
from app.errors import UsageError, UserError
from app.language import _
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
        length = {"most": LONGEST_TITLE, "length": len(title)}
        raise UserError(_("A title has at most {most} characters; yours has {length}. Nothing was done.", **length))
    room = rooms.here(ctx)
    tidy(ctx)
    here = escape(room.title)
    others = [one for one in ctx.webex.list_memberships(room.id, max=1_000) if one.person_id != ctx.person_id]
    if len(others) > MOST_MEMBERS:
        raise UserError(
            _("**{room}** has more than {most} members, and that is as many as I copy.", room=here, most=MOST_MEMBERS)
        )
    what = _("make the room **{title}** with the people of **{room}**", title=escape(title), room=here)
    return propose(ctx, what, _steps(room, title, others))


def _steps(room: Room, title: str, others: list[Membership]) -> list[Step]:
    """The room first, then its people, and the lock last, since nobody can be added by others once it is there."""
    team = {"teamId": room.team_id} if room.team_id else {}
    described = {"description": room.description} if room.description else {}
    shown, params = escape(title), {"title": title, "since": now(), **team, **described}
    made: Step = ("create room", _("the room **{title}**", title=shown), params)
    lock: Step = ("lock room", _("lock **{title}**", title=shown), {"title": title})
    return [made, *(_person(one) for one in others), *([lock] if room.is_locked else [])]


def _person(one: Membership) -> Step:
    who = f"**{escape(one.person_display_name or one.person_email)}** ({escape(one.person_email)})"
    if one.is_moderator:
        return "add", _("{who}, moderator", who=who), {"personId": one.person_id, "isModerator": True}
    return "add", who, {"personId": one.person_id}
