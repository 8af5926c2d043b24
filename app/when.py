"""Times as people type them and as people read them. Pure: text, seconds since the epoch and a zone come in, and go out.

Days keep the wall clock, hours are elapsed time. A wall time that daylight saving skips moves forward; of one that it
repeats, the first counts. Nothing is guessed: a text is a time by the grammar below, or it is BadTime.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.errors import UserError
from app.language import N_, _, n_

DAY = 86_400  # seconds
MOST_AHEAD, MOST_FOR_DATES = 366 * DAY, 5 * 366 * DAY  # what is counted from now, and dates
MORNING = 9 * 60  # the minute of a day without a time
LONGEST, MOST_WORDS = 100, 12  # characters and words of a time: "every", six days, "and", "at 9:00 am"
NO_TIME = N_(
    "I can't read that as a time. Try `+2h`, `+3d`, `tomorrow 9:00`, `fri 14:00`, `2027-01-15 08:00` or `every weekday 9:00`."
)
TOO_FAR = N_("That is further ahead than I plan: a year for spans like `+3d`, five years for dates.")

_DAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"), N_("Saturday"), N_("Sunday"))
_SHORTER = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"),
    N_("Dec"),
)  # fmt: skip
_SHORT_DAYS = {"mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4, "sat": 5, "sun": 6}
_WEEKDAYS = _SHORT_DAYS | {name.lower(): number for number, name in enumerate(_DAYS)}
_NAMED_DAYS = {"day": frozenset(range(7)), "weekday": frozenset(range(5)), "weekend": frozenset({5, 6})}
_NUMBERS = {"half an": "0.5", "a": "1", "an": "1", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}

_AMOUNT, _UNIT = r"[0-9]{1,5}(?:[.,][0-9]{1,3})?", r"(?:minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w)"
_SPAN = re.compile(rf"\+ ?{_AMOUNT}|(?:\+ ?|in )?(?:{_AMOUNT} ?{_UNIT}(?: and |, | )?)+")
_OTHER_UNIT = re.compile(rf"(?:\+ ?|in ){_AMOUNT} ?(?:s|secs?|seconds?|mo|mths?|months?|y|yrs?|years?)")
_NUMBER_WORD = re.compile(rf"\b({'|'.join(_NUMBERS)}) (?=minute|hour|day|week)")
_CLOCK = r"(?P<clock>noon|(?:[01]?[0-9]|2[0-3])[:.][0-5][0-9]|(?:0?[1-9]|1[0-2])(?:[:.][0-5][0-9])? ?[ap]\.?m)"
_CLOCK_LAST = re.compile(rf"(?:(?P<day>.+?),? )??(?P<at>at )?{_CLOCK}")
_CLOCK_FIRST = re.compile(rf"(?P<at>at )?{_CLOCK},? (?P<day>.+)")
_LIKE_MORE = re.compile(  # what follows a day, would be a part of its time, and is none that we know: a clock, a date
    rf"at\s+[0-9]|[0-9]{{1,2}}(?:[:.][0-9]{{2}}(?![0-9])|\s?[ap]m\b|(?:\.|st|nd|rd|th)?\s(?:{'|'.join(_MONTHS)}))|"
    rf"(?:{'|'.join(_MONTHS)})[a-z]*\s[0-9]", re.I
)  # fmt: skip


class BadTime(UserError):
    """What a person typed is no time, or none that can be."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text or _(NO_TIME))


def wall_time(text: str) -> int:
    """The minute of the day that a person means by `9:00`, `9am`, `17.30` or `noon`.

    :raises BadTime: it is no time of day; a bare number never is
    """
    match = re.fullmatch(_CLOCK, _phrase(text))
    if not match:
        raise BadTime(_("That is no time of day. Write it like `9:00`, `17:30`, `9am` or `noon`."))
    return _minutes(match[0])


def shown_wall(minutes: int) -> str:
    """A minute of the day as people read it: `09:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def next_wall(minutes: int, after: float, tz: ZoneInfo) -> float:
    """When the clock next shows a minute of the day, strictly after a time; both in seconds since the epoch."""
    return Rule(_NAMED_DAYS["day"], minutes).next(after, tz)


def _minutes(clock: str) -> int:
    hour, minute = map(int, [*re.findall(r"[0-9]+", clock.replace("noon", "12")), "0"][:2])
    return (hour % 12 + 12 * ("p" in clock) if clock.endswith("m") else hour) * 60 + minute


def _at(day: date, minutes: int, tz: ZoneInfo) -> float:
    """A day's wall time. With fold 0, Python moves skipped times forward and takes the first of repeated ones."""
    return datetime(day.year, day.month, day.day, minutes // 60, minutes % 60, tzinfo=tz).timestamp()


@dataclass(frozen=True)
class Rule:
    """A wall-clock time that comes again and again. Days: one at least, 0 is Monday; minutes: minute of the day."""

    days: frozenset[int]
    minutes: int

    def __str__(self) -> str:
        time = shown_wall(self.minutes)
        if len(self.days) == 7:
            return _("every day at {time}", time=time)
        if self.days == _NAMED_DAYS["weekday"]:
            return _("every weekday at {time}", time=time)
        *most, last = [_(_DAYS[day]) for day in sorted(self.days)]
        days = _("{days} and {last}", days=", ".join(most), last=last) if most else last
        return _("every {days} at {time}", days=days, time=time)

    def stored(self) -> str:
        """For a column of at least 13 characters: `04 14:30` is Monday and Friday."""
        return f"{''.join(map(str, sorted(self.days)))} {shown_wall(self.minutes)}"

    @classmethod
    def read(cls, stored: str) -> "Rule":
        """:raises ValueError, BadTime: `stored` never wrote that"""
        days, _space, clock = stored.partition(" ")
        return cls(frozenset(map(int, days)), wall_time(clock))

    def next(self, after: float, tz: ZoneInfo) -> float:
        """The first time strictly after another; both in seconds since the epoch."""
        # Yesterday's too: in Greenland clocks skip the hour before midnight, which moves 23:30 into the next day.
        first = datetime.fromtimestamp(after, tz).date() - timedelta(days=1)
        days = (first + timedelta(days=number) for number in range(10))
        return next(at for day in days if day.weekday() in self.days and (at := _at(day, self.minutes, tz)) > after)


@dataclass(frozen=True)
class Quiet:
    """Hours of every day, from one minute of the day until before another, perhaps over midnight."""

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "Quiet":
        """Read `22:00-7:00` or `10pm to 7am`.

        :raises BadTime: it is neither, or ends where it starts
        """
        ends = [wall_time(end) for end in re.split(r"[-–—]| to ", _phrase(text))]
        if len(ends) != 2 or ends[0] == ends[1]:
            raise BadTime(_("I can't read that as quiet hours. Write them like `22:00-7:00`."))
        return cls(*ends)

    def __str__(self) -> str:
        return f"{shown_wall(self.start)}–{shown_wall(self.end)}"

    def is_now(self, now: float, tz: ZoneInfo) -> bool:
        local = datetime.fromtimestamp(now, tz)
        return (local.hour * 60 + local.minute - self.start) % 1440 < (self.end - self.start) % 1440

    def ends(self, now: float, tz: ZoneInfo) -> float:
        """When one may speak again: the end of the quiet hours that are now, or `now` if there are none."""
        if not self.is_now(now, tz):
            return now
        local = datetime.fromtimestamp(now, tz)
        past = local.hour * 60 + local.minute >= self.end
        end = local.replace(hour=self.end // 60, minute=self.end % 60, second=0, microsecond=0, fold=0) + timedelta(days=past)
        # In the second pass of a repeated hour, the first occurrence of the end is behind us.
        return end.timestamp() if end.timestamp() > now else end.replace(fold=1).timestamp()


def moment(text: str, now: float, tz: ZoneInfo) -> float:
    """Read a single time to come, which all of the text has to be; `now` and the result are seconds since the epoch.

    :raises BadTime: it is none, has passed, or is too far ahead
    """
    found = _understood(_phrase(text), now, tz, whole=True)
    if not found:
        raise BadTime
    if isinstance(found[0], Rule):
        raise BadTime(_("That comes again and again, and I need a single time here, like `tomorrow 9:00`."))
    return found[0]


def split(text: str, now: float, tz: ZoneInfo) -> tuple[float | Rule, str]:
    """Part a text into the time that it begins with, as many words as make one, and the rest as it was typed.

    Where text follows, words with another meaning are a time only in clear company: `mon` or `sat` with a time of day
    or after "on", `17.30` with a day or "at", `3d` after "+" or "in". And a day before what looks like more of a time
    but is none, as in `tomorrow 25:00`, `friday at 8` or `friday 27 Nov`, is refused: 9:00 that day would be a guess.

    :param now: seconds since the epoch, as is a single time in the result
    :raises BadTime: the text does not begin with a time, or with one that has passed or is too far ahead
    """
    for count in range(MOST_WORDS, 0, -1):
        words = text.split(None, count)
        rest = words.pop() if len(words) > count else ""
        found = _understood(_phrase(" ".join(words)), now, tz, whole=not rest)
        if found and not found[1] and _LIKE_MORE.match(rest):
            break
        if found:
            return found[0], rest
    raise BadTime


def _phrase(text: str) -> str:
    """The words of a short text in lower case; nothing of a long one, so that no pattern ever sees it."""
    phrase = " ".join(text.lower().split()).rstrip(",:;.")
    return phrase if len(phrase) <= LONGEST else ""


def _understood(phrase: str, now: float, tz: ZoneInfo, whole: bool) -> tuple[float | Rule, bool] | None:
    """What a phrase means, and whether that settles the time of day; None if it is no time.

    :param whole: nothing follows it, so nothing else can be meant
    """
    if span := _span(phrase, whole):
        start = (datetime.fromtimestamp(now, tz) + timedelta(days=span[0])).timestamp() if span[0] else now
        return _ahead(start + span[1], now), span[1] > 0
    match = _CLOCK_LAST.fullmatch(phrase) or _CLOCK_FIRST.fullmatch(phrase)
    words = match["day"] if match else phrase
    if match and not words:  # 17.30 alone may be a price; m and n are those of am, pm and noon
        sure = whole or match["at"] or re.search("[:mn]", match["clock"])
        return (next_wall(_minutes(match["clock"]), now, tz), True) if sure else None
    if words in _SHORT_DAYS and not (match or whole):
        return None
    meant = _on(words, _minutes(match["clock"]) if match else MORNING, now, tz)
    return None if meant is None else (meant, match is not None)


def _on(words: str, minutes: int, now: float, tz: ZoneInfo) -> float | Rule | None:
    """A time of day on the day or days that the words name; None if they name none."""
    every, _space, names = words.partition(" ")
    if every == "every":
        days = _NAMED_DAYS.get(names) or frozenset(_WEEKDAYS.get(name, -1) for name in re.split(r",? and |, ?| ", names))
        return Rule(days, minutes) if -1 not in days else None
    name, today = words.removeprefix("on ").removeprefix("this "), datetime.fromtimestamp(now, tz).date()
    weekday = _WEEKDAYS.get(name.removeprefix("next "))
    if weekday is not None:  # the next Friday is never today
        after = _at(today + timedelta(days=1), 0, tz) - 1 if name.startswith("next ") else now
        return Rule(frozenset({weekday}), minutes).next(after, tz)
    day = _day(name, today)
    return _ahead(_at(day, minutes, tz), now) if day else None


def _ahead(at: float, now: float) -> float:
    if now < at <= now + MOST_FOR_DATES:
        return at
    raise BadTime(_(TOO_FAR) if at > now else _("That time has passed."))


def _day(name: str, today: date) -> date | None:
    """The one day of `tomorrow`, `in 3 days` or `2027-01-15`."""
    span = (int(name == "tomorrow"), 0) if name in ("today", "tomorrow") else _span(name, whole=False)
    if span and not span[1]:
        return today + timedelta(days=span[0])
    try:
        return date.fromisoformat(name) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", name) else None
    except ValueError:
        raise BadTime(_("There is no such date.")) from None


def _span(phrase: str, whole: bool) -> tuple[int, int] | None:
    """The days and seconds of `+2h30m`, `in 2 hours`, `+2` (days); of `2h` too, if that is all there is."""
    if _OTHER_UNIT.fullmatch(phrase):
        raise BadTime(_("I count in minutes, hours, days and weeks, as in `+30m`, `+2h`, `+3d` or `+2w`."))
    text = _NUMBER_WORD.sub(lambda word: f"{_NUMBERS[word[1]]} ", phrase)
    if not _SPAN.fullmatch(text) or not (whole or text.startswith(("+", "in "))):
        return None
    days = seconds = 0.0
    for amount, unit in re.findall(rf"({_AMOUNT}) ?([mhdw]?)", text):
        number = float(amount.replace(",", "."))
        days += number * {"m": 0, "h": 0, "w": 7}.get(unit, 1)
        seconds += number * {"m": 60, "h": 3600}.get(unit, 0)
    if days * DAY + seconds > MOST_AHEAD:
        raise BadTime(_(TOO_FAR))
    return int(days), round(days % 1 * DAY + seconds)  # half a day is twelve hours


def shown(at: float, now: float, tz: ZoneInfo) -> str:
    """A time as people read it: `today at 14:00`, `Fri 27 Nov at 14:00`, with the year when it is another than now's."""
    local, today = datetime.fromtimestamp(at, tz), datetime.fromtimestamp(now, tz).date()
    time = shown_wall(local.hour * 60 + local.minute)
    if local.date() == today:
        return _("today at {time}", time=time)
    if local.date() == today + timedelta(days=1):
        return _("tomorrow at {time}", time=time)
    parts = {"weekday": short_day(local), "day": local.day, "month": _(_MONTHS[local.month - 1]), "time": time}
    if local.year == today.year:
        return _("{weekday} {day} {month} at {time}", **parts)
    return _("{weekday} {day} {month} {year} at {time}", **parts, year=local.year)


def short_day(local: date) -> str:
    """The day of the week, as in `Mon`."""
    return _(_SHORTER[local.weekday()])


def shown_span(seconds: float) -> str:
    """A length of time as people read it, to the minute, from a day on to the hour: `2 hours and 30 minutes`, `3 days`."""
    minutes = round(max(seconds, 0) / 60) if seconds < DAY - 30 else round(seconds / 3600) * 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    words = [
        *([n_("{count} day", "{count} days", days)] if days else []),
        *([n_("{count} hour", "{count} hours", hours)] if hours else []),
        *([n_("{count} minute", "{count} minutes", minutes)] if minutes else []),
    ]
    return _(" and ").join(words) or _("less than a minute")
