"""Tracking people: /track, /untrack and /trackers. Only message ids are stored, and people are known by their person id."""

import re
from contextlib import suppress

from app import when
from app.commands.context import Context
from app.commands.hearing import hear, stop_hearing
from app.commands.registry import Answer, Needs, Where, command
from app.commands.who import who_is
from app.errors import UsageError, UserError
from app.language import N_, _, n_
from app.models import alarm, now, user, vip
from app.models.user import DIGEST, LIVE, STORE
from app.models.vip import Vip
from app.webex import cards
from app.webex.addresses import is_email
from app.webex.markdown import escape

TOPIC = N_("People you track")

NICKNAME = re.compile(r"[\w][\w.-]{0,29}")
RESERVED = ("all", LIVE, STORE, DIGEST)
MOST = 50  # tracked people; each is a webhook
ON_BUTTONS = {LIVE: N_("Live"), STORE: N_("Store")}


@command("/track", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ACCESS)
def track(ctx: Context) -> str:
    """Follow what a person writes in the rooms you share.

    Usage: `/track <email> <nickname>` or `/track live|store [<nickname>]` or `/track digest <time> [<nickname>]`

    Examples: `/track bob@example.com bob` follows Bob; `/track store` keeps messages for `/get` instead of showing them
    at once, for everybody you track; `/track live bob` changes that for Bob alone; `/track digest 17:00 bob` shows what
    Bob wrote each day at that time. Tracking uses only your own rights: you are shown nothing you could not read
    yourself. Only the ids of messages are stored, never texts.
    """
    words = ctx.words(1, 2)
    if words[0].lower() in (LIVE, STORE):
        return _switch(ctx, words[0].lower(), None, words[1] if len(words) > 1 else "")
    if words[0].lower() == DIGEST:
        return _switch(ctx, DIGEST, *_digest(words[1] if len(words) > 1 else ""))
    email, nickname = (word.lower() for word in ctx.words(2))
    if not is_email(email):
        raise UsageError
    if not NICKNAME.fullmatch(nickname) or nickname in RESERVED:
        raise UserError(
            _("A nickname is one word of at most 30 letters, digits, dots or dashes, and not `all`, `live`, `store` or `digest`.")
        )
    return _follow(ctx, email, nickname)


def _follow(ctx: Context, email: str, nickname: str) -> str:
    found = who_is(ctx.webex, email)
    person_id, name = found.person_id, found.name
    if person_id == ctx.person_id:
        raise UserError(_("That is you. Track somebody else."))
    known = _checked(ctx, person_id, nickname)
    tracked = ctx.tools.subscriptions.wants(ctx.person_id).tracked
    hear(ctx, tracked=tracked | {person_id})
    if known:
        vip.rename(ctx.db, known, nickname, email)
        how = _explain(known.mode, nickname, known.digest_at)
    else:
        mode, at = ctx.user.tracking, ctx.user.digest_at
        added = vip.add(ctx.db, person_id=ctx.person_id, vip_person_id=person_id, email=email, nickname=nickname, mode=mode)
        _set_mode(ctx, [added], mode, at)
        how = _explain(mode, nickname, at)
    who = {"name": escape(name), "email": escape(email), "nickname": escape(nickname)}
    return _("Now tracking **{name}** ({email}) as **{nickname}**, {how}.", how=how, **who)


def _checked(ctx: Context, person_id: str, nickname: str) -> Vip | None:
    """The tracker of this person, if there is one already.

    :raises UserError: if the nickname is somebody else's, or the list is full
    """
    with ctx.tools.database.reading() as db:
        mine = vip.of(db, ctx.person_id)
    other = next((row for row in mine if row.nickname == nickname and row.vip_person_id != person_id), None)
    if other:
        called = {"email": escape(other.email), "nickname": escape(nickname)}
        raise UserError(_("You call {email} **{nickname}** already. Please choose another nickname.", **called))
    known = next((row for row in mine if row.vip_person_id == person_id), None)
    if known is None and len(mine) >= MOST:
        raise UserError(_("You track {most} people, and that is as many as I follow. `/untrack` lets one go.", most=MOST))
    return known


def _digest(arguments: str) -> tuple[int, str]:
    """The time of day, as a minute of it, and the nickname that may follow it.

    :raises UserError: if there is no time of day
    """
    *most, last = arguments.split() or [""]
    with suppress(when.BadTime):
        return when.wall_time(arguments), ""
    if not most:
        raise UsageError
    return when.wall_time(" ".join(most)), last


def _switch(ctx: Context, mode: str, digest_at: int | None, nickname: str) -> str:
    mine = vip.of(ctx.db, ctx.person_id)
    if nickname:
        chosen = named(mine, nickname)
        _set_mode(ctx, [chosen], mode, digest_at)
        how = _explain(mode, chosen.nickname, digest_at)
        return _("From now on **{nickname}** is tracked {how}.", nickname=escape(chosen.nickname), how=how)
    _set_mode(ctx, mine, mode, digest_at)
    user.set_tracking(ctx.db, ctx.person_id, mode, digest_at)
    return _("From now on everybody you track is tracked {how}.", how=_explain(mode, "all", digest_at))


def _set_mode(ctx: Context, chosen: list[Vip], mode: str, digest_at: int | None) -> None:
    """Each digest is an alarm of its own, every day."""
    vip.set_mode(ctx.db, [row.id for row in chosen], mode, digest_at)
    for row in chosen:
        if digest_at is None:
            alarm.clear(ctx.db, ctx.person_id, DIGEST, subject=row.id)
        else:
            rule = when.Rule(frozenset(range(7)), digest_at)
            due = rule.next(now(), ctx.zone)
            alarm.set_to(ctx.db, ctx.person_id, DIGEST, due, subject=row.id, rule=rule.stored())


def _explain(mode: str, nickname: str, digest_at: int | None) -> str:
    """How somebody is tracked, as the end of a sentence."""
    if mode == LIVE:
        return _("live: I show messages here at once")
    if mode == DIGEST and digest_at is not None:
        at = {"time": when.shown_wall(digest_at), "nickname": nickname}
        return _("by digest: I show each day at {time} what was written; `/get {nickname}` shows it earlier", **at)
    return _("in store: I keep the ids of messages until you type `/get {nickname}`", nickname=nickname)


def named(mine: list[Vip], word: str) -> Vip:
    """:raises UserError: if nobody is tracked under this nickname or address"""
    wanted = word.lower()
    found = next((row for row in mine if wanted in (row.nickname, row.email)), None)
    if found is None and not mine:
        raise UserError(_list(mine, {}))
    if found is None:
        raise UserError(_("You track nobody of that name.") + f"\n\n{_list(mine, {})}")
    return found


@command("/untrack", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ACCOUNT)
def untrack(ctx: Context) -> str:
    """Stop following a person. Messages kept of them are forgotten.

    Usage: `/untrack <email>` or `/untrack <nickname>`

    Example: `/untrack bob`
    """
    (word,) = ctx.words(1)
    with ctx.tools.database.reading() as db:
        found = named(vip.of(db, ctx.person_id), word)
    stop_hearing(ctx, tracked=ctx.tools.subscriptions.wants(ctx.person_id).tracked - {found.vip_person_id})
    alarm.clear(ctx.db, ctx.person_id, DIGEST, subject=found.id)
    vip.remove(ctx.db, ctx.person_id, found.id)
    who = {"nickname": escape(found.nickname), "email": escape(found.email)}
    return _("You no longer track **{nickname}** ({email}), and nothing is kept of their messages.", **who)


@command("/trackers", topic=TOPIC, needs=Needs.ACCOUNT, tries=("/trackers",))
def trackers(ctx: Context) -> str | Answer:
    """List whom you track, and how many messages are kept.

    Usage: `/trackers`
    """
    ctx.nothing_more()
    mine = vip.of(ctx.db, ctx.person_id)
    kept = vip.kept_counts(ctx.db, ctx.person_id)
    return Answer(_list(mine, kept), _card(mine, kept)) if mine else _list(mine, kept)


def _list(mine: list[Vip], kept: dict[int, int]) -> str:
    if not mine:
        return _("You track nobody. `/track <email> <nickname>` begins.")
    rows = [f"- **{escape(row.nickname)}** ({escape(row.email)}) {_state(row, kept)}" for row in mine]
    head = _("**You track**, with your own rights only: you are shown nothing that you could not read yourself.")
    return f"{head}\n\n" + "\n".join(rows)


def _state(row: Vip, kept: dict[int, int]) -> str:
    mode, count = shown_mode(row), kept.get(row.id, 0)
    if not count:
        return mode
    return n_("{mode}, {count} message kept", "{mode}, {count} messages kept", count, mode=mode)


def shown_mode(row: Vip) -> str:
    """How somebody is tracked, in a few words: `live`, `digest at 17:00`."""
    if row.digest_at is not None:
        return _("digest at {time}", time=when.shown_wall(row.digest_at))
    return _("live") if row.mode == LIVE else _("store")


def _card(mine: list[Vip], kept: dict[int, int]) -> cards.Card:
    """As many of them as fit; the text has all."""
    rows = [_row(row, kept) for row in mine[: cards.MAX_ROWS]]
    rights = _("Tracked with your own rights only: you are shown nothing that you could not read yourself.")
    return cards.card(cards.heading(_(TOPIC)), *rows, cards.words(rights, subtle=True))


def _row(row: Vip, kept: dict[int, int]) -> cards.Element:
    other = STORE if row.mode == LIVE else LIVE
    actions = [
        cards.button(_(ON_BUTTONS[other]), f"/track {other} {row.nickname}"),
        cards.button(_("Untrack"), f"/untrack {row.nickname}", style="destructive"),
    ]
    if kept.get(row.id):
        actions.insert(0, cards.button(_("Get"), f"/get {row.nickname}", style="positive"))
    return cards.row(f"**{escape(row.nickname)}** {_state(row, kept)}", *actions)
