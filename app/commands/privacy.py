"""What is heard, fetched and stored: /privacy."""

from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.models import ledger, stored
from app.webex import cards

# Why a text was fetched, by the code that was noted (`Delivery.fetched`, `why=` of a quotation). A test finds missing ones.
REASONS = {
    "commands": "your own messages, to look for commands",
    "tracking": "messages of people you track",
    "mentions": "messages that mention you",
    "mentions of everybody": "messages in your group rooms, to look for mentions of everybody",
    "reminders": "messages that your reminders are about",
    "files": "messages of a room, to list their files",
    "catching up": "messages of rooms, to look for commands that Webex did not tell me of",
    "earlier": "messages before yours, to make todo items of them",
    "top of mind": "messages to you, to see whether they ask for your top of mind",
}


@command("/privacy", topic="Your account", needs=Needs.ACCOUNT, while_paused=True, tries=("/privacy",))
def privacy(ctx: Context) -> Answer:
    """Show what I heard, fetched and stored for you, and why.

    Usage: `/privacy`

    Counts are those of today and of the last seven days, by days in UTC. `/why` tells about single events, `/export` gives you
    everything that is stored.
    """
    ctx.nothing_more()
    ctx.tools.tally.flush()  # before the transaction: it writes on its own
    today, week = (ledger.sums(ctx.db, ctx.person_id, days) for days in (1, 7))
    heard, kept = _heard(today, week), _kept(ctx)
    more = f"[Your account page]({ctx.tools.config.public_url}/account) shows the same. `/why` tells about single events."
    text = "\n\n".join(["**What I heard and read for you** (today, last 7 days)", heard, "**What is stored now**", kept, more])
    return Answer(text, _card(heard, kept, more))


def _card(heard: str, kept: str, more: str) -> cards.Card:
    shown = [cards.words(line.removeprefix("- ")) for line in heard.splitlines()]
    now = [cards.words(line.removeprefix("- ")) for line in kept.splitlines()]
    delete = cards.button("Delete", "/delete", style="destructive")
    actions = (cards.button("Why", "/why"), cards.button("Export", "/export"), delete)
    head = cards.heading("Heard and read (today, last 7 days)")
    return cards.card(head, *shown, cards.heading("Stored now"), *now, cards.words(more, subtle=True), actions=actions)


def _heard(today: dict[str, int], week: dict[str, int]) -> str:
    rows = {
        "Events heard, without texts": ledger.HEARD,
        "Of these dropped unread": ledger.DROPPED,
        **{f"Texts fetched: {_reason(what)}": what for what in week if what.startswith(ledger.FETCHED)},
    }
    listed = [f"- {words}: **{today.get(what, 0):,}**, {week.get(what, 0):,}" for words, what in rows.items()]
    return "\n".join(listed if len(rows) > 2 else [*listed, "- Texts fetched: **none**"])


def _reason(what: str) -> str:
    code = what.removeprefix(ledger.FETCHED)
    return REASONS.get(code, code)


def _kept(ctx: Context) -> str:
    found = stored.counts(ctx.db, ctx.person_id)
    return "\n".join(
        [
            f"- Yours: {stored.told(found, stored.MADE) or 'nothing'}",
            f"- Your account: {stored.told(found, stored.ACCOUNT)}",
            f"- My notes: {stored.told(found, stored.NOTED, stored.PASSING) or 'none'}",
            "- Texts that others wrote: **none**, except in todo items that you made of their messages",
        ]
    )
