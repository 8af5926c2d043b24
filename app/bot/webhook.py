"""The bot's own webhooks: created, kept and repaired at the start and on schedule."""

from app.bot.client import Bot
from app.integration.subscriptions import Hooks, Reconciled, Wanted, derive
from app.language import N_
from config import Config

# A first contact is told by any of three events, in any order; group rooms by memberships and mentions only.
WANTED = (
    Wanted(N_("bot messages"), "messages", "created"),
    Wanted(N_("bot memberships"), "memberships", "created"),
    Wanted(N_("bot rooms"), "rooms", "created"),
    Wanted(N_("bot cards"), "attachmentActions", "created"),
)


def secret(config: Config) -> str:
    """The secret that signs the bot's deliveries."""
    return derive(config.hook_key.reveal(), "secret", "the bot")


def states(bot: Bot, config: Config) -> dict[str, str]:
    """What Webex says of each of them right now: its status, or `missing`."""
    return Hooks(config).states(bot.list_webhooks(), WANTED)


def reconcile(bot: Bot, config: Config) -> Reconciled:
    """:raises WebexError: if Webex refuses or does not answer"""
    return Hooks(config).reconcile(bot, WANTED, f"{config.public_url}/bot", secret(config))
