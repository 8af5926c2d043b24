"""A word with the people who run this: /support, and /reply for them."""

import re

from app import outbox
from app.commands.context import Context
from app.commands.registry import Answer, Needs, Where, command
from app.errors import UsageError, UserError
from app.language import N_, _, n_, speaking
from app.models import support, user
from app.outbox import Regret
from app.webex import cards
from app.webex.markdown import escape, quote

LONGEST = 2_000  # characters of a question, or of an answer
AN_HOUR = 3_600.0
MOST = 5  # questions of a person in an hour
LONG_QUESTION = N_("That is {length} characters long; a question may have {most}. Nothing was sent.")
LONG_ANSWER = N_("That is {length} characters long; an answer may have {most}. Nothing was sent.")
NOBODY_TO_ASK = N_(
    "Nobody was reached: whoever runs me named no admin to whom I could write. Please ask that person in another way."
)
TOO_MANY = N_("You asked {most} questions within an hour, and that is as many as I pass on. Please ask again later.")
NO_QUESTION = N_(
    "There is no question **{number}**: it was never asked, is older than 90 days, or who asked it left. Nothing was sent."
)


@command("/support", topic="Support", where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True)
def ask(ctx: Context) -> str:
    """Ask the people who run me.

    Usage: `/support <message>`

    Example: `/support I was told number 4f2a91c0. What does it mean?` Your name, address and words go to my admins, whose
    answer comes here. What you write is not stored.
    """
    question = _checked(ctx.arguments, LONG_QUESTION)
    admins = sorted(ctx.tools.admins.ids())  # asks Webex, so it comes before the database
    if not admins:
        raise UserError(_(NOBODY_TO_ASK))
    name, email = _asker(ctx)
    if support.count_asked(ctx.db, ctx.person_id, AN_HOUR) >= MOST:
        raise UserError(_(TOO_MANY, most=MOST))
    ticket = support.ask(ctx.db, ctx.person_id, email)
    regret = Regret(ctx.person_id, _not_reached(ticket.number, len(admins)))
    for admin in admins:
        with speaking(user.language_of(ctx.db, admin)):
            asked = _question(ticket.number, name, email, question)
        outbox.say_to(ctx.db, admin, asked.text, key=f"{ctx.key}|question|{admin}", card=asked.card, if_refused=regret)
    return n_(
        "Your question **{number}** is on its way to {count} admin. "
        "The answer comes here; should Webex not take the question, I tell you.",
        "Your question **{number}** is on its way to {count} admins. "
        "The answer comes here; should Webex not take the question, I tell you.",
        len(admins),
        number=ticket.number,
    )


def _not_reached(number: int, admins: int) -> str:
    if admins == 1:
        return _("Your question **{number}** did not reach my only admin: Webex did not take it.", number=number)
    told = {"number": number, "count": admins}
    return _("Your question **{number}** did not reach one of my {count} admins: Webex did not take it.", **told)


def _question(number: int, name: str, email: str, words: str) -> Answer:
    """A question as admins see it."""
    title = _("Question {number}", number=number)
    head = _("**{name}** ({email}) asks:", name=escape(name), email=escape(email))
    how = _("`/reply {number} <answer>` answers, from me.", number=number)
    card = _letter(title, head, words, _("Your answer"), cards.button(_("Answer"), f"/reply {number}"))
    return Answer(f"**{title}**\n\n{head}\n\n{quote(words)}\n\n{how}", card)


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
    answer = _checked(words, LONG_ANSWER)
    ticket = support.find(ctx.db, int(number))
    if ticket is None:
        raise UserError(_(NO_QUESTION, number=int(number)))
    to_whom = {"number": ticket.number, "email": escape(ticket.email)}
    missed = _("Your answer to question **{number}** did not reach {email}: Webex did not take it.", **to_whom)
    with speaking(user.language_of(ctx.db, ticket.person_id)):
        said = _answer(ticket.number, answer)
    key, regret = f"{ctx.key}|to asker", Regret(ctx.person_id, missed)
    outbox.say_to(ctx.db, ticket.person_id, said.text, key=key, card=said.card, if_refused=regret)
    return _("Your answer to question **{number}** is on its way to {email}.", **to_whom)


def _answer(number: int, words: str) -> Answer:
    """An answer as who asked sees it."""
    head = _("**Answer from your operator** to your question **{number}**:", number=number)
    to_what, on = _("To your question **{number}**:", number=number), cards.button(_("Ask on"), "/support")
    card = _letter(_("Answer from your operator"), to_what, words, _("Anything more?"), on)
    return Answer(f"{head}\n\n{quote(words)}\n\n{_('`/support <message>` goes on.')}", card)


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


def _checked(words: str, too_long: str) -> str:
    """:raises UserError: if there is nothing to pass on, or too much, which is said in the words of `too_long`"""
    if not re.search(r"\w", words):
        raise UsageError
    if len(words) > LONGEST:
        raise UserError(_(too_long, length=len(words), most=LONGEST))
    return words
