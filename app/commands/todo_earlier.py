"""Todo items made of messages: /todo with a number, in any room but the one with the bot."""

import re
from dataclasses import dataclass

from app.commands.context import Context
from app.commands.earlier import earlier
from app.errors import NotConnected
from app.language import _
from app.models import todo, user
from app.texts import REAUTHORIZE
from app.webex.errors import WebexError
from app.webex.files import content_id
from app.webex.markdown import storable
from app.webex.resources import Message

_NUMBER_FIRST = re.compile(r"([0-9]{1,3})(?:\s+(.+))?", re.S)


@dataclass(frozen=True)
class Reference:
    """:ivar text: what the item says"""

    text: str
    room_id: str
    message_id: str

    def keep(self, ctx: Context) -> None:
        """Let the item that was just added remember its message."""
        todo.refer_newest(ctx.db, ctx.person_id, self.room_id, self.message_id)


def reference(ctx: Context, longest: int) -> Reference | None:
    """The message that a number at the beginning means, with the text behind it or else its own; None if there is no number.

    In the room with the bot a number is a text like any other.

    :raises UserError: there is no such message
    """
    match = None if ctx.typed.in_bot_room else _NUMBER_FIRST.fullmatch(ctx.arguments)
    if match is None:
        return None
    if ctx.user.status == user.REAUTHORIZE:
        raise NotConnected(_(REAUTHORIZE))
    message = earlier(ctx, int(match[1]), "earlier")
    return Reference(match[2] or _cut(_words(ctx, message), longest), message.room_id, message.id)


def _words(ctx: Context, message: Message) -> str:
    """What a message says; of one without a text, what it is."""
    if text := " ".join(storable(message.text).split()):
        return text
    if not message.files:
        return _("card from {email}", email=message.person_email)
    file = storable(_file_name(ctx, message.files[0]))
    return _("{file} from {email}", file=file, email=message.person_email)


def _file_name(ctx: Context, url: str) -> str:
    try:
        return ctx.webex.get_file(content_id(url)).name or _("file")
    except WebexError:
        return _("file")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
