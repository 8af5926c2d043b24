"""What is switched on for a person, in words: for /me and the account page."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app import texts
from app.language import N_, _
from app.models import now
from app.models.alarm import Alarm
from app.models.switches import Switches
from app.models.user import DIGEST, LIVE, STORE
from app.when import Rule, short_day, shown

AUDIENCES = {
    "nobody": N_("for you alone"),
    "rooms": N_("for people in a room with you"),
    "org": N_("for your organisation"),
    "listed": N_("for people you listed"),
}
MODES = {LIVE: N_("live"), STORE: N_("store"), DIGEST: N_("digest")}
# What comes again and again, by its alarm's kind. Reminders are counted, not listed.
DAILY = {"todo": N_("todo list"), "tom": N_("top of mind"), "digest": N_("digest of people you track")}
REMINDER = "reminder"


@dataclass(frozen=True)
class Feature:
    """:ivar state: in words; "" if it is off
    :ivar is_list: not switched on and off; there is something on it, or nothing
    """

    name: str
    state: str
    command: str
    is_list: bool = False

    @property
    def is_on(self) -> bool:
        return bool(self.state)

    def __str__(self) -> str:
        return self.name if self.state in ("", _("on")) else f"{self.name} ({self.state})"


def of(found: Switches, tz: ZoneInfo) -> list[Feature]:
    """Every feature, switched on or off."""
    account = found.account
    mentions = account.mention_alerts and (_("on, @All too") if account.all_alerts else _("on"))
    audience = _(AUDIENCES.get(found.audience, found.audience))
    return [
        Feature(_("Todo list"), texts.counted(found.open_items, "open item") if found.open_items else "", "/todo", is_list=True),
        Feature(_("Reminders"), texts.counted(found.reminders, "reminder") if found.reminders else "", "/remind", is_list=True),
        Feature(_("Top of mind"), audience, "/topofmind", is_list=True),
        Feature(_("Daily lists"), _daily(found.repeating), "/todo"),
        Feature(_("Tracking"), _tracking(found.tracked), "/trackers"),
        Feature(_("Auto-reply"), _away(found, tz), "/autoreply"),
        Feature(_("Mention alerts"), mentions or "", "/mentionalert"),
        Feature(_("New-room alerts"), _("on") if account.room_alerts else "", "/roomalert"),
        Feature(_("Quiet hours"), (account.quiet or "").replace("-", "–"), "/quiet"),
        Feature(_("Announcements"), _("on") if account.announcements else "", "/announcements"),
    ]


def _tracking(tracked: dict[str, int]) -> str:
    if not tracked:
        return ""
    named = {_(MODES[mode]): count for mode, count in tracked.items()}
    modes = ", ".join(f"{count} {mode}" if len(named) > 1 else mode for mode, count in named.items())
    return f"{texts.counted(sum(tracked.values()), 'person', 'people')}, {modes}"


def _away(found: Switches, tz: ZoneInfo) -> str:
    if found.away is None:
        return ""
    until = _("until {moment}", moment=shown(found.away.until, now(), tz)) if found.away.until else _("on")
    return _("{until}, mentions too", until=until) if found.away.mentions else until


def _daily(repeating: list[Alarm]) -> str:
    """`todo list every weekday at 09:00`; digests of several people at the same times are one."""
    listed = [one for one in repeating if one.kind != REMINDER and one.rule]
    return "; ".join(dict.fromkeys(f"{_(DAILY.get(one.kind, one.kind))} {Rule.read(one.rule or '')}" for one in listed))


def clock(tz: ZoneInfo) -> str:
    """What the clock of a zone shows: `Wed 14:05`."""
    local = datetime.fromtimestamp(now(), tz)
    return f"{short_day(local)} {local:%H:%M}"
