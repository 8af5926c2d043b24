"""Text that others wrote, made harmless inside our markdown; mentions taken out; long answers split.

Source: Webex "Formatting messages" guide; the limit of 7,439 bytes is that of POST /messages.
"""

import html
import re
import unicodedata
from html.parser import HTMLParser

MAX_BYTES = 7_439
_SPECIAL = re.compile(r"([\\`*_{}\[\]()#!|~])")
_STARTS_A_BLOCK = re.compile(r"^(\d*)([-+=.])")  # lists, rules, headings
_ESCAPED_START = r"\1\\\2"
_LINK = re.compile(r"\[((?:\\.|[^\]\\])*)\]\(([^)]*)\)")
_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")
_LINE_BREAKS = "\r\n\t\v\f\x85\u2028\u2029"


def escape(text: str, limit: int = 300) -> str:
    """Show foreign text literally: no mention, link, heading or line break in it has an effect.

    :param limit: longest result before escaping, in characters; what is cut ends in an ellipsis
    """
    shown = unicodedata.normalize("NFC", text)
    shown = "".join(" " if c in _LINE_BREAKS else c for c in shown if _is_visible(c))
    shown = " ".join(shown.split()) or "(empty)"
    if len(shown) > limit:
        shown = shown[: limit - 1] + "…"
    return _SPECIAL.sub(r"\\\1", shown).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote(text: str) -> str:
    """Show several lines of foreign text literally, as a block quote."""
    lines = [line for line in text.splitlines() if line.strip()] or [""]
    return "\n".join(f"> {_STARTS_A_BLOCK.sub(_ESCAPED_START, escape(line, MAX_BYTES))}  " for line in lines)


def literal(text: str) -> str:
    """Show several lines of text literally, as a part of our own words; blank lines stay."""
    lines = [
        f"{_STARTS_A_BLOCK.sub(_ESCAPED_START, escape(line, MAX_BYTES))}  " if line.strip() else "" for line in text.splitlines()
    ]
    return "\n".join(lines).strip()


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs."""
    return _NOT_STORABLE.sub("", text)


def _is_visible(char: str) -> bool:
    return char in _LINE_BREAKS or char == "\u200d" or unicodedata.category(char) not in ("Cc", "Cf")


class _WithoutMention(HTMLParser):
    """Collects the text of a message's html, leaving out the mentions of one person, or of anybody."""

    def __init__(self, person_id: str | None) -> None:
        super().__init__()
        self.person_id = person_id
        self.parts: list[str] = []
        self.inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "spark-mention" and self.person_id in (None, dict(attrs).get("data-object-id")):
            self.inside += 1
        elif tag in ("br", "p", "li", "div"):
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "spark-mention" and self.inside:
            self.inside -= 1

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.parts.append(data)


def without_mention(message_html: str, text: str, person_id: str) -> str:
    """The words of a message without its mentions of a person.

    The html tells mentions exactly; a display name in `text` may be shortened or stand anywhere, so the name is never guessed.
    """
    if f'data-object-id="{person_id}"' not in message_html:
        return text.strip()
    return _words(message_html, person_id)


def without_mentions(message_html: str, text: str) -> str:
    """The same without mentions of anybody."""
    return _words(message_html, None) if "<spark-mention" in message_html else text.strip()


def _words(message_html: str, person_id: str | None) -> str:
    parser = _WithoutMention(person_id)
    parser.feed(message_html)
    parser.close()
    return "".join(parser.parts).strip()


def split(markdown: str, limit: int = MAX_BYTES) -> list[str]:
    """Cut a long answer into messages of at most `limit` UTF-8 bytes, on line ends where possible."""
    pieces: list[str] = []
    current = ""
    for line in _short_lines(markdown.splitlines(keepends=True), limit):
        if current and len((current + line).encode()) > limit:
            pieces.append(current.rstrip("\n"))
            current = ""
        current += line
    return [piece for piece in (*pieces, current.rstrip("\n")) if piece.strip()]


def cut(markdown: str, limit: int) -> str:
    """The beginning of a text, at most `limit` UTF-8 bytes of it; no character, escape or entity is cut in two."""
    head = markdown.encode()[:limit].decode(errors="ignore")
    return re.sub(r"(?:\\|&[a-z]{0,3})\Z", "", head) if head != markdown else head


def _short_lines(lines: list[str], limit: int) -> list[str]:
    short: list[str] = []
    for line in lines:
        rest = line
        while len(rest.encode()) > limit:
            head = cut(rest, limit)
            space = head.rfind(" ") + 1
            head = head[:space] if space > len(head) // 2 else head
            short.append(head)
            rest = rest[len(head) :]
        short.append(rest)
    return short


def plain(markdown: str) -> str:
    """Our own markdown as a text file shows it: without marks for bold and italics, escapes and entities; links in brackets."""
    text = _LINK.sub(r"\1 (\2)", markdown)
    text = re.sub(r"(?<![\\*])\*\*|(?<![\\\w])_(?=\S)|(?<=[^\s\\])_(?!\w)", "", text)
    return html.unescape(re.sub(r"\\([\\`*_{}\[\]()#!|~.+=-])", r"\1", text))


def fingerprint(markdown: str) -> str:
    """The letters and digits of a text before Webex rendered it; `letters` gives the same for what it became."""
    return letters(_LINK.sub(r"\1", html.unescape(markdown)))


def letters(text: str) -> str:
    return "".join(char for char in text if char.isalnum())
