"""The account: /init, /me and /delete."""

from datetime import UTC, datetime

from app import texts
from app.bot import welcome
from app.commands.context import Context
from app.commands.registry import Needs, Where, command
from app.errors import NotConnected, UsageError
from app.models import contact, invitation, outbox, support, token, user, vip
from app.models import todo as todos
from app.outbox import invite
from app.webex.errors import WebexError
from app.webex.markdown import escape

CONFIRMATION = "DELETENOW"


@command("/init", topic="Your account", where=Where.BOT_ROOM, needs=Needs.NOTHING)
def init(ctx: Context) -> str:
    """Get a link to connect your Webex account, or to renew my access.

    Usage: `/init`

    The link is yours alone, works once and for ten minutes; an earlier one stops working. Nothing is ever deleted here.
    """
    ctx.nothing_more()
    text = welcome.invite_again(welcome.link(ctx.tools.config), ctx.author is not None and ctx.author.status == user.ACTIVE)
    invite(ctx.db, ctx.person_id, text, key=f"{ctx.key}|invitation")
    return ""  # said above: only the outbox may make a link


@command("/me", topic="Your account", needs=Needs.ACCOUNT, tries=("/me",))
def me(ctx: Context) -> str:
    """Show what I know about you, and whether everything works.

    Usage: `/me`
    """
    ctx.nothing_more()
    checks = _checks(ctx)  # asks Webex, so it comes before the database
    return "\n".join([f"**{escape(ctx.user.name)}** ({escape(ctx.user.email)})", "", *checks, *_stored(ctx)])


def _checks(ctx: Context) -> list[str]:
    """The state as Webex sees it now, not as we remember it."""
    try:
        seen = ctx.webex.get_me()
        hooks = ctx.tools.subscriptions.states(ctx.person_id)
    except NotConnected:
        return [f"- Access to Webex: **ended**. {texts.REAUTHORIZE}"]
    except WebexError as error:
        return [
            f"- Access to Webex: could not be checked, Webex {f'answered {error.status}' if error.status else 'did not answer'}"
        ]
    with ctx.tools.database.transaction() as db:
        user.call(db, ctx.user, seen.email, seen.display_name)
        row = token.find(db, ctx.person_id)
    wrong = [f"{name} ({state})" for name, state in hooks.items() if state != "active"]
    until = f", renewed before {_day(row.expires_at)}" if row else ""
    return [
        f"- Access to Webex: **works**, as {escape(seen.display_name)}{until}",
        f"- Permissions: {', '.join(row.scopes.split()) if row and row.scopes else 'as you accepted'}",
        f"- Webhooks: **{len(hooks) - len(wrong)} of {len(hooks)} active**{': ' + ', '.join(wrong) if wrong else ''}",
        f"- What I hear: {_hears(ctx)}",
        f"- Last event: {_moment(ctx.user.last_event_at)}",
    ]


def _hears(ctx: Context) -> str:
    if ctx.tools.config.subscriptions == "firehose":
        return "events of all your rooms, without texts (firehose); what no feature needs is dropped at once"
    return "your own messages, and those of people you track; nothing else reaches me"


def _stored(ctx: Context) -> list[str]:
    kept = sum(vip.kept_counts(ctx.db, ctx.person_id).values())
    tracked = len(vip.of(ctx.db, ctx.person_id))
    open_items = todos.count_open(ctx.db, ctx.person_id)
    return [
        f"- Connected since: {_day(ctx.user.connected_at)}",
        f"- Stored: {texts.counted(open_items, 'open todo item')}, "
        f"{texts.counted(tracked, 'tracked person', 'tracked people')} ({ctx.user.tracking}), "
        f"{texts.counted(kept, 'message id')}; no message texts",
    ]


@command("/delete", topic="Your account", where=Where.BOT_ROOM, needs=Needs.NOTHING)
def delete(ctx: Context) -> str:
    """Remove your account and everything I know about you.

    Usage: `/delete` shows what would go; `/delete DELETENOW` removes it, at once and for good

    The word must be typed in capitals. It also works when my access to Webex has ended.
    """
    if ctx.arguments not in ("", CONFIRMATION):
        raise UsageError
    if not ctx.arguments:
        return _what_would_go(ctx)
    removed = ctx.tools.subscriptions.remove_all(ctx.person_id) if ctx.author else 0
    proof = _counts(ctx)
    _forget(ctx)
    return (
        f"**Everything is removed.** {proof[0].upper()}{proof[1:]}. {_hooks_gone(removed)}\n\n"
        "I hold no access to your Webex any more; in your Webex settings you can also withdraw the permission itself. "
        "This room can't be deleted. If you ever want to come back, type `/init`."
    )


def _what_would_go(ctx: Context) -> str:
    if ctx.author is None:
        return (
            "You have no account here. The only thing I know is that we met in this room; `/delete DELETENOW` removes that, too."
        )
    return (
        f"This would remove your account for good: {_counts(ctx)}, my access to your Webex and its webhooks. "
        f"It can't be taken back.\n\nTo do it, type `/delete {CONFIRMATION}`."
    )


def _counts(ctx: Context) -> str:
    tracked = vip.of(ctx.db, ctx.person_id)
    kept = sum(vip.kept_counts(ctx.db, ctx.person_id).values())
    items = todos.count_all(ctx.db, ctx.person_id)
    account = "your account and tokens" if ctx.author else "no account"
    people = texts.counted(len(tracked), "tracked person", "tracked people")
    return f"{account}, {texts.counted(items, 'todo item')}, {people}, {texts.counted(kept, 'kept message id')}"


def _hooks_gone(removed: int | None) -> str:
    if removed is None:
        return "Webex did not let me remove its webhooks; whatever they still send is refused unread."
    return f"{texts.counted(removed, 'webhook')} removed at Webex."


def _forget(ctx: Context) -> None:
    """Every row of this person: tokens, lists, trackers, sessions and subscriptions go with the account by foreign key."""
    outbox.forget(ctx.db, ctx.person_id)
    invitation.revoke(ctx.db, ctx.person_id)
    contact.forget(ctx.db, ctx.person_id)
    support.forget(ctx.db, ctx.person_id)
    user.remove(ctx.db, ctx.person_id)


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _moment(moment: float | None) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M} UTC" if moment else "none yet"
