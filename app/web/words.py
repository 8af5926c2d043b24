"""Our own answers on a page: the same markdown that a chat shows."""

from markdown_it import MarkdownIt
from markupsafe import Markup

# HTML in it stays text, and links that could run something are none (markdown-it's validateLink).
_RENDERER = MarkdownIt("commonmark", {"html": False, "breaks": True})


def html(markdown: str) -> Markup:
    """An answer as HTML, "" as nothing."""
    return Markup(_RENDERER.render(markdown)) if markdown else Markup("")  # noqa: S704
