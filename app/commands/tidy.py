"""Leaving no trace: the message with a command is removed from its room once the command succeeded."""

from app.commands.context import Context


def tidy(ctx: Context) -> None:
    """Let the command's own message be removed after its answer was said.

    Only if the command succeeds, which is settled with its answer, and never in the person's 1:1 room with the bot. It needs
    the right to write messages; where Webex does not let us, the message stays and nothing is said about it.
    """
    ctx.is_tidied = not ctx.typed.in_bot_room and bool(ctx.typed.message_id)
