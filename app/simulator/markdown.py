"""Webex markdown: what a message looks like as html and as plain text."""

import html
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

_MENTION = re.compile(r"<@(personEmail|personId):([^|>\s]+)(?:\|([^>]*))?>|<@(all)(?:\|[^>]*)?>")
_EVERYBODY = '<spark-mention data-object-type="groupMention" data-group-type="all">All</spark-mention>'
_SAFE_LINK = re.compile(r"(https?|mailto|webexteams):", re.IGNORECASE)

Lookup = Callable[[str, str], tuple[str, str] | None]
"""Takes "personEmail" or "personId" and its value; gives person id and display name, or None if not a member."""


@dataclass
class Rendered:
    """A rendered message, and whom it mentions."""

    html: str = ""
    text: str = ""
    mentioned_people: list[str] = field(default_factory=list)
    mentioned_groups: list[str] = field(default_factory=list)


def render(source: str, lookup: Lookup | None, *, keeps_breaks: bool = False, takes_all: bool = True) -> Rendered:
    """Render markdown as Webex does: no raw html, no images, safe links only, mentions of members.

    :param lookup: finds the members of a group room; None in direct rooms, where nobody is mentioned.
    :param keeps_breaks: whether a single line break stays one, as in a message typed in a client.
    :param takes_all: whether a mention of everybody is one, or stays as it was written.
    """
    result = Rendered()
    env: dict[str, Any] = {"lookup": lookup, "result": result, "takes_all": takes_all}
    result.html = (_TYPED if keeps_breaks else _PARSER).render(source, env).strip().replace(">\n<", "><")
    result.text = plain_text(result.html)
    return result


def is_plain(rendered: Rendered, source: str) -> bool:
    """Whether the html says nothing that the source does not: no formatting, no mention."""
    words = rendered.html.replace("<br>\n", "\n").replace("</p><p>", "\n\n")
    return html.unescape(words) == f"<p>{source.strip()}</p>"


def escape_text(text: str) -> str:
    """Return plain text as html."""
    return html.escape(text).replace("\n", "<br>")


def _mention(state: StateInline, silent: bool) -> bool:
    found = _MENTION.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        is_left = found[4] is not None and state.env["lookup"] is not None and not state.env["takes_all"]
        kind, content = ("text", found[0]) if is_left else _mention_token(found, state.env["lookup"], state.env["result"])
        state.push(kind, "", 0).content = content
    state.pos = found.end()
    return True


def _mention_token(found: re.Match[str], lookup: Lookup | None, result: Rendered) -> tuple[str, str]:
    """Say what stands in the place of a mention; one that cannot be made stays as it was written."""
    kind, value, label, everybody = found.groups()
    if lookup is None:
        return "text", label or value or "All"
    if everybody:
        result.mentioned_groups = ["all"]
        return "html_inline", _EVERYBODY
    person = lookup(kind, value)
    if person is None:
        return "text", found.group()
    person_id, name = person
    if person_id not in result.mentioned_people:
        result.mentioned_people.append(person_id)
    opening = f'<spark-mention data-object-type="person" data-object-id="{person_id}">'
    return "html_inline", f"{opening}{html.escape(label or name)}</spark-mention>"


def _nofollow(renderer: RendererHTML, tokens: list[Token], position: int, options: OptionsDict, env: EnvType) -> str:
    tokens[position].attrSet("rel", "nofollow")
    return renderer.renderToken(tokens, position, options, env)


def _parser(*, breaks: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": breaks, "xhtmlOut": False})
    parser.disable(["image", "html_block", "html_inline", "reference"])
    parser.inline.ruler.before("autolink", "webex_mention", _mention)
    parser.add_render_rule("link_open", _nofollow)
    parser.validateLink = lambda url: _SAFE_LINK.match(url) is not None  # type: ignore[method-assign]
    return parser


_PARSER = _parser(breaks=False)
_TYPED = _parser(breaks=True)


class _PlainText(HTMLParser):
    """Collects the words of an html fragment, a line for each block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.lists: list[int] = []
        self.in_code = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("ul", "ol"):
            start = dict(attrs).get("start") if tag == "ol" else None
            self.lists.append(int(start or 1) if tag == "ol" else 0)
        elif tag == "li":
            self._line()
            number = self.lists[-1]
            self.parts.append("  " * (len(self.lists) - 1) + (f"{number}. " if number else "- "))
            self.lists[-1] += number > 0
        elif tag == "pre":
            self.in_code += 1
        elif tag == "br":
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            self.lists.pop()
        if tag == "pre":
            self.in_code -= 1
        if tag in ("p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul", "ol", "li"):
            self._line()

    def handle_data(self, data: str) -> None:
        after_break = bool(self.parts) and self.parts[-1] == "\n"
        self.parts.append(data if self.in_code else (data.lstrip("\n") if after_break else data))

    def _line(self) -> None:
        if self.parts and not self.parts[-1].endswith("\n"):
            self.parts.append("\n")


def plain_text(fragment: str) -> str:
    """Return the words of an html fragment, as Webex gives them in a message's `text`."""
    reader = _PlainText()
    reader.feed(fragment)
    reader.close()
    return "".join(reader.parts).strip("\n")
