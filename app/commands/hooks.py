"""A person's webhooks at Webex: /listwebhooks, /deletewebhook and /cleanwebhooks. Our own are shown first, and protected."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from app.commands import hook_words
from app.commands.context import Context
from app.commands.registry import Answer, Needs, Reply, Where, command
from app.errors import NotAllowed, NotConnected, UsageError, UserError
from app.integration.subscriptions import vip_hook_name
from app.language import _, n_
from app.models import vip
from app.webex import cards
from app.webex.cards import Card
from app.webex.client import WebexClient
from app.webex.errors import NotFound, Unavailable, WebexError, in_words
from app.webex.resources import Webhook

MOST = 100  # foreign webhooks shown, or removed, at once
ON_A_CARD = 30
ENOUGH = 3  # of Webex's failures one after the other; then the rest is left for another time
CODE = re.compile(r"[0-9a-f]{6}")
ID = 20  # characters; whatever is longer is an id and no number


@dataclass(frozen=True)
class Listed:
    """A person's webhooks as Webex lists them now.

    :ivar own: what each of ours is for, in words, and its state
    :ivar foreign: all others, oldest first; their numbers are their places in this list
    """

    own: dict[str, str]
    foreign: list[Webhook]
    ids: frozenset[str]

    @property
    def sound(self) -> int:
        return sum(state == "active" for state in self.own.values())

    @property
    def confirmation(self) -> str:
        """Stands for exactly these foreign webhooks, as they were shown."""
        return _code(*(part for hook in self.foreign for part in (hook.id, hook.name, hook.target_url)))


def _look(ctx: Context) -> Listed:
    found = ctx.webex.list_webhooks()
    subscriptions = ctx.tools.subscriptions
    states = subscriptions.judged(ctx.person_id, found)
    with ctx.tools.database.reading() as db:
        tracked = {vip_hook_name(row.vip_person_id): row.nickname for row in vip.of(db, ctx.person_id)}
    ours = [hook for hook in found if subscriptions.hooks.is_ours(hook)]
    own = {hook_words.purpose(name, tracked): state for name, state in states.items()}
    left_over = {
        hook_words.purpose(name, tracked): hook_words.LEFT_OVER
        for hook in ours
        if (name := subscriptions.purpose(hook.name)) not in states
    }
    foreign = sorted((hook for hook in found if not subscriptions.hooks.is_ours(hook)), key=lambda hook: (hook.created, hook.id))
    return Listed({**left_over, **own}, foreign, frozenset(hook.id for hook in ours))


def _code(*parts: str) -> str:
    """A short word for something long."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:6]


@command("/listwebhooks", topic="Teams and rooms", needs=Needs.ACCESS, tries=("/listwebhooks",))
def list_webhooks(ctx: Context) -> str:
    """Show the webhooks that Webex keeps for you: mine with their health, and those of others.

    Usage: `/listwebhooks`

    A webhook tells a server what happens in your rooms. Mine are those of this installation of Army Knife.
    """
    ctx.nothing_more()
    listed = _look(ctx)
    return "\n\n".join([f"**{_('Your webhooks')}**", _shown_own(listed), *_shown_foreign(listed), _(hook_words.SCOPE)])


def _shown_own(listed: Listed) -> str:
    rows = "\n".join(f"- {purpose}: {hook_words.marked_state(state)}" for purpose, state in listed.own.items())
    head = _("Mine, {sound} of {count} active:", sound=listed.sound, count=len(listed.own))
    repair = "" if listed.sound == len(listed.own) else _("I repair mine every hour; `/cleanwebhooks` does it now.")
    return "\n\n".join(filter(None, [head, rows, repair]))


def _shown_foreign(listed: Listed) -> list[str]:
    if not listed.foreign:
        return [_("No others.")]
    rows = [f"- **{number}** {hook_words.described(hook)}" for number, hook in enumerate(listed.foreign, start=1)]
    more = ["- " + _("… and {count} more", count=len(rows) - MOST)] if len(rows) > MOST else []
    return [
        _("Of others, {count}:", count=len(rows)),
        "\n".join([*rows[:MOST], *more]),
        _("`/deletewebhook <number>` removes one, `/cleanwebhooks` all of them."),
    ]


@command("/deletewebhook", topic="Teams and rooms", where=Where.BOT_ROOM, needs=Needs.ACCESS)
def delete_webhook(ctx: Context) -> Reply:
    """Remove a webhook of somebody else's from your account.

    Usage: `/deletewebhook <number>` or `/deletewebhook <id>`

    Example: `/deletewebhook 2`. The number is the one that `/listwebhooks` shows. I ask first, by name. Mine are protected:
    without them I hear nothing.
    """
    (words,) = ctx.words(1)
    listed = _look(ctx)
    if words in listed.ids:
        raise NotAllowed(
            _(
                "That webhook is mine, and protected: without it I hear nothing. Nothing was removed. "
                "Mine go with what they are for, and all of them with `/delete`."
            )
        )
    number, hook = _chosen(listed, words)
    if hook.id == words or words.split()[1:] == [_code(hook.id)]:
        return _removed(ctx.webex, hook)
    return _asked(number, hook)


def _chosen(listed: Listed, words: str) -> tuple[int, Webhook]:
    """The webhook that is meant. Who confirms means the one that was shown, wherever it stands in the list by now.

    :raises UserError: if there is none
    """
    number, _space, code = words.partition(" ")
    is_number = number.isascii() and number.isdigit() and len(number) <= ID
    if len(code.split()) > 1 or not (is_number or len(number) > ID):
        raise UsageError
    if is_number and not code:
        found = [(at, hook) for at, hook in enumerate(listed.foreign, start=1) if at == int(number)]
    else:
        wanted = code.strip()
        found = [(at, hook) for at, hook in enumerate(listed.foreign, start=1) if wanted == _code(hook.id) or words == hook.id]
    if not found:
        raise UserError(
            _("I see no such webhook, or it is gone already. Nothing was removed. `/listwebhooks` shows what there is.")
        )
    return found[0]


def _asked(number: int, hook: Webhook) -> Reply:
    text = f"{_('Remove this webhook? Whoever made it hears nothing by it from then on.')}\n\n{hook_words.described(hook)}"
    how = _("To do it, type `{command}`.", command=f"/deletewebhook {number} {_code(hook.id)}")
    remove = cards.button(_("Remove"), f"/deletewebhook {hook.id}", style="destructive")
    return Answer(f"{text}\n\n{how}", cards.card(cards.words(text), cards.buttons(remove)))


def _removed(webex: WebexClient, hook: Webhook) -> str:
    try:
        webex.delete_webhook(hook.id)
    except NotFound:
        return _("The webhook {name} is gone already.", name=hook_words.called(hook))
    except WebexError as error:
        return _(
            "The webhook {name} was **not** removed, as far as I can tell: {why}. `/listwebhooks` shows whether it is there.",
            name=hook_words.called(hook),
            why=in_words(error.status),
        )
    return _("Removed the webhook {webhook}.", webhook=hook_words.described(hook))


@command("/cleanwebhooks", topic="Teams and rooms", where=Where.BOT_ROOM, needs=Needs.ACCESS)
def clean_webhooks(ctx: Context) -> Reply:
    """Repair my webhooks, and remove all those of others from your account.

    Usage: `/cleanwebhooks`

    You are shown first what would be removed, and asked. Mine are put in order before anything is removed; if Webex does
    not let me, nothing is.
    """
    confirmed = ctx.arguments.lower()
    if confirmed and not CODE.fullmatch(confirmed):
        raise UsageError
    listed = _look(ctx)
    if not listed.foreign or confirmed == listed.confirmation:
        return _cleaned(ctx, listed)
    return _ask_to_clean(listed, _("The list has changed since I showed it, so I ask again.") if confirmed else "")


def _ask_to_clean(listed: Listed, first: str) -> Reply:
    rows = [hook_words.described(hook) for hook in listed.foreign[:MOST]]
    text = f"{first} {hook_words.would_go(len(rows), len(listed.foreign) - len(rows))}".strip()
    typed = f"/cleanwebhooks {listed.confirmation}"
    shown = "\n".join(f"- {row}" for row in rows)
    how = _("Mine stay. To do it, type `{command}`.", command=typed)
    return Answer(f"{text}\n\n{shown}\n\n{how}", _cleaning_card(text, rows, typed))


def _cleaning_card(text: str, rows: list[str], typed: str) -> Card | None:
    """A card that named only some would hide the text that names all; Webex does not document how large one may be."""
    if len(rows) > ON_A_CARD:
        return None
    return cards.card(
        cards.words(text), *map(cards.words, rows), cards.buttons(cards.button(_("Remove"), typed, style="destructive"))
    )


def _cleaned(ctx: Context, listed: Listed) -> str:
    """Create before delete: nothing is removed unless ours stand."""
    try:
        ctx.tools.subscriptions.sync(ctx.person_id)
    except WebexError as error:
        return _(
            "I could not put my own webhooks in order: {why}. So I removed none of the others. Please try again in a moment.",
            why=in_words(error.status),
        )
    repaired = len(listed.own) - listed.sound
    own = _("Mine are in order, {count} of them put right.", count=repaired) if repaired else _("Mine are in order.")
    if not listed.foreign:
        return _("There is nothing to remove: Webex shows me no webhooks of others.") + f" {own}"
    rows = "\n".join(f"- {result}" for result in _results(ctx.webex, listed.foreign))
    return f"{own} {_('The others:')}\n\n{rows}"


def _results(webex: WebexClient, hooks: list[Webhook]) -> Iterator[str]:
    """Remove them one by one, and tell of each what became of it."""
    failures = 0
    for number, hook in enumerate(hooks):
        if failures >= ENOUGH or number >= MOST:
            yield n_(
                "{count} webhook left for another time; `/cleanwebhooks` goes on",
                "{count} webhooks left for another time; `/cleanwebhooks` goes on",
                len(hooks) - number,
            )
            return
        try:
            webex.delete_webhook(hook.id)
            failures = 0
            yield _("removed {webhook}", webhook=hook_words.described(hook))
        except NotFound:
            yield _("{name} was gone already", name=hook_words.called(hook))
        except NotConnected:
            yield _(
                "{name} and all after it stay: Webex no longer lets me act for you, `/init` connects again",
                name=hook_words.called(hook),
            )
            return
        except WebexError as error:
            failures = failures + 1 if isinstance(error, Unavailable) or error.status == 429 else 0
            yield _(
                "**not removed**, as far as I can tell: {name}, {why}",
                name=hook_words.called(hook),
                why=in_words(error.status),
            )
