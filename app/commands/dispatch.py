"""Find the command, check that it may run, run it, and put its answers in line: saved before said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from app import outbox, texts
from app.commands import registry, rights
from app.commands.context import Context, Tools, Typed
from app.commands.registry import Answer, Command, Where
from app.delivery import Delivery
from app.errors import Fenced, NotAllowed, NotConnected, UsageError, UserError
from app.language import _
from app.models import failure, user
from app.models.outbox import Hand
from app.webex.errors import WebexError
from app.webex.markdown import storable

log = structlog.get_logger(__name__)

FAILED = "|failed|"  # in the key of an apology, before which everything not committed was taken back
Say = Callable[[Context, Answer, str, Hand | None], None]


def into_the_room(ctx: Context, answer: Answer, key: str, hand: Hand | None) -> None:
    """Put an answer in line to be said in the person's 1:1 room."""
    file = answer.file and (answer.file[0], storable(answer.file[1]))
    outbox.say_to(ctx.db, ctx.person_id, storable(answer.text), card=answer.card, file=file, key=key, hand=hand)


def run(tools: Tools, typed: Typed, delivery: Delivery, say: Say = into_the_room) -> None:
    """Run what a person typed.

    The command's effects, its last answer and the end of the delivery are committed together, so that after a crash it
    runs again from the start or not at all.

    :param say: what becomes of an answer, within the transaction of its effects; the key is new for each, and the hand is that
        of the worker who says it after the commit
    """
    found = registry.find(typed.word)
    ctx = _context(tools, typed, delivery)
    try:
        with _whole(ctx):
            for number, (answer, is_last) in enumerate(_answers(found, ctx)):
                say(ctx, answer, f"{ctx.key}|answer|{number}", delivery.hand if is_last else None)
                if not is_last:
                    ctx.commit()
                    tools.database.wake(ctx.person_id)  # said now, by another thread, while the command goes on
            if ctx.is_tidied:
                outbox.remove_as(ctx.db, ctx.person_id, typed.message_id, key=f"{ctx.key}|removal")
            delivery.decided("ran", found.name if found else "")
            tools.tally.used(found.name if found else "unknown")
            delivery.close(ctx.db)
    except Fenced:
        raise
    except Exception as error:
        with _whole(ctx):
            say(ctx, Answer(_apology(error, found, ctx)), f"{ctx.key}{FAILED}0", delivery.hand)
            delivery.decided(_refusal(error, found), found.name if found else "")
            delivery.close(ctx.db)


@contextmanager
def _whole(ctx: Context) -> Iterator[None]:
    """What is done inside is committed at the end, or not at all."""
    try:
        yield
        ctx.commit()
    except BaseException as error:
        ctx.roll_back(error)
        ctx.delivery.takes_back()
        raise


def _context(tools: Tools, typed: Typed, delivery: Delivery) -> Context:
    with tools.database.reading() as db:
        author = user.find(db, typed.person_id)
    parts = typed.text.split(maxsplit=1)
    return Context(tools, typed, delivery, author, parts[1].strip() if len(parts) > 1 else "")


def _answers(found: Command | None, ctx: Context) -> Iterator[tuple[Answer, bool]]:
    """Each answer, and whether the command has nothing more to do after it."""
    if found is None:
        raise UserError(_unknown(ctx.typed))
    _check(found, ctx)
    reply = found.handler(ctx)
    if isinstance(reply, str | Answer):
        yield _whole_answer(reply), True
    else:
        for answer in reply:
            yield _whole_answer(answer), False


def _whole_answer(answer: str | Answer) -> Answer:
    return Answer(answer) if isinstance(answer, str) else answer


def _check(found: Command, ctx: Context) -> None:
    """Whether a command may run, here and for this person.

    :raises NotAllowed: typed in the wrong place, or by somebody who may not use it now
    :raises NotConnected: it needs an account, or access, that is not there
    """
    if found.where is Where.BOT_ROOM and not ctx.typed.in_bot_room:
        where = _(found.where.value)
        raise NotAllowed(
            _("`{name}` works only here, {where}. Nothing was done; please type it here.", name=found.name, where=where)
        )
    if error := rights.refusal(found, ctx):
        raise error


def _unknown(typed: Typed) -> str:
    """A helpful answer to anything that is no command. It never repeats what was typed: texts are not stored."""
    near = registry.nearest(typed.word)
    if typed.is_command and near:
        return _("I don't know that command. Did you mean `{near}`? `/help` lists what I can do.", near=near)
    if typed.is_command:
        return _("I don't know that command. `/help` lists what I can do.")
    if near:
        return _(
            "I understand commands, which start with a slash. Did you mean `{near}`? `/help` lists what I can do.", near=near
        )
    return _("I understand commands, which start with a slash. `/help` lists what I can do.")


def _refusal(error: Exception, found: Command | None) -> str:
    """A code of `app.commands.why`."""
    if found is None:
        return "unknown"
    if str(error) == _(texts.PAUSED):
        return "paused"
    kinds = {UsageError: "usage", NotConnected: "not connected", NotAllowed: "not allowed", UserError: "refused"}
    return next((code for kind, code in kinds.items() if isinstance(error, kind)), "failed")


def _apology(error: Exception, found: Command | None, ctx: Context) -> str:
    name = found.name if found else ""
    if isinstance(error, UsageError) and found:
        return found.usage + "\n\n" + _("`/help {name}` tells more.", name=found.name[1:])
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, WebexError):
        log.warning("command stopped by webex", command=name, status=error.status, error=type(error).__name__)
        return texts.webex_trouble(error.status)
    reference = failure.new_reference()
    failure.note(ctx.db, reference, error, name)
    log.error("command failed", command=name, reference=reference, exc_info=error)
    return texts.broken(reference)
