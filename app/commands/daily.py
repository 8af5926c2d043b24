"""The daily reminder of a list, which /todo and /tom have in common."""

from dataclasses import dataclass

from app import when
from app.commands.context import Context
from app.errors import UsageError, UserError
from app.models import alarm, now
from app.when import MORNING, BadTime, Rule

DAILY = frozenset(range(7))


@dataclass(frozen=True)
class Daily:
    """:ivar kind: of its alarm
    :ivar command: that of the list
    """

    kind: str
    command: str
    what: str


TODO = Daily("todo", "/todo", "todo list")
TOP = Daily("tom", "/tom", "top of mind")


def answer(ctx: Context, daily: Daily, words: str) -> str:
    """What follows `reminder`: nothing, `off`, or `on` and perhaps when."""
    order, _, time = words.strip().partition(" ")
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
    return f"{_told(ctx, daily, rule, due)} `{daily.command} reminder off` ends it."


def _told(ctx: Context, daily: Daily, rule: Rule, due: float) -> str:
    following = when.shown(due, now(), ctx.zone)
    return f"I'll show you your {daily.what} {rule} ({ctx.zone.key}) if anything is on it; next {following}."


def _off(ctx: Context, daily: Daily) -> str:
    if not alarm.clear(ctx.db, ctx.person_id, daily.kind):
        raise UserError(f"There is no reminder of your {daily.what} that could be switched off.")
    return f"I no longer remind you of your {daily.what}."


def _state(ctx: Context, daily: Daily) -> str:
    found = alarm.find(ctx.db, ctx.person_id, daily.kind)
    if found is None or found.rule is None:
        return f"I don't remind you of your {daily.what}. `{daily.command} reminder on 9:00` makes me show it every day."
    return f"{_told(ctx, daily, Rule.read(found.rule), found.due)} `{daily.command} reminder off` ends it."
