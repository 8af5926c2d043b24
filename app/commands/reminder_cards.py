"""Reminders as people see them: the list, and what is said when one rings; each as text and as card."""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from app.commands.registry import Answer
from app.language import N_, _
from app.models import now
from app.models.alarm import Alarm
from app.models.reminder import Reminder
from app.webex import cards
from app.webex.markdown import escape
from app.when import Rule, shown

LONGEST = 1_000  # characters of a reminder's text
LATE = 120.0  # seconds; what rings later says when it was due
SNOOZES = {
    "+10m": N_("10 minutes"), "+1h": N_("1 hour"), "+3h": N_("3 hours"), "tomorrow 9:00": N_("tomorrow, 9:00"),
    "+7d": N_("a week"),
}  # fmt: skip


def what(row: Reminder) -> str:
    """What a reminder is about, in a line. Whose message it is about is not stored."""
    if not row.text:
        return _("_a message_") if row.message_id else _("_no text_")
    text = escape(row.text, LONGEST)
    return _("{text} _(with a message)_", text=text) if row.message_id else text


def time_of(alarm: Alarm, zone: ZoneInfo) -> str:
    """`tomorrow at 09:00`, or `every weekday at 09:00, next tomorrow at 09:00`."""
    once = shown(alarm.due, now(), zone)
    return _("{rule}, next {moment}", rule=Rule.read(alarm.rule), moment=once) if alarm.rule else once


def listing(rows: list[Reminder], alarms: Mapping[int, Alarm], zone: ZoneInfo) -> Answer:
    """All that is to ring or rang. A list too long for a card has none: clients show either the card or the text."""
    if not rows:
        return Answer(_("You have no reminders. `/remind <time> <text>` sets one, such as `/remind +2h call Bob`."))
    lines = [f"**{row.number}** {_state(row, alarms.get(row.id), zone)}: {what(row)}" for row in rows]
    head = _("**Reminders** (times of {zone})", zone=zone.key)
    text = head + "\n\n" + "\n".join(f"- {line}" for line in lines)
    if len(rows) > cards.MAX_ROWS:
        return Answer(text)
    with_buttons = [cards.row(line, _button(row, alarms.get(row.id))) for line, row in zip(lines, rows, strict=True)]
    times = cards.words(_("Times of {zone}", zone=zone.key), subtle=True)
    return Answer(text, cards.card(cards.heading(_("Reminders")), *with_buttons, times))


def _state(row: Reminder, alarm: Alarm | None, zone: ZoneInfo) -> str:
    if alarm:
        return time_of(alarm, zone)
    return _("rang {moment}", moment=shown(row.rang_at or row.created, now(), zone))


def _button(row: Reminder, alarm: Alarm | None) -> cards.Element:
    if alarm is None:
        return cards.button(_("Done"), f"/reminders done {row.number}")
    return cards.button(_("Stop") if alarm.rule else _("Delete"), f"/reminders delete {row.number}")


def alert(row: Reminder, zone: ZoneInfo, *, due: float, coming: Alarm | None) -> Answer:
    """What is said when a reminder rings. If it is about a message, that has a place in the card and goes behind the text.

    :param due: when it should have rung
    :param coming: its next time, if it comes again
    """
    title, notes = _("Reminder {number}", number=row.number), _notes(due, coming, zone)
    body = [cards.words(escape(row.text, LONGEST))] if row.text else []
    text = f"**{title}**: {escape(row.text, LONGEST)}" if row.text else f"**{title}**"
    text += "".join(f"\n\n_{note}_" for note in notes)
    return _with_buttons(row, text, [cards.heading(title), *body], notes, is_repeated=coming is not None)


def pinned(row: Reminder) -> Answer:
    """A message that is shown at once, and kept until it is done or snoozed."""
    title = _("Pinned as {number}", number=row.number)
    return _with_buttons(row, f"**{title}**", [cards.heading(title)], [], is_repeated=False)


def _with_buttons(row: Reminder, text: str, body: list[cards.Element], notes: list[str], *, is_repeated: bool) -> Answer:
    stop = [_("`/reminders delete {number}` ends it", number=row.number)] if is_repeated else []
    hint = " · ".join([f"`/snooze {row.number} +1h`", f"`/reminders done {row.number}`", *stop])
    quote = [cards.quoted()] if row.message_id else []
    subtle = [cards.words(note, subtle=True) for note in notes]
    choice = cards.choice("+1h", named="until", **{span: _(title) for span, title in SNOOZES.items()})
    card = cards.card(*body, *quote, *subtle, choice, _buttons(row.number, is_repeated))
    return Answer(f"{text}\n\n{hint}", card)


def _notes(due: float, coming: Alarm | None, zone: ZoneInfo) -> list[str]:
    late = [_("Late: it was due {moment}.", moment=shown(due, now(), zone))] if now() - due > LATE else []
    again = [_("It comes {times}.", times=time_of(coming, zone))] if coming and coming.rule else []
    return late + again


def _buttons(number: int, is_repeated: bool) -> cards.Element:
    stop = [cards.button(_("Stop"), f"/reminders delete {number}", style="destructive")] if is_repeated else []
    done = cards.button(_("Done"), f"/reminders done {number}", style="positive")
    return cards.buttons(done, cards.button(_("Snooze"), f"/snooze {number}", takes="until"), *stop)
