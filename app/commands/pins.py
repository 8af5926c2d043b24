"""Messages one wants to come back to: /pin."""

import re

from app import outbox
from app.commands import reminder_cards
from app.commands.context import Context
from app.commands.earlier import earlier
from app.commands.registry import Needs, command
from app.commands.reminders import add, check, set_reminder
from app.commands.tidy import tidy
from app.errors import UsageError, UserError
from app.language import _
from app.models import now, reminder
from app.models.reminder import Reminder
from app.webex.markdown import escape
from app.webex.resources import Message
from app.when import BadTime, Rule, shown, split

FURTHEST = 50  # messages counted back


@command("/pin", topic="Reminders", needs=Needs.ACCESS)
def pin(ctx: Context) -> str:
    """Keep a message of this room: show it to you now, or when you want to be reminded.

    Usage: `/pin`, `/pin <number>`, `/pin <number> <time> <comment>` or `/pin 0 <time> <text>`

    The number counts back from yours: 1, or none, is the message before it, 2 the one before that, and 0 none at all. The
    comment may be left out.

    Examples: `/pin` shows you the last message; `/pin 2 +2h call back` reminds you of the one before it in two hours; `/pin 0
    tomorrow 9:00 buy milk` is a reminder of your own words. What you typed is removed from the room. Only ids are kept: the
    message is read again when it is shown, and if it is gone by then, your comment still arrives.
    """
    back, time, comment = _read(ctx)
    tidy(ctx)
    return _of_words(ctx, time, comment) if back == 0 else _of_message(ctx, back, time, comment)


def _read(ctx: Context) -> tuple[int, float | Rule | None, str]:
    """How far back, when, and the comment."""
    match = re.fullmatch(r"(?:([0-9]{1,9})(?=\s|$))?\s*(.*)", ctx.arguments, re.S)
    if match is None or match[2].startswith("-"):
        raise UsageError
    back = int(match[1] or 1)
    if back > FURTHEST:
        raise UserError(_("I count back {most} messages at most. Nothing was pinned.", most=FURTHEST))
    if not match[2]:
        return back, None, ""
    try:
        time, comment = split(match[2], now(), ctx.zone)
    except BadTime as error:
        where = [_("It stands before your comment: `/pin 2 +2h call back`.")] if str(error) == str(BadTime()) else []
        raise UserError(" ".join([str(error), *where, _("Nothing was pinned.")])) from None
    return back, time, comment


def _of_words(ctx: Context, time: float | Rule | None, text: str) -> str:
    if time is None:
        raise UserError(_("Without a message a pin needs a time and a text: `/pin 0 +2h call Bob`."))
    return set_reminder(ctx, time, text)


def _of_message(ctx: Context, back: int, time: float | Rule | None, comment: str) -> str:
    message = earlier(ctx, back, "reminders")
    if time is None:
        return _show(ctx, message)
    row, due = add(ctx, comment, time, room_id=message.room_id, message_id=message.id)
    words = f": {escape(row.text, reminder_cards.LONGEST)}" if row.text else ""
    named = _named(ctx, message)
    return _("**{number}**: I'll remind you {when} of {message}", number=row.number, when=due.shown(ctx), message=named) + words


def _named(ctx: Context, message: Message) -> str:
    email = escape(message.person_email)
    if not message.created:
        return _("a message of **{email}**", email=email)
    written = shown(message.created.timestamp(), now(), ctx.zone)
    return _("a message of **{email}**, {moment}", email=email, moment=written)


def _show(ctx: Context, message: Message) -> str:
    """The message itself is the answer; the outbox reads it when it says it."""
    check(ctx, "")
    row: Reminder = reminder.add(ctx.db, ctx.person_id, "", room_id=message.room_id, message_id=message.id)
    reminder.rang(ctx.db, row.id)
    shown_now = reminder_cards.pinned(row)
    before = f"{shown_now.text}\n\n"
    key = f"{ctx.key}|pinned"
    outbox.quote_to(ctx.db, ctx.person_id, message.id, why="reminders", before=before, card=shown_now.card, key=key)
    return ""
