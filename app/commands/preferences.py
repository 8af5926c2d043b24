"""What suits a person: /timezone, /language and /announcements."""

from zoneinfo import ZoneInfo

from app.alerts import QUIET_ENDS
from app.commands.context import Context
from app.commands.features import clock
from app.commands.registry import Needs, command
from app.errors import UsageError, UserError
from app.language import LANGUAGES, N_, _, n_, speaking, spoken
from app.models import alarm, now, user
from app.when import Quiet
from app.zones import zone

ARE_ON = N_("Announcements are **on**. `/announcements off` changes it.")
ARE_OFF = N_("Announcements are **off**. `/announcements on` changes it.")
ON = N_("Announcements are **on**: my operator may write to you.")
ON_ALREADY = N_("Announcements are already **on**: my operator may write to you.")
OFF = N_("Announcements are **off**: you get none of my operator's messages to everybody.")
OFF_ALREADY = N_("Announcements are already **off**: you get none of my operator's messages to everybody.")


@command("/timezone", topic="Your account", needs=Needs.ACCOUNT, tries=("/timezone",))
def timezone(ctx: Context) -> str:
    """Show or set the time zone in which I understand and tell times.

    Usage: `/timezone` or `/timezone <zone or city>`

    Examples: `/timezone Europe/Oslo`, `/timezone New York`. It begins with what your Webex profile says. Daily lists, digests
    and repeating reminders keep their time of day and move along.
    """
    if not ctx.arguments:
        there = {"zone": ctx.zone.key, "clock": clock(ctx.zone)}
        return _("Your time zone is **{zone}**; it is {clock} there. `/timezone <zone or city>` changes it.", **there)
    wanted = zone(ctx.arguments)
    there = {"zone": wanted.key, "clock": clock(wanted)}
    if wanted.key == ctx.zone.key:
        return _("Your time zone is **{zone}** already; it is {clock} there.", **there)
    before = ctx.zone
    user.change(ctx.db, ctx.person_id, timezone=wanted.key)
    moved = alarm.follow_clock(ctx.db, ctx.person_id, wanted, before)
    _move_quiet_end(ctx, wanted)
    told = _("Your time zone is now **{zone}**; it is {clock} there.", **there)
    if not moved:
        return told
    return f"{told} {n_('{count} repeating alarm moved along.', '{count} repeating alarms moved along.', moved)}"


def _move_quiet_end(ctx: Context, wanted: ZoneInfo) -> None:
    """What quiet hours hold back waits for their end in the new zone; if it is not quiet there, it comes at once."""
    waiting = alarm.find(ctx.db, ctx.person_id, QUIET_ENDS)
    if waiting and ctx.user.quiet:
        alarm.move(ctx.db, waiting, Quiet.parse(ctx.user.quiet).ends(now(), wanted))


@command("/language", topic="Your account", needs=Needs.ACCOUNT, while_paused=True, tries=("/language",))
def language(ctx: Context) -> str:
    """Show or set the language in which I talk to you.

    Usage: `/language` or `/language <language>`

    Examples: `/language de` or `/language Deutsch`, `/language en` or `/language English`. It begins with that of the browser in
    which you connected. Commands and times are typed in English in any case.
    """
    known = ", ".join(f"{name} (`/language {code}`)" for code, name in LANGUAGES.items())
    if not ctx.arguments:
        return _("I speak **{language}** with you. I know {languages}.", language=LANGUAGES[spoken()], languages=known)
    wanted = ctx.arguments.lower()
    code = next((code for code, name in LANGUAGES.items() if wanted in (code, name.lower())), None)
    if code is None:
        raise UserError(_("I don't speak that language. I know {languages}.", languages=known))
    user.change(ctx.db, ctx.person_id, language=code)
    with speaking(code):
        return _("I speak **{language}** with you from now on.", language=LANGUAGES[code])


@command("/announcements", "/noannouncements", topic="Your account", needs=Needs.ACCOUNT, while_paused=True)
def announcements(ctx: Context) -> str:
    """Say whether my operator may write to you, such as about maintenance.

    Usage: `/announcements` or `/announcements on|off`

    `/noannouncements` is the same as `/announcements off`. They are on at the beginning.
    """
    word = ctx.arguments.lower()
    if ctx.typed.word.lower() == "/noannouncements":
        if word:
            raise UsageError
        word = "off"
    if word not in ("", "on", "off"):
        raise UsageError
    if not word:
        return _(ARE_ON if ctx.user.announcements else ARE_OFF)
    is_on = word == "on"
    is_so_already = ctx.user.announcements == is_on
    user.change(ctx.db, ctx.person_id, announcements=is_on)
    if is_so_already:
        return _(ON_ALREADY if is_on else OFF_ALREADY)
    return _(ON if is_on else OFF)
