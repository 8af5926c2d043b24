"""A word with the people who run this: /support, and /reply for them."""

import re

from app import outbox, texts
from app.commands.context import Context
from app.commands.registry import Needs, Where, command
from app.errors import UsageError, UserError
from app.models import support
from app.models.support import Ticket
from app.outbox import Regret
from app.webex import cards
from app.webex.markdown import escape, quote

LONGEST = 2_000  # characters of a question, or of an answer
AN_HOUR = 3_600.0
MOST = 5  # questions of a person in an hour


@command("/support", topic="Support", where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True)
def ask(ctx: Context) -> str:
    """Ask the people who run me.

    Usage: `/support <message>`

    Example: `/support I was told number 4f2a91c0. What does it mean?` Your name, address and words go to my admins, whose
    answer comes here. What you write is not stored.
    """
    question = _checked(ctx.arguments, "a question")
    admins = sorted(ctx.tools.admins.ids())  # asks Webex, so it comes before the database
    if not admins:
        raise UserError(
            "Nobody was reached: whoever runs me named no admin to whom I could write. Please ask that person in another way."
        )
    name, email = _asker(ctx)
    if support.count_asked(ctx.db, ctx.person_id, AN_HOUR) >= MOST:
        raise UserError(f"You asked {MOST} questions within an hour, and that is as many as I pass on. Please ask again later.")
    ticket = support.ask(ctx.db, ctx.person_id, email)
    of_all = "my only admin" if len(admins) == 1 else f"one of my {len(admins)} admins"
    regret = Regret(ctx.person_id, f"Your question **{ticket.number}** did not reach {of_all}: Webex did not take it.")
    head = f"**{escape(name)}** ({escape(email)}) asks:"
    text = f"**Question {ticket.number}**\n\n{head}\n\n{quote(question)}\n\n`/reply {ticket.number} <answer>` answers, from me."
    card = _letter(f"Question {ticket.number}", head, question, "Your answer", cards.button("Answer", f"/reply {ticket.number}"))
    for admin in admins:
        outbox.say_to(ctx.db, admin, text, key=f"{ctx.key}|question|{admin}", card=card, if_refused=regret)
    return (
        f"Your question **{ticket.number}** is on its way to {texts.counted(len(admins), 'admin')}. "
        "The answer comes here; should Webex not take the question, I tell you."
    )


def _asker(ctx: Context) -> tuple[str, str]:
    """Name and address of who asks, with or without an account."""
    if ctx.author:
        return ctx.author.name, ctx.author.email
    seen = ctx.tools.bot.get_person(ctx.person_id)
    return seen.display_name or seen.email, seen.email


@command("/reply", topic="Support", where=Where.BOT_ROOM, needs=Needs.ADMIN)
def reply(ctx: Context) -> str:
    """Answer a question that somebody asked with /support.

    Usage: `/reply <number> <answer>`

    Example: `/reply 3 Please connect again, with a fresh link.` The answer goes out from me, without your name.
    """
    number, words = ctx.words(2)
    if not re.fullmatch(r"[0-9]{1,9}", number):
        raise UsageError
    answer = _checked(words, "an answer")
    ticket = support.find(ctx.db, int(number))
    if ticket is None:
        raise UserError(
            f"There is no question **{int(number)}**: it was never asked, is older than 90 days, or who asked it left. "
            "Nothing was sent."
        )
    _answer(ctx, ticket, answer)
    return f"Your answer to question **{ticket.number}** is on its way to {escape(ticket.email)}."


def _answer(ctx: Context, ticket: Ticket, answer: str) -> None:
    regret = Regret(
        ctx.person_id,
        f"Your answer to question **{ticket.number}** did not reach {escape(ticket.email)}: Webex did not take it.",
    )
    head = f"**Answer from your operator** to your question **{ticket.number}**:"
    text = f"{head}\n\n{quote(answer)}\n\n`/support <message>` goes on."
    card = _letter("Answer from your operator", f"To your question **{ticket.number}**:", answer, "Anything more?", _ask_on())
    outbox.say_to(ctx.db, ticket.person_id, text, key=f"{ctx.key}|to asker", card=card, if_refused=regret)


def _ask_on() -> cards.Element:
    return cards.button("Ask on", "/support")


def _letter(heading: str, head: str, words: str, placeholder: str, button: cards.Element) -> cards.Card:
    """Somebody's words, with room for an answer."""
    lines = [escape(line, LONGEST) for line in words.splitlines() if line.strip()]
    return cards.card(
        cards.heading(heading),
        cards.words(head),
        cards.words("\n\n".join(lines)),
        cards.entry(placeholder, multiline=True, longest=LONGEST),
        actions=(button,),
    )


def _checked(words: str, what: str) -> str:
    """:raises UserError: if there is nothing to pass on, or too much"""
    if not re.search(r"\w", words):
        raise UsageError
    if len(words) > LONGEST:
        raise UserError(f"That is {len(words)} characters long; {what} may have {LONGEST}. Nothing was sent.")
    return words
