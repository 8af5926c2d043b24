"""Reminders: /remind, /reminders and /snooze."""

import re
from dataclasses import dataclass

from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.commands.reminder_cards import LONGEST, listing, what
from app.errors import UsageError, UserError
from app.language import N_, _, n_
from app.models import alarm, now, reminder
from app.models.alarm import Alarm
from app.models.reminder import KIND, Reminder
from app.when import BadTime, Rule, moment, shown, split

MOST = 500  # reminders of one person
FIRST = N_("The time comes first: `/remind +2h call Bob`.")
BACK = N_("`/reminders undo` takes it back.")
DONE, DELETE, SNOOZE = ("done",), ("delete", "remove", "stop", "cancel"), ("snooze",)
ORDERS = (*DONE, *DELETE, *SNOOZE, "undo", "clear")


@dataclass(frozen=True)
class Due:
    """When something is to ring: at `at`, and by `rule` if it comes again."""

    at: float
    rule: Rule | None = None

    @classmethod
    def of(cls, ctx: Context, time: float | Rule) -> "Due":
        return cls(time.next(now(), ctx.zone), time) if isinstance(time, Rule) else cls(time)

    def shown(self, ctx: Context) -> str:
        once = shown(self.at, now(), ctx.zone)
        time = f"**{self.rule or once}**"
        if ctx.zone.key == "UTC":
            time = _("{time} (UTC; `/timezone` sets yours)", time=time)
        return _("{time}, first {moment}", time=time, moment=once) if self.rule else time


@command("/remind", topic="Reminders", needs=Needs.ACCOUNT)
def remind(ctx: Context) -> Answer | str:
    """Be reminded of something.

    Usage: `/remind <time> <text>`

    Examples: `/remind +2h call Bob`, `/remind tomorrow 9:00 send the report`, `/remind fri 14:00 cake`,
    `/remind 2027-01-15 08:00 renew the domain`, `/remind every weekday 9:00 stand-up`. Times are those of your time zone. I
    remind you here; `/reminders` lists what is to come.
    """
    word, rest = _parted(ctx.arguments)
    if word.lower() in ORDERS:
        return _obey(ctx, word.lower(), rest)
    if not ctx.arguments:
        raise UsageError
    try:
        time, text = split(ctx.arguments, now(), ctx.zone)
    except BadTime as error:
        raise UserError(f"{error} {_(FIRST)}" if str(error) == str(BadTime()) else str(error)) from None
    return set_reminder(ctx, time, text)


def set_reminder(ctx: Context, time: float | Rule, text: str) -> str:
    """A reminder of words alone."""
    if not text:
        raise UserError(_("And of what shall I remind you? The text comes after the time: `/remind +2h call Bob`."))
    row, due = add(ctx, text, time)
    return _("**{number}**: I'll remind you {time}: {what}", number=row.number, time=due.shown(ctx), what=what(row))


def add(
    ctx: Context, text: str, time: float | Rule, *, room_id: str | None = None, message_id: str | None = None
) -> tuple[Reminder, Due]:
    check(ctx, text)
    due = Due.of(ctx, time)
    row = reminder.add(ctx.db, ctx.person_id, text, room_id=room_id, message_id=message_id)
    alarm.set_to(ctx.db, ctx.person_id, KIND, due.at, subject=row.id, rule=due.rule.stored() if due.rule else None)
    return row, due


def check(ctx: Context, text: str) -> None:
    """:raises UserError: there is no room for another reminder, or its text is too long"""
    if len(text) > LONGEST:
        length = {"length": len(text), "most": LONGEST}
        raise UserError(_("That is {length} characters long; a reminder may have {most}. Nothing was set.", **length))
    if reminder.count(ctx.db, ctx.person_id) >= MOST:
        raise UserError(
            _("You have {most} reminders, and that is as many as I keep. `/reminders delete <number>` makes room.", most=MOST)
        )


@command("/reminders", "/pins", topic="Reminders", needs=Needs.ACCOUNT, tries=("/reminders",))
def manage(ctx: Context) -> Answer | str:
    """List your reminders, or do something about them.

    Usage: `/reminders`, `/reminders done <number>`, `/reminders delete <number>`, `/reminders snooze <number> <time>`,
    `/reminders clear` or `/reminders undo`

    Examples: `/reminders done 3`; `/reminders delete 1 2`; `/reminders snooze 3 tomorrow 9:00`. One that comes again goes on
    after "done", and ends with "delete". `/reminders undo` brings back for a day what you last removed. One that rang is kept
    for 30 days, unless you say that it is done.
    """
    word, rest = _parted(ctx.arguments)
    if word and word.lower() not in ORDERS:
        raise UsageError
    return _obey(ctx, word.lower(), rest) if word else _list(ctx)


@command("/snooze", topic="Reminders", needs=Needs.ACCOUNT)
def snooze(ctx: Context) -> str:
    """Let a reminder ring again later.

    Usage: `/snooze <number> <time>`, or `/snooze <time>` for the one that rang last

    Examples: `/snooze 3 +1h`, `/snooze tomorrow 9:00`. One that comes again goes on afterwards.
    """
    return _snooze(ctx, ctx.arguments)


def _parted(text: str) -> tuple[str, str]:
    """The first word, and the rest."""
    word, rest = [*text.split(maxsplit=1), "", ""][:2]
    return word, rest


def _obey(ctx: Context, word: str, rest: str) -> Answer | str:
    if word in SNOOZE:
        return _snooze(ctx, rest)
    if word in ("undo", "clear"):
        if rest:
            raise UsageError
        return _undo(ctx) if word == "undo" else _clear(ctx)
    rows = _named(ctx, rest)
    return _done(ctx, rows) if word in DONE else _delete(ctx, rows)


def _list(ctx: Context) -> Answer:
    rows = reminder.of(ctx.db, ctx.person_id)
    return listing(rows, alarm.of(ctx.db, ctx.person_id, KIND), ctx.zone)


def _named(ctx: Context, words: str) -> list[Reminder]:
    """The reminders whose numbers were typed; all of them, or none.

    :raises UsageError: these are no numbers
    :raises UserError: there is no such reminder
    """
    numbers = re.split(r"[\s,]+", words)
    if not all(re.fullmatch(r"[0-9]{1,6}", number) for number in numbers):
        raise UsageError
    found = {number: reminder.find(ctx.db, ctx.person_id, number) for number in dict.fromkeys(map(int, numbers))}
    if missing := [number for number, row in found.items() if row is None]:
        raise _missing(missing)
    return [row for row in found.values() if row]


def _missing(numbers: list[int]) -> UserError:
    which = ", ".join(f"**{number}**" for number in numbers)
    return UserError(_("You have no reminder {numbers}, so nothing was changed. `/reminders` lists them.", numbers=which))


def _done(ctx: Context, rows: list[Reminder]) -> str:
    """What comes again goes on; what else was said about it, such as to snooze it, is over."""
    alarms = alarm.of(ctx.db, ctx.person_id, KIND)
    again = {row.id: found for row in rows if (found := alarms.get(row.id)) and found.rule}
    reminder.remove(ctx.db, ctx.person_id, [row for row in rows if row.id not in again])
    lines = [f"- ✓ {_checked_off(ctx, row, again.get(row.id))}" for row in rows]
    done = _("Done:\n\n{items}", items="\n".join(lines))
    return f"{done}\n\n{_(BACK)}" if len(again) < len(rows) else done


def _checked_off(ctx: Context, row: Reminder, found: Alarm | None) -> str:
    """What is done, and when it comes again."""
    if found is None or not found.rule:
        return what(row)
    rule = Rule.read(found.rule)
    at = rule.next(now(), ctx.zone)
    if at != found.due:
        alarm.move(ctx.db, found, at)
    return _(
        "{what}. It comes again {moment}; `/reminders delete {number}` ends it",
        what=what(row),
        moment=shown(at, now(), ctx.zone),
        number=row.number,
    )


def _delete(ctx: Context, rows: list[Reminder]) -> str:
    reminder.remove(ctx.db, ctx.person_id, rows)
    deleted = _("Deleted:\n\n{items}", items="\n".join(f"- {what(row)}" for row in rows))
    return f"{deleted}\n\n{_(BACK)}"


def _clear(ctx: Context) -> str:
    rows = reminder.of(ctx.db, ctx.person_id)
    if not rows:
        raise UserError(_("You have no reminders."))
    reminder.remove(ctx.db, ctx.person_id, rows)
    return n_(
        "Deleted all {count} reminder. `/reminders undo` takes it back.",
        "Deleted all {count} reminders. `/reminders undo` takes it back.",
        len(rows),
    )


def _undo(ctx: Context) -> Answer:
    rows = reminder.last_removed(ctx.db, ctx.person_id)
    if not rows:
        raise UserError(_("There is nothing to take back: you removed no reminder in the last day."))
    reminder.bring_back(ctx.db, ctx.person_id, rows)
    listed = _list(ctx)
    numbers = ", ".join(f"**{row.number}**" for row in rows)
    return Answer(f"{_('Back again: {numbers}.', numbers=numbers)}\n\n{listed.text}", listed.card)


def _snooze(ctx: Context, words: str) -> str:
    if not words:
        raise UsageError
    row, at = _meant(ctx, words)
    found = alarm.find(ctx.db, ctx.person_id, KIND, subject=row.id)
    rule = found.rule if found else None
    alarm.set_to(ctx.db, ctx.person_id, KIND, at, subject=row.id, rule=rule)
    told = {"number": row.number, "moment": shown(at, now(), ctx.zone), "what": what(row)}
    once = _("**{number}**: I'll remind you **{moment}** of {what}.", **told)
    return f"{once} {_('Then it goes on {rule}.', rule=Rule.read(rule))}" if rule else once


def _meant(ctx: Context, words: str) -> tuple[Reminder, float]:
    """A reminder and a time. What is a time as a whole, such as `2 hours`, is about the one that rang last."""
    number, time = _parted(words)
    try:
        at, is_named = moment(words, now(), ctx.zone), False
    except BadTime:
        if not re.fullmatch(r"[0-9]{1,6}", number):
            raise
        if not time:
            raise UserError(_("And until when? `/snooze {number} +1h`, for example.", number=int(number))) from None
        at, is_named = moment(time, now(), ctx.zone), True
    if is_named and (row := reminder.find(ctx.db, ctx.person_id, int(number))):
        return row, at
    if not is_named and (row := reminder.rang_last(ctx.db, ctx.person_id)):
        return row, at
    if is_named:
        raise _missing([int(number)])
    raise UserError(_("No reminder rang lately. `/snooze <number> <time>` names one."))
