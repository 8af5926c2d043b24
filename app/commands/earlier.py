"""Messages that were there before the command: the one so many before it."""

from app.commands.context import Context
from app.errors import UserError
from app.language import _, n_
from app.webex.resources import Message

FURTHEST = 50  # messages counted back


def earlier(ctx: Context, number: int, why: str) -> Message:
    """The message so many before the one that was typed; 1 is the last one. What was written since does not count.

    :param why: the reason, for the privacy ledger
    :raises UserError: if there are not so many, or it is further back than I look
    """
    if not 1 <= number <= FURTHEST:
        raise UserError(_("I count back from 1, the message before yours, to {most}. Nothing was changed.", most=FURTHEST))
    before = {"beforeMessage": ctx.typed.message_id} if ctx.typed.message_id else {}
    found = ctx.webex.list_messages(ctx.typed.room_id, number, **before)
    for _message in found:
        ctx.delivery.fetched(why)
    if len(found) < number:
        raise UserError(_too_few(len(found), number))
    return found[number - 1]


def _too_few(count: int, number: int) -> str:
    if not count:
        return _(
            "There is none before yours in this room, and you asked for number {number}. Nothing was changed.", number=number
        )
    return n_(
        "There is only {count} before yours in this room, and you asked for number {number}. Nothing was changed.",
        "There are only {count} before yours in this room, and you asked for number {number}. Nothing was changed.",
        count,
        number=number,
    )
