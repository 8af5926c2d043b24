"""The first words to a person, and the authorization link."""

from app.language import _
from app.outbox import LINK
from config import Config


def link(config: Config) -> str:
    """The address of an authorization link. `app.outbox.invite` makes it good: for one person, once, for ten minutes."""
    return f"{config.public_url}/authorize/{LINK}"


def greeting(url: str) -> str:
    return _(
        "**Hello! I'm Army Knife, your personal assistant for Webex.**\n\n"
        "I keep your todo list and tell you what the people you track are writing, from any room you are in. "
        "For that I need to act with your rights, and you decide whether I may:\n\n"
        "**[Connect your Webex account]({url})**\n\n"
        "The link is yours alone and works for ten minutes; `/init` gives a new one. "
        "The page tells what I will access and why. `/help` lists what I can do.",
        url=url,
    )


def invite_again(url: str, connected: bool) -> str:
    if connected:
        return _(
            "You are connected already. To renew my access, follow your link: **[Connect your Webex account]({url})**\n\n"
            "It is yours alone and works once, for ten minutes.",
            url=url,
        )
    return _(
        "To let me act for you, follow your link: **[Connect your Webex account]({url})**\n\n"
        "It is yours alone and works once, for ten minutes.",
        url=url,
    )


def returning() -> str:
    """To somebody who is connected and opens the 1:1 room anew."""
    return _("**Hello again!** You're connected. `/help` lists what I can do.")


def how_to_use(address: str) -> str:
    """Said in a group room, once, before leaving it (or to a person who mentions the bot there)."""
    return _(
        "I'm a personal assistant: I only talk 1:1. Send me a direct message, **{address}**, and I'll show you what I can do.",
        address=address,
    )
