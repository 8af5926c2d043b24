"""Cards of teams. Clients show them in place of the text, so each names all that the text names, or there is none."""

from app.language import _
from app.webex import cards
from app.webex.cards import Card
from app.webex.markdown import escape

FITTING = 6_000  # characters of addresses on a card; Webex does not document how large a card may be


def of_all(rows: dict[str, str]) -> Card:
    """:param rows: by a team's name, what is said of it"""
    shown = [
        cards.row(words, *([cards.button(_("Show"), f"/manageteam list {name}")] if at < cards.MAX_ROWS else []))
        for at, (name, words) in enumerate(rows.items())
    ]
    return cards.card(cards.heading(_("Your teams")), *shown)


def of_one(name: str, people: str, emails: list[str]) -> Card | None:
    """:param people: how many there are, in words"""
    if not _fits(emails):
        return None
    return cards.card(
        cards.heading(f"{name}: {people}"),
        cards.words(", ".join(map(escape, emails))),
        cards.entry(_("Addresses"), multiline=True, longest=4_000),
        cards.buttons(
            cards.button(_("Add"), f"/manageteam add {name}", style="positive"),
            cards.button(_("Remove"), f"/manageteam remove {name}"),
        ),
    )


def of_deleted(head: str, emails: list[str], back: str) -> Card | None:
    """:param back: what brings the team back when it is typed"""
    if not _fits(emails):
        return None
    who = [cards.words(", ".join(map(escape, emails)), subtle=True)] if emails else []
    return cards.card(cards.words(head), *who, cards.buttons(cards.button(_("Undo"), back)))


def _fits(emails: list[str]) -> bool:
    return sum(map(len, emails)) <= FITTING
