"""Which files are asked for: sizes, ages, types and senders as people type them."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from app.errors import UsageError, UserError
from app.language import NN_, _, n_, number
from app.webex.files import File
from app.webex.markdown import escape
from app.webex.resources import Message

UNITS = {"b": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000, "t": 1_000_000_000_000}
HOURS = {"h": 1, "d": 24, "w": 168}
LAST = {
    "h": NN_("of the last {count} hour", "of the last {count} hours"),
    "d": NN_("of the last {count} day", "of the last {count} days"),
    "w": NN_("of the last {count} week", "of the last {count} weeks"),
}


@dataclass(frozen=True)
class Filter:
    """:ivar least, most: bytes that a file must have more, and less, of
    :ivar since: seconds since the epoch
    :ivar types: ends of names, without the dot
    :ivar sender: an address, or `me`
    :ivar room: the words that name the room; empty for the one where it was typed
    :ivar told: the filter in words of the language that was spoken when it was read
    """

    least: float | None = None
    most: float | None = None
    since: float | None = None
    types: tuple[str, ...] = ()
    sender: str = ""
    is_csv: bool = False
    room: str = ""
    told: tuple[str, ...] = ()

    def takes_message(self, message: Message, person_id: str) -> bool:
        """Whether its files can be meant, as far as the message tells."""
        if not message.files or (self.sender == "me" and message.person_id != person_id):
            return False
        return self.sender in ("", "me", message.person_email.lower())

    def takes_file(self, file: File) -> bool:
        """Of a file without a length no size can be said, so a filter by size leaves it out."""
        if (self.least is not None or self.most is not None) and file.size is None:
            return False
        size = file.size or 0
        is_sized = (self.least is None or size > self.least) and (self.most is None or size < self.most)
        return is_sized and (not self.types or any(_is_type(file, one) for one in self.types))


def _is_type(file: File, ending: str) -> bool:
    return file.name.lower().endswith(f".{ending}") or file.media_type.rpartition("/")[2] == ending


def read(arguments: str, now: float, zone: ZoneInfo) -> Filter:
    """Read a filter, piece by piece.

    :raises UsageError: a piece is none that I know
    :raises UserError: it can't be met
    """
    found, rest = Filter(), arguments.strip().lstrip(",").strip()
    words = rest
    while words:
        for pattern, take in PIECES:
            if match := pattern.match(words):
                found = take(found, match, now, zone)
                # A title keeps its case; everything else does not have one.
                words = words[match.end() :].lstrip(" \t\r\n,;")
                break
        else:
            raise UsageError
    if found.least is not None and found.most is not None and found.least >= found.most:
        raise UserError(_("No file can be both larger and smaller than that. Nothing was done."))
    return found


def _size(found: Filter, match: re.Match[str], _now: float, _zone: ZoneInfo) -> Filter:
    size = float(match[2].replace(",", ".")) * UNITS[(match[3] or "b")[0].lower()]
    shown = shown_size(round(size))
    if match[1] == ">":
        return _told(replace(found, least=size), _("larger than {size}", size=shown))
    return _told(replace(found, most=size), _("smaller than {size}", size=shown))


def _since(found: Filter, match: re.Match[str], now: float, zone: ZoneInfo) -> Filter:
    try:
        at = datetime.strptime(match[1], "%Y-%m-%d").replace(tzinfo=zone).timestamp()
    except (ValueError, OverflowError):
        unknown = _("There is no day `{day}`. Write it like `since 2026-01-31`. Nothing was done.", day=match[1])
        raise UserError(unknown) from None
    if at > now:
        raise UserError(_("{day} is still to come, so there can be no files since then.", day=match[1]))
    return _told(replace(found, since=at), _("since {day}", day=match[1]))


def _last(found: Filter, match: re.Match[str], now: float, _zone: ZoneInfo) -> Filter:
    count, unit = int(match[1]), match[2][0].lower()
    span = timedelta(hours=count * HOURS[unit])
    return _told(replace(found, since=now - span.total_seconds()), n_(*LAST[unit], count))


def _sender(found: Filter, match: re.Match[str], _now: float, _zone: ZoneInfo) -> Filter:
    sender = match[1].lower()
    words = _("from you") if sender == "me" else _("from {email}", email=escape(sender))
    return _told(replace(found, sender=sender), words)


def _csv(found: Filter, _match: re.Match[str], _now: float, _zone: ZoneInfo) -> Filter:
    return replace(found, is_csv=True)


def _room(found: Filter, match: re.Match[str], _now: float, _zone: ZoneInfo) -> Filter:
    return replace(found, room=match[1])


def _type(found: Filter, match: re.Match[str], _now: float, _zone: ZoneInfo) -> Filter:
    ending = (match[1] or match[2]).lower()
    return _told(replace(found, types=(*found.types, ending)), _("of type {type}", type=ending))


def _told(found: Filter, words: str) -> Filter:
    return replace(found, told=(*found.told, words))


Take = Callable[[Filter, re.Match[str], float, ZoneInfo], Filter]
_END = r"(?=[\s,;]|\Z)"
PIECES: tuple[tuple[re.Pattern[str], Take], ...] = tuple(
    (re.compile(pattern + _END, re.I | re.S), take)
    for pattern, take in (
        (r"([<>])\s*([0-9]{1,9}(?:[.,][0-9]{1,3})?)\s*(b|bytes|[kmgt]b?)?", _size),
        (r"since\s+([0-9]{4}-[0-9]{1,2}-[0-9]{1,2})", _since),
        (r"last\s+([0-9]{1,4})\s*(h|hours?|d|days?|w|weeks?)", _last),
        (r"from\s+(me|[^@\s<>|,;]{1,64}@[^@\s<>|,;]{1,250})", _sender),
        (r"csv", _csv),
        (r"in\s+(\S.*)", _room),
        (r"(?:\*?\.([a-z0-9]{1,10})|(?!(?:since|last|from|in)\b)([a-z0-9]{1,5}))", _type),
    )
)


def shown_size(size: int) -> str:
    """Bytes as people read them, by thousands as Webex counts: `1.2 MB`."""
    if size < 1_000:
        return _("{count} bytes", count=size)
    shown = float(size)
    for unit in ("kB", "MB"):
        shown /= 1_000
        if shown < 1_000:
            return number(f"{shown:.3g} {unit}")
    return number(f"{shown / 1_000:.3g} GB")
