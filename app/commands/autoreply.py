"""Answering in a person's own name while they are away: /autoreply."""

import re
from zoneinfo import ZoneInfo

from app import when
from app.commands.context import Context
from app.commands.hearing import hear, stop_hearing
from app.commands.registry import Answer, Needs, Where, command
from app.errors import UsageError, UserError
from app.language import N_, _, n_
from app.models import absence, alarm, now, token
from app.models.absence import Absence
from app.webex import cards
from app.webex.markdown import literal

LONGEST = 1_000  # characters
ENDS = "autoreply"  # the kind of alarm
SCOPE = "spark:messages_write"
AUTOMATIC = N_("_This is an automatic answer; I have not read your message yet._")
QUOTES = {'"': '"', "“": "”", "„": "“", "'": "'"}


@command("/autoreply", "/noautoreply", topic="Away and alerts", where=Where.BOT_ROOM, needs=Needs.ACCOUNT, tries=("/autoreply",))
def autoreply(ctx: Context) -> str | Answer:
    """Answer people in your name while you are away, once each.

    Usage: `/autoreply` or `/autoreply <text> [until <time>]` or `/autoreply mentions on|off` or `/autoreply off`

    Examples: `/autoreply On holiday, back soon until 2027-01-11 9:00` ends by itself at that time; `/autoreply "off"` has
    a text that reads like an order. Whoever writes to you 1:1 is answered, with `mentions on` also who mentions you in a
    group room; never bots, and nobody twice until you set a new text. `/noautoreply` is `/autoreply off`. I decide
    without reading what they wrote.
    """
    words = ctx.arguments.lower().split()
    if ctx.typed.word.lower() == "/noautoreply":
        ctx.nothing_more()
        return _end(ctx)
    if not words:
        return _show(ctx)
    if words == ["off"]:
        return _end(ctx)
    if words[0] == "mentions" and len(words) <= 2:
        return _mentions(ctx, words[1:])
    if words in (["on"], ["help"]):
        raise UsageError
    return _begin(ctx, *_parsed(ctx))


def reply(away: Absence, zone: ZoneInfo) -> str:
    """Exactly what people read."""
    text = _("Auto-reply: {text}", text=literal(away.text))
    if away.until:
        moment = when.shown(away.until, 0.0, zone)
        text = _("Auto-reply: {text} (until {moment}, {zone} time)", text=literal(away.text), moment=moment, zone=zone.key)
    return f"{text}\n\n{_(AUTOMATIC)}"


def _parsed(ctx: Context) -> tuple[str, float | None]:
    """The text, and until when.

    :raises UserError: if there is no text, or the end can't be read
    """
    text, rest = _unquoted(ctx.arguments)
    if text and not rest:
        return _fitting(text), None
    if text:
        match = re.fullmatch(r"until\s+(.+)", rest, re.I | re.S)
        if not match:
            raise UsageError
        return _fitting(text), when.moment(match[1], now(), ctx.zone)
    match = re.fullmatch(r"(?:(.*)\s)?until\s+(.+)", ctx.arguments, re.I | re.S)
    until = _end_of(match[2], ctx.zone) if match else None
    return _fitting(match[1] or "" if match and until else ctx.arguments), until


def _end_of(words: str, zone: ZoneInfo) -> float | None:
    """When it ends, if what follows "until" is a time; words like "until further notice" belong to the text.

    :raises UserError: if it looks like a time and is none
    """
    try:
        return when.moment(words, now(), zone)
    except when.BadTime as error:
        if not re.search(r"\d", words):
            return None
        told = _(
            "What follows “until” I can't take as a time. {error} If it belongs to your text, put the whole text in quotes: "
            '`/autoreply "…"`. Nothing was changed.',
            error=error,
        )
        raise UserError(told) from None


def _unquoted(arguments: str) -> tuple[str, str]:
    """A text in quotes, and what follows it; empty if it is not in quotes."""
    closing = QUOTES.get(arguments[:1], "")
    text, found, rest = arguments[1:].rpartition(closing) if closing else ("", "", "")
    is_whole = found and (not rest.strip() or rest.lower().split()[0] == "until")
    return (text.strip(), rest.strip()) if is_whole else ("", "")


def _fitting(text: str) -> str:
    if not text.strip():
        raise UserError(_("An auto-reply needs a text: `/autoreply <text>`. Nothing was changed."))
    if len(text) > LONGEST:
        length = {"length": len(text), "most": LONGEST}
        raise UserError(_("That is {length} characters long; an auto-reply may have {most}. Nothing was changed.", **length))
    return text.strip()


def _begin(ctx: Context, text: str, until: float | None) -> Answer:
    with ctx.tools.database.reading() as db:
        before, row = absence.find(db, ctx.person_id), token.find(db, ctx.person_id)
    _check_scope(ctx, row.scopes if row else "")
    hear(ctx, direct=True)
    away = absence.begin(ctx.db, ctx.person_id, text, until, before.mentions if before else False)
    if until:
        alarm.set_to(ctx.db, ctx.person_id, ENDS, until)
    else:
        alarm.clear(ctx.db, ctx.person_id, ENDS)
    again = _("Everybody may be answered once again.") if before else ""
    return _answer(ctx, away, " ".join(filter(None, [_begun(away), again, _ends(ctx, away)])))


def _check_scope(ctx: Context, scopes: str) -> None:
    """:raises UserError: if it is known that Webex would not let us write as this person"""
    if not scopes or {SCOPE, "spark:all"} & set(scopes.split()):
        return
    if not {SCOPE, "spark:all"} & set(ctx.tools.config.webex_scopes):
        raise UserError(
            _("Your operator does not let me write in your name (`{scope}` in WEBEX_SCOPES). Nothing was changed.", scope=SCOPE)
        )
    raise UserError(
        _(
            "You have not allowed me to write in your name, which an auto-reply does. Type `/init` to renew the permission, "
            "accept it, and then try again. Nothing was changed."
        )
    )


def _begun(away: Absence) -> str:
    if away.mentions:
        return _("**Your auto-reply is on**, to people who write to you 1:1 and to who mentions you in a group room, once each.")
    return _("**Your auto-reply is on**, to people who write to you 1:1, once each.")


def _under_way(away: Absence, since: str) -> str:
    if away.mentions:
        return _(
            "**Your auto-reply is on** since {moment}, to people who write to you 1:1 and to who mentions you in a group room, "
            "once each.",
            moment=since,
        )
    return _("**Your auto-reply is on** since {moment}, to people who write to you 1:1, once each.", moment=since)


def _directed(away: Absence) -> str:
    if away.mentions:
        return _("**Your auto-reply goes to people who write to you 1:1 and to who mentions you in a group room**, once each.")
    return _("**Your auto-reply goes to people who write to you 1:1**, once each.")


def _ends(ctx: Context, away: Absence) -> str:
    if away.until:
        return _("It ends {moment}; `/autoreply off` ends it before.", moment=when.shown(away.until, now(), ctx.zone))
    return _("It stays on until you type `/autoreply off`.")


def _answer(ctx: Context, away: Absence, head: str) -> Answer:
    """What is the case, and the text as people read it."""
    preview = reply(away, ctx.zone)
    they_read = _("This is what they read:")
    shown = f"{head}\n\n{they_read}\n\n" + "\n".join(f"> {line}" for line in preview.splitlines())
    switch = cards.button(_("Answer mentions: on"), "/autoreply mentions on")
    if away.mentions:
        switch = cards.button(_("Answer mentions: off"), "/autoreply mentions off")
    card = cards.card(
        cards.heading(_("Auto-reply is on")),
        cards.words(head.replace("**", "").replace("`", "")),
        cards.words(they_read),
        cards.words(preview, subtle=True),
        actions=(cards.button(_("Switch off"), "/autoreply off", style="destructive"), switch),
    )
    return Answer(shown, card)


def _show(ctx: Context) -> str | Answer:
    away = absence.find(ctx.db, ctx.person_id)
    if away is None:
        return _("Your auto-reply is off. `/autoreply <text>` switches it on, `/autoreply <text> until fri 14:00` for some time.")
    count = absence.count_answers(ctx.db, away)
    so_far = n_("So far it answered {count} person.", "So far it answered {count} people.", count)
    state = _under_way(away, when.shown(away.since, 0.0, ctx.zone))
    return _answer(ctx, away, f"{state} {so_far} {_ends(ctx, away)}")


def _end(ctx: Context) -> str:
    with ctx.tools.database.reading() as db:
        away = absence.find(db, ctx.person_id)
        count = absence.count_answers(db, away) if away else 0
    if away is None:
        return _("Your auto-reply is off already.")
    stop_hearing(ctx, direct=False, answers_mentions=False)
    absence.end(ctx.db, ctx.person_id)
    alarm.clear(ctx.db, ctx.person_id, ENDS)
    return n_("Your auto-reply is off. It answered {count} person.", "Your auto-reply is off. It answered {count} people.", count)


def _mentions(ctx: Context, choice: list[str]) -> str | Answer:
    if choice not in (["on"], ["off"]):
        raise UsageError
    is_on = choice == ["on"]
    with ctx.tools.database.reading() as db:
        away = absence.find(db, ctx.person_id)
    if away is None:
        raise UserError(
            _("Your auto-reply is off, so there is nothing to answer mentions with. `/autoreply <text>` comes first.")
        )
    (hear if is_on else stop_hearing)(ctx, answers_mentions=is_on)
    absence.set_mentions(ctx.db, ctx.person_id, is_on)
    away.mentions = is_on
    return _answer(ctx, away, f"{_directed(away)} {_ends(ctx, away)}")
