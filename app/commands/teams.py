"""The address book: /manageteam. A team is people by their addresses, or a name for whoever is in a room."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from app import texts
from app.commands import addresses, team_cards
from app.commands.context import Context
from app.commands.linked import choose_room, members_of, where_linked
from app.commands.registry import Answer, Reply, command
from app.errors import UsageError, UserError
from app.language import N_, NN_, _, n_
from app.models import team
from app.models.team import Team
from app.webex.markdown import escape

MOST_TEAMS = 50
MOST_MEMBERS = 200
NAMED = 10  # wrong words that are repeated to who typed them
LINE = 1_500  # characters of one command that is shown to be copied
NAME = re.compile(r"[^\W_](?:[^\W_]|-){0,29}")
NO_TEAMS = N_(
    "You have no teams. `/manageteam add sales bob@example.com, carol@example.com` makes one of addresses, and "
    "`/manageteam link sales Project X` a name for whoever is in that room."
)
NO_NAME = N_("A team's name is one word of at most 30 letters, digits and dashes, such as `sales-eu`. Nothing was done.")
THERE_ALREADY = N_("You have a team **{team}** already. `/manageteam delete {team}` removes it; `/team verify {team}` compares.")
NOT_ITS_OWN = N_(
    "**{team}** is linked to a room: whoever is in the room is in the team. "
    "Change who is in the room, or choose another name. Nothing was changed."
)
WOULD_BE_LOST = NN_(
    "**{team}** has {count} person of its own, who would be lost. Choose another name, or `/manageteam delete {team}` first. "
    "Nothing was changed.",
    "**{team}** has {count} people of its own, who would be lost. Choose another name, or `/manageteam delete {team}` first. "
    "Nothing was changed.",
)
DELETED = NN_(
    "Deleted **{team}**, {count} person; I keep nothing of it.", "Deleted **{team}**, {count} people; I keep nothing of it."
)
NOBODY_ADDED, NOBODY_REMOVED = N_("Nobody was added."), N_("Nobody was removed.")


@command("/manageteam", "/teams", topic="Teams and rooms", tries=("/manageteam",))
def manage_teams(ctx: Context) -> Reply:
    """Keep teams: people under a name, by their addresses or as whoever is in a room.

    Usage: `/manageteam` or `/manageteam list <team>` or `/manageteam add|remove <team> <addresses>` or
    `/manageteam link <team> <room>` or `/manageteam delete <team>`

    Examples: `/manageteam add sales bob@example.com, carol@example.com` makes the team, or adds to it; names as in
    `Bob Brown <bob@example.com>` may stand before the addresses. `/manageteam link launch` typed in a room, or
    `/manageteam link launch Project X`, makes a team of whoever is in that room at any time. `/teams` lists them all. A
    team keeps its name when nobody is left in it. What `/manageteam delete sales` removed can be taken back.
    """
    verb, name, rest = (*ctx.arguments.split(maxsplit=2), "", "", "")[:3]
    if not verb or (verb.lower() == "list" and not name):
        return _list(ctx)
    act = VERBS.get(verb.lower())
    if act and name:
        return act(ctx, name, rest)
    if not name and _find(ctx, verb):
        return _show(ctx, verb, "")
    raise UsageError


@dataclass(frozen=True)
class Found:
    """A team as it stands before a command changes it."""

    row: Team
    emails: list[str]


def _find(ctx: Context, word: str) -> Found | None:
    with ctx.tools.database.reading() as db:
        row = team.find(db, ctx.person_id, _spelled(word))
        return Found(row, team.members(db, row.id)) if row else None


def named(ctx: Context, word: str) -> Found:
    """:raises UserError: if there is no such team"""
    found = _find(ctx, word)
    if found is None:
        with ctx.tools.database.reading() as db:
            names = ", ".join(f"**{escape(row.name)}**" for row in team.of(db, ctx.person_id))
        raise UserError(_("You have no team of that name. There is {names}.", names=names) if names else _(NO_TEAMS))
    return found


def _spelled(word: str) -> str:
    return unicodedata.normalize("NFC", word).lower()


def _name(word: str) -> str:
    """A name for a team.

    :raises UserError: if it is none
    """
    name = _spelled(word)
    if not NAME.fullmatch(name):
        raise UserError(_(NO_NAME))
    return name


def new_name(ctx: Context, word: str) -> str:
    """A name for a team that is not there yet.

    :raises UserError: if it is none, or there is such a team, or no room for another
    """
    name = _name(word)
    if _find(ctx, name):
        raise UserError(_(THERE_ALREADY, team=name))
    _check_room_for_another(ctx)
    return name


def _check_room_for_another(ctx: Context) -> None:
    with ctx.tools.database.reading() as db:
        count = len(team.of(db, ctx.person_id))
    if count >= MOST_TEAMS:
        full = _("You have {most} teams, and that is as many as I keep. `/manageteam delete <team>` makes room.", most=MOST_TEAMS)
        raise UserError(full)


def _list(ctx: Context) -> Reply:
    with ctx.tools.database.reading() as db:
        mine, counts = team.of(db, ctx.person_id), team.member_counts(db, ctx.person_id)
    if not mine:
        return _(NO_TEAMS)
    linked = where_linked(ctx.webex, [row for row in mine if row.room_id])
    rows = {row.name: f"**{escape(row.name)}** {linked.get(row.id) or _people(counts.get(row.id, 0))}" for row in mine}
    listed, more = "\n".join(f"- {shown}" for shown in rows.values()), _("`/manageteam list <team>` shows who is in one.")
    return Answer(f"**{_('Your teams')}**\n\n{listed}\n\n{more}", team_cards.of_all(rows))


def _people(count: int) -> str:
    return texts.counted(count, "person", "people") if count else _("nobody")


def _show(ctx: Context, word: str, rest: str) -> Reply:
    if rest:
        raise UsageError
    found = named(ctx, word)
    name = escape(found.row.name)
    if found.row.room_id:
        return f"**{name}** {members_of(ctx.webex, found.row)}"
    if not found.emails:
        return _(
            "Nobody is in **{team}**. `/manageteam add {team} <addresses>` adds people, `/manageteam delete {team}` removes it.",
            team=name,
        )
    listed = "\n".join(f"- {escape(email)}" for email in found.emails)
    return Answer(
        f"**{name}**, {_people(len(found.emails))}\n\n{listed}",
        team_cards.of_one(found.row.name, _people(len(found.emails)), found.emails),
    )


def _add(ctx: Context, word: str, rest: str) -> Reply:
    name = _name(word)
    given = _given(rest, NOBODY_ADDED)
    found = _find(ctx, name)
    if found is None:
        _check_room_for_another(ctx)
    else:
        _check_own(found)
    there = found.emails if found else []
    news = [email for email in given.emails if email not in there]
    if len(there) + len(news) > MOST_MEMBERS:
        sums = {"most": MOST_MEMBERS, "count": len(there) + len(news)}
        raise UserError(_("A team may have {most} people; with these it would have {count}. Nobody was added.", **sums))
    row = found.row if found else team.add(ctx.db, ctx.person_id, name)
    team.add_members(ctx.db, row.id, news)
    known = [email for email in given.emails if email in there]
    head = N_("Added to **{team}**: {emails}.") if found else N_("New team **{team}**: {emails}.")
    return _told(
        _(head, team=escape(name), emails=_listed(news)) if news else "",
        _("In **{team}** already: {emails}.", team=escape(name), emails=_listed(known)) if known else "",
        _wrong(given.wrong),
        _has(name, len(there) + len(news)) if found else "",
    )


def _has(name: str, count: int) -> str:
    return n_("**{team}** has {count} person.", "**{team}** has {count} people.", count, team=escape(name))


def _remove(ctx: Context, word: str, rest: str) -> Reply:
    given = _given(rest, NOBODY_REMOVED)
    found = named(ctx, word)
    _check_own(found)
    name = escape(found.row.name)
    gone = [email for email in given.emails if email in found.emails]
    unknown = [email for email in given.emails if email not in found.emails]
    team.remove_members(ctx.db, found.row.id, gone)
    left = len(found.emails) - len(gone)
    empty = _("Nobody is in **{team}** now. I keep the team; `/manageteam delete {team}` removes it.", team=name)
    return _told(
        _("Removed from **{team}**: {emails}.", team=name, emails=_listed(gone)) if gone else _(NOBODY_REMOVED),
        _("Not in **{team}**: {emails}.", team=name, emails=_listed(unknown)) if unknown else "",
        _wrong(given.wrong),
        _has(found.row.name, left) if left else empty,
    )


def _given(rest: str, end: str) -> addresses.Given:
    """:raises UserError: if there is no address in it; the last words of its text are `end`"""
    if not rest:
        raise UsageError
    given = addresses.read(rest)
    if not given.emails:
        none = _("I see no address in that, such as `bob@example.com`.")
        raise UserError(" ".join(part for part in (none, _wrong(given.wrong), _(end)) if part))
    return given


def _check_own(found: Found) -> None:
    """:raises UserError: if its members are those of a room"""
    if found.row.room_id:
        raise UserError(_(NOT_ITS_OWN, team=escape(found.row.name)))


def _told(*parts: str) -> str:
    return "\n\n".join(part for part in parts if part)


def _listed(emails: list[str]) -> str:
    return ", ".join(map(escape, emails))


def _wrong(words: tuple[str, ...]) -> str:
    if not words:
        return ""
    named = ", ".join(escape(word, 60) for word in words[:NAMED])
    if len(words) > NAMED:
        return _("No address, so left out: {words} and {count} more.", words=named, count=len(words) - NAMED)
    return _("No address, so left out: {words}.", words=named)


def _delete(ctx: Context, word: str, rest: str) -> Reply:
    if rest:
        raise UsageError
    found = named(ctx, word)
    team.remove(ctx.db, found.row.id)
    name, back = found.row.name, _ways_back(found)
    if not back:
        return _("Deleted **{team}**. Nobody was in it.", team=escape(name))
    head = _deleted(found)
    typed = "\n".join(f"- `{one}`" for one in back)
    whole = " ".join([back[0], *(one.removeprefix(f"/manageteam add {name}") for one in back[1:])])
    card = team_cards.of_deleted(head, found.emails, whole)
    return Answer(f"{head} {_('To take that back, type:')}\n\n{typed}", card)


def _deleted(found: Found) -> str:
    if found.row.room_id:
        return _("Deleted **{team}**, its link to a room; I keep nothing of it.", team=found.row.name)
    return n_(*DELETED, len(found.emails), team=found.row.name)


def _ways_back(found: Found) -> list[str]:
    """What brings a deleted team back when it is typed: nothing of it needs to be kept."""
    if found.row.room_id:
        return [f"/manageteam link {found.row.name} {found.row.room_id}"]
    lines: list[str] = []
    for email in found.emails:
        if lines and len(lines[-1]) + len(email) < LINE:
            lines[-1] += f", {email}"
        else:
            lines.append(f"/manageteam add {found.row.name} {email}")
    return lines


def _link(ctx: Context, word: str, rest: str) -> Reply:
    name = _name(word)
    found = _find(ctx, name)
    if found is None:
        _check_room_for_another(ctx)
    elif found.emails:
        raise UserError(n_(*WOULD_BE_LOST, len(found.emails), team=name))
    room = choose_room(ctx.webex, rest, "" if ctx.typed.in_bot_room else ctx.typed.room_id)
    if found is None:
        team.add(ctx.db, ctx.person_id, name, room.id)
    else:
        team.link(ctx.db, found.row.id, room.id)
    linked = _("**{team}** is linked to **{room}**: whoever is in that room is in the team.", team=name, room=escape(room.title))
    return f"{linked} {_('`/manageteam list {team}` shows them.', team=name)}"


VERBS: dict[str, Callable[[Context, str, str], Reply]] = {
    "list": _show,
    "add": _add,
    "remove": _remove,
    "delete": _delete,
    "link": _link,
}
