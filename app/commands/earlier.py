"""Messages that were there before the command: the one so many before it."""

from app.commands.context import Context
from app.errors import UserError
from app.webex.resources import Message

FURTHEST = 50  # messages counted back


def earlier(ctx: Context, number: int, why: str) -> Message:
    """The message so many before the one that was typed; 1 is the last one. What was written since does not count.

    :param why: the reason, for the privacy ledger
    :raises UserError: if there are not so many, or it is further back than I look
    """
    if not 1 <= number <= FURTHEST:
        raise UserError(f"I count back from 1, the message before yours, to {FURTHEST}. Nothing was changed.")
    before = {"beforeMessage": ctx.typed.message_id} if ctx.typed.message_id else {}
    found = ctx.webex.list_messages(ctx.typed.room_id, number, **before)
    for _ in found:
        ctx.delivery.fetched(why)
    if len(found) < number:
        there = f"{'is' if len(found) < 2 else 'are'} {f'only {len(found)}' if found else 'none'}"
        raise UserError(f"There {there} before yours in this room, and you asked for number {number}. Nothing was changed.")
    return found[number - 1]
