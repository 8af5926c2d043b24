"""Join links: /makepublic, /makeprivate, /joinlinks, and /join for whoever has one."""

import re

from app import when
from app.commands import rooms
from app.commands.context import Context
from app.commands.registry import Needs, Where, command
from app.errors import UsageError, UserError
from app.integration import joining
from app.language import _, n_
from app.models import join_link, now
from app.models.join_link import JoinLink
from app.webex.errors import WebexError
from app.webex.markdown import escape
from app.webex.resources import Room

WEEK = 7 * 86_400.0  # seconds a link works unless it is said otherwise
LONGEST = 366 * 86_400.0
MOST_USES = 10_000
MOST_LINKS = 100
DOMAIN = re.compile(r"[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+")
OPTION = re.compile(r"\b(until|uses|for)\b", re.I)


@command("/makepublic", topic=rooms.TOPIC, needs=Needs.ACCESS)
def makepublic(ctx: Context) -> str:
    """Make a link by which people can join this room.

    Usage: `/makepublic` or `/makepublic [until <time>] [uses <number>] [for <domain>[,<domain>…]]`

    Examples: `/makepublic` makes a link for a week; `/makepublic until +2h uses 10 for example.com` one for two hours, ten
    people, and addresses of example.com. Whoever has the link joins with your rights, after Webex told me who it is; I tell
    you each time. A second link for the same room ends the first.
    """
    expires, uses, domains = _options(ctx)
    room = rooms.here(ctx)
    _check_moderator(ctx, room.id, room.is_locked)
    if len(join_link.of(ctx.db, ctx.person_id)) >= MOST_LINKS:
        raise UserError(_("You have {most} links, and that is as many as I keep. `/joinlinks` lists them.", most=MOST_LINKS))
    return _made(ctx, room, expires, uses, domains)


def _made(ctx: Context, room: Room, expires: float, uses: int | None, domains: tuple[str, ...]) -> str:
    link, code = join_link.make(ctx.db, ctx.person_id, room.id, expires=expires, uses=uses, domains=domains)
    return _(
        "**People can join {room}** in any of these ways:\n\n"
        "- by writing `join {code}` to me 1:1\n"
        "- at {url}\n"
        "- by scanning its QR code: {url}/qr\n\n"
        "It works {terms}. Only who has it can join, so mind where you post it. I keep no copy of it; "
        "`/makeprivate` in that room ends it, for good.",
        room=escape(room.title),
        code=code,
        url=f"{ctx.tools.config.public_url}/join/{code}",
        terms=_terms(ctx, link),
    )


def _options(ctx: Context) -> tuple[float, int | None, tuple[str, ...]]:
    """:raises UsageError: if something else is typed than the options"""
    first, *pairs = OPTION.split(ctx.arguments)
    options = dict(zip((name.lower() for name in pairs[::2]), (value.strip() for value in pairs[1::2]), strict=True))
    if first.strip() or len(pairs) // 2 != len(options):
        raise UsageError
    expires = when.moment(options["until"], now(), ctx.zone) if "until" in options else now() + WEEK
    if expires > now() + LONGEST:
        raise UserError(_("A link works for a year at most. Nothing was made."))
    return expires, _uses(options.get("uses")), _domains(options.get("for"))


def _uses(typed: str | None) -> int | None:
    if typed is None:
        return None
    if not re.fullmatch(r"[0-9]{1,5}", typed) or not 1 <= int(typed) <= MOST_USES:
        raise UsageError
    return int(typed)


def _domains(typed: str | None) -> tuple[str, ...]:
    if typed is None:
        return ()
    domains = tuple(dict.fromkeys(word.lower().lstrip("@") for word in re.split(r"[\s,;]+", typed) if word))
    if not domains or not all(DOMAIN.fullmatch(domain) for domain in domains):
        raise UsageError
    return domains


def _check_moderator(ctx: Context, room_id: str, is_locked: bool) -> None:
    """In a moderated room only moderators can let others in; better to say so now than to each who tries to join."""
    if is_locked and not any(one.is_moderator for one in ctx.webex.list_memberships(room_id, personId=ctx.person_id)):
        raise UserError(
            _("This room is moderated and you are no moderator, so nobody could join by your link. Nothing was made.")
        )


def _terms(ctx: Context, link: JoinLink) -> str:
    """How long, how often and for whom a link works: words that follow "It works"."""
    terms = [_("until {moment}", moment=when.shown(link.expires, now(), ctx.zone))]
    if link.uses_left is not None:
        terms.append(n_("for {count} more person", "for {count} more people", link.uses_left))
    if link.domains:
        terms.append(_("for addresses of {domains}", domains=escape(link.domains.replace(",", ", "))))
    return ", ".join(terms)


@command("/makeprivate", topic=rooms.TOPIC, needs=Needs.ACCESS)
def makeprivate(ctx: Context) -> str:
    """End the link by which people can join this room.

    Usage: `/makeprivate`

    It is final: a link that ended never works again. Who joined by it stays.
    """
    ctx.nothing_more()
    room = rooms.here(ctx)
    if not join_link.end(ctx.db, ctx.person_id, room_id=room.id):
        raise UserError(_("You have no link to **{room}** that works, so there was nothing to end.", room=escape(room.title)))
    return _("Nobody can join **{room}** by your link any more. Who is in the room stays.", room=escape(room.title))


@command("/joinlinks", topic=rooms.TOPIC, needs=Needs.ACCESS, tries=("/joinlinks",))
def joinlinks(ctx: Context) -> str:
    """List your join links, end one, or get a new one in place of one.

    Usage: `/joinlinks`, `/joinlinks end <number>`, or `/joinlinks new <number>`

    Examples: `/joinlinks end 2`; `/joinlinks new 2` makes a new link to the same room on the same terms, and ends the old one:
    I keep no copy of a link, so that is how you get to see one again, and its QR code.
    """
    if match := re.fullmatch(r"(end|new)\s+([0-9]{1,6})", ctx.arguments, re.I):
        return (_end if match[1].lower() == "end" else _renew)(ctx, int(match[2]))
    ctx.nothing_more()
    with ctx.tools.database.reading() as db:
        mine = join_link.of(db, ctx.person_id)
    if not mine:
        return _("You have no join links. `/makepublic` in a group room makes one.")
    rows = "\n".join(f"- {_told(ctx, link)}" for link in mine)
    return _(
        "**Your join links**\n\n{links}\n\n"
        "`/joinlinks end <number>` ends one, for good; `/joinlinks new <number>` makes a new link in its place.",
        links=rows,
    )


def _told(ctx: Context, link: JoinLink) -> str:
    return _("**{number}** to {room}: works {terms}", number=link.number, room=_title(ctx, link.room_id), terms=_terms(ctx, link))


def _end(ctx: Context, number: int) -> str:
    if not join_link.end(ctx.db, ctx.person_id, number=number):
        raise UserError(_none(number))
    return _("Link **{number}** is ended, for good. Who joined by it stays.", number=number)


def _renew(ctx: Context, number: int) -> str:
    with ctx.tools.database.reading() as db:
        old = next((link for link in join_link.of(db, ctx.person_id) if link.number == number), None)
    if old is None:
        raise UserError(_none(number))
    if old.uses_left == 0:
        raise UserError(
            _("Link **{number}** is used up. `/makepublic` in its room makes another. Nothing was made.", number=number)
        )
    room = ctx.webex.get_room(old.room_id)
    _check_moderator(ctx, room.id, room.is_locked)
    if not join_link.end(ctx.db, ctx.person_id, number=number):
        raise UserError(_none(number))
    return _made(ctx, room, old.expires, old.uses_left, tuple(filter(None, old.domains.split(","))))


def _none(number: int) -> str:
    return _("You have no link **{number}** that works. `/joinlinks` lists them.", number=number)


def _title(ctx: Context, room_id: str) -> str:
    try:
        return f"**{escape(ctx.webex.get_room(room_id).title)}**"
    except WebexError:
        return _("a room that I can't reach")


@command("/join", topic=rooms.TOPIC, where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True)
def join(ctx: Context) -> str:
    """Join a room by the code that somebody gave you.

    Usage: `/join <code>`, or without the slash

    Example: `/join aB3dE5gH7jK9mN1pQ3sT5v`. You need no account for it: Webex tells me who you are.
    """
    (code,) = ctx.words(1)
    joiner = ctx.tools.bot.get_person(ctx.person_id)
    title = joining.join(ctx.tools.database, ctx.tools.people, code, joiner)
    return _("You're in **{room}** now.", room=escape(title))
