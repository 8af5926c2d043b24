"""People in rooms: /checkmember, /addmember and /deletemember. People are known by their exact address."""

import re
from collections.abc import Iterator

from app import texts
from app.commands import rooms
from app.commands.context import Context
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, command
from app.errors import UsageError, UserError
from app.webex.addresses import is_email
from app.webex.errors import WebexError
from app.webex.many import each
from app.webex.markdown import escape
from app.webex.resources import Membership, Room

EVERYWHERE = "everywhere"
MOST_PEOPLE = 100
SLOW = 30  # rooms from which on it is said that looking takes a moment


@command("/checkmember", topic=rooms.TOPIC, needs=Needs.ACCESS)
def checkmember(ctx: Context) -> Iterator[str]:
    """List those of your group rooms in which somebody is.

    Usage: `/checkmember <email>`

    Example: `/checkmember bob@example.com`. I look through all your group rooms, several at a time.
    """
    email = _email(ctx.arguments)
    mine = rooms.group_rooms(ctx)
    if len(mine) > SLOW:
        yield f"Looking through your {len(mine)} group rooms …"
    found, unread = _memberships(ctx, email, mine)
    missed = f"\n\n{texts.counted(len(unread), 'room')} could not be read: {_titles(unread)}" if unread else ""
    if not found:
        yield f"**{escape(email)}** is in none of your {texts.counted(len(mine) - len(unread), 'group room')}.{missed}"
        return
    rows = "\n".join(f"- **{escape(room.title)}**{_as(membership)}" for room, membership in found)
    yield f"**{escape(email)}** is in {len(found)} of your {len(mine)} group rooms:\n\n{rows}{missed}"


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
    return ", moderator" if membership.is_moderator else ""


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
        ("add", f"**{escape(email)}** to **{escape(room.title)}**", {"roomId": room.id, "personEmail": email})
        for room in where
        for email in emails
    ]
    return propose(ctx, f"add {_people(emails)} to {_rooms(where)}", steps)


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
        yield f"Looking through your {len(mine)} group rooms …"
    yield _from(ctx, email, mine)


def _from(ctx: Context, email: str, where: list[Room]) -> Answer:
    found, unread = _memberships(ctx, email, where)
    missed = f"Could not be read, and are left out: {_titles(unread)}." if unread else ""
    if not found and unread:
        raise UserError(f"Whether **{escape(email)}** is in {_rooms(unread)} could not be found out. Nothing was done.")
    if not found:
        raise UserError(f"**{escape(email)}** is not in {_rooms(where)}, so there is nothing to do.")
    if found[0][1].person_id == ctx.person_id:
        raise UserError("That is you. Leave rooms in Webex itself; I never throw out whoever asks me.")
    steps: list[Step] = [
        ("remove", f"**{escape(email)}** from **{escape(room.title)}**{_as(membership)}", _removal(membership))
        for room, membership in found
    ]
    return propose(ctx, f"remove {escape(email)} from {_rooms([room for room, _ in found])}", steps, missed)


def _removal(membership: Membership) -> dict[str, object]:
    moderator = {"isModerator": True} if membership.is_moderator else {}
    ids = {"membershipId": membership.id, "roomId": membership.room_id, "personId": membership.person_id}
    return {**ids, **moderator}


def _split(arguments: str) -> tuple[str, str]:
    first, _, rest = re.sub(r"\s*([,;])\s*", r"\1", arguments.strip()).partition(" ")
    return first, rest.strip()


def _email(word: str) -> str:
    """:raises UsageError: if it is no address"""
    if not is_email(word.strip()):
        raise UsageError
    return word.strip().lower()


def _people(emails: list[str]) -> str:
    return escape(emails[0]) if len(emails) == 1 else f"{len(emails)} people"


def _rooms(some: list[Room]) -> str:
    return f"**{escape(some[0].title)}**" if len(some) == 1 else f"{len(some)} rooms"
