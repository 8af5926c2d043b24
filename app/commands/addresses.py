"""E-mail addresses as people type and paste them."""

import re
from dataclasses import dataclass

LONGEST = 320  # characters; the columns for addresses hold so many
EMAIL = re.compile(r"""[^@\s<>|`"(),:;\\\[\]]{1,64}@[^@\s<>|`"'(),:;\\\[\]]{1,250}\.[^@\s<>|`"'(),:;\\\[\].]{2,24}""")
_AROUND = "<>()[]`'\".:! "  # stands around an address and is none of it
_WORDS = re.compile(r'"[^"]*"|<[^<>]*>|[^\s,;<>"]+')


@dataclass(frozen=True)
class Given:
    """:ivar emails: each once, in lower case, in the order given
    :ivar wrong: words that are neither an address nor the name before one
    """

    emails: tuple[str, ...]
    wrong: tuple[str, ...]


def read(text: str) -> Given:
    """Find the addresses in a list with blanks, commas, semicolons or line breaks between them.

    `Bob Brown <bob@example.com>`, `"Brown, Bob" <bob@example.com>` and `mailto:bob@example.com` are addresses, too.
    """
    emails: dict[str, None] = {}
    wrong: list[str] = []
    name: list[str] = []  # words that are somebody's name if an address in angle brackets follows
    for word in _WORDS.findall(text):
        found = _email(word)
        if found:
            emails[found] = None
        if found and not word.startswith("<"):
            wrong += name
        if found:
            name.clear()
        elif "@" in word:
            wrong.append(word)
        else:
            name.append(word)
    return Given(tuple(emails), tuple(word for word in [*wrong, *name] if any(char.isalnum() for char in word)))


def _email(word: str) -> str:
    """The address that a word holds, or ""."""
    bare = word.strip(_AROUND).lower().removeprefix("mailto:").partition("?")[0]
    return bare if len(bare) <= LONGEST and EMAIL.fullmatch(bare) else ""
