"""What an e-mail address looks like here."""

import re

MAX_LETTERS = 320
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")


def is_address(text: str) -> bool:
    """Whether a text could be an e-mail address: a name, one @ and a domain, without spaces and control characters."""
    return len(text) <= MAX_LETTERS and text.isprintable() and _ADDRESS.fullmatch(text) is not None
