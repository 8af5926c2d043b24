"""How things stand: /me."""

from app import texts
from app.commands import features
from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.errors import NotConnected
from app.integration.subscriptions import told_name
from app.language import _
from app.models import now, stored, switches, token, user, vip
from app.models.route import Route
from app.webex import cards
from app.webex.cards import Card
from app.webex.errors import WebexError
from app.webex.markdown import escape
from app.when import shown


@command("/me", topic="Your account", needs=Needs.ACCOUNT, while_paused=True, tries=("/me",))
def me(ctx: Context) -> Answer:
    """Show what I know about you, what is switched on, and whether everything works.

    Usage: `/me`
    """
    ctx.nothing_more()
    checks = _checks(ctx)  # asks Webex, so it comes before the database
    head = f"**{escape(ctx.user.name)}** ({escape(ctx.user.email)})"
    facts = [*_paused(ctx), *checks, *_account(ctx), *_features(ctx), _stored(ctx)]
    return Answer("\n".join([head, "", *(f"- {fact}" for fact in facts)]), _card(ctx, facts))


def _card(ctx: Context, facts: list[str]) -> Card:
    pause = cards.button("Resume", "/resume", style="positive") if ctx.user.paused_at else cards.button("Pause", "/pause")
    return cards.card(
        cards.heading(escape(ctx.user.name)),
        cards.words(escape(ctx.user.email), subtle=True),
        *(cards.words(fact) for fact in facts),
        actions=(
            pause,
            cards.button("Privacy", "/privacy"),
            cards.button("Export", "/export"),
            cards.button("Delete", "/delete", style="destructive"),
        ),
    )


def _paused(ctx: Context) -> list[str]:
    return [f"**Paused** since {_when(ctx, ctx.user.paused_at)}; `/resume` goes on"] if ctx.user.paused_at else []


def _checks(ctx: Context) -> list[str]:
    """The state as Webex sees it now, not as we remember it."""
    try:
        seen = ctx.webex.get_me()
        hooks = ctx.tools.subscriptions.states(ctx.person_id)
    except NotConnected:
        return [f"Access to Webex: **ended**. {_(texts.REAUTHORIZE)}"]
    except WebexError as error:
        how = f"answered {error.status}" if error.status else "did not answer"
        return [f"Access to Webex: could not be checked, Webex {how}"]
    with ctx.tools.database.transaction() as db:
        user.call(db, ctx.user, seen.email, seen.display_name)
        row = token.find(db, ctx.person_id)
        tracked = vip.of(db, ctx.person_id)
    wrong = [f"{escape(told_name(name, tracked))} ({state})" for name, state in hooks.items() if state != "active"]
    until = f", valid until {_when(ctx, row.expires_at)} and renewed before" if row else ""
    return [
        f"Access to Webex: **works**, as {escape(seen.display_name)}{until}",
        f"Permissions: {', '.join(row.scopes.split()) if row and row.scopes else 'as you accepted'}",
        f"Webhooks: **{len(hooks) - len(wrong)} of {len(hooks)} active**{': ' + ', '.join(wrong) if wrong else ''}",
        f"What I hear: {_hears(ctx)}",
        f"Last event: {_when(ctx, ctx.user.last_event_at)}",
    ]


def _hears(ctx: Context) -> str:
    if ctx.tools.config.subscriptions == "firehose":
        return "events of all your rooms, without texts (firehose); what no feature needs is dropped at once"
    return f"{_heard(ctx.tools.subscriptions.wants(ctx.person_id))}; nothing else reaches me"


def _heard(wants: Route) -> str:
    more = {
        "those of people you track": wants.tracked,
        "mentions of you": wants.mentions or wants.answers_mentions or wants.asked,
        "what is written to you 1:1": wants.direct or wants.asked,
        "messages in your group rooms, for mentions of everybody": wants.all_mentions,
        "rooms you get into": wants.rooms,
    }
    on = [words for words, is_on in more.items() if is_on and not wants.paused]
    return ", and ".join(filter(None, [", ".join(["your own messages", *on[:-1]]), on[-1] if on else ""]))


def _account(ctx: Context) -> list[str]:
    return [
        f"Connected since: {_when(ctx, ctx.user.connected_at)}",
        f"Time zone: **{ctx.zone.key}**, where it is {features.clock(ctx.zone)} now",
    ]


def _features(ctx: Context) -> list[str]:
    found = features.of(switches.of(ctx.db, ctx.user), ctx.zone)
    on = "; ".join(str(one) for one in found if one.is_on)
    off = ", ".join(str(one) for one in found if not one.is_on and not one.is_list)
    when = " again after the pause" if ctx.user.paused_at else ""
    return [f"On{when}: {on or 'nothing but your commands'}", f"Off: {off or 'nothing'}"]


def _stored(ctx: Context) -> str:
    made = stored.told(stored.counts(ctx.db, ctx.person_id), stored.MADE)
    return f"Stored: {made or 'nothing yet'}; no message texts"


def _when(ctx: Context, moment: float | None) -> str:
    return shown(moment, now(), ctx.zone) if moment else "none yet"
