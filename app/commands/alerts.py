"""What a person is told of by themselves, and when not: /mentionalert, /roomalert and /quiet."""

from app import alerts, when
from app.commands.context import Context
from app.commands.hearing import hear, stop_hearing
from app.commands.registry import Answer, Needs, Where, command
from app.errors import UsageError
from app.language import _, n_
from app.models import alarm, held, now, user
from app.webex import cards

TOPIC = "Away and alerts"


@command("/mentionalert", "/nomentionalert", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ACCOUNT)
def mention_alert(ctx: Context) -> str | Answer:
    """Be told here when somebody mentions you in a group room.

    Usage: `/mentionalert` or `/mentionalert on` or `/mentionalert all` or `/mentionalert off`

    Examples: `/mentionalert on` tells of mentions of you; Webex itself picks them out for me. `/mentionalert all` tells of
    mentions of everybody, too; for that I have to read every message of your group rooms as it comes. `/nomentionalert`
    is `/mentionalert off`.
    """
    choice = _choice(ctx, "/nomentionalert", ("on", "all", "off"))
    if choice == "on":
        hear(ctx, mentions=True, all_mentions=False)
    elif choice == "all":
        hear(ctx, mentions=True, all_mentions=True)
    elif choice == "off":
        stop_hearing(ctx, mentions=False, all_mentions=False)
    if choice:
        user.change(ctx.db, ctx.person_id, mention_alerts=choice != "off", all_alerts=choice == "all")
    return _mentions_shown(choice or _mentions_now(ctx))


def _mentions_now(ctx: Context) -> str:
    if not ctx.user.mention_alerts:
        return "off"
    return "all" if ctx.user.all_alerts else "on"


def _mentions_shown(state: str) -> Answer:
    text = {
        "on": _("**Mention alerts are on**: I tell you here when somebody mentions you in a group room."),
        "all": _(
            "**Mention alerts are on, mentions of everybody included**, for which I read every message of your group rooms as it "
            "comes, only to see whether it mentions everybody; nothing of it is kept."
        ),
        "off": _(
            "Mention alerts are off. `/mentionalert on` tells you of mentions of you, `/mentionalert all` of everybody too."
        ),
    }[state]
    titles = {"on": _("Of me"), "all": _("Of me and everybody"), "off": _("Off")}
    others = {key: title for key, title in titles.items() if key != state}
    return _switches(_("Mention alerts"), text, "/mentionalert", others)


@command("/roomalert", "/noroomalert", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ACCOUNT)
def room_alert(ctx: Context) -> str | Answer:
    """Be told here when somebody adds you to a group room.

    Usage: `/roomalert` or `/roomalert on` or `/roomalert off`

    Example: `/roomalert on`. `/noroomalert` is `/roomalert off`.
    """
    choice = _choice(ctx, "/noroomalert", ("on", "off"))
    if choice == "on":
        hear(ctx, rooms=True)
    elif choice == "off":
        stop_hearing(ctx, rooms=False)
    if choice:
        user.change(ctx.db, ctx.person_id, room_alerts=choice == "on")
    is_on = choice == "on" if choice else ctx.user.room_alerts
    if is_on:
        text = _("**Room alerts are on**: I tell you here when somebody adds you to a group room.")
        return _switches(_("Room alerts"), text, "/roomalert", {"off": _("Off")})
    text = _("Room alerts are off. `/roomalert on` tells you here when somebody adds you to a group room.")
    return _switches(_("Room alerts"), text, "/roomalert", {"on": _("On")})


def _choice(ctx: Context, opposite: str, allowed: tuple[str, ...]) -> str:
    """What was chosen; empty to look.

    :param opposite: the other name of the command, which means off
    """
    if ctx.typed.word.lower() == opposite:
        ctx.nothing_more()
        return "off"
    choice = ctx.arguments.lower()
    if choice and choice not in allowed:
        raise UsageError
    return choice


def _switches(title: str, text: str, name: str, others: dict[str, str]) -> Answer:
    """A state, and buttons for the other ones."""
    actions = tuple(cards.button(shown, f"{name} {choice}") for choice, shown in others.items())
    return Answer(text, cards.card(cards.heading(title), cards.words(text.replace("**", "").replace("`", "")), actions=actions))


@command("/quiet", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ACCOUNT, tries=("/quiet",))
def quiet_hours(ctx: Context) -> str:
    """Hold alerts and live messages of people you track back for some hours of each day.

    Usage: `/quiet` or `/quiet <from>-<to>` or `/quiet off`

    Examples: `/quiet 22:00-7:00`; `/quiet 12:00-13:00`. What comes meanwhile is told in one go when the hours end. Your
    own reminders and the answers to what you type are never held.
    """
    if not ctx.arguments:
        return _quiet_shown(ctx)
    hours = None if ctx.arguments.lower() == "off" else when.Quiet.parse(ctx.arguments)
    was = ctx.user.quiet
    ctx.user.quiet = f"{when.shown_wall(hours.start)}-{when.shown_wall(hours.end)}" if hours else None
    user.change(ctx.db, ctx.person_id, quiet=ctx.user.quiet)
    told = _let_go(ctx)
    if hours:
        state = _(
            "Quiet hours are set: each day {hours}, {zone} time. What comes meanwhile I tell you at the end.",
            hours=hours,
            zone=ctx.zone.key,
        )
    else:
        state = _("Quiet hours are off.") if was else _("Quiet hours are off already.")
    return f"{state} {told}".strip()


def _let_go(ctx: Context) -> str:
    """Bring what is held in line with the hours as they are now: it waits for their end, or is told at once."""
    if alerts.is_quiet(ctx.user):
        if held.count(ctx.db, ctx.person_id):
            alerts.let_end_ring(ctx.db, ctx.user)
        return ""
    alarm.clear(ctx.db, ctx.person_id, alerts.QUIET_ENDS)
    count = alerts.tell_held(ctx.db, ctx.user, key=ctx.key)
    if not count:
        return ""
    return n_(
        "I held {count} alert back: it stands in our chat now.", "I held {count} alerts back: they stand in our chat now.", count
    )


def _quiet_shown(ctx: Context) -> str:
    hours = alerts.quiet_of(ctx.user)
    count = held.count(ctx.db, ctx.person_id)
    waiting = n_("{count} alert held back.", "{count} alerts held back.", count) if count else ""
    if hours is None:
        none = _("You have no quiet hours. `/quiet 22:00-7:00` holds alerts back each night.")
        return f"{none} {waiting}".strip()
    known = _("Quiet hours are each day {hours}, {zone} time.", hours=hours, zone=ctx.zone.key)
    state = _("It is not quiet now.")
    if alerts.is_quiet(ctx.user):
        state = _("It is quiet now, until {moment}.", moment=when.shown(hours.ends(now(), ctx.zone), now(), ctx.zone))
    return " ".join(filter(None, [known, state, waiting, _("`/quiet off` ends them.")]))
