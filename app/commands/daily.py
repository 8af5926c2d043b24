"""The daily reminder of a list, which /todo and /tom have in common."""

from dataclasses import dataclass

from app import when
from app.commands.context import Context
from app.errors import UsageError, UserError
from app.language import N_, _
from app.models import alarm, now
from app.when import MORNING, BadTime, Rule

DAILY = frozenset(range(7))


@dataclass(frozen=True)
class Daily:
    """:ivar kind: of its alarm
    :ivar on, off: what is said when it was switched on or off
    :ivar is_off, was_off: what is said if there is none: to who looks, and to who wants it switched off
    """

    kind: str
    on: str
    off: str
    is_off: str
    was_off: str


TODO = Daily(
    "todo",
    on=N_("I'll show you your todo list {rule} ({zone}) if anything is on it; next {moment}. `/todo reminder off` ends it."),
    off=N_("I no longer remind you of your todo list."),
    is_off=N_("I don't remind you of your todo list. `/todo reminder on 9:00` makes me show it every day."),
    was_off=N_("There is no reminder of your todo list that could be switched off."),
)
TOP = Daily(
    "tom",
    on=N_("I'll show you your top of mind {rule} ({zone}) if anything is on it; next {moment}. `/tom reminder off` ends it."),
    off=N_("I no longer remind you of your top of mind."),
    is_off=N_("I don't remind you of your top of mind. `/tom reminder on 9:00` makes me show it every day."),
    was_off=N_("There is no reminder of your top of mind that could be switched off."),
)


def answer(ctx: Context, daily: Daily, words: str) -> str:
    """What follows `reminder`: nothing, `off`, or `on` and perhaps when."""
    order, _space, time = words.strip().partition(" ")
    match order.lower():
        case "":
            return _state(ctx, daily)
        case "off":
            if time:
                raise UsageError
            return _off(ctx, daily)
        case "on":
            return _on(ctx, daily, _rule(ctx, time.strip()))
    raise UsageError


def _rule(ctx: Context, time: str) -> Rule:
    """Every day at `9:00`, or on the days of `weekday 9:00`, `every fri 14:00`; at nine if nothing is said.

    :raises BadTime: it is neither
    """
    if not time:
        return Rule(DAILY, MORNING)
    try:
        return Rule(DAILY, when.wall_time(time))
    except BadTime:
        if not time[0].isalpha():
            raise
    found, rest = when.split(time if time.lower().startswith("every ") else f"every {time}", now(), ctx.zone)
    if rest or not isinstance(found, Rule):
        raise BadTime
    return found


def _on(ctx: Context, daily: Daily, rule: Rule) -> str:
    due = rule.next(now(), ctx.zone)
    alarm.set_to(ctx.db, ctx.person_id, daily.kind, due, rule=rule.stored())
    return _told(ctx, daily, rule, due)


def _told(ctx: Context, daily: Daily, rule: Rule, due: float) -> str:
    return _(daily.on, rule=rule, zone=ctx.zone.key, moment=when.shown(due, now(), ctx.zone))


def _off(ctx: Context, daily: Daily) -> str:
    if not alarm.clear(ctx.db, ctx.person_id, daily.kind):
        raise UserError(_(daily.was_off))
    return _(daily.off)


def _state(ctx: Context, daily: Daily) -> str:
    found = alarm.find(ctx.db, ctx.person_id, daily.kind)
    if found is None or found.rule is None:
        return _(daily.is_off)
    return _told(ctx, daily, Rule.read(found.rule), found.due)
