"""Who may see a top-of-mind list, and who is told when it changes."""

from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace

from app import outbox, texts
from app.commands import topofmind_list
from app.commands.context import Context
from app.commands.topofmind_list import SHOWN_TO
from app.commands.topofmind_others import Asked, admitted
from app.commands.who import who_is
from app.errors import NotConnected, UsageError, UserError
from app.integration import audience
from app.integration.audience import Audience
from app.language import N_, _, speaking
from app.models import topofmind, user
from app.models.topofmind import AUDIENCES, LISTED, NOBODY, ORG, TopList
from app.models.user import User
from app.webex.addresses import is_email
from app.webex.errors import WebexError
from app.webex.markdown import escape

MOST_SUBSCRIBERS = 100
MOST_READERS = 100
ANSWERS = N_(
    "Whoever types `/tom` to you 1:1, or with a mention of you, is shown your list if `/tom audience` allows it, also without an "
    "account. For that I read the 1:1 messages that others write to you, and mentions of you, to see whether they are `/tom`; "
    "nothing of them is kept, and `/privacy` counts them. While your list is shown to nobody, I read none. "
    "`/tom answer off` ends it."
)
ANSWERS_NOT = N_(
    "I read nothing that others write to you. Who has an account may type `/tom` in your rooms all the same; who has none asks "
    "me, by `/tom of` and your address. `/tom answer on` lets me hear them in your rooms, too."
)
FREE_ACCOUNT = N_(
    "Webex shows no organisation of yours, as with free accounts, so `org` would mean strangers. Nothing was changed."
)


def choose_audience(ctx: Context, rest: str) -> str:
    """/tom audience"""
    chosen = rest.lower()
    if not chosen:
        return _who_may(ctx)
    if chosen not in AUDIENCES:
        raise UsageError
    if chosen == ORG and not _organisation(ctx):
        raise UserError(_(FREE_ACCOUNT))
    _hear(ctx, asked=chosen != NOBODY and _known(ctx).answers)
    topofmind.set_audience(ctx.db, ctx.person_id, chosen)
    gone = [reader for reader in topofmind.subscribers(ctx.db, ctx.person_id) if not _stays(ctx, chosen, reader)]
    for reader in gone:
        audience.end(ctx.db, ctx.person_id, reader.person_id, key=ctx.key)
    return _who_may(ctx)


def answering(ctx: Context, rest: str) -> str:
    """/tom answer"""
    if rest.lower() not in ("", "on", "off"):
        raise UsageError
    if rest:
        is_on = rest.lower() == "on"
        _hear(ctx, asked=is_on and _known(ctx).audience != NOBODY)
        topofmind.set_answers(ctx.db, ctx.person_id, is_on)
    return _(ANSWERS if topofmind.touch(ctx.db, ctx.person_id).answers else ANSWERS_NOT)


def _known(ctx: Context) -> TopList:
    """The list before this command, read without opening its transaction: Webex may have to be asked yet."""
    with ctx.tools.database.reading() as db:
        return topofmind.find(db, ctx.person_id) or TopList(audience=NOBODY, answers=False)


def _hear(ctx: Context, *, asked: bool) -> None:
    """Have Webex tell us of what others write to the author, or no longer: only while that is needed.

    Should Webex refuse to let go now, the hourly repair does it; what it still delivers is dropped unread.
    """
    subscriptions = ctx.tools.subscriptions
    wants = subscriptions.wants(ctx.person_id)
    if asked == wants.asked:
        return
    with nullcontext() if asked else suppress(WebexError, NotConnected):
        subscriptions.sync(ctx.person_id, replace(wants, asked=asked))


def _organisation(ctx: Context) -> str:
    return Audience(ctx.tools.database, ctx.tools.bot, ctx.tools.people).organisation(ctx.person_id)


def _stays(ctx: Context, chosen: str, reader: User) -> bool:
    """Whether a subscriber may go on; where Webex has to be asked, that is done before the next notice."""
    return chosen != NOBODY and (chosen != LISTED or topofmind.is_listed(ctx.db, ctx.person_id, reader.person_id))


def _who_may(ctx: Context) -> str:
    found = topofmind.find(ctx.db, ctx.person_id)
    chosen = found.audience if found else NOBODY
    names = ", ".join(escape(row.email) for row in topofmind.readers(ctx.db, ctx.person_id))
    if chosen == LISTED and names:
        return _("Your top of mind is shown to the people you listed: {names}.", names=names)
    if chosen == LISTED:
        return _("Your top of mind is shown to the people you listed: nobody yet: `/tom allow <email>` lists somebody.")
    told = _("Your top of mind is shown to {whom}.", whom=_(SHOWN_TO[chosen]))
    return told + " " + _("Listed, for `/tom audience listed`: {names}.", names=names) if names else told


def allow(ctx: Context, rest: str) -> str:
    """/tom allow <email>"""
    email = _address(rest)
    found = who_is(ctx.webex, email)
    if found.person_id == ctx.person_id:
        raise UserError(_("That is you, and you see your list anyway."))
    if len(topofmind.readers(ctx.db, ctx.person_id)) >= MOST_READERS:
        full = _(
            "You listed {most} people, and that is as many as I keep. `/tom disallow <email>` makes room.", most=MOST_READERS
        )
        raise UserError(full)
    is_new = topofmind.allow(ctx.db, ctx.person_id, found.person_id, email)
    shown = topofmind.touch(ctx.db, ctx.person_id).audience
    who = f"**{escape(found.name)}** ({escape(email)})"
    said = _("{who} is now listed.", who=who) if is_new else _("{who} was listed already.", who=who)
    is_shown = shown == LISTED
    effect = _("They may see your top of mind.") if is_shown else _("That counts as soon as you type `/tom audience listed`.")
    return f"{said} {effect}"


def disallow(ctx: Context, rest: str) -> str:
    """/tom disallow <email>"""
    email = _address(rest)
    found = next((row for row in topofmind.readers(ctx.db, ctx.person_id) if row.email == email), None)
    if found is None:
        raise UserError(_("{email} is not among the people you listed. `/tom audience` shows them.", email=escape(email)))
    topofmind.disallow(ctx.db, ctx.person_id, found.reader_id)
    if topofmind.touch(ctx.db, ctx.person_id).audience == LISTED:
        audience.end(ctx.db, ctx.person_id, found.reader_id, key=ctx.key)
    return _("{email} is no longer listed.", email=escape(email))


def _address(word: str) -> str:
    if not is_email(word):
        raise UsageError
    return word.lower()


def subscribe(ctx: Context, who: Asked) -> str:
    """/tom subscribe: from now on the author is told of changes, and the owner of the author."""
    if who.account and who.account.person_id == ctx.person_id:
        raise UserError(_("That is your own list, and I show it to you anyway."))
    owner = admitted(ctx, who)
    if len(topofmind.subscribers(ctx.db, owner.person_id)) >= MOST_SUBSCRIBERS:
        most = MOST_SUBSCRIBERS
        raise UserError(_("That list has {most} subscribers, and that is as many as I tell. You are not one of them.", most=most))
    whose = _named(owner)
    if not topofmind.subscribe(ctx.db, owner.person_id, ctx.person_id):
        raise UserError(_("You are subscribed to the top of mind of {whose} already.", whose=whose))
    with speaking(owner.language):
        me = {"who": _named(ctx.user), "email": ctx.user.email}
        told = _("{who} subscribed to your top of mind. `/tom remove {email}` ends that.", **me)
    outbox.say_to(ctx.db, owner.person_id, told, key=f"{ctx.key}|subscribed")
    found, items = topofmind.find(ctx.db, owner.person_id), topofmind.items(ctx.db, owner.person_id)
    now = topofmind_list.of_other(owner, found.title if found else "", items)
    head = _("I'll tell you when {whose} changes their top of mind, and told them so. It is now:", whose=whose)
    return f"{head}\n\n{now}"


def unsubscribe(ctx: Context, who: Asked) -> str:
    """/tom unsubscribe: the same answer for everybody to whom the author is not subscribed."""
    owner = who.account
    if owner is None or not topofmind.unsubscribe(ctx.db, owner.person_id, ctx.person_id):
        raise UserError(
            _("You are not subscribed to the top of mind of {whom}. `/tom subscriptions` lists whose you are.", whom=who.named)
        )
    return _("I no longer tell you of changes of {whose}.", whose=_named(owner))


def remove(ctx: Context, rest: str) -> str:
    """/tom remove <email>: the owner lets a subscriber go, and the subscriber is told."""
    email = _address(rest)
    reader = user.by_email(ctx.db, email)
    if reader is None or not topofmind.unsubscribe(ctx.db, ctx.person_id, reader.person_id):
        raise UserError(
            _("{email} is not subscribed to your top of mind. `/tom subscriptions` lists who is.", email=escape(email))
        )
    with speaking(reader.language):
        told = _("{whose} ended your subscription to their top of mind.", whose=_named(ctx.user))
    outbox.say_to(ctx.db, reader.person_id, told, key=f"{ctx.key}|removed")
    return _(
        "{who} is no longer told of your changes, and knows it. "
        "Who may see the list is another matter: `/tom audience` shows it.",
        who=_named(reader),
    )


def subscriptions(ctx: Context) -> str:
    """Both directions, by name."""
    mine = _names(_("Whose changes you are told of"), topofmind.subscribed_to(ctx.db, ctx.person_id))
    theirs = _names(_("Who is told of yours"), topofmind.subscribers(ctx.db, ctx.person_id))
    return f"{mine}\n\n{theirs}"


def _names(heading: str, people: list[User]) -> str:
    rows = [f"- {_named(one)}" for one in people] or [_("- nobody")]
    return f"**{heading}** ({texts.counted(len(people), 'person', 'people')})\n\n" + "\n".join(rows)


def _named(person: User) -> str:
    return f"**{escape(person.name)}** ({escape(person.email)})"


SUBSCRIBING: dict[str, Callable[[Context, Asked], str]] = {"subscribe": subscribe, "unsubscribe": unsubscribe}
ORDERS: dict[str, Callable[[Context, str], str]] = {
    "audience": choose_audience,
    "allow": allow,
    "answer": answering,
    "disallow": disallow,
    "remove": remove,
}
