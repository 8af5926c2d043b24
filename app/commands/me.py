"""How things stand: /me."""

from app import texts
from app.commands import features
from app.commands.context import Context
from app.commands.registry import Answer, Needs, command
from app.errors import NotConnected
from app.integration.subscriptions import told_name
from app.language import N_, _
from app.models import now, stored, switches, token, user, vip
from app.models.route import Route
from app.models.token import Token
from app.models.vip import Vip
from app.webex import cards
from app.webex.cards import Card
from app.webex.errors import WebexError, in_words
from app.webex.markdown import escape
from app.when import shown

STATES = {"missing": N_("missing"), "inactive": N_("inactive")}  # of webhooks that are not active


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
    go_on = cards.button(_("Resume"), "/resume", style="positive")
    return cards.card(
        cards.heading(escape(ctx.user.name)),
        cards.words(escape(ctx.user.email), subtle=True),
        *(cards.words(fact) for fact in facts),
        actions=(
            go_on if ctx.user.paused_at else cards.button(_("Pause"), "/pause"),
            cards.button(_("Privacy"), "/privacy"),
            cards.button(_("Export"), "/export"),
            cards.button(_("Delete"), "/delete", style="destructive"),
        ),
    )


def _paused(ctx: Context) -> list[str]:
    if not ctx.user.paused_at:
        return []
    return [_("**Paused** since {moment}; `/resume` goes on", moment=_when(ctx, ctx.user.paused_at))]


def _checks(ctx: Context) -> list[str]:
    """The state as Webex sees it now, not as we remember it."""
    try:
        seen = ctx.webex.get_me()
        hooks = ctx.tools.subscriptions.states(ctx.person_id)
    except NotConnected:
        return [f"{_('Access to Webex: **ended**.')} {_(texts.REAUTHORIZE)}"]
    except WebexError as error:
        return [_("Access to Webex: could not be checked, {why}", why=in_words(error.status))]
    with ctx.tools.database.transaction() as db:
        user.call(db, ctx.user, seen.email, seen.display_name)
        row = token.find(db, ctx.person_id)
        tracked = vip.of(db, ctx.person_id)
    scopes = ", ".join(row.scopes.split()) if row and row.scopes else _("as you accepted")
    return [
        _access(ctx, escape(seen.display_name), row),
        _("Permissions: {scopes}", scopes=scopes),
        _webhooks(hooks, tracked),
        _hears(ctx),
        _("Last event: {moment}", moment=_when(ctx, ctx.user.last_event_at)),
    ]


def _access(ctx: Context, name: str, row: Token | None) -> str:
    if row is None:
        return _("Access to Webex: **works**, as {name}", name=name)
    until = _when(ctx, row.expires_at)
    return _("Access to Webex: **works**, as {name}, valid until {moment} and renewed before", name=name, moment=until)


def _webhooks(hooks: dict[str, str], tracked: list[Vip]) -> str:
    wrong = [
        f"{escape(told_name(name, tracked))} ({_(STATES.get(state, state))})"
        for name, state in hooks.items()
        if state != "active"
    ]
    active = _("Webhooks: **{count} of {all} active**", count=len(hooks) - len(wrong), all=len(hooks))
    return f"{active}: {', '.join(wrong)}" if wrong else active


def _hears(ctx: Context) -> str:
    if ctx.tools.config.subscriptions == "firehose":
        return _("What I hear: events of all your rooms, without texts (firehose); what no feature needs is dropped at once")
    heard = _heard(ctx.tools.subscriptions.wants(ctx.person_id))
    return _("What I hear: {heard}; nothing else reaches me", heard=heard)


def _heard(wants: Route) -> str:
    more = {
        _("those of people you track"): wants.tracked,
        _("mentions of you"): wants.mentions or wants.answers_mentions or wants.asked,
        _("what is written to you 1:1"): wants.direct or wants.asked,
        _("messages in your group rooms, for mentions of everybody"): wants.all_mentions,
        _("rooms you get into"): wants.rooms,
    }
    heard = [_("your own messages"), *(words for words, is_on in more.items() if is_on and not wants.paused)]
    return _("{listed}, and {last}", listed=", ".join(heard[:-1]), last=heard[-1]) if len(heard) > 1 else heard[0]


def _account(ctx: Context) -> list[str]:
    return [
        _("Connected since: {moment}", moment=_when(ctx, ctx.user.connected_at)),
        _("Time zone: **{zone}**, where it is {time} now", zone=ctx.zone.key, time=features.clock(ctx.zone)),
    ]


def _features(ctx: Context) -> list[str]:
    found = features.of(switches.of(ctx.db, ctx.user), ctx.zone)
    on = "; ".join(str(one) for one in found if one.is_on) or _("nothing but your commands")
    off = ", ".join(str(one) for one in found if not one.is_on and not one.is_list) or _("nothing")
    is_paused = ctx.user.paused_at is not None
    return [
        _("On again after the pause: {features}", features=on) if is_paused else _("On: {features}", features=on),
        _("Off: {features}", features=off),
    ]


def _stored(ctx: Context) -> str:
    made = stored.told(stored.counts(ctx.db, ctx.person_id), stored.MADE)
    return _("Stored: {what}; no message texts", what=made or _("nothing yet"))


def _when(ctx: Context, moment: float | None) -> str:
    return shown(moment, now(), ctx.zone) if moment else _("none yet")
