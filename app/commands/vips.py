"""Tracking people: /track, /untrack, /trackers and /get. Only message ids are stored, and people are known by their person id."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from app import outbox, texts
from app.commands.context import Context
from app.commands.registry import Needs, Where, command
from app.commands.who import who_is
from app.errors import NotConnected, UsageError, UserError
from app.models import user, vip
from app.models.user import LIVE, STORE
from app.models.vip import Vip
from app.webex.addresses import is_email
from app.webex.errors import WebexError
from app.webex.markdown import escape

NICKNAME = re.compile(r"[\w][\w.-]{0,29}")
RESERVED = ("all", LIVE, STORE)
MOST = 50  # tracked people; each is a webhook


@command("/track", topic="People you track", where=Where.BOT_ROOM, needs=Needs.ACCESS)
def track(ctx: Context) -> str:
    """Follow what a person writes in the rooms you share.

    Usage: `/track <email> <nickname>` or `/track live|store` or `/track live|store <nickname>`

    Examples: `/track bob@example.com bob` follows Bob; `/track store` keeps messages for `/get` instead of showing them
    at once, for everybody you track; `/track live bob` changes that for Bob alone. Tracking uses only your own rights:
    you are shown nothing you could not read yourself. Only the ids of messages are stored, never texts.
    """
    words = ctx.words(1, 2)
    if words[0].lower() in (LIVE, STORE):
        return _switch(ctx, words[0].lower(), words[1] if len(words) > 1 else "")
    email, nickname = (word.lower() for word in ctx.words(2))
    if not is_email(email):
        raise UsageError
    if not NICKNAME.fullmatch(nickname) or nickname in RESERVED:
        raise UserError("A nickname is one word of at most 30 letters, digits, dots or dashes, and not `all`, `live` or `store`.")
    return _follow(ctx, email, nickname)


def _follow(ctx: Context, email: str, nickname: str) -> str:
    found = who_is(ctx.webex, email)
    person_id, name = found.person_id, found.name
    if person_id == ctx.person_id:
        raise UserError("That is you. Track somebody else.")
    known = _checked(ctx, person_id, nickname)
    wants = ctx.tools.subscriptions.wants(ctx.person_id)
    ctx.tools.subscriptions.sync(ctx.person_id, replace(wants, tracked=wants.tracked | {person_id}))
    mode = known.mode if known else ctx.user.tracking
    if known:
        vip.rename(ctx.db, known, nickname, email)
    else:
        vip.add(ctx.db, person_id=ctx.person_id, vip_person_id=person_id, email=email, nickname=nickname, mode=mode)
    return f"Now tracking **{escape(name)}** ({escape(email)}) as **{escape(nickname)}**, {_explain(mode, nickname)}."


def _checked(ctx: Context, person_id: str, nickname: str) -> Vip | None:
    """The tracker of this person, if there is one already.

    :raises UserError: if the nickname is somebody else's, or the list is full
    """
    with ctx.tools.database.reading() as db:
        mine = vip.of(db, ctx.person_id)
    other = next((row for row in mine if row.nickname == nickname and row.vip_person_id != person_id), None)
    if other:
        raise UserError(f"You call {escape(other.email)} **{escape(nickname)}** already. Please choose another nickname.")
    known = next((row for row in mine if row.vip_person_id == person_id), None)
    if known is None and len(mine) >= MOST:
        raise UserError(f"You track {MOST} people, and that is as many as I follow. `/untrack` lets one go.")
    return known


def _switch(ctx: Context, mode: str, nickname: str) -> str:
    mine = vip.of(ctx.db, ctx.person_id)
    if nickname:
        chosen = _named(mine, nickname)
        vip.set_mode(ctx.db, [chosen.id], mode)
        return f"From now on **{escape(chosen.nickname)}** is tracked {_explain(mode, chosen.nickname)}."
    vip.set_mode(ctx.db, [row.id for row in mine], mode)
    user.set_tracking(ctx.db, ctx.person_id, mode)
    return f"From now on everybody you track is tracked {_explain(mode, 'all')}."


def _explain(mode: str, nickname: str) -> str:
    if mode == LIVE:
        return "live: I show messages here at once"
    return f"in store: I keep the ids of messages until you type `/get {nickname}`"


def _named(mine: list[Vip], word: str) -> Vip:
    """:raises UserError: if nobody is tracked under this nickname or address"""
    wanted = word.lower()
    found = next((row for row in mine if wanted in (row.nickname, row.email)), None)
    if found is None and not mine:
        raise UserError(_list(mine, {}))
    if found is None:
        raise UserError(f"You track nobody of that name.\n\n{_list(mine, {})}")
    return found


@command("/untrack", topic="People you track", where=Where.BOT_ROOM, needs=Needs.ACCOUNT)
def untrack(ctx: Context) -> str:
    """Stop following a person. Messages kept of them are forgotten.

    Usage: `/untrack <email>` or `/untrack <nickname>`

    Example: `/untrack bob`
    """
    (word,) = ctx.words(1)
    with ctx.tools.database.reading() as db:
        found = _named(vip.of(db, ctx.person_id), word)
    # Should Webex refuse now, the hourly repair removes the webhook; what it still delivers is dropped unread.
    with suppress(WebexError, NotConnected):
        wants = ctx.tools.subscriptions.wants(ctx.person_id)
        ctx.tools.subscriptions.sync(ctx.person_id, replace(wants, tracked=wants.tracked - {found.vip_person_id}))
    vip.remove(ctx.db, found.id)
    return f"You no longer track **{escape(found.nickname)}** ({escape(found.email)}), and nothing is kept of their messages."


@command("/trackers", topic="People you track", needs=Needs.ACCOUNT, tries=("/trackers",))
def trackers(ctx: Context) -> str:
    """List whom you track, and how many messages are kept.

    Usage: `/trackers`
    """
    ctx.nothing_more()
    return _list(vip.of(ctx.db, ctx.person_id), vip.kept_counts(ctx.db, ctx.person_id))


def _list(mine: list[Vip], kept: dict[int, int]) -> str:
    if not mine:
        return "You track nobody. `/track <email> <nickname>` begins."
    rows = [f"- **{escape(row.nickname)}** ({escape(row.email)}) {row.mode}{_kept(kept.get(row.id, 0))}" for row in mine]
    return "**You track**\n\n" + "\n".join(rows)


def _kept(count: int) -> str:
    return f", {texts.counted(count, 'message')} kept" if count else ""


@command("/get", topic="People you track", needs=Needs.ACCESS)
def get(ctx: Context) -> Iterator[str]:
    """Show the messages kept of people you track, and forget them.

    Usage: `/get <nickname>` or `/get all`

    Example: `/get bob`. A message is forgotten only when it was shown.
    """
    (word,) = ctx.words(1)
    with ctx.tools.database.reading() as db:
        mine = vip.of(db, ctx.person_id)
        chosen = mine if word.lower() == "all" else [_named(mine, word)]
        kept = vip.kept_messages(db, [row.id for row in chosen])
    whose = "the people you track" if word.lower() == "all" else f"**{escape(chosen[0].nickname)}**"
    if not kept:
        yield f"No messages of {whose} are kept."
        return
    yield f"{texts.counted(len(kept), 'message')} of {whose}:"
    nicknames = {row.id: row.nickname for row in chosen}
    for row in kept:
        key = f"{ctx.key}|kept|{row.id}"
        nickname = nicknames[row.vip_id]
        who = f"**{escape(nickname)}**"
        outbox.quote_to(ctx.db, ctx.person_id, row.message_id, why="tracking", who=who, key=key, kept_id=row.id)
