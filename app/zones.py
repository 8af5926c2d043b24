"""Time zones, as people name them. Pure."""

import difflib
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from app.errors import UserError
from app.language import N_, _

NO_ZONE = N_("I don't know that time zone. Write it like `Europe/Oslo`, or name a big city in it, such as `Oslo` or `New York`.")
_REGIONS = ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")


class NoZone(UserError):
    """What a person typed is no time zone."""


def zone(name: str) -> ZoneInfo:
    """The time zone that a person names, by IANA name or by city, in any case.

    :raises NoZone: there is none; its text suggests one that is spelled nearly so
    """
    # A name is looked up, and never becomes a path: ZoneInfo opens files.
    zones, wanted = _zones(), "_".join(name.lower().split())
    if wanted in zones:
        return ZoneInfo(zones[wanted])
    near = difflib.get_close_matches(wanted, zones, n=1, cutoff=0.72)
    if near:
        raise NoZone(_(NO_ZONE) + " " + _("Did you mean `{zone}`?", zone=zones[near[0]]))
    raise NoZone(_(NO_ZONE))


def safe_zone(name: str) -> ZoneInfo:
    """The same, for what was saved: UTC if there is no such zone."""
    try:
        return zone(name)
    except NoZone:
        return ZoneInfo("UTC")


@cache
def _zones() -> dict[str, str]:
    """Every zone by its name and by its city; the few cities with two names are one zone each."""
    names = sorted(name for name in available_timezones() if name[0].isupper() and name != "Factory")  # not `localtime`
    cities = {name.rpartition("/")[2].lower(): name for name in names if name.startswith(_REGIONS)}
    return cities | {name.lower(): name for name in names}
