"""The top of mind of others: /tom of, and /tom where somebody else is meant by the room or a mention.

Who asks learns nothing about people who don't show them a list: not whether they have one, nor whether they have an
account. The answer is the same for all.
"""

from dataclasses import dataclass

from app.commands import topofmind_list
from app.commands.context import Context
from app.errors import NotConnected, UsageError, UserError
from app.integration import audience
from app.integration.audience import Audience
from app.language import _
from app.models import topofmind, user
from app.models.user import User
from app.webex.addresses import is_email
from app.webex.errors import WebexError
from app.webex.markdown import escape

ASKING = ("", "subscribe", "unsubscribe")  # forms that mean somebody else's list, where somebody else is there to be meant


@dataclass(frozen=True)
class Asked:
    """Somebody whose list is asked for.

    :ivar account: None if there is none; this must make no difference to who asks
    :ivar named: markdown, in the language of who asks
    """

    account: User | None
    named: str


def asked(ctx: Context) -> Asked | None:
    """Who is meant by the room or a mention, if not the author.

    :raises UserError: if several people are mentioned
    """
    mentioned = [person_id for person_id in ctx.typed.mentioned if person_id != ctx.person_id]
    if ctx.typed.in_bot_room or order(ctx) not in ASKING or not (mentioned or ctx.typed.is_direct):
        return None
    if len(mentioned) > 1:
        raise UserError(_("You mentioned several people. Mention the one whose top of mind you mean."))
    who = mentioned[0] if mentioned else _partner(ctx)
    with ctx.tools.database.reading() as db:
        named = _("the person you mentioned") if mentioned else _("the person in that room")
        return Asked(user.find(db, who), named)


def order(ctx: Context) -> str:
    """What was typed behind `/tom`, without mentions."""
    return " ".join(ctx.typed.plain.split()[1:]).lower()


def _partner(ctx: Context) -> str:
    members = ctx.webex.list_memberships(ctx.typed.room_id)
    return next((member.person_id for member in members if member.person_id != ctx.person_id), "")


def named(ctx: Context, email: str) -> Asked:
    """:raises UsageError: if it is no address"""
    email = email.lower()
    if not is_email(email):
        raise UsageError
    with ctx.tools.database.reading() as db:
        return Asked(user.by_email(db, email), escape(email))


def show(ctx: Context, who: Asked) -> str:
    owner = admitted(ctx, who)
    found, items = topofmind.find(ctx.db, owner.person_id), topofmind.items(ctx.db, owner.person_id)
    return topofmind_list.of_other(owner, found.title if found else "", items)


def admitted(ctx: Context, who: Asked) -> User:
    """The owner of a list that the author may see. Somebody who lost that is no subscriber any longer.

    :raises UserError: the same for whoever is not shown it, for whatever reason
    """
    owner, may_see = who.account, None
    if owner and owner.person_id == ctx.person_id:
        return owner
    if owner and not owner.paused_at:
        tools = ctx.tools
        try:
            may_see = Audience(tools.database, tools.bot, tools.people).includes(owner.person_id, ctx.person_id)
        except (WebexError, NotConnected):
            may_see = None  # said aloud, it would tell that there is an account
    if owner and may_see:
        return owner
    if owner and may_see is False:
        audience.end(ctx.db, owner.person_id, ctx.person_id, key=ctx.key)
        ctx.commit()
    raise UserError(
        _("There is no top of mind of {whom} that I may show you now. `/tom`, typed to me, shows your own.", whom=who.named)
    )
