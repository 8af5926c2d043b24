"""Reminders as people see them: the list, and what is said when one rings; each as text and as card."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from app.commands.registry import Answer
from app.models import now
from app.models.alarm import Alarm
from app.models.reminder import Reminder
from app.webex import cards
from app.webex.markdown import escape
from app.when import Rule, shown

LONGEST = 1_000  # characters of a reminder's text
LATE = 120.0  # seconds; what rings later says when it was due
SNOOZES = {"+10m": "10 minutes", "+1h": "1 hour", "+3h": "3 hours", "tomorrow 9:00": "tomorrow, 9:00", "+7d": "a week"}


def what(row: Reminder) -> str:
    """What a reminder is about, in a line. Whose message it is about is not stored."""
    of_message = "_a message_" if row.message_id else "_no text_"
    if not row.text:
        return of_message
    return escape(row.text, LONGEST) + (" _(with a message)_" if row.message_id else "")


def time_of(alarm: Alarm, zone: ZoneInfo) -> str:
    """`tomorrow at 09:00`, or `every weekday at 09:00, next tomorrow at 09:00`."""
    once = shown(alarm.due, now(), zone)
    return f"{Rule.read(alarm.rule)}, next {once}" if alarm.rule else once


def listing(rows: list[Reminder], alarms: Mapping[int, Alarm], zone: ZoneInfo) -> Answer:
    """All that is to ring or rang. A list too long for a card has none: clients show either the card or the text."""
    if not rows:
        return Answer("You have no reminders. `/remind <time> <text>` sets one, such as `/remind +2h call Bob`.")
    lines = [f"**{row.number}** {_state(row, alarms.get(row.id), zone)}: {what(row)}" for row in rows]
    head = f"**Reminders** (times of {zone.key})"
    text = head + "\n\n" + "\n".join(f"- {line}" for line in lines)
    if len(rows) > cards.MAX_ROWS:
        return Answer(text)
    with_buttons = [cards.row(line, _button(row, alarms.get(row.id))) for line, row in zip(lines, rows, strict=True)]
    return Answer(text, cards.card(cards.heading("Reminders"), *with_buttons, cards.words(f"Times of {zone.key}", subtle=True)))


def _state(row: Reminder, alarm: Alarm | None, zone: ZoneInfo) -> str:
    if alarm:
        return time_of(alarm, zone)
    return f"rang {shown(row.rang_at or row.created, now(), zone)}"


def _button(row: Reminder, alarm: Alarm | None) -> cards.Element:
    if alarm is None:
        return cards.button("Done", f"/reminders done {row.number}")
    return cards.button("Stop" if alarm.rule else "Delete", f"/reminders delete {row.number}")


def alert(row: Reminder, zone: ZoneInfo, *, due: float, coming: Alarm | None) -> Answer:
    """What is said when a reminder rings. If it is about a message, that has a place in the card and goes behind the text.

    :param due: when it should have rung
    :param coming: its next time, if it comes again
    """
    title, notes = f"Reminder {row.number}", _notes(due, coming, zone)
    body = [cards.words(escape(row.text, LONGEST))] if row.text else []
    text = f"**{title}**: {escape(row.text, LONGEST)}" if row.text else f"**{title}**"
    text += "".join(f"\n\n_{note}_" for note in notes)
    return _with_buttons(row, text, [cards.heading(title), *body], notes, is_repeated=coming is not None)


def pinned(row: Reminder) -> Answer:
    """A message that is shown at once, and kept until it is done or snoozed."""
    title = f"Pinned as {row.number}"
    return _with_buttons(row, f"**{title}**", [cards.heading(title)], [], is_repeated=False)


def _with_buttons(row: Reminder, text: str, body: list[cards.Element], notes: list[str], *, is_repeated: bool) -> Answer:
    stop = f" · `/reminders delete {row.number}` ends it" if is_repeated else ""
    hint = f"`/snooze {row.number} +1h` · `/reminders done {row.number}`{stop}"
    quote = [cards.quoted()] if row.message_id else []
    subtle = [cards.words(note, subtle=True) for note in notes]
    choice = cards.choice("+1h", named="until", **SNOOZES)
    card = cards.card(*body, *quote, *subtle, choice, _buttons(row.number, is_repeated))
    return Answer(f"{text}\n\n{hint}", card)


def _notes(due: float, coming: Alarm | None, zone: ZoneInfo) -> list[str]:
    late = [f"Late: it was due {shown(due, now(), zone)}."] if now() - due > LATE else []
    again = [f"It comes {time_of(coming, zone)}."] if coming and coming.rule else []
    return late + again


def _buttons(number: int, is_repeated: bool) -> cards.Element:
    stop = [cards.button("Stop", f"/reminders delete {number}", style="destructive")] if is_repeated else []
    done = cards.button("Done", f"/reminders done {number}", style="positive")
    return cards.buttons(done, cards.button("Snooze", f"/snooze {number}", takes="until"), *stop)
