"""What was lately decided, in words: /why."""

from app import texts
from app.commands.context import Context
from app.commands.registry import Needs, command
from app.models import decision, ledger, now
from app.models.decision import Decision
from app.webex.markdown import escape
from app.when import shown

SHOWN = 10
# By the code that was noted (`Delivery.decided`); `{}` is its detail, a name of ours. A test finds missing ones.
SENTENCES = {
    "ran": "I ran `{}`.",
    "usage": "I did not run `{}`: it was typed in a way I don't understand, and I showed how it is typed.",
    "refused": "I did not do what `{}` asked, and said why.",
    "not allowed": "I did not run `{}`: it may not be typed there, or not by you.",
    "not connected": "I did not run `{}`: you were not connected to Webex.",
    "paused": "I did not run `{}`: you are paused.",
    "failed": "`{}` failed, on my side or at Webex, and I said so.",
    "unknown": "What you typed is no command of mine, and I said so.",
    "dropped while paused": "I dropped an event unread: you had just paused.",
    "tracked live": "**{}** wrote, whom you track, and I showed it to you.",
    "tracked held": "**{}** wrote, whom you track, and I held it back for the end of your quiet hours.",
    "tracked kept": "**{}** wrote, whom you track, and I kept the message's id for `/get`.",
    "digest": "I showed you a digest of people you track: {}.",
    "answered": "Somebody wrote to you, and your auto-reply answered.",
    "not answered": "Somebody wrote to you, and your auto-reply did not answer: {}.",
    "autoreply ended": "Your auto-reply ended, as you had planned.",
    "mention told": "Somebody mentioned you, and I told you.",
    "mention held": "Somebody mentioned you, and I held it back for the end of your quiet hours.",
    "mention tracked": "**{}** mentioned you; I had shown you that already, since you track them.",
    "room told": "You got into a room, and I told you.",
    "room held": "You got into a room, and I held it back for the end of your quiet hours.",
    "held told": "Your quiet hours ended, and I told you what I had held back: {} in all.",
    "reminder rang": "Reminder {} was due, and I told you.",
    "top of mind shown": "I showed your top of mind to somebody who asked and may see it.",
}


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
    head = "**My last decisions**, the newest first" if found else "I decided nothing about you yet."
    return "\n\n".join(filter(None, [head, rows, f"{_dropped(dropped)} `/privacy` shows all counts."]))


def sentence(row: Decision) -> str:
    return SENTENCES.get(row.what, escape(row.what)).replace("{}", escape(row.detail) if row.detail else "something")


def _dropped(count: int) -> str:
    if not count:
        return "Today I dropped no event."
    return f"Today I dropped {texts.counted(count, 'event')} unread, because no feature of yours needs them."
