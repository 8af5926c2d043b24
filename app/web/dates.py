"""Days and times as the pages show them, in the language that is spoken."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.language import N_, _

_MONTHS = (
    N_("January"), N_("February"), N_("March"), N_("April"), N_("May"), N_("June"), N_("July"), N_("August"), N_("September"),
    N_("October"), N_("November"), N_("December"),
)  # fmt: skip


def full_day(at: float, tz: ZoneInfo) -> str:
    """As in a sentence: `25 November 2026`.

    :param at: seconds since the epoch
    """
    local = datetime.fromtimestamp(at, tz)
    return _("{day} {month} {year}", day=local.day, month=_(_MONTHS[local.month - 1]), year=local.year)


def short_day(at: float, tz: ZoneInfo) -> str:
    """As in a table: `2026-11-25`.

    :param at: seconds since the epoch
    """
    return in_digits(datetime.fromtimestamp(at, tz))


def moment(at: float, tz: ZoneInfo) -> str:
    """As in a table: `2026-11-25 14:05`.

    :param at: seconds since the epoch
    """
    local = datetime.fromtimestamp(at, tz)
    return _("{day} {time}", day=in_digits(local), time=f"{local:%H:%M}")


def in_digits(day: date) -> str:
    """A day as in a table: `2026-11-25`."""
    return _("{year}-{month}-{day}", year=f"{day:%Y}", month=f"{day:%m}", day=f"{day:%d}")
