"""The words on a card as Webex takes them: runs of literal text.

A TextBlock reads its text as markdown, and how each client takes backslashes and entities there is documented nowhere.
So what people wrote could not be shown literally by escaping it. A TextRun has its look beside its text, and the text is
what it is (Adaptive Cards schema 1.2, RichTextBlock).
"""

import html
import re
from collections.abc import Iterator
from typing import Any

Element = dict[str, Any]

_PIECE = re.compile(
    r"\\(?P<escaped>[^\w\s]|_)|(?P<bold>\*\*)|`(?P<code>[^`]+)`|\[(?P<title>[^\]\\]+)\]\((?P<url>https?://[^)\s]+)\)"
    r"|(?P<italic>(?<!\w)_(?=\S)|(?<=\S)_(?!\w))"
)
_OF_BLOCK = ("id", "spacing", "separator", "isVisible", "horizontalAlignment")
_OF_RUN = ("size", "weight", "color", "isSubtle", "fontType")


def literal(part: Any) -> Any:
    """A card, or a part of one, with runs in the place of its markdown."""
    if isinstance(part, list):
        return [literal(one) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("type") == "TextBlock":
        return _block(part)
    return {name: literal(value) if name != "data" else value for name, value in part.items()}


def _block(element: Element) -> Element:
    """One element in the place of one; several lines become a container."""
    kept = {name: element[name] for name in _OF_BLOCK if name in element}
    lines = [line for line in str(element.get("text", "")).splitlines() if line.strip()] or [" "]
    blocks = [{"type": "RichTextBlock", "inlines": _line(line, element)} for line in lines]
    if len(blocks) == 1:
        return {**blocks[0], **kept}
    return {"type": "Container", "items": blocks, **kept}


def _line(line: str, element: Element) -> list[Element]:
    look = {name: element[name] for name in _OF_RUN if element.get(name)}
    text = re.sub(r"^\s*[-*] ", "• ", line.removeprefix("> ").rstrip())
    return list(_merged({"type": "TextRun", **run, **look} for run in _runs(text))) or [{"type": "TextRun", "text": " "}]


def _runs(text: str) -> Iterator[Element]:
    """Never an empty one: it kept a whole card from being shown (microsoft/AdaptiveCards pull request 3645)."""
    look: dict[str, Any] = {}
    end = 0
    for found in _PIECE.finditer(text):
        if found.start() > end:
            yield {"text": html.unescape(text[end : found.start()]), **look}
        end = found.end()
        if found["bold"]:
            look = _toggled(look, "weight", "Bolder")
        elif found["italic"]:
            look = _toggled(look, "italic", True)
        elif found["url"]:
            yield {"text": found["title"], **look, "selectAction": {"type": "Action.OpenUrl", "url": found["url"]}}
        elif found["code"]:
            yield {"text": found["code"], **look, "fontType": "Monospace"}
        else:
            yield {"text": found["escaped"], **look}
    if end < len(text):
        yield {"text": html.unescape(text[end:]), **look}


def _toggled(look: dict[str, Any], name: str, value: Any) -> dict[str, Any]:
    return {key: kept for key, kept in look.items() if key != name} if name in look else {**look, name: value}


def _merged(runs: Iterator[Element]) -> Iterator[Element]:
    """Neighbours that look alike are one run."""
    last: Element | None = None
    for run in runs:
        if last is not None and "selectAction" not in run and {**last, "text": ""} == {**run, "text": ""}:
            last["text"] += run["text"]
            continue
        if last is not None:
            yield last
        last = run
    if last is not None:
        yield last
