"""What suits a person: /timezone, /language and /announcements."""

from zoneinfo import ZoneInfo

from app import texts
from app.alerts import QUIET_ENDS
from app.commands.context import Context
from app.commands.features import clock
from app.commands.registry import Needs, command
from app.errors import UsageError, UserError
from app.language import LANGUAGES, _, speaking, spoken
from app.models import alarm, now, user
from app.when import Quiet, zone


@command("/timezone", topic="Your account", needs=Needs.ACCOUNT, tries=("/timezone",))
def timezone(ctx: Context) -> str:
    """Show or set the time zone in which I understand and tell times.

    Usage: `/timezone` or `/timezone <zone or city>`

    Examples: `/timezone Europe/Oslo`, `/timezone New York`. It begins with what your Webex profile says. Daily lists, digests
    and repeating reminders keep their time of day and move along.
    """
    if not ctx.arguments:
        return f"Your time zone is **{ctx.zone.key}**; it is {clock(ctx.zone)} there. `/timezone <zone or city>` changes it."
    wanted = zone(ctx.arguments)
    if wanted.key == ctx.zone.key:
        return f"Your time zone is **{wanted.key}** already; it is {clock(wanted)} there."
    before = ctx.zone
    user.change(ctx.db, ctx.person_id, timezone=wanted.key)
    moved = alarm.follow_clock(ctx.db, ctx.person_id, wanted, before)
    _move_quiet_end(ctx, wanted)
    also = f" {texts.counted(moved, 'repeating alarm')} moved along." if moved else ""
    return f"Your time zone is now **{wanted.key}**; it is {clock(wanted)} there.{also}"


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
        return (
            f"Announcements are **{_on(ctx.user.announcements)}**. `/announcements {_on(not ctx.user.announcements)}` changes it."
        )
    already = " already" if ctx.user.announcements == (word == "on") else ""
    user.change(ctx.db, ctx.person_id, announcements=word == "on")
    meaning = "my operator may write to you" if word == "on" else "you get none of my operator's messages to everybody"
    return f"Announcements are{already} **{word}**: {meaning}."


def _on(is_on: bool) -> str:
    return "on" if is_on else "off"
