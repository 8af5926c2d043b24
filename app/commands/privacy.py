"""What is heard, fetched and stored: /privacy."""

from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.language import N_, _, number
from app.models import ledger, stored
from app.webex import cards

# Why a text was fetched, by the code that was noted (`Delivery.fetched`, `why=` of a quotation). A test finds missing ones.
REASONS = {
    "commands": N_("your own messages, to look for commands"),
    "tracking": N_("messages of people you track"),
    "mentions": N_("messages that mention you"),
    "mentions of everybody": N_("messages in your group rooms, to look for mentions of everybody"),
    "reminders": N_("messages that your reminders are about"),
    "files": N_("messages of a room, to list their files"),
    "catching up": N_("messages of rooms, to look for commands that Webex did not tell me of"),
    "earlier": N_("messages before yours, to make todo items of them"),
    "top of mind": N_("messages to you, to see whether they ask for your top of mind"),
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
    page = f"{ctx.tools.config.public_url}/account"
    more = _("[Your account page]({page}) shows the same. `/why` tells about single events.", page=page)
    head = _("**What I heard and read for you** (today, last 7 days)")
    text = "\n\n".join([head, heard, _("**What is stored now**"), kept, more])
    return Answer(text, _card(heard, kept, more))


def _card(heard: str, kept: str, more: str) -> cards.Card:
    shown = [cards.words(line.removeprefix("- ")) for line in heard.splitlines()]
    now = [cards.words(line.removeprefix("- ")) for line in kept.splitlines()]
    delete = cards.button(_("Delete"), "/delete", style="destructive")
    actions = (cards.button(_("Why"), "/why"), cards.button(_("Export"), "/export"), delete)
    head = cards.heading(_("Heard and read (today, last 7 days)"))
    return cards.card(head, *shown, cards.heading(_("Stored now")), *now, cards.words(more, subtle=True), actions=actions)


def _heard(today: dict[str, int], week: dict[str, int]) -> str:
    rows = {
        _("Events heard, without texts"): ledger.HEARD,
        _("Of these dropped unread"): ledger.DROPPED,
        **{_("Texts fetched: {reason}", reason=_reason(what)): what for what in week if what.startswith(ledger.FETCHED)},
    }
    listed = [
        f"- {words}: **{number(f'{today.get(what, 0):,}')}**, {number(f'{week.get(what, 0):,}')}" for words, what in rows.items()
    ]
    return "\n".join(listed if len(rows) > 2 else [*listed, f"- {_('Texts fetched: **none**')}"])


def _reason(what: str) -> str:
    code = what.removeprefix(ledger.FETCHED)
    return _(REASONS.get(code, code))


def _kept(ctx: Context) -> str:
    found = stored.counts(ctx.db, ctx.person_id)
    made, notes = stored.told(found, stored.MADE), stored.told(found, stored.NOTED, stored.PASSING)
    lines = [
        _("Yours: {counts}", counts=made) if made else _("Yours: nothing"),
        _("Your account: {counts}", counts=stored.told(found, stored.ACCOUNT)),
        _("My notes: {counts}", counts=notes) if notes else _("My notes: none"),
        _("Texts that others wrote: **none**, except in todo items that you made of their messages"),
    ]
    return "\n".join(f"- {line}" for line in lines)
