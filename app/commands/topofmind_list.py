"""A top-of-mind list as people see it: the text, and the card beside one's own."""

import re
import zlib

from app.commands.context import Context
from app.commands.registry import Answer
from app.errors import UsageError, UserError
from app.language import N_, _, n_
from app.models import now, topofmind
from app.models.topofmind import LISTED, NOBODY, ORG, ROOMS, TopList
from app.models.user import User
from app.webex import cards
from app.webex.cards import MAX_ROWS, Card, Element
from app.webex.markdown import cut, escape
from app.when import shown

LONGEST = 500  # characters of one item
MOST = 50  # items
TITLE = 100  # characters of the title
ON_A_CARD = 150  # characters of an item that a card shows
SAID_ON_A_CARD = 2_000  # bytes of what was done
MORE_ON_A_CARD = 12  # items without buttons
NAME = N_("Top of mind")
EMPTY = N_("Nothing is on top of your mind. `/tom <text>` adds to it.")
SHOWN_TO = {
    NOBODY: N_("nobody but you"),
    ROOMS: N_("people who are in a group room with you"),
    ORG: N_("everybody in your organisation"),
    LISTED: N_("the people you listed"),
}
_REFERENCE = re.compile(r"([0-9]{1,6})(?::([0-9]{1,6}))?")


def own(ctx: Context, before: str = "") -> Answer:
    """The author's list as it is now.

    :param before: markdown that says what was done
    """
    found, items = topofmind.find(ctx.db, ctx.person_id), topofmind.items(ctx.db, ctx.person_id)
    foot = _foot(ctx, found)
    title = found.title if found else ""
    text = f"{listing(title, items)}\n\n{foot}" if items else _(EMPTY)
    return Answer(f"{before}\n\n{text}" if before else text, _card(title, items, before, foot))


def _foot(ctx: Context, found: TopList | None) -> str:
    if found is None:
        return ""
    told = len(topofmind.subscribers(ctx.db, ctx.person_id))
    facts = {"moment": shown(found.changed_at, now(), ctx.zone), "whom": _(SHOWN_TO[found.audience])}
    if not told:
        return _("_Last changed {moment}. Shown to {whom}._", **facts)
    return n_(
        "_Last changed {moment}. Shown to {whom}; {count} subscriber._",
        "_Last changed {moment}. Shown to {whom}; {count} subscribers._",
        told,
        **facts,
    )


def listing(title: str, items: list[str]) -> str:
    """Bullets with numbers of our own, as in the todo list."""
    return f"**{escape(title or _(NAME))}**\n\n" + "\n".join(f"- {_line(*numbered)}" for numbered in enumerate(items, start=1))


def _line(number: int, text: str, limit: int = LONGEST) -> str:
    return f"**{number}** {escape(text, limit)}"


def of_other(owner: User, title: str, items: list[str]) -> str:
    """Somebody's list, as others see it."""
    whose = f"**{escape(owner.name)}** ({escape(owner.email)})"
    if not items:
        return _("{whose} has nothing on top of their mind now.", whose=whose)
    return f"{whose}:\n\n{listing(title, items)}"


def notice(owner: User, title: str, items: list[str]) -> str:
    """What subscribers are told of a change, in the language that is spoken."""
    whose = f"**{escape(owner.name)}** ({escape(owner.email)})"
    what = _("{whose} cleared their top of mind.", whose=whose)
    if items:
        what = _("{whose} changed their top of mind:", whose=whose) + f"\n\n{listing(title, items)}"
    return what + "\n\n" + _("`/tom unsubscribe {email}` ends these notices.", email=owner.email)


def place(items: list[str], number: str) -> int:
    """The place of the item that a number, or a button, means.

    :raises UsageError: if it is no number
    :raises UserError: if there is no such item, or the button is one of an earlier list
    """
    match = _REFERENCE.fullmatch(number)
    if not match:
        raise UsageError
    found, mark = int(match[1]), match[2]
    if not 1 <= found <= len(items):
        raise UserError(_missing(found, len(items)))
    if mark and int(mark) != _mark(items[found - 1]):
        raise UserError(_("The list has changed since that card was made, so nothing was changed. `/tom` shows it as it is now."))
    return found


def _missing(number: int, count: int) -> str:
    missed = _("There is no number {number}: your list is empty. Nothing was changed.", number=number)
    if count:
        missed = n_(
            "There is no number {number}: your list has {count} item. Nothing was changed.",
            "There is no number {number}: your list has {count} items. Nothing was changed.",
            count,
            number=number,
        )
    ways = _(
        '`/tom <text>` adds to it; a text that begins with a number goes into quotes, as in `/tom "{number} …"`.', number=number
    )
    return f"{missed} {ways}"


def reference(number: int, text: str) -> str:
    """What a button calls an item: its place, and a mark by which the item is known again."""
    return f"{number}:{_mark(text)}"


def _mark(text: str) -> int:
    return zlib.crc32(text.encode()) % 1_000_000


def _card(title: str, items: list[str], before: str, foot: str) -> Card:
    """Where cards are shown the text is not, so the card says all of it."""
    said = [cards.words(cut(before, SAID_ON_A_CARD))] if before else []
    adding = [
        cards.entry(_("What is on your mind?"), longest=LONGEST, named="new"),
        cards.buttons(cards.button(_("Add"), "/tom", takes="new")),
    ]
    if not items:
        return cards.card(*said, cards.words(_("Nothing is on top of your mind.")), *adding)
    rows = [_row(number, text) for number, text in enumerate(items[:MAX_ROWS], start=1)]
    further = list(enumerate(items, start=1))[MAX_ROWS : MAX_ROWS + MORE_ON_A_CARD]
    lines = [cards.words(_line(number, text, ON_A_CARD)) for number, text in further]
    rest = len(items) - MAX_ROWS - MORE_ON_A_CARD
    end = [cards.words(_("… and {count} more.", count=rest), subtle=True)] if rest > 0 else []
    return cards.card(
        *said,
        cards.heading(escape(title or _(NAME))),
        *rows,
        *lines,
        *end,
        *adding,
        *([cards.words(foot, subtle=True)] * bool(foot)),
    )


def _row(number: int, text: str) -> Element:
    """A button names the text it was made for: numbers move, and cards stay in the room for ever."""
    this = reference(number, text)
    up = [cards.button(_("Up"), f"/tom move {this} {number - 1}")] if number > 1 else []
    return cards.row(_line(number, text, ON_A_CARD), *up, cards.button(_("Delete"), f"/tom delete {this}"))
