"""What is switched on for a person, in words: for /me and the account page."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app import texts
from app.models import now
from app.models.alarm import Alarm
from app.models.switches import Switches
from app.when import Rule, shown

AUDIENCES = {
    "nobody": "for you alone",
    "rooms": "for people in a room with you",
    "org": "for your organisation",
    "listed": "for people you listed",
}
# What comes again and again, by its alarm's kind. Reminders are counted, not listed.
DAILY = {"todo": "todo list", "topofmind": "top of mind", "digest": "digest of people you track"}
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
        return self.name if self.state in ("", "on") else f"{self.name} ({self.state})"


def of(found: Switches, tz: ZoneInfo) -> list[Feature]:
    """Every feature, switched on or off."""
    account = found.account
    mentions = account.mention_alerts and ("on, @All too" if account.all_alerts else "on")
    return [
        Feature("Todo list", texts.counted(found.open_items, "open item") if found.open_items else "", "/todo", is_list=True),
        Feature("Reminders", texts.counted(found.reminders, "reminder") if found.reminders else "", "/remind", is_list=True),
        Feature("Top of mind", AUDIENCES.get(found.audience, found.audience), "/topofmind", is_list=True),
        Feature("Daily lists", _daily(found.repeating), "/todo"),
        Feature("Tracking", _tracking(found.tracked), "/trackers"),
        Feature("Auto-reply", _away(found, tz), "/autoreply"),
        Feature("Mention alerts", mentions or "", "/mentionalert"),
        Feature("New-room alerts", "on" if account.room_alerts else "", "/roomalert"),
        Feature("Quiet hours", (account.quiet or "").replace("-", "–"), "/quiet"),
        Feature("Announcements", "on" if account.announcements else "", "/announcements"),
    ]


def _tracking(tracked: dict[str, int]) -> str:
    if not tracked:
        return ""
    modes = ", ".join(f"{count} {mode}" if len(tracked) > 1 else mode for mode, count in tracked.items())
    return f"{texts.counted(sum(tracked.values()), 'person', 'people')}, {modes}"


def _away(found: Switches, tz: ZoneInfo) -> str:
    if found.away is None:
        return ""
    until = f"until {shown(found.away.until, now(), tz)}" if found.away.until else "on"
    return f"{until}, mentions too" if found.away.mentions else until


def _daily(repeating: list[Alarm]) -> str:
    """`todo list every weekday at 09:00`; digests of several people at the same times are one."""
    listed = [one for one in repeating if one.kind != REMINDER and one.rule]
    return "; ".join(dict.fromkeys(f"{DAILY.get(one.kind, one.kind)} {Rule.read(one.rule or '')}" for one in listed))


def clock(tz: ZoneInfo) -> str:
    """What the clock of a zone shows: `Wed 14:05`."""
    return f"{datetime.fromtimestamp(now(), tz):%a %H:%M}"
