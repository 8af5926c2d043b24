"""E-mail addresses as people type them, and those that belong to bots."""

import re

LONGEST = 320  # characters; the columns for addresses hold so many
EMAIL = re.compile(r"""[^@\s<>|`"(),:;\\\[\]]{1,64}@[^@\s<>|`"'(),:;\\\[\]]{1,250}\.[^@\s<>|`"'(),:;\\\[\].]{2,24}""")
BOT_DOMAINS = ("@webex.bot", "@sparkbot.io")


def is_email(text: str) -> bool:
    return len(text) <= LONGEST and EMAIL.fullmatch(text) is not None


def is_of_bot(email: str) -> bool:
    """Webex gives every bot an address of these domains."""
    return email.lower().endswith(BOT_DOMAINS)
