"""Slash commands that a person types in any room."""

import structlog

from app.commands import dispatch, registry
from app.commands.context import Tools, Typed
from app.delivery import Delivery, is_too_old
from app.webex.markdown import storable, without_mentions
from app.webex.resources import Message

log = structlog.get_logger(__name__)


def run(tools: Tools, delivery: Delivery) -> None:
    """Run a command of the webhook's owner, and of nobody else.

    A slash that is none of ours is somebody else's command, or a path, and is left alone.
    """
    message = tools.people.acting_as(delivery.receiver).get_message(delivery.event.data.id)
    delivery.fetched("commands")
    if not _is_owners(message, delivery) or tools.bot.me.id in message.mentioned_people:
        return
    typed = _typed(message)
    if registry.find(typed.word):
        dispatch.run(tools, typed, delivery)


def is_command(message: Message) -> bool:
    """Whether it is one of ours, and would be run if it is its author's turn."""
    return registry.find(_typed(message).word) is not None


def _typed(message: Message) -> Typed:
    """What was typed. A mention before it is left out, if the command may be about the person mentioned."""
    text, plain = storable(message.text).strip(), storable(without_mentions(message.html, message.text))
    behind = None if text.startswith("/") else registry.find(plain.partition(" ")[0])
    return Typed(
        message.person_id,
        plain if behind and behind.of_others else text,
        in_bot_room=False,
        room_id=message.room_id,
        message_id=message.id,
        is_direct=message.room_type == "direct",
        mentioned=message.mentioned_people,
        plain=plain,
    )


def _is_owners(message: Message, delivery: Delivery) -> bool:
    """The message as Webex shows it counts, not what the delivery said about it."""
    if message.person_id != delivery.receiver or message.id != delivery.event.data.id:
        log.warning("command of somebody else", user=delivery.receiver)
        return False
    return not is_too_old(message)
