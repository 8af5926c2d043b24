"""Bar charts as numbers: where each bar stands, for a template that draws them as SVG."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from app.language import N_, NN_, _, n_, number
from app.models import now
from app.web.dates import in_digits

WIDTH, TOP, BOTTOM = 364, 16, 112  # of the drawing; bars stand between top and bottom
BAR = 17  # width of one
LEAST = 2.0  # height of a bar that is not nothing


@dataclass(frozen=True)
class Counted:
    """What a chart says of the things that it counts.

    :ivar none: if there were none
    :ivar some: for one and for many
    :ivar parted: the same, where some are of the second kind
    """

    none: str
    some: tuple[str, str]
    parted: tuple[str, str] = ("", "")


EVENTS = Counted(
    N_("No event in {days} days."),
    NN_("{count} event in {days} days; most on {day}: {most}.", "{count} events in {days} days; most on {day}: {most}."),
    NN_(
        "{count} event in {days} days, {part} of them dropped; most on {day}: {most}.",
        "{count} events in {days} days, {part} of them dropped; most on {day}: {most}.",
    ),
)
TEXTS = Counted(
    N_("No text in {days} days."),
    NN_("{count} text in {days} days; most on {day}: {most}.", "{count} texts in {days} days; most on {day}: {most}."),
)
COMMANDS = Counted(
    N_("No command in {days} days."),
    NN_("{count} command in {days} days; most on {day}: {most}.", "{count} commands in {days} days; most on {day}: {most}."),
)


@dataclass(frozen=True)
class Bar:
    """:ivar day: as it is written
    :ivar part: how much of it is of the second kind, which is its upper end
    :ivar shown: its number as it fits above it
    """

    day: str
    short: str
    count: int
    part: int
    shown: str
    x: float
    y: float
    height: float
    part_height: float

    @property
    def middle(self) -> float:
        return self.x + BAR / 2


@dataclass(frozen=True)
class Chart:
    """:ivar words: what it shows, for those who don't see it"""

    bars: tuple[Bar, ...]
    words: str
    width: int = WIDTH
    bottom: int = BOTTOM
    bar: int = BAR


def last_days(count: int) -> list[str]:
    """The last days, today included, as year-month-day in UTC."""
    today = datetime.fromtimestamp(now(), UTC).date()
    return [(today - timedelta(days=back)).isoformat() for back in reversed(range(count))]


def chart(days: Sequence[str], counts: Mapping[str, int], parts: Mapping[str, int], counted: Counted) -> Chart:
    """:param parts: how much of a day's count is of the second kind
    :param counted: what the things are
    """
    most = max((counts.get(day, 0) for day in days), default=0)
    slot = WIDTH / max(1, len(days))
    bars = tuple(
        _bar(day, counts.get(day, 0), parts.get(day, 0), most, slot * place + (slot - BAR) / 2) for place, day in enumerate(days)
    )
    return Chart(bars, _words(bars, counted))


def _bar(day: str, count: int, part: int, most: int, x: float) -> Bar:
    scale = (BOTTOM - TOP) / most if most else 0.0
    height = max(LEAST, count * scale) if count else 0.0
    part_height = max(LEAST, min(part, count) * scale) if part and count else 0.0
    on, y = date.fromisoformat(day), round(BOTTOM - height, 1)
    written = in_digits(on), str(on.day)
    return Bar(*written, count, part, _short(count), round(x, 1), y, round(height, 1), round(part_height, 1))


def _short(count: int) -> str:
    """A number in four characters: 950, 1.2k, 31k, 2.5M."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if count >= size:
            times = count / size
            return number(f"{times:.1f}{letter}") if times < 9.95 else f"{times:.0f}{letter}"
    return str(count) if count else ""


def _words(bars: Sequence[Bar], counted: Counted) -> str:
    total, part = sum(bar.count for bar in bars), sum(bar.part for bar in bars)
    if not total:
        return _(counted.none, days=len(bars))
    most = max(bars, key=lambda bar: bar.count)
    told = {"days": len(bars), "day": most.day, "most": most.count}
    return n_(*counted.parted, total, part=part, **told) if part else n_(*counted.some, total, **told)
