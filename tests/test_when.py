"""Times as people type and read them: the grammar, days on which clocks change, and any text at all."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from app.when import DAY, BadTime, Quiet, Rule, moment, next_wall, shown, shown_span, shown_wall, split, wall_time
from app.zones import NoZone, safe_zone, zone

OSLO, NEW_YORK, LORD_HOWE = ZoneInfo("Europe/Oslo"), ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe")
NUUK, UTC = ZoneInfo("America/Nuuk"), ZoneInfo("UTC")
ZONES = (OSLO, NEW_YORK, LORD_HOWE, NUUK, ZoneInfo("Asia/Kathmandu"), ZoneInfo("America/Havana"), ZoneInfo("Pacific/Apia"), UTC)
EVERY_DAY = frozenset(range(7))
WEEKDAYS = frozenset(range(5))
bounded = settings(max_examples=40, deadline=None, derandomize=True, database=None)
thorough = settings(bounded, max_examples=150)


def at(text: str, tz: ZoneInfo = OSLO) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=tz).timestamp()


def local(instant: float, tz: ZoneInfo = OSLO) -> str:
    return datetime.fromtimestamp(instant, tz).isoformat(timespec="minutes")


NOW = at("2026-10-24T15:00")  # a Saturday; the clocks of Oslo go back the night after

PIECES = (
    "+", "in", "at", "on", "next", "this", "every", "day", "weekday", "weekend", "mon", "fri", "Friday", "mon-fri", "sat,sun",
    "and", "today", "tomorrow", "noon", "9", "9:00", "9am", "17.30", "12 pm", "25:00", "2027-01-15", "2027-02-30",
    "9999-12-31", "0001-01-01", "2", "2h", "1.5h", "3d", "99999w", "an", "half an", "hour", "hours", "days", "m", "²h", "٣",
    "call", "Bob", ",", ":", ".", "-", " ", "  ", "\n", "\t", "\u00a0", "\x00", "\ud800", "İ", "may",
)  # fmt: skip
phrases = st.lists(st.sampled_from(PIECES), max_size=9)
anything = st.one_of(st.text(max_size=40), phrases.map("".join), phrases.map(" ".join))
instants = st.one_of(
    st.integers(int(at("2026-01-01T00:00")), int(at("2029-12-31T00:00"))),
    st.sampled_from([at("2027-03-28T00:00"), NOW, at("2026-10-25T00:00"), at("2027-03-27T12:00", NUUK)]).flatmap(
        lambda start: st.integers(0, 2 * DAY).map(lambda more: start + more)
    ),
)
zones = st.sampled_from(ZONES)
minutes = st.integers(0, 1439)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+2h", "2026-10-24T17:00+02:00"), ("2h", "2026-10-24T17:00+02:00"), (" + 2 Hours ", "2026-10-24T17:00+02:00"),
        ("+1.5h", "2026-10-24T16:30+02:00"), ("+1,5h", "2026-10-24T16:30+02:00"), ("+2h30m", "2026-10-24T17:30+02:00"),
        ("in 2 hours and 30 minutes", "2026-10-24T17:30+02:00"), ("in 90 min", "2026-10-24T16:30+02:00"),
        ("in an hour", "2026-10-24T16:00+02:00"), ("in half an hour", "2026-10-24T15:30+02:00"),
        ("in two days", "2026-10-26T15:00+01:00"), ("+1d", "2026-10-25T15:00+01:00"), ("+24h", "2026-10-25T14:00+01:00"),
        ("+1.5d", "2026-10-26T03:00+01:00"), ("+2", "2026-10-26T15:00+01:00"), ("+1w", "2026-10-31T15:00+01:00"),
        ("+366d", "2027-10-25T15:00+02:00"), ("in 3 days at 9:00", "2026-10-27T09:00+01:00"),
        ("9:00", "2026-10-25T09:00+01:00"), ("17.30", "2026-10-24T17:30+02:00"), ("5 p.m.", "2026-10-24T17:00+02:00"),
        ("noon", "2026-10-25T12:00+01:00"), ("today 15:01", "2026-10-24T15:01+02:00"), ("tomorrow", "2026-10-25T09:00+01:00"),
        ("tomorrow at 12am", "2026-10-25T00:00+02:00"), ("9am tomorrow", "2026-10-25T09:00+01:00"),
        ("at 9 pm on monday", "2026-10-26T21:00+01:00"), ("saturday", "2026-10-31T09:00+01:00"),
        ("sat 16:00", "2026-10-24T16:00+02:00"), ("next sat 16:00", "2026-10-31T16:00+01:00"),
        ("next sunday", "2026-10-25T09:00+01:00"), ("on fri, 14:00", "2026-10-30T14:00+01:00"),
        ("sun 02:30", "2026-10-25T02:30+02:00"), ("2027-03-28 02:30", "2027-03-28T03:30+02:00"),
        ("2027-01-15", "2027-01-15T09:00+01:00"), ("2031-10-20 08:00", "2031-10-20T08:00+02:00"),
    ],
)  # fmt: skip
def test_a_moment(text: str, expected: str) -> None:
    assert local(moment(text, NOW, OSLO)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "2", "10", "0900", "+h", "+2y", "+2 months", "in 2 years", "²h", "+²h", "+٣h", "+5 parsecs", "in 2", "25:00",
        "9:60", "13pm", "0am", "17:30 25", "banana", "yesterday", "tuesdays", "next", "next week", "in the kitchen",
        "every day 9:00", "fri sat", "2026-02-30", "2026-13-01", "2027-1-5", "tomorrow 25:00", "friday at 8", "+1h" * 50,
        "x" * 100_000, "at", "at at 9:00", "+-2h",
    ],
)  # fmt: skip
def test_no_moment(text: str) -> None:
    with pytest.raises(BadTime):
        moment(text, NOW, OSLO)


@pytest.mark.parametrize("text", ["today 15:00", "today", "2026-10-24 08:00", "0001-01-01", "+0", "+0m", "in 0 days at 9:00"])
def test_what_has_passed(text: str) -> None:
    with pytest.raises(BadTime, match=r"^That time has passed\.$"):
        moment(text, NOW, OSLO)


@pytest.mark.parametrize("text", ["+367d", "+99999h", "+99999w 99999w 99999w", "+99999d 9:00", "2031-11-01", "9999-12-31 23:59"])
def test_what_is_too_far_ahead(text: str) -> None:
    with pytest.raises(BadTime, match="further ahead"):
        moment(text, NOW, OSLO)


def test_a_bad_time_shows_good_ones() -> None:
    with pytest.raises(BadTime) as refusal:
        moment("soon", NOW, OSLO)
    for good in ("+2h", "+3d", "tomorrow 9:00", "fri 14:00", "2027-01-15 08:00", "every weekday 9:00"):
        assert f"`{good}`" in str(refusal.value)
        assert split(good, NOW, OSLO)[1] == ""


@pytest.mark.parametrize(
    ("now", "text", "expected", "tz"),
    [
        ("2027-03-27T02:30", "+1d", "2027-03-28T03:30+02:00", OSLO),
        ("2027-03-27T02:30", "+24h", "2027-03-28T03:30+02:00", OSLO),
        ("2026-10-24T02:30", "+1d", "2026-10-25T02:30+02:00", OSLO),
        ("2027-03-13T12:00", "+1d", "2027-03-14T12:00-04:00", NEW_YORK),
        ("2027-03-13T12:00", "+24h", "2027-03-14T13:00-04:00", NEW_YORK),
        ("2027-03-13T12:00", "tomorrow 2:30", "2027-03-14T03:30-04:00", NEW_YORK),
        ("2026-10-31T12:00", "tomorrow 1:30", "2026-11-01T01:30-04:00", NEW_YORK),
        ("2026-10-03T12:00", "tomorrow 2:15", "2026-10-04T02:45+11:00", LORD_HOWE),
        ("2027-04-03T12:00", "tomorrow 1:45", "2027-04-04T01:45+11:00", LORD_HOWE),
        ("2027-03-27T12:00", "23:30", "2027-03-28T00:30-01:00", NUUK),
    ],
)  # fmt: skip
def test_days_on_which_clocks_change(now: str, text: str, expected: str, tz: ZoneInfo) -> None:
    assert local(moment(text, at(now, tz), tz), tz) == expected


@pytest.mark.parametrize(
    ("text", "words", "rest"),
    [
        ("+2h call Bob", "+2h", "call Bob"), ("+2h: call Bob", "+2h", "call Bob"), ("+2 hours call Bob", "+2h", "call Bob"),
        ("+2 Call", "+2", "Call"), ("+2h 5 Apples", "+2h", "5 Apples"), ("+2h 10:00 meeting", "+2h", "10:00 meeting"),
        ("in 2 hours call", "+2h", "call"), ("In a week  Call\n  Bob \n", "+1w", "Call\n  Bob \n"),
        ("tomorrow at 9am call", "tomorrow", "call"), ("tomorrow\ncall", "tomorrow", "call"),
        ("tomorrow 10 apples", "tomorrow", "10 apples"),
        ("tomorrow 9:00 10:00 is the meeting", "tomorrow", "10:00 is the meeting"), ("fri 14:00", "fri 14:00", ""),
        ("fri", "fri 9:00", ""), ("on fri call", "fri 9:00", "call"), ("next fri call", "fri 9:00", "call"),
        ("Friday\u00a0call", "fri 9:00", "call"), ("9am tomorrow call", "tomorrow", "call"),
        ("9:00 stand-up", "9:00", "stand-up"), ("noon lunch", "noon", "lunch"), ("at 17.30 go", "17:30", "go"),
        ("tomorrow 17.30 go", "tomorrow 17:30", "go"), ("in 3 days at 10am go", "2026-10-27 10:00", "go"),
        ("2027-01-15 08:00 x", "2027-01-15 8:00", "x"), ("  +2h \t **Call** <b> ", "+2h", "**Call** <b> "),
    ],
)  # fmt: skip
def test_a_time_and_the_rest(text: str, words: str, rest: str) -> None:
    assert split(text, NOW, OSLO) == (moment(words, NOW, OSLO), rest)


@pytest.mark.parametrize(
    "text",
    [
        "10 apples", "sunny day", "in the kitchen", "mon ami", "Sat in the kitchen", "sun screen", "wed my love",
        "3D printer parts", "2 hours of work", "17.30 euros to Bob", "9 lives", "call Bob tomorrow", "a day in the sun",
        "in 10 apples", "in a d minor", "tomorrow 25:00 call", "friday at 8 call", "friday Nov 27 call",
        "friday 27 Nov at 14:00 call", "monday 3rd may call", "tomorrow 13 pm call", "+2 months pay",
        "in 2 years call", "every 2 hours stretch",
        "every other monday call", "every weekday at 8 call", "every mon, wed 25:00 call", "everyday 9:00", "every",
        "next week call", "", "\n", "x" * 100_000, "+2h" * 40_000, "+ " * 40_000,
    ],
)  # fmt: skip
def test_nothing_is_silently_taken_for_a_time(text: str) -> None:
    with pytest.raises(BadTime):
        split(text, NOW, OSLO)


@pytest.mark.parametrize(
    ("text", "days", "minute", "rest"),
    [
        ("every weekday 9:00", WEEKDAYS, 540, ""), ("every day Stretch", EVERY_DAY, 540, "Stretch"),
        ("every weekend at noon rest", {5, 6}, 720, "rest"), ("every mon,wed 9:00 stand-up", {0, 2}, 540, "stand-up"),
        ("every mon, wed 9:00 stand-up", {0, 2}, 540, "stand-up"), ("every Monday and Fri at 2:30pm call", {0, 4}, 870, "call"),
        ("every mon call and write", {0}, 540, "call and write"), ("at 9.15 every tue call", {1}, 555, "call"),
        ("every Mon, Tuesday, Wed, Thursday, Fri, and Saturday at 9:00 am  Work", EVERY_DAY - {6}, 540, "Work"),
    ],
)  # fmt: skip
def test_a_rule_and_the_rest(text: str, days: set[int], minute: int, rest: str) -> None:
    assert split(text, NOW, OSLO) == (Rule(frozenset(days), minute), rest)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (WEEKDAYS, "every weekday at 09:00"), (EVERY_DAY, "every day at 09:00"), ({0, 4}, "every Monday and Friday at 09:00"),
        ({6, 1, 3}, "every Tuesday, Thursday and Sunday at 09:00"), ({2}, "every Wednesday at 09:00"),
    ],
)  # fmt: skip
def test_a_rule_in_words(days: set[int], words: str) -> None:
    assert str(Rule(frozenset(days), 540)) == words


@bounded
@given(st.frozensets(st.integers(0, 6), min_size=1), minutes)
def test_a_rule_is_read_back_from_its_words_and_from_its_column(days: frozenset[int], minute: int) -> None:
    rule = Rule(days, minute)
    assert split(f"{rule} call Bob", NOW, OSLO) == (rule, "call Bob")
    assert Rule.read(rule.stored()) == rule
    assert len(rule.stored()) <= 13


@pytest.mark.parametrize("stored", ["", "x", "0", "0 25:00", "x 09:00"])
def test_what_is_no_stored_rule(stored: str) -> None:
    with pytest.raises((ValueError, BadTime)):
        Rule.read(stored)


@pytest.mark.parametrize("tz", ZONES, ids=str)
@pytest.mark.parametrize("minute", [0, 105, 150, 1410])
@pytest.mark.parametrize("days", [EVERY_DAY, frozenset({5, 6})], ids=["daily", "weekend"])
def test_a_year_of_a_rule_never_repeats_and_never_skips(days: frozenset[int], minute: int, tz: ZoneInfo) -> None:
    rule, start = Rule(days, minute), at("2026-10-01T12:00", tz)
    expected = []
    for number in range(1, 367):
        day = datetime(2026, 10, 1, minute // 60, minute % 60, tzinfo=tz) + timedelta(days=number)
        if day.weekday() in days:
            expected.append(day.timestamp())
    found = [rule.next(start, tz)]
    found[:0] = [] if found[0] >= expected[0] else [start]
    while found[-1] < expected[-1]:
        found.append(rule.next(found[-1], tz))
    assert [instant for instant in found if instant >= expected[0]] == expected
    assert sorted(set(found)) == found


@bounded
@given(st.frozensets(st.integers(0, 6), min_size=1), minutes, instants, zones)
def test_a_rule_comes_after_and_within_eight_days(days: frozenset[int], minute: int, after: float, tz: ZoneInfo) -> None:
    rule = Rule(days, minute)
    following = rule.next(after, tz)
    assert after < following <= after + 8 * DAY
    assert rule.next(following - 1, tz) == following
    assert next_wall(minute, after, tz) <= following


@thorough
@given(anything, instants, zones)
@example("0001-01-01", 0, ZoneInfo("Pacific/Apia"))
@example("9999-12-31 23:59", 0, NEW_YORK)
def test_any_text_is_a_time_to_come_or_a_bad_time(text: str, now: float, tz: ZoneInfo) -> None:
    try:
        assert now < moment(text, now, tz) <= now + 5 * 366 * DAY
    except BadTime as refusal:
        assert str(refusal)


@thorough
@given(anything, instants, zones)
def test_any_text_is_parted_or_a_bad_time(text: str, now: float, tz: ZoneInfo) -> None:
    try:
        found, rest = split(text, now, tz)
    except BadTime:
        return
    assert isinstance(found, Rule) or now < found <= now + 5 * 366 * DAY
    assert text.endswith(rest)
    head = text.removesuffix(rest) if rest else text
    assert head.strip()
    assert not rest or (head[-1].isspace() and not rest[0].isspace())


@bounded
@given(
    st.sampled_from(["+2h", "in 2 hours", "tomorrow at 9am", "every mon,wed 9:00", "2027-01-15 08:00", "on fri"]),
    st.text(max_size=60),
)
def test_the_rest_is_kept_exactly(words: str, tail: str) -> None:
    rest = f"Call {tail}"
    assert split(f"{words} \n{rest}", NOW, OSLO) == (split(words, NOW, OSLO)[0], rest)


@bounded
@given(anything)
def test_any_text_is_a_zone_quiet_hours_and_a_time_of_day_or_a_bad_time(text: str) -> None:
    for read in (zone, Quiet.parse, wall_time):
        try:
            read(text)
        except (BadTime, NoZone) as refusal:
            assert str(refusal)
    assert safe_zone(text)


def test_long_texts_are_quick() -> None:
    start = time.perf_counter()
    for text in (
        "1" * 100_000,
        "in 1 " * 20_000,
        "+1h " * 20_000,
        "mon, " * 20_000,
        "every " + "mon-" * 20_000,
        "9:00 " * 20_000,
    ):
        for read in (lambda text: moment(text, NOW, OSLO), lambda text: split(text, NOW, OSLO), zone, wall_time, Quiet.parse):
            try:
                read(text)
            except (BadTime, NoZone):
                continue
    assert time.perf_counter() - start < 3


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Europe/Oslo", "Europe/Oslo"), ("europe/oslo", "Europe/Oslo"), (" OSLO ", "Europe/Oslo"),
        ("new york", "America/New_York"), ("New_York", "America/New_York"), ("america/new york", "America/New_York"),
        ("buenos aires", "America/Buenos_Aires"), ("istanbul", "Europe/Istanbul"), ("utc", "UTC"), ("etc/gmt+5", "Etc/GMT+5"),
    ],
)  # fmt: skip
def test_a_zone(name: str, key: str) -> None:
    assert zone(name).key == key
    assert safe_zone(name).key == key


@pytest.mark.parametrize(
    "name",
    [
        "", "nowhere", "/etc/localtime", "localtime", "posixrules", "Factory", "../../etc/passwd", "Europe/../Europe/Oslo",
        "Europe", "a" * 10_000, "Europe/Oslo\x00", "\ud800", "C:\\Windows", "Central",
    ],
)  # fmt: skip
def test_no_zone(name: str) -> None:
    with pytest.raises(NoZone, match="time zone"):
        zone(name)
    assert safe_zone(name) == UTC


@pytest.mark.parametrize("name", ["Europe/Olso", "Osloo", "europe/oslo/", "Europe Oslo"])
def test_a_zone_that_was_nearly_named(name: str) -> None:
    with pytest.raises(NoZone, match=r"Did you mean `Europe/Oslo`\?"):
        zone(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9:00", 540), ("09:00", 540), ("9am", 540), ("9 AM", 540), ("12am", 0), ("12pm", 720), ("0:00", 0), ("17.30", 1050),
        ("5:30pm", 1050), ("noon", 720), ("23:59", 1439), ("5 p.m.", 1020),
    ],
)  # fmt: skip
def test_a_time_of_day(text: str, expected: int) -> None:
    assert wall_time(text) == expected
    assert wall_time(shown_wall(expected)) == expected
    assert len(shown_wall(expected)) == 5


@pytest.mark.parametrize(
    "text", ["", "9", "0900", "24:00", "9:60", "9:5", "13pm", "0am", "17:30pm", "at noon", "٩:00", "x" * 10_000]
)
def test_no_time_of_day(text: str) -> None:
    with pytest.raises(BadTime, match="time of day"):
        wall_time(text)


def test_the_next_time_of_day_is_strictly_after() -> None:
    assert next_wall(900, NOW, OSLO) == at("2026-10-25T15:00")
    assert next_wall(901, NOW, OSLO) == NOW + 60


@pytest.mark.parametrize("text", ["22:00-7:00", "22:00 – 07:00", "10pm to 7am", "22.00—7.00"])
def test_quiet_hours(text: str) -> None:
    quiet = Quiet.parse(text)
    assert quiet == Quiet(1320, 420)
    assert str(quiet) == "22:00–07:00"
    assert Quiet.parse(str(quiet)) == quiet


@pytest.mark.parametrize("text", ["", "22:00", "22:00-", "-", "9-17", "7:00-7:00", "7:00-8:00-9:00", "22:00-25:00", "off"])
def test_no_quiet_hours(text: str) -> None:
    with pytest.raises(BadTime):
        Quiet.parse(text)


@pytest.mark.parametrize(
    ("hours", "now", "end"),
    [
        ("22:00-7:00", "2026-10-24T22:00", "2026-10-25T07:00"), ("22:00-7:00", "2027-03-28T01:00", "2027-03-28T07:00"),
        ("22:00-7:00", "2026-10-24T06:59", "2026-10-24T07:00"), ("22:00-7:00", "2026-10-24T07:00", None),
        ("22:00-7:00", "2026-10-24T21:59", None), ("12:00-13:00", "2026-10-24T12:30", "2026-10-24T13:00"),
        ("12:00-13:00", "2026-10-24T13:00", None), ("22:00-2:30", "2027-03-28T01:00", "2027-03-28T03:30"),
    ],
)  # fmt: skip
def test_when_it_is_quiet_and_until_when(hours: str, now: str, end: str | None) -> None:
    quiet = Quiet.parse(hours)
    assert quiet.is_now(at(now), OSLO) is (end is not None)
    assert quiet.ends(at(now), OSLO) == at(end or now)


def test_in_a_repeated_hour_quiet_ends_twice() -> None:
    quiet, first = Quiet.parse("22:00-2:30"), at("2026-10-25T02:30")
    assert quiet.ends(first - 600, OSLO) == first
    assert not quiet.is_now(first, OSLO)
    assert quiet.is_now(first + 1_800, OSLO)
    assert quiet.ends(first + 1_800, OSLO) == first + 3_600


@bounded
@given(minutes, minutes, instants, zones)
def test_quiet_ends_within_a_day(start: int, end: int, now: float, tz: ZoneInfo) -> None:
    assume(start != end)
    quiet = Quiet(start, end)
    assert now <= quiet.ends(now, tz) <= now + 25 * 3_600
    assert (quiet.ends(now, tz) > now) is quiet.is_now(now, tz)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("2026-10-24T16:05", "today at 16:05"), ("2026-10-24T00:00", "today at 00:00"),
        ("2026-10-25T09:00", "tomorrow at 09:00"), ("2026-11-27T14:00", "Fri 27 Nov at 14:00"),
        ("2026-10-01T14:00", "Thu 1 Oct at 14:00"), ("2027-01-15T08:00", "Fri 15 Jan 2027 at 08:00"),
    ],
)  # fmt: skip
def test_a_time_as_people_read_it(typed: str, expected: str) -> None:
    assert shown(at(typed), NOW, OSLO) == expected


def test_a_time_is_shown_on_the_readers_clock() -> None:
    assert shown(NOW, NOW, NEW_YORK) == "today at 09:00"
    assert shown(at("2026-12-31T23:59"), at("2026-12-31T12:00"), LORD_HOWE) == "tomorrow at 09:59"


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (-5, "less than a minute"), (29, "less than a minute"), (60, "1 minute"), (3_599, "1 hour"), (7_200, "2 hours"),
        (9_000, "2 hours and 30 minutes"), (DAY - 31, "23 hours and 59 minutes"), (DAY - 20, "1 day"), (3 * DAY, "3 days"),
        (DAY + 3_700, "1 day and 1 hour"), (2 * DAY - 5, "2 days"),
    ],
)  # fmt: skip
def test_a_length_of_time_as_people_read_it(seconds: float, expected: str) -> None:
    assert shown_span(seconds) == expected
