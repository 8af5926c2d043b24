"""For admins: /admin. Who that is, the operator says in ADMINS; every call is noted, and nobody's content is shown."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

from app import texts
from app.bot import webhook
from app.commands.context import Context
from app.commands.hook_words import shown_state
from app.commands.plans import Step, propose
from app.commands.registry import Answer, Needs, Where, command
from app.errors import UsageError, UserError
from app.language import LANGUAGES, N_, _, n_, speaking
from app.models import audit, backlog, inbox, now, outbox, subscription, token, user
from app.models.audit import Audit
from app.models.user import User
from app.webex.markdown import MAX_BYTES, escape, quote

TOPIC = "Administration"
MOST_LISTED = 200
LONGEST = 4_000  # characters of an announcement
PAUSING = N_(
    "No alerts for them, no tracking, no auto-reply, and commands are answered with that; what becomes due is held. Their "
    "`/resume`, or the same again, ends it. I tell them that an operator did it."
)
RESUMING = N_(
    "The pause ends, also if it was their own, and what became due meanwhile comes. I tell them that an operator did it."
)
_PLAN = re.compile(r"\bplan (\w+)(?:, which takes back (\w+))?$")  # as `_admin` and the commands of plans note it
STATES = {"active": N_("active"), "paused": N_("paused"), "reauthorize": N_("reauthorize")}
Part = Callable[[Context, str], str | Answer]


@command("/admin", topic=TOPIC, where=Where.BOT_ROOM, needs=Needs.ADMIN)
def admin(ctx: Context) -> str | Answer:
    """See how the installation is doing, and tell everybody something.

    Usage: `/admin users [active|paused|reauthorize]`, `/admin user <email>`, `/admin stats`, `/admin hooks`, `/admin audit`,
    `/admin announce <text>`, `/admin announce test <text>`, or `/admin toggle <email>`

    Examples: `/admin stats` counts people and commands; `/admin announce test We move on Friday.` shows you alone what people
    would read; `/admin toggle bob@example.com` pauses Bob's account, or lets it go on, when you have confirmed it; Bob is told.
    Addresses are masked, contents never shown, and every call is noted: `/admin audit`.
    """
    word, _space, rest = ctx.arguments.partition(" ")
    part = PARTS.get(word.lower())
    if part is None:
        raise UsageError
    answer = part(ctx, rest.strip())
    about = _about(rest) if word.lower() in ABOUT_SOMEBODY else ""
    proposed = f"plan {ctx.proposed}" if ctx.proposed else ""
    audit.note(ctx.db, ctx.person_id, f"/admin {word.lower()}", ", ".join(filter(None, (about, proposed))))
    return answer


def _users(ctx: Context, wanted: str) -> str:
    state = wanted.lower()
    if state and state not in STATES:
        raise UsageError
    found = [one for one in user.all_of(ctx.db) if state in ("", one.state)]
    rows = [f"- {_line(one)}" for one in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        rows.append("- " + _("… and {count} more", count=len(found) - MOST_LISTED))
    people = texts.counted(len(found), "person", "people")
    return f"**{people}**{f', {_(STATES[state])}' if state else ''}\n\n" + "\n".join(rows)


def _line(one: User) -> str:
    return _("{who}: {state}, since {day}", who=_masked(one.email), state=_(STATES[one.state]), day=_day(one.connected_at))


def _user(ctx: Context, email: str) -> str:
    found = _named(ctx, email)
    tokens = token.find(ctx.db, found.person_id)
    hooks = subscription.of(ctx.db, found.person_id)
    seen = max((hook.seen_at for hook in hooks), default=None)
    announced = _("announcements on") if found.announcements else _("announcements off")
    facts = [
        _("Connected since {day}, last event {last}", day=_day(found.connected_at), last=_day(found.last_event_at)),
        _("Access until {day}, renewed by itself", day=_day(tokens.expires_at if tokens else None)),
        n_("{count} webhook, last seen {day}", "{count} webhooks, last seen {day}", len(hooks), day=_day(seen)),
        _("Time zone {zone}; {announced}", zone=found.timezone, announced=announced),
    ]
    head = f"**{_masked(found.email)}**: {_(STATES[found.state])}"
    return "\n".join([head, "", *(f"- {fact}" for fact in facts)])


def _named(ctx: Context, email: str) -> User:
    """:raises UserError: if nobody connected under this address"""
    if not email:
        raise UsageError
    found = user.by_email(ctx.db, email)
    if found is None:
        raise UserError(_("Nobody is connected under that address."))
    return found


def _stats(ctx: Context, rest: str) -> str:
    if rest:
        raise UsageError
    ctx.tools.tally.flush()
    states = user.count_by_state(ctx.db)
    used = [f"- `{name}` {count}" for name, count in audit.usage(ctx.db, 30).items()]
    open_rows = backlog.count_open(ctx.db, inbox.InboxRow), backlog.count_open(ctx.db, outbox.OutboxRow)
    return "\n".join(
        [
            f"**{texts.counted(sum(states.values()), 'person', 'people')}**: "
            + ", ".join(f"{states[state]} {_(shown)}" for state, shown in STATES.items()),
            _(
                "Waiting: {deliveries}, {answers}.",
                deliveries=texts.counted(open_rows[0], "delivery", "deliveries"),
                answers=texts.counted(open_rows[1], "answer"),
            ),
            "",
            f"**{_('Commands in the last 30 days')}**",
            "",
            *(used or ["- " + _("none yet")]),
        ]
    )


def _hooks(ctx: Context, rest: str) -> str:
    if rest:
        raise UsageError
    states = webhook.states(ctx.tools.bot, ctx.tools.config)
    rows = [f"- {_(name)}: **{shown_state(state)}**" for name, state in states.items()]
    without = subscription.count_missing(ctx.db)
    missing = n_(
        "{count} person without webhooks; the hourly repair sees to them.",
        "{count} people without webhooks; the hourly repair sees to them.",
        without,
    )
    told = missing if without else _("Everybody connected has webhooks.")
    return _("**The bot's webhooks**") + "\n\n" + "\n".join(rows) + f"\n\n{told}"


def _audit(ctx: Context, rest: str) -> str:
    if rest:
        raise UsageError
    rows = [_noted(ctx, one) for one in audit.latest(ctx.db, 20)]
    return _("**What admins did**, newest first") + "\n\n" + ("\n".join(rows) or _("Nothing yet."))


def _noted(ctx: Context, one: Audit) -> str:
    who = user.find(ctx.db, one.admin_id)
    by = escape(who.name) if who else _("an admin without an account")
    at, about = datetime.fromtimestamp(one.at, UTC), shown_about(one.about) or "–"
    return f"- {at:%Y-%m-%d %H:%M} UTC, {by}: {escape(_(one.what))} {escape(about)}"


def shown_about(about: str) -> str:
    """What an admin's deed was about, in the language that is spoken: it is noted in English."""
    return _PLAN.sub(_plan, about)


def _plan(found: re.Match[str]) -> str:
    code, other = found.groups()
    return _("plan {code}, which takes back {other}", code=code, other=other) if other else _("plan {code}", code=code)


def _announce(ctx: Context, rest: str) -> str | Answer:
    first, _space, others = rest.partition(" ")
    is_test = first.lower() == "test"
    text = others.strip() if is_test else rest
    if not text:
        raise UsageError
    if len(text) > LONGEST or any(len(_announced_in(code, text).encode()) > MAX_BYTES for code in LANGUAGES):
        raise UserError(
            _("That is too long: an announcement is one message, of {most} characters at most. Nothing was sent.", most=LONGEST)
        )
    if is_test:
        return announcement(text)
    _check_account(ctx)
    people = [one for one in user.all_of(ctx.db) if one.announcements and one.status == user.ACTIVE]
    if not people:
        raise UserError(_("Nobody would get it: no one is connected who wants announcements. Nothing was sent."))
    steps: list[Step] = [("announce", _masked(one.email), _message(one, text)) for one in people]
    title = n_("send an announcement to {count} person", "send an announcement to {count} people", len(people))
    return propose(ctx, title, steps, _("They will read this:") + f"\n\n{quote(text)}")


def _message(to: User, text: str) -> dict[str, object]:
    return {"toPersonId": to.person_id, "since": now(), "markdown": _announced_in(to.language, text)}


def _announced_in(language: str, text: str) -> str:
    with speaking(language):
        return announcement(text)


def announcement(text: str) -> str:
    """What people read; the admin's words literally, and how to stop such messages."""
    return _(
        "**From the operator of this Army Knife:**\n\n{text}\n\n_`/announcements off` stops messages like this._",
        text=quote(text),
    )


def _toggle(ctx: Context, email: str) -> Answer:
    found = _named(ctx, email)
    _check_account(ctx)
    who, is_pausing = _masked(found.email), found.paused_at is None
    title = _("pause the account of {who}", who=who) if is_pausing else _("let the account of {who} go on", who=who)
    action = "pause account" if is_pausing else "resume account"
    return propose(ctx, title, [(action, who, {"personId": found.person_id})], _(PAUSING) if is_pausing else _(RESUMING))


def _check_account(ctx: Context) -> None:
    """:raises UserError: if an admin has none"""
    if ctx.author is None:
        raise UserError(_("I'd do that by a plan, and plans belong to an account: connect yours with `/init` first."))


def _masked(email: str) -> str:
    return escape(texts.masked(email))


def _about(rest: str) -> str:
    word = rest.strip().split(" ")[0]
    return texts.masked(word)[:120] if "@" in word else ""


def _day(at: float | None) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}" if at else _("unknown")


ABOUT_SOMEBODY = ("user", "toggle")
PARTS: dict[str, Part] = {
    "users": _users,
    "user": _user,
    "stats": _stats,
    "hooks": _hooks,
    "audit": _audit,
    "announce": _announce,
    "toggle": _toggle,
}
