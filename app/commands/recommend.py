"""Telling others of this: /recommend, and /recommendations for those who want none."""

from app import outbox
from app.commands.context import Context
from app.commands.registry import Needs, Where, command
from app.errors import UsageError, UserError
from app.language import N_, _
from app.models import support, user
from app.outbox import Regret
from app.webex import cards
from app.webex.addresses import is_email, is_of_bot
from app.webex.markdown import escape

A_DAY = 86_400.0
MOST = 5  # recommendations of a person in a day


@command("/recommend", topic="Support", where=Where.BOT_ROOM, needs=Needs.ACCOUNT)
def recommend(ctx: Context) -> str:
    """Recommend me to somebody, in words of mine.

    Usage: `/recommend <email>`

    Example: `/recommend bob@example.com` They get one message that names you, says what I am and how to begin, and how
    never to be written to again. Nobody gets a second one, from whomever; the address is kept as a hash, for that.
    """
    (email,) = (word.lower() for word in ctx.words(1))
    _check_address(ctx, email)
    earlier = support.recommenders(ctx.db, email)
    if ctx.person_id in earlier:
        raise UserError(_("You recommended me to that address before, and nobody gets a second message. Nothing was sent."))
    if support.count_recommended(ctx.db, ctx.person_id, A_DAY) >= MOST:
        raise UserError(
            _("You recommended me {most} times within a day, which is as often as I may be. Nothing was sent.", most=MOST)
        )
    support.recommend(ctx.db, ctx.person_id, email)
    if not earlier and not support.is_unwanted(ctx.db, email) and user.by_email(ctx.db, email) is None:
        _write_to(ctx, email)
    return _(
        "I'll write to {email} once that you recommend me, unless I have a reason not to: others recommended me there "
        "before, they use me already, or they want no recommendations. Which of these it is, I tell nobody. "
        "Should Webex not take my message, I tell you.",
        email=escape(email),
    )


def _check_address(ctx: Context, email: str) -> None:
    """:raises UserError: if nobody may be recommended anything there; nothing is asked of the database for it"""
    if not is_email(email):
        raise UsageError
    if email == ctx.user.email.lower():
        raise UserError(_("That is you. I'm glad you like me; tell somebody else."))
    if is_of_bot(email):
        raise UserError(_("That is a bot's address, and bots need no assistant. Nothing was sent."))
    domains = [domain.lower().lstrip("@") for domain in ctx.tools.config.recommend_domains]
    if domains and email.rpartition("@")[2] not in domains:
        allowed = ", ".join(domains)
        raise UserError(_("Here I may be recommended only to addresses at {domains}. Nothing was sent.", domains=allowed))


def _write_to(ctx: Context, email: str) -> None:
    """In a line of its own, under a key that is the same for everybody: two who do it at once cause one message.

    It is in the language of who recommends: that of somebody without an account is not known.
    """
    place = support.address_hash(email).hex()
    who = _("**{name}** ({email}) recommends me to you.", name=escape(ctx.user.name), email=escape(ctx.user.email))
    missed = _("Your recommendation did not reach {email}: Webex did not take my message.", email=escape(email))
    regret = Regret(ctx.person_id, missed)
    text, card = f"{who}\n\n{_(WHAT_I_AM)}\n\n{_(BEGIN)}\n\n{_(NEVER)}", _card(who)
    to = {"toPersonEmail": email}
    key = f"recommendation|{place}"
    outbox.say(ctx.db, key=key, line_name=f"recommendation {place}", to=to, markdown=text, card=card, if_refused=regret)


WHAT_I_AM = N_(
    "I'm Army Knife, a personal assistant for Webex: I keep your todo list, remind you, and tell you what the people you "
    "track are writing, from any of your rooms."
)
BEGIN = N_(
    "**To begin**, say hello to me, here. I then send you a link with which you can let me act for you; before that I see "
    "nothing of your Webex."
)
NEVER = N_("**Never again?** Type `/recommendations off`. I don't write to you unless you do.")
NEVER_ON_A_CARD = N_("**Never again?** Press the button, and I don't write to you unless you do.")


def _card(who: str) -> cards.Card:
    buttons = (cards.button(_("What can you do?"), "/help"), cards.button(_("Never again"), "/recommendations off"))
    said = (cards.words(_(words)) for words in (WHAT_I_AM, BEGIN, NEVER_ON_A_CARD))
    return cards.card(cards.words(who), *said, actions=buttons)


@command(
    "/recommendations", topic="Support", where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True, tries=("/recommendations",)
)
def recommendations(ctx: Context) -> str:
    """Say whether others may recommend me to you.

    Usage: `/recommendations` or `/recommendations off` or `/recommendations on`

    Example: `/recommendations off` means nobody can have me write to you again. Your address is kept as a hash, for that.
    """
    word = ctx.arguments.lower()
    if word not in ("", "on", "off"):
        raise UsageError
    addresses = ctx.tools.bot.get_person(ctx.person_id).emails
    for address in addresses:
        if word:
            (support.allow if word == "on" else support.refuse)(ctx.db, address)
    if any(support.is_unwanted(ctx.db, address) for address in addresses):
        return _("Nobody can recommend me to you. `/recommendations on` allows it again.")
    return _("Others may recommend me to you, once. `/recommendations off` ends that, for good.")
