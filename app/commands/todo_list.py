"""The todo list as people see it: the text, and the card beside it."""

import re
from zoneinfo import ZoneInfo

from app.commands.registry import Answer
from app.errors import UserError
from app.language import N_, _
from app.models import now
from app.models.todo import Todo
from app.webex import cards
from app.webex.cards import MAX_ROWS, Card, Element
from app.webex.markdown import cut, escape
from app.when import shown

LONGEST = 1_000  # characters of one item
ON_A_CARD = 150  # of which a card shows so many
SAID_ON_A_CARD = 2_000  # bytes of what was done
MORE_ON_A_CARD = 12  # items without a button of their own
LATE = 300.0  # seconds after which an alert says when it should have come
EMPTY = N_("Your todo list is empty. `/todo <text>` adds to it.")
_REFERENCE = re.compile(r"([0-9]{1,6})(?::([0-9]{1,6}))?")


def answer(items: list[Todo], zone: ZoneInfo, before: str = "") -> Answer:
    """The list, with a card.

    :param before: markdown that says what was done
    """
    text = listing(items, zone)
    return Answer(f"{before}\n\n{text}" if before else text, _card(items, zone, before))


def listing(items: list[Todo], zone: ZoneInfo) -> str:
    """Bullets with numbers of our own: markdown would count from 1 again."""
    if not items:
        return _(EMPTY)
    return f"**{_('Todo list')}**\n\n" + "\n".join(f"- {line(item, zone)}" for item in items)


def line(item: Todo, zone: ZoneInfo, limit: int = LONGEST) -> str:
    return f"**{item.number}** {escape(item.text, limit)}{_due(item, zone)}"


def _due(item: Todo, zone: ZoneInfo) -> str:
    if item.due_at is None:
        return ""
    moment = shown(item.due_at, now(), zone)
    if item.due_at <= now():
        return _(", **overdue**: it was due {moment}", moment=moment)
    return _(", due {moment}", moment=moment)


def _card(items: list[Todo], zone: ZoneInfo, before: str) -> Card:
    """Where cards are shown the text is not, so the card says all of it; only a very long list goes on in `/todo` typed
    where there are no cards.
    """
    said = [cards.words(cut(before, SAID_ON_A_CARD))] if before else []
    adding = [
        cards.entry(_("Something to do, by fri 14:00"), longest=LONGEST, named="new"),
        cards.buttons(cards.button(_("Add"), "/todo", takes="new")),
    ]
    if not items:
        return cards.card(*said, cards.words(_("Your todo list is empty.")), *adding)
    rows = [cards.row(line(item, zone, ON_A_CARD), _done(item)) for item in items[:MAX_ROWS]]
    return cards.card(*said, cards.heading(_("Todo list")), *rows, *_further(items[MAX_ROWS:], zone), *adding)


def _done(item: Todo) -> Element:
    return cards.button(_("Done"), f"/done {reference(item)}")


def _further(items: list[Todo], zone: ZoneInfo) -> list[Element]:
    rows = [cards.words(line(item, zone, ON_A_CARD)) for item in items[:MORE_ON_A_CARD]]
    rest = len(items) - len(rows)
    return [*rows, *([cards.words(_("… and {count} more.", count=rest), subtle=True)] if rest > 0 else [])]


def alert(item: Todo, zone: ZoneInfo) -> Answer:
    """Said when an item is due."""
    is_late = item.due_at is not None and item.due_at < now() - LATE
    head = _("It was due {moment}", moment=shown(item.due_at, now(), zone)) if is_late and item.due_at else _("Due now")
    text = f"**{head}:** {escape(item.text, LONGEST)}"
    ways = _("`/done {number}` checks it off, `/todo due {number} tomorrow` puts it off.", number=item.number)
    postponed = cards.button(_("Tomorrow"), f"/todo due {reference(item)} tomorrow")
    card = cards.card(cards.words(text), actions=(cards.button(_("Done"), f"/done {reference(item)}"), postponed))
    return Answer(f"{text}\n\n{ways}", card)


def reference(item: Todo) -> str:
    """What a button calls an item. Numbers begin again when a list was empty, and cards stay in the room for ever: the
    second part tells an item of today from one that had its number before.
    """
    return f"{item.number}:{_mark(item)}"


def _mark(item: Todo) -> int:
    return int(item.created * 1_000) % 1_000_000


def is_reference(word: str) -> bool:
    return _REFERENCE.fullmatch(word) is not None


def find(items: list[Todo], word: str) -> Todo | None:
    """The item that a number, or a button, means.

    :raises UserError: if the button is one of an earlier list
    """
    match = _REFERENCE.fullmatch(word)
    found = next((item for item in items if match and item.number == int(match[1])), None)
    if found and match and match[2] and int(match[2]) != _mark(found):
        raise UserError(
            _("That button belongs to an item of an earlier list, so nothing was changed. `/todo` shows the list of now.")
        )
    return found
