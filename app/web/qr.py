"""QR codes of join links, drawn by the server. They need the link alone, of which no copy is kept."""

import re

import segno
from markupsafe import Markup

MARGIN = 4  # modules of white around it, as ISO/IEC 18004 wants; scanners need it on a dark page, too


def svg(address: str) -> Markup:
    """An address as a QR code, black on white in any colour scheme."""
    code = segno.make_qr(address, error="m")
    drawn = code.svg_inline(
        omitsize=True, border=MARGIN, dark="#000", light="#fff", svgclass="qr", lineclass=None, title="QR code"
    )
    return Markup(drawn)  # noqa: S704


def address_in(said: str, public_url: str) -> str:
    """The join link in an answer of the bot, "" if there is none."""
    found = re.search(rf"{re.escape(public_url)}/join/[A-Za-z0-9_-]+", said)
    return found[0] if found else ""
