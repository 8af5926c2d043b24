"""What was lately decided, in words: /why."""

from app.commands.context import Context
from app.commands.registry import Needs, command
from app.language import N_, _, n_
from app.models import decision, ledger, now
from app.models.decision import Decision
from app.webex.markdown import escape
from app.when import shown

SHOWN = 10
# By the code that was noted (`Delivery.decided`); `{}` is its detail, a name of ours. A test finds missing ones.
SENTENCES = {
    "ran": N_("I ran `{}`."),
    "usage": N_("I did not run `{}`: it was typed in a way I don't understand, and I showed how it is typed."),
    "refused": N_("I did not do what `{}` asked, and said why."),
    "not allowed": N_("I did not run `{}`: it may not be typed there, or not by you."),
    "not connected": N_("I did not run `{}`: you were not connected to Webex."),
    "paused": N_("I did not run `{}`: you are paused."),
    "failed": N_("`{}` failed, on my side or at Webex, and I said so."),
    "unknown": N_("What you typed is no command of mine, and I said so."),
    "dropped while paused": N_("I dropped an event unread: you had just paused."),
    "tracked live": N_("**{}** wrote, whom you track, and I showed it to you."),
    "tracked held": N_("**{}** wrote, whom you track, and I held it back for the end of your quiet hours."),
    "tracked kept": N_("**{}** wrote, whom you track, and I kept the message's id for `/get`."),
    "digest": N_("I showed you a digest of people you track: {}."),
    "answered": N_("Somebody wrote to you, and your auto-reply answered."),
    "not answered": N_("Somebody wrote to you, and your auto-reply did not answer: {}."),
    "autoreply ended": N_("Your auto-reply ended, as you had planned."),
    "mention told": N_("Somebody mentioned you, and I told you."),
    "mention held": N_("Somebody mentioned you, and I held it back for the end of your quiet hours."),
    "mention tracked": N_("**{}** mentioned you; I had shown you that already, since you track them."),
    "room told": N_("You got into a room, and I told you."),
    "room held": N_("You got into a room, and I held it back for the end of your quiet hours."),
    "held told": N_("Your quiet hours ended, and I told you what I had held back: {} in all."),
    "reminder rang": N_("Reminder {} was due, and I told you."),
    "top of mind shown": N_("I showed your top of mind to somebody who asked and may see it."),
}

# Why an auto-reply did not answer, by the detail that was noted.
NOT_ANSWERED = {
    "a bot": N_("a bot"),
    "answered before": N_("answered before"),
    "automatic": N_("automatic"),
    "not away": N_("not away"),
    "not meant": N_("not meant"),
    "paused": N_("paused"),
}
SOMETHING = N_("something")


@command("/why", topic="Your account", needs=Needs.ACCOUNT, while_paused=True, tries=("/why",))
def why(ctx: Context) -> str:
    """Show what I lately decided about your commands and events.

    Usage: `/why`

    The last ten decisions, the newest first, kept for a week; and how many events I dropped today because no feature of yours
    needs them.
    """
    ctx.nothing_more()
    ctx.tools.tally.flush()  # before the transaction: it writes on its own
    dropped = ledger.sums(ctx.db, ctx.person_id, 1).get(ledger.DROPPED, 0)
    found = decision.latest(ctx.db, ctx.person_id, SHOWN)
    rows = "\n".join(f"- {shown(row.at, now(), ctx.zone)}: {sentence(row)}" for row in found)
    head = _("**My last decisions**, the newest first") if found else _("I decided nothing about you yet.")
    foot = _dropped(dropped) + " " + _("`/privacy` shows all counts.")
    return "\n\n".join(filter(None, [head, rows, foot]))


def sentence(row: Decision) -> str:
    told = _(SENTENCES[row.what]) if row.what in SENTENCES else escape(row.what)
    return told.replace("{}", _detail(row))


def _detail(row: Decision) -> str:
    if row.what == "not answered" and row.detail in NOT_ANSWERED:
        return _(NOT_ANSWERED[row.detail])
    return escape(row.detail) if row.detail else _(SOMETHING)


def _dropped(count: int) -> str:
    if not count:
        return _("Today I dropped no event.")
    return n_(
        "Today I dropped {count} event unread, because no feature of yours needs them.",
        "Today I dropped {count} events unread, because no feature of yours needs them.",
        count,
    )
