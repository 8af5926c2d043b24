"""The account: /init, /export and /delete."""

from app import texts
from app.bot import welcome
from app.commands.context import Context
from app.commands.registry import Answer, Needs, Where, command
from app.errors import UsageError
from app.language import _
from app.models import stored, user
from app.models.stored import Count
from app.outbox import invite
from app.webex import cards

CONFIRMATION = "DELETENOW"
EXPORT_PATH = "/account/export"


@command("/init", topic="Your account", where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True)
def init(ctx: Context) -> str:
    """Get a link to connect your Webex account, or to renew my access.

    Usage: `/init`

    The link is yours alone, works once and for ten minutes; an earlier one stops working. Nothing is ever deleted here.
    """
    ctx.nothing_more()
    text = welcome.invite_again(welcome.link(ctx.tools.config), ctx.author is not None and ctx.author.status == user.ACTIVE)
    invite(ctx.db, ctx.person_id, text, key=f"{ctx.key}|invitation")
    return ""  # said above: only the outbox may make a link


@command("/export", topic="Your account", needs=Needs.ACCOUNT, while_paused=True)
def export(ctx: Context) -> Answer:
    """Download everything I keep about you, as a zip.

    Usage: `/export`

    The answer is a link. It asks you to sign in with Webex, and gives you yours alone. In the zip are tables for a spreadsheet
    (CSV), the same as one JSON file, and an explanation. No tokens are in it, and no texts that others wrote.
    """
    ctx.nothing_more()
    url = f"{ctx.tools.config.public_url}{EXPORT_PATH}"
    made = stored.told(stored.counts(ctx.db, ctx.person_id), stored.MADE)
    about = _(
        "It is a zip: {made}, and my notes about you. "
        "Your browser asks you to sign in with Webex first; whoever else opens the link gets their own, not yours.",
        made=made or _("your account"),
    )
    head = cards.heading(_("Everything I keep about you"))
    card = cards.card(head, cards.words(about), actions=(cards.link(_("Download"), url),))
    return Answer(f"**[{_('Download everything I keep about you')}]({url})**\n\n{about}", card)


@command("/delete", topic="Your account", where=Where.BOT_ROOM, needs=Needs.NOTHING, while_paused=True)
def delete(ctx: Context) -> str | Answer:
    """Remove your account and everything I know about you.

    Usage: `/delete` shows what would go; `/delete DELETENOW` removes it, at once and for good

    The word must be typed in capitals. It also works when my access to Webex has ended.
    """
    if ctx.arguments not in ("", CONFIRMATION):
        raise UsageError
    if not ctx.arguments:
        return _what_would_go(ctx)
    removed = ctx.tools.subscriptions.remove_all(ctx.person_id) if ctx.author else 0
    found = stored.counts(ctx.db, ctx.person_id)
    stored.forget(ctx.db, ctx.person_id)
    return _gone(ctx, found, removed)


def _what_would_go(ctx: Context) -> str | Answer:
    found = stored.counts(ctx.db, ctx.person_id)
    if not stored.told(found):
        return _("I know nothing about you: you have no account here, and there is nothing to remove.")
    if ctx.author is None:
        return _(
            "You have no account here. All I keep is this: {things}. `/delete {word}` removes that, too.",
            things=stored.told(found),
            word=CONFIRMATION,
        )
    text = _(
        "This would remove your account for good:\n\n{things}\n- **At Webex**: my access and its webhooks\n\n"
        "It can't be taken back. To do it, type `/delete {word}`.",
        things=_listed(found),
        word=CONFIRMATION,
    )
    return Answer(text, _confirmation(found))


def _confirmation(found: list[Count]) -> cards.Card:
    return cards.card(
        cards.heading(_("Remove your account for good?")),
        *(cards.words(line.removeprefix("- ")) for line in _listed(found).splitlines()),
        cards.words(_("It can't be taken back. Typing `/delete {word}` does the same.", word=CONFIRMATION), subtle=True),
        actions=(
            cards.button(_("Delete everything"), f"/delete {CONFIRMATION}", style="destructive"),
            cards.button(_("Export first"), "/export"),
            cards.button(_("Keep it"), "/me"),
        ),
    )


def _listed(found: list[Count]) -> str:
    """Every kind of thing there is, by where it comes from."""
    groups = {_("Yours"): stored.MADE, _("Your account"): stored.ACCOUNT, _("My notes"): stored.NOTED}
    return "\n".join(f"- **{title}**: {words}" for title, group in groups.items() if (words := stored.told(found, group)))


def _gone(ctx: Context, found: list[Count], removed: int | None) -> str:
    if not stored.told(found):
        return _("There is nothing left to remove: I know nothing about you. If you ever want to come back, type `/init`.")
    if ctx.author is None:
        things = stored.told(found)
        return _("**Everything is removed:** {things}. You had no account here. `/init` begins one.", things=things)
    return _(
        "**Everything is removed.**\n\n{things}\n- **At Webex**: {webhooks}\n\n"
        "I hold no access to your Webex any more; in your Webex settings you can also withdraw the permission itself. "
        "This room can't be deleted. If you ever want to come back, type `/init`.",
        things=_listed(found),
        webhooks=_hooks_gone(removed),
    )


def _hooks_gone(removed: int | None) -> str:
    if removed is None:
        return _("it did not let me remove my webhooks; whatever they still send is refused unread")
    return texts.counted(removed, "webhook")
