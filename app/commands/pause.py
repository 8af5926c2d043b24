"""A pause: /pause and /resume."""

from contextlib import suppress
from dataclasses import replace

from app import texts
from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.errors import NotConnected, UserError
from app.language import _, n_
from app.models import alarm, now, user
from app.webex import cards
from app.webex.errors import WebexError
from app.when import shown


@command("/pause", "/disable", topic="Your account", needs=Needs.ACCOUNT, while_paused=True)
def pause(ctx: Context) -> Answer:
    """Let me rest: no alerts, no tracking, no auto-reply until you resume.

    Usage: `/pause`

    Reminders and daily lists that become due are held and come when you `/resume`. Webex stops telling me of anything but your
    own messages, which I still read for commands. What people you track write meanwhile is not kept.
    """
    ctx.nothing_more()
    if ctx.user.paused_at:
        since = shown(ctx.user.paused_at, now(), ctx.zone)
        raise UserError(_("You are paused already, since {moment}. `/resume` goes on.", moment=since))
    # Should Webex refuse now, the hourly repair removes the webhooks; what they still deliver is dropped unread.
    with suppress(WebexError, NotConnected):
        wants = ctx.tools.subscriptions.wants(ctx.person_id)
        ctx.tools.subscriptions.sync(ctx.person_id, replace(wants, paused=True))
    user.change(ctx.db, ctx.person_id, paused_at=now())
    text = _(
        "**Paused.** I do nothing for you until you type `/resume`: reminders and daily lists are held until then; "
        "alerts, tracking and auto-reply are off. `/me` shows how things stand."
    )
    return Answer(text, cards.card(cards.words(text), actions=(cards.button(_("Resume"), "/resume", style="positive"),)))


@command("/resume", "/enable", topic="Your account", needs=Needs.ACCOUNT, while_paused=True)
def resume(ctx: Context) -> str:
    """Go on after a pause. What became due meanwhile comes now.

    Usage: `/resume`
    """
    ctx.nothing_more()
    if not ctx.user.paused_at:
        raise UserError(_("You are not paused. `/pause` lets me rest."))
    hears = _hears_again(ctx)
    late = alarm.count_late(ctx.db, ctx.person_id)
    user.change(ctx.db, ctx.person_id, paused_at=None)
    back = _("**You're back.** Everything is on again as it was.")
    return " ".join([back, _owed(late), *([] if hears else [_(texts.STILL_NO_ACCESS)])])


def _hears_again(ctx: Context) -> bool:
    """Register the webhooks that the pause removed.

    :returns: False if the authorization has ended: then there is nothing to hear with, but what needs none goes on
    :raises WebexError: then the pause goes on, too
    """
    wants = ctx.tools.subscriptions.wants(ctx.person_id)
    try:
        ctx.tools.subscriptions.sync(ctx.person_id, replace(wants, paused=False))
    except NotConnected:
        return False
    return True


def _owed(late: int) -> str:
    if not late:
        return _("Nothing became due meanwhile.")
    return n_(
        "{count} thing became due while you were paused, and comes late, in a moment.",
        "{count} things became due while you were paused, and come late, in a moment.",
        late,
    )
