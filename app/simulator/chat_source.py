"""What the author of a message gets to edit: the html of a message written back as markdown."""

import re
from html.parser import HTMLParser

from app.simulator.records import Message

_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`"}
_BLOCKS = frozenset({"p", "ul", "ol", "li", "blockquote", "pre", "hr", "h1", "h2", "h3", "h4", "h5", "h6"})
_SPECIAL = re.compile(r"([\\*_`\[\]<])")


def source(message: Message) -> str:
    """Return a message as its author may have typed it."""
    if message.markdown is not None or message.html is None:
        return message.markdown or message.text or ""
    writer = _Writer()
    writer.feed(message.html)
    writer.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(writer.parts)).strip("\n")


class _Writer(HTMLParser):
    """Writes the html that the cloud itself makes (`app/simulator/markdown.py`) as markdown."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._lists: list[int] = []
        self._links: list[str] = []
        self._quotes: list[int] = []
        self._in_pre = self._in_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in ("ul", "ol"):
            self._lists.append(int(given.get("start") or 1) if tag == "ol" else 0)
        elif tag == "li":
            self._item()
        elif tag == "pre":
            self._in_pre = True
            self.parts.append("```\n")
        elif tag == "blockquote":
            self._quotes.append(len(self.parts))
        else:
            self._inline(tag, given)

    def _inline(self, tag: str, given: dict[str, str]) -> None:
        if tag in _MARKS and not self._in_pre:
            self._in_code = tag == "code"
            self.parts.append(_MARKS[tag])
        elif tag == "a":
            self._links.append(given.get("href", ""))
            self.parts.append("[")
        elif tag == "spark-mention":
            is_all = given.get("data-object-type") == "groupMention"
            self.parts.append("<@all|" if is_all else f"<@personId:{given.get('data-object-id', '')}|")
        elif tag in ("br", "hr"):
            self.parts.append("\n" if tag == "br" else "\n---\n")
        elif tag[0] == "h" and tag in _BLOCKS:
            self.parts.append("#" * int(tag[1]) + " ")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self._lists.pop()
        if tag == "pre":
            self._in_pre = False
            self.parts.append("```")
        elif tag in _MARKS and not self._in_pre:
            self._in_code = False
            self.parts.append(_MARKS[tag])
        elif tag == "a":
            self.parts.append(f"]({self._links.pop()})")
        elif tag == "spark-mention":
            self.parts.append(">")
        elif tag == "blockquote":
            start = self._quotes.pop()
            quoted = "".join(self.parts[start:]).strip("\n")
            self.parts[start:] = [re.sub(r"^", "> ", quoted, flags=re.MULTILINE)]
        if tag in _BLOCKS:
            self.parts.append("\n" if tag == "li" else "\n\n")

    def handle_data(self, data: str) -> None:
        if self._in_pre or self._in_code:
            self.parts.append(data)
        elif not (data.isspace() and "\n" in data):
            after_break = bool(self.parts) and self.parts[-1].endswith("\n")
            self.parts.append(_SPECIAL.sub(r"\\\1", data.lstrip("\n") if after_break else data))

    def _item(self) -> None:
        number = self._lists[-1] if self._lists else 0
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")
        self.parts.append("  " * (len(self._lists) - 1) + (f"{number}. " if number else "- "))
        if number:
            self._lists[-1] += 1
