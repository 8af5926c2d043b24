"""Adaptive Cards as the chat page shows them: what the templates in `card.html` ask of a card.

A card is whatever somebody posted, checked for little (`drafts.check`). So the templates take nothing for granted:
they read lists, words and numbers through the filters here, which turn what does not fit into nothing.
"""

import re
from typing import Any
from urllib.parse import urlsplit

from flask import render_template
from flask.sansio.app import App
from markupsafe import Markup, escape

from app.simulator.records import Json

MAX_DEPTH = 12
"""Levels of containers that are shown; what lies deeper is left out."""
MAX_ACTIONS = 5
"""Buttons shown in a row (Webex Card School, "Limitations")."""
_SEPARATE = re.compile(r"(\*\*[^*]+\*\*|(?<!\w)_[^_]+_(?!\w)|\[[^\]]+\]\([^)\s]+\))")
_LINK = re.compile(r"\[([^\]]+)\]\(((?:https?|mailto):[^)\s]+)\)", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z]{1,24}")


def html(content: Any) -> Markup:
    """Return a card as html; its buttons come to life in `cards.js`."""
    drawn = render_template("card.html", card=content if isinstance(content, dict) else {})
    return Markup(drawn.strip())  # noqa: S704 (the template escapes what stands in the card)


def several(value: Any) -> list[Any]:
    """Return a list, an empty one for anything else."""
    return value if isinstance(value, list) else []


def dicts(value: Any) -> list[Json]:
    """Return the objects of a list, nothing for anything else."""
    return [one for one in several(value) if isinstance(one, dict)]


def text(value: Any) -> str:
    """Return a word or number as text, nothing for anything else; true and false are words too."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""


def style(value: Any) -> str:
    """Return one of the words of the card format (`extraLarge`, `Bolder`) in the form of a class."""
    return value.lower() if isinstance(value, str) and _WORD.fullmatch(value) else ""


def number(value: Any) -> int | None:
    """Return a whole number of a reasonable size, None for anything else."""
    try:
        found = int(value) if isinstance(value, (str, int, float)) else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and abs(found) < 1_000_000 else None


def inline(value: Any) -> Markup:
    """Return the small markdown of a TextBlock as html: bold, italic, links, bullets and line breaks."""
    lines = [re.sub(r"^\s*[-*] ", "• ", line) for line in text(value).splitlines()]
    return Markup("<br>").join(Markup().join(_piece(piece) for piece in _SEPARATE.split(line)) for line in lines)


def picture(url: Any) -> str:
    """Return the address of a picture that is part of the card. The page asks no other machine for one."""
    return url if isinstance(url, str) and re.match(r"data:image/(png|jpeg|gif|webp);base64,", url) else ""


def link(url: Any) -> str:
    """Return a web address that a button may open, nothing for any other."""
    try:
        return url if isinstance(url, str) and urlsplit(url).scheme in ("http", "https") else ""
    except ValueError:
        return ""


def chosen(value: Any) -> list[str]:
    """Return the values an Input.ChoiceSet begins with: several are joined by commas."""
    return text(value).split(",") if text(value) else []


def teach(application: App) -> None:
    """Give the templates of an application what cards need."""
    filters = (several, dicts, text, style, number, inline, picture, link, chosen)
    application.jinja_env.filters.update({f"card_{one.__name__}": one for one in filters})
    application.jinja_env.globals["card_limits"] = {"depth": MAX_DEPTH, "actions": MAX_ACTIONS}


def _piece(piece: str) -> Markup:
    if len(piece) > 4 and piece.startswith("**"):
        return Markup("<strong>{}</strong>").format(piece[2:-2])
    if len(piece) > 2 and piece.startswith("_") and piece.endswith("_"):
        return Markup("<em>{}</em>").format(piece[1:-1])
    found = _LINK.fullmatch(piece)
    if found is not None:
        return Markup('<a href="{}" target="_blank" rel="noopener nofollow">{}</a>').format(found[2], found[1])
    return escape(piece)
