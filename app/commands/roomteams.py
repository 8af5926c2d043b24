"""A team against the people of a room: /team. What changes the room is a plan."""

from collections.abc import Callable
from itertools import islice

from app.commands import rooms
from app.commands.context import Context
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, command
from app.commands.teams import MOST_MEMBERS, named, new_name
from app.commands.tidy import tidy
from app.errors import UsageError, UserError
from app.language import N_, _, n_, number
from app.models import team
from app.webex.addresses import is_of_bot
from app.webex.errors import BadRequest, Forbidden, NotFound
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

MOST = 5_000  # members of a room that are looked at
EVERYBODY = "everybody"
SHOWN = 100
GONE = N_("The room to which that team is linked is not reachable: it is gone, or you left it.")


@command("/team", topic=rooms.TOPIC, needs=Needs.ACCESS)
def team_of_room(ctx: Context) -> str | Answer:
    """Compare a team with the people of this room, or make the two agree.

    Usage: `/team verify|add|remove|sync <team>` or `/team init|link <team>`, in the room; `/team remove|sync <team> everybody`

    Examples: `/team init sales` makes a team of the people here; `/team link sales` a name for whoever is here at any time;
    `/team verify sales` tells who is missing where. `/team add sales` adds to this room who is missing, `/team remove sales`
    removes the team's people from it, and `/team sync sales` does both: adds who is missing, removes who is not in the team. I
    ask before I add or remove anybody. You yourself are never removed; moderators and bots only with `everybody` at the end.
    """
    verb, name, *rest = (*ctx.arguments.split(), "", "")[:4] if ctx.arguments else ("", "")
    words = [word.lower() for word in rest if word]
    act = VERBS.get(verb.lower())
    if act is None or not name or words not in ([], [EVERYBODY]) or (words and verb.lower() not in ("remove", "sync")):
        raise UsageError
    tidy(ctx)
    return act(ctx, name, bool(words))


def _init(ctx: Context, name: str, _everybody: bool) -> str:
    room = rooms.here(ctx)
    found = [one.person_email.lower() for one in _members(ctx, room) if one.person_email and not is_of_bot(one.person_email)]
    if len(found) > MOST_MEMBERS:
        numbers = {"most": MOST_MEMBERS, "count": len(found)}
        limit = _("A team holds {most} people, and {count} are here.", **numbers)
        raise UserError(f"{limit} {_('`/team link {team}` has no such limit. Nothing was done.', team=escape(name))}")
    made = team.add(ctx.db, ctx.person_id, new_name(ctx, name))
    team.add_members(ctx.db, made.id, found)
    return n_(
        "**{team}** is a team of the {count} person in **{room}** now, without its bots.",
        "**{team}** is a team of the {count} people in **{room}** now, without its bots.",
        len(found),
        **_names(made.name, room),
    )


def _link(ctx: Context, name: str, _everybody: bool) -> str:
    room = rooms.here(ctx)
    made = team.add(ctx.db, ctx.person_id, new_name(ctx, name), room.id)
    return _("**{team}** is whoever is in **{room}**, at any time.", **_names(made.name, room))


def _names(name: str, room: Room) -> dict[str, object]:
    """What a team and a room are called, for a text."""
    return {"team": escape(name.lower()), "room": escape(room.title)}


def _verify(ctx: Context, name: str, _everybody: bool) -> str:
    room, members, emails = _both(ctx, name)
    inside = {one.person_email.lower() for one in members if not is_of_bot(one.person_email)}
    absent, extra = sorted(emails - inside), sorted(inside - emails)
    if not absent and not extra:
        return n_(
            "**{room}** and **{team}** have the same {count} person.",
            "**{room}** and **{team}** have the same {count} people.",
            len(inside),
            **_names(name, room),
        )
    return "\n\n".join(
        part
        for part in (
            _listed(_("In the team, and not in **{room}**", room=escape(room.title)), absent),
            _listed(_("In the room, and not in the team"), extra),
        )
        if part
    )


def _listed(heading: str, emails: list[str]) -> str:
    rows = [f"- {escape(email)}" for email in emails[:SHOWN]]
    more = [f"- {_('… and {count} more', count=len(emails) - SHOWN)}"] if len(emails) > SHOWN else []
    return f"{heading}: **{len(emails)}**\n\n" + "\n".join([*rows, *more]) if emails else ""


def _add(ctx: Context, name: str, _everybody: bool) -> Answer:
    room, members, emails = _both(ctx, name)
    steps = _additions(room, members, emails)
    if not steps:
        raise UserError(_("Everybody of **{team}** is in **{room}** already.", **_names(name, room)))
    title = n_(
        "add {count} person of **{team}** to **{room}**",
        "add {count} people of **{team}** to **{room}**",
        len(steps),
        **_names(name, room),
    )
    return propose(ctx, title, steps)


def _remove(ctx: Context, name: str, everybody: bool) -> Answer:
    room, members, emails = _both(ctx, name)
    chosen = [one for one in members if one.person_email.lower() in emails]
    steps, spared = _removals(ctx, room, chosen, everybody)
    if not steps:
        nobody = _("Nobody of **{team}** would be removed from **{room}**.", **_names(name, room))
        raise UserError(f"{nobody} {spared}".strip())
    title = n_(
        "remove {count} person of **{team}** from **{room}**",
        "remove {count} people of **{team}** from **{room}**",
        len(steps),
        **_names(name, room),
    )
    return propose(ctx, title, steps, spared)


def _sync(ctx: Context, name: str, everybody: bool) -> Answer:
    room, members, emails = _both(ctx, name)
    if not emails:
        raise UserError(_("**{team}** is empty, so everybody would be removed. I don't do that.", **_names(name, room)))
    additions = _additions(room, members, emails)
    extra = [one for one in members if one.person_email and one.person_email.lower() not in emails]
    removals, spared = _removals(ctx, room, extra, everybody)
    if not additions and not removals:
        raise UserError(f"{_('**{room}** and **{team}** agree.', **_names(name, room))} {spared}".strip())
    title = _sync_title(len(additions), len(removals), escape(room.title))
    return propose(ctx, title, [*additions, *removals], spared)


def _sync_title(added: int, removed: int, room: str) -> str:
    if not removed:
        return n_("add {count} person in **{room}**", "add {count} people in **{room}**", added, room=room)
    if not added:
        return n_("remove {count} person in **{room}**", "remove {count} people in **{room}**", removed, room=room)
    additions = n_("add {count} person", "add {count} people", added)
    return n_(
        "{additions} and remove {count} person in **{room}**",
        "{additions} and remove {count} people in **{room}**",
        removed,
        additions=additions,
        room=room,
    )


def _both(ctx: Context, name: str) -> tuple[Room, list[Membership], set[str]]:
    """The room where this was typed, who is in it, and the addresses of the team."""
    room = rooms.here(ctx)
    found = named(ctx, name)
    emails = _linked(ctx, found.row.room_id) if found.row.room_id else set(found.emails)
    return room, _members(ctx, room), emails


def _linked(ctx: Context, room_id: str) -> set[str]:
    """:raises UserError: if the room of a linked team can't be seen any more"""
    try:
        members = _all_members(ctx, room_id)
    except (NotFound, Forbidden, BadRequest):
        raise UserError(_(GONE)) from None
    return {one.person_email.lower() for one in members if one.person_email and not is_of_bot(one.person_email)}


def _members(ctx: Context, room: Room) -> list[Membership]:
    return _all_members(ctx, room.id)


def _all_members(ctx: Context, room_id: str) -> list[Membership]:
    """:raises UserError: if there are more than are looked at: of a part nothing follows about the rest"""
    found = list(islice(ctx.webex.list_memberships(room_id, max=1_000), MOST + 1))
    if len(found) > MOST:
        most = number(f"{MOST:,}")
        raise UserError(
            _("There are more than {most} people in the room, and that is as many as I compare. Nothing was done.", most=most)
        )
    return found


def _additions(room: Room, members: list[Membership], emails: set[str]) -> list[Step]:
    inside, title = {one.person_email.lower() for one in members}, escape(room.title)
    return [
        ("add", _("**{email}** to **{room}**", email=escape(email), room=title), {"roomId": room.id, "personEmail": email})
        for email in sorted(emails - inside)
    ]


def _removals(ctx: Context, room: Room, chosen: list[Membership], everybody: bool) -> tuple[list[Step], str]:
    """The steps, and a sentence about those who stay although they were meant (D-24)."""
    others = [one for one in chosen if one.person_id != ctx.person_id]
    spared = [one for one in others if not everybody and (one.is_moderator or is_of_bot(one.person_email))]
    steps: list[Step] = [
        ("remove", _("**{email}** from **{room}**", email=escape(one.person_email), room=escape(room.title)), _removal(one))
        for one in others
        if one not in spared
    ]
    if not spared:
        return steps, ""
    who = ", ".join(escape(one.person_email) for one in spared[:10]) + (" …" if len(spared) > 10 else "")
    return steps, _("Moderators and bots stay: {who}. With `everybody` at the end they go, too.", who=who)


def _removal(one: Membership) -> dict[str, object]:
    moderator = {"isModerator": True} if one.is_moderator else {}
    return {"membershipId": one.id, "roomId": one.room_id, "personId": one.person_id, **moderator}


VERBS: dict[str, Callable[[Context, str, bool], str | Answer]] = {
    "init": _init,
    "link": _link,
    "verify": _verify,
    "add": _add,
    "remove": _remove,
    "sync": _sync,
}
