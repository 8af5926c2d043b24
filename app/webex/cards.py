"""Adaptive Cards, as far as Webex renders them (Webex "Buttons and Cards" guide: version 1.3 of the schema).

A button carries a command, and pressing it is typing it: the answer to a card takes the same road as any words. So a
card needs no state of its own, and everything it offers can be typed as well.
"""

from typing import Any

from app.webex.runs import literal

Card = dict[str, Any]
Element = dict[str, Any]

CONTENT_TYPE = "application/vnd.microsoft.card.adaptive"
QUOTED = "quoted"  # the element that gets somebody's message
MAX_ROWS = 12  # items with buttons on one card
LONGEST = 10_000  # characters that pressing a button may type; a message could hold no more than 7,439 bytes


def card(*body: Element, actions: tuple[Element, ...] = ()) -> Card:
    """A whole card. Clients show either it or the text beside it, so each of the two must be complete."""
    found: Card = {
        "type": "AdaptiveCard",
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "version": "1.3",
        "body": list(body),
    }
    return {**found, "actions": list(actions)} if actions else found


def attachment(content: Card) -> dict[str, Any]:
    """A card as POST /messages takes it."""
    return {"contentType": CONTENT_TYPE, "content": literal(content)}


def heading(text: str) -> Element:
    return {"type": "TextBlock", "text": text, "weight": "Bolder", "size": "Medium", "wrap": True}


def words(text: str, *, subtle: bool = False) -> Element:
    """:param text: in the cards' small markdown; what people wrote goes through `markdown.escape` first"""
    return {"type": "TextBlock", "text": text, "wrap": True, "isSubtle": subtle}


def row(text: str, *buttons: Element) -> Element:
    """A line of text with buttons beside it."""
    beside = {"type": "Column", "width": "auto", "items": [{"type": "ActionSet", "actions": list(buttons)}]}
    return {
        "type": "ColumnSet",
        "columns": [
            {"type": "Column", "width": "stretch", "verticalContentAlignment": "Center", "items": [words(text)]},
            *([beside] if buttons else []),
        ],
    }


def button(title: str, command: str, *, style: str = "default", takes: str = "") -> Element:
    """:param command: what is typed by pressing it, such as `/done 3`; the card's input, if it has one, is put behind it
    :param style: `default`, `positive` or `destructive`
    :param takes: the name of the input that is put behind the command, if it is not `argument`
    """
    data = {"command": command, "takes": takes} if takes else {"command": command}
    return {"type": "Action.Submit", "title": title, "style": style, "data": data}


def link(title: str, url: str) -> Element:
    return {"type": "Action.OpenUrl", "title": title, "url": url}


def buttons(*actions: Element) -> Element:
    """Buttons inside the body; Webex shows at most a handful at the bottom."""
    return {"type": "ActionSet", "actions": list(actions)}


def entry(placeholder: str, *, multiline: bool = False, longest: int = 1_000, named: str = "argument") -> Element:
    """The card's input: a text. What is typed is put behind the pressed button's command.

    :param named: if not every button takes it, the name by which a button does
    """
    return {
        "type": "Input.Text", "id": named, "placeholder": placeholder, "isMultiline": multiline, "maxLength": longest,
    }  # fmt: skip


def choice(chosen: str, /, *, named: str = "argument", **options: str) -> Element:
    """The card's input: one of several.

    :param named: if not every button takes it, the name by which a button does
    :param options: value to title; a value is put behind the pressed button's command
    """
    listed = [{"title": title, "value": value} for value, title in options.items()]
    return {"type": "Input.ChoiceSet", "id": named, "style": "compact", "value": chosen, "choices": listed}


def quoted() -> Element:
    """Where somebody's message will stand. Its text is read when the card is sent, see `with_quote`."""
    return {"id": QUOTED, **words("")}


def with_quote(content: Card, shown: str) -> Card:
    """The card with somebody's message in its place. Clients that show the card don't show the text beside it."""
    lines = "\n\n".join(line.removeprefix("> ").rstrip() for line in shown.splitlines() if line.strip())
    body = [{**element, "text": lines} if element.get("id") == QUOTED else element for element in content["body"]]
    return {**content, "body": body}


def typed(inputs: dict[str, Any]) -> str:
    """What pressing a button typed; empty if the inputs are none of ours."""
    command, argument = inputs.get("command"), inputs.get("argument")
    if isinstance(inputs.get("takes"), str) and argument is None:
        argument = inputs.get(inputs["takes"])
    if not isinstance(command, str) or not command.startswith("/"):
        return ""
    words = f"{command} {argument.strip()}".strip() if isinstance(argument, str) else command
    return words if len(words) <= LONGEST else ""
