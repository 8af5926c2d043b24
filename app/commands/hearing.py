"""Webhooks that follow the switches: registered before a feature is on, removed when it is off."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from app.commands.context import Context
from app.errors import NotConnected
from app.webex.errors import WebexError


def hear(ctx: Context, **changes: Any) -> None:
    """Let Webex tell us what a feature needs, before it is switched on and before `ctx.db` is used.

    :param changes: fields of `Route` as they will be
    :raises WebexError: if Webex refuses; then nothing is promised
    :raises NotConnected: if the authorization has ended
    """
    subscriptions = ctx.tools.subscriptions
    subscriptions.sync(ctx.person_id, replace(subscriptions.wants(ctx.person_id), **changes))


def stop_hearing(ctx: Context, **changes: Any) -> None:
    """Let Webex stop telling us. Should it refuse, the hourly repair removes the webhook; what still comes is dropped unread."""
    with suppress(WebexError, NotConnected):
        hear(ctx, **changes)
