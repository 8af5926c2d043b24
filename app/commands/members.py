"""People in rooms: /checkmember, /addmember and /deletemember. People are known by their exact address."""

import re
from collections.abc import Iterator

from app.commands import rooms
from app.commands.context import Context
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, command
from app.errors import UsageError, UserError
from app.language import N_, NN_, _, n_
from app.webex.addresses import is_email
from app.webex.errors import WebexError
from app.webex.many import each
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

EVERYWHERE = "everywhere"
MOST_PEOPLE = 100
SLOW = 30  # rooms from which on it is said that looking takes a moment
# What is said of one room, and of several.
ADDING = (
    N_("add {people} to **{room}**"),
    NN_("add {people} to {count} room", "add {people} to {count} rooms"),
)
REMOVING = (
    N_("remove {email} from **{room}**"),
    NN_("remove {email} from {count} room", "remove {email} from {count} rooms"),
)
NOT_THERE = (
    N_("**{email}** is not in **{room}**, so there is nothing to do."),
    NN_(
        "**{email}** is not in {count} room, so there is nothing to do.",
        "**{email}** is not in {count} rooms, so there is nothing to do.",
    ),
)
NOT_KNOWN = (
    N_("Whether **{email}** is in **{room}** could not be found out. Nothing was done."),
    NN_(
        "Whether **{email}** is in {count} room could not be found out. Nothing was done.",
        "Whether **{email}** is in {count} rooms could not be found out. Nothing was done.",
    ),
)


@command("/checkmember", topic=rooms.TOPIC, needs=Needs.ACCESS)
def checkmember(ctx: Context) -> Iterator[str]:
    """List those of your group rooms in which somebody is.

    Usage: `/checkmember <email>`

    Example: `/checkmember bob@example.com`. I look through all your group rooms, several at a time.
    """
    email = _email(ctx.arguments)
    mine = rooms.group_rooms(ctx)
    if len(mine) > SLOW:
        yield _looking(mine)
    found, unread = _memberships(ctx, email, mine)
    missed = f"\n\n{_missed(unread)}" if unread else ""
    if not found:
        yield _in_none(email, len(mine) - len(unread)) + missed
        return
    head = _("**{email}** is in {found} of your {count} group rooms:", email=escape(email), found=len(found), count=len(mine))
    rows = "\n".join(f"- **{escape(room.title)}**{_as(membership)}" for room, membership in found)
    yield f"{head}\n\n{rows}{missed}"


def _looking(mine: list[Room]) -> str:
    return n_("Looking through your {count} group room …", "Looking through your {count} group rooms …", len(mine))


def _missed(unread: list[Room]) -> str:
    return n_(
        "{count} room could not be read: {rooms}", "{count} rooms could not be read: {rooms}", len(unread), rooms=_titles(unread)
    )


def _in_none(email: str, count: int) -> str:
    return n_(
        "**{email}** is in none of your {count} group room.",
        "**{email}** is in none of your {count} group rooms.",
        count,
        email=escape(email),
    )


def _memberships(ctx: Context, email: str, mine: list[Room]) -> tuple[list[tuple[Room, Membership]], list[Room]]:
    """That person's membership in each of these rooms, and the rooms that could not be read."""
    webex = ctx.webex.in_bulk()
    found: list[tuple[Room, Membership]] = []
    unread: list[Room] = []
    for room, read in each(lambda room: list(webex.list_memberships(room.id, personEmail=email)), mine):
        if isinstance(read, WebexError):
            unread.append(room)
        else:
            found += [(room, membership) for membership in read[:1]]
    return found, unread


def _as(membership: Membership) -> str:
    return _(", moderator") if membership.is_moderator else ""


def _titles(some: list[Room]) -> str:
    shown = ", ".join(escape(room.title, 60) for room in some[:10])
    return f"{shown} …" if len(some) > 10 else shown


@command("/addmember", topic=rooms.TOPIC, needs=Needs.ACCESS)
def addmember(ctx: Context) -> Answer:
    """Add people to a room, or to several.

    Usage: `/addmember <email>[,<email>…]` in the room, or `/addmember <email>[,<email>…] <room>`

    Examples: `/addmember bob@example.com` adds Bob here; `/addmember bob@example.com Project X` names the room by its title;
    ids work as well, several with commas between them. I ask before anything is done.
    """
    first, rest = _split(ctx.arguments)
    emails = list(dict.fromkeys(_email(word) for word in re.split(r"[,;]", first) if word))
    if not emails or len(emails) > MOST_PEOPLE:
        raise UsageError
    where = rooms.named(ctx, rest)
    steps: list[Step] = [
        (
            "add",
            _("**{email}** to **{room}**", email=escape(email), room=escape(room.title)),
            {"roomId": room.id, "personEmail": email},
        )
        for room in where
        for email in emails
    ]
    people = escape(emails[0]) if len(emails) == 1 else n_("{count} person", "{count} people", len(emails))
    return propose(ctx, _about(where, *ADDING, people=people), steps)


@command("/deletemember", topic=rooms.TOPIC, needs=Needs.ACCESS)
def deletemember(ctx: Context) -> Answer | Iterator[str | Answer]:
    """Remove somebody from a room, from several, or from all your rooms.

    Usage: `/deletemember <email>` in the room, or `/deletemember <email> <room>`, or `/deletemember <email> everywhere`

    Examples: `/deletemember bob@example.com` removes Bob from this room; `/deletemember bob@example.com everywhere` from all
    your group rooms. I show which rooms are meant, and ask, before anything is done. `/undo` takes it back.
    """
    first, rest = _split(ctx.arguments)
    email = _email(first)
    if rest.lower() == EVERYWHERE:
        return _from_everywhere(ctx, email)
    return _from(ctx, email, rooms.named(ctx, rest))


def _from_everywhere(ctx: Context, email: str) -> Iterator[str | Answer]:
    mine = rooms.group_rooms(ctx)
    if len(mine) > SLOW:
        yield _looking(mine)
    yield _from(ctx, email, mine)


def _from(ctx: Context, email: str, where: list[Room]) -> Answer:
    found, unread = _memberships(ctx, email, where)
    missed = _("Could not be read, and are left out: {rooms}.", rooms=_titles(unread)) if unread else ""
    if not found:
        raise UserError(_about(unread or where, *(NOT_KNOWN if unread else NOT_THERE), email=escape(email)))
    if found[0][1].person_id == ctx.person_id:
        raise UserError(_("That is you. Leave rooms in Webex itself; I never throw out whoever asks me."))
    steps: list[Step] = [
        ("remove", _("**{email}** from **{room}**", email=escape(email), room=escape(room.title)) + _as(one), _removal(one))
        for room, one in found
    ]
    return propose(ctx, _about([room for room, _one in found], *REMOVING, email=escape(email)), steps, missed)


def _removal(membership: Membership) -> dict[str, object]:
    moderator = {"isModerator": True} if membership.is_moderator else {}
    ids = {"membershipId": membership.id, "roomId": membership.room_id, "personId": membership.person_id}
    return {**ids, **moderator}


def _split(arguments: str) -> tuple[str, str]:
    first, _space, rest = re.sub(r"\s*([,;])\s*", r"\1", arguments.strip()).partition(" ")
    return first, rest.strip()


def _email(word: str) -> str:
    """:raises UsageError: if it is no address"""
    if not is_email(word.strip()):
        raise UsageError
    return word.strip().lower()


def _about(some: list[Room], one: str, many: tuple[str, str], **values: str) -> str:
    """A sentence about one room, by its title, or about so many."""
    return _(one, room=escape(some[0].title), **values) if len(some) == 1 else n_(*many, len(some), **values)
