"""What the page for admins shows: how things stand, and nobody's contents."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app import texts
from app.commands import admin as commands
from app.house import House
from app.language import N_, NN_, _, n_
from app.models import audit, backlog, failure, inbox, ledger, now, outbox, plan, subscription, user
from app.models.audit import Audit
from app.models.plan import Plan
from app.models.user import User
from app.web.charts import COMMANDS, EVENTS, chart, last_days
from app.web.dates import moment, short_day
from app.zones import safe_zone

DAYS = 14  # of the charts
LISTED = 50  # people; more are looked for
FAILED = 20  # failures with a number
FAILURES_WITHIN = 7 * 86_400.0  # seconds; as long as rows that are settled are kept
USED_WITHIN = 30  # days
ANNOUNCEMENTS, AUDITED = 10, 50
AUDITED_OF = 1_000  # rows these are taken from: many looks at this page are one of them
USED_AT_ONCE = 8  # commands shown without a click

# What was to be said, by the kind of the row in the outbox.
SAID = {
    "message": N_("a message"),
    "file": N_("a file"),
    "as_person": N_("an auto-reply"),
    "quotation": N_("a message shown again"),
    "heading": N_("a heading"),
    "notice": N_("an alert"),
    "shared": N_("a notice of a top of mind"),
    "invitation": N_("an authorization link"),
    "leave": N_("leaving a room"),
    "removal": N_("removing a command"),
    "progress": N_("the progress of a plan"),
}
# What the words mean by which rows that were given up are marked.
BECAUSE = {
    "BadRequest": N_("Webex refused it (400)"),
    "Unauthorized": N_("Webex refused the token (401)"),
    "Forbidden": N_("Webex did not allow it (403)"),
    "NotFound": N_("what it was about is gone (404)"),
    "Conflict": N_("it did not fit what Webex has (409)"),
    "RateLimited": N_("Webex asked for pauses too long (429)"),
    "Unavailable": N_("Webex was unwell for too long"),
    "NotConnected": N_("the person's access had ended"),
    "WebexError": N_("a failure of ours, or an unusual answer of Webex: see the log"),
    "gave up": N_("Webex did not take it for six hours"),
    "failed": N_("a failure of ours: see the log"),
    "killed its worker": N_("its worker died again and again: see the log"),
}
STATES = {plan.RUNNING: N_("under way"), plan.CANCELLED: N_("cancelled"), plan.FINISHED: N_("finished")}
AGES = (
    (86_400, NN_("{count} day", "{count} days")),
    (3_600, NN_("{count} hour", "{count} hours")),
    (60, NN_("{count} minute", "{count} minutes")),
    (1, NN_("{count} second", "{count} seconds")),
)


def content(house: House, admin: User, hooks: Mapping[str, str] | None, wanted: str = "") -> dict[str, Any]:
    """The variables of admin.html, from the database alone, and with no table read whole: people may be many.

    :param admin: who looks, in whose time zone times are shown
    :param hooks: state by name of the bot's webhooks, if Webex told
    :param wanted: the address of somebody who is looked for, or from its @ on
    """
    tz = safe_zone(admin.timezone)
    with house.database.reading() as db:
        used = audit.usage(db, USED_WITHIN)
        return {
            "zone": tz.key,
            "hooks": None if hooks is None else {_(name): state for name, state in hooks.items()},
            "called": {state: _(called) for state, called in commands.STATES.items()},
            "days": DAYS,
            "people_most": LISTED,
            "references_most": FAILED,
            **_people(db, tz, wanted),
            "queue": _queue(db),
            "failures": _failures(db, tz),
            "references": [_reference(one, tz) for one in failure.latest(db, FAILED)],
            "announcements": [_announcement(db, *one, tz) for one in plan.newest_with(db, "announce", ANNOUNCEMENTS)],
            "audit": _audit(db, audit.latest(db, AUDITED_OF), tz)[:AUDITED],
            "used": list(used.items())[:USED_AT_ONCE],
            "used_less": list(used.items())[USED_AT_ONCE:],
            **_charts(db),
        }


def _people(db: Session, tz: ZoneInfo, wanted: str) -> dict[str, Any]:
    states, without = user.count_by_state(db), subscription.count_missing(db)
    return {
        "people": [_person(one, tz) for one in user.newest(db, LISTED, wanted)],
        "people_count": sum(states.values()),
        "states": states,
        "without_hooks": [texts.masked(one.email) for one in subscription.missing(db, LISTED)] if without else [],
        "without_hooks_count": without,
    }


def _reference(one: failure.Failure, tz: ZoneInfo) -> dict[str, str]:
    return {"reference": one.reference, "doing": one.doing or _("something"), "error": one.error, "at": moment(one.at, tz)}


def _person(one: User, tz: ZoneInfo) -> dict[str, str]:
    return {
        "address": texts.masked(one.email),
        "state": one.state,
        "since": short_day(one.connected_at, tz),
        "last_event": short_day(one.last_event_at, tz) if one.last_event_at else "",
    }


def _queue(db: Session) -> dict[str, Any]:
    oldest = (
        backlog.oldest_open(db, inbox.InboxRow, inbox.InboxRow.received),
        backlog.oldest_open(db, outbox.OutboxRow, outbox.OutboxRow.created),
    )
    since = min((at for at in oldest if at is not None), default=None)
    return {
        "deliveries": backlog.count_open(db, inbox.InboxRow),
        "answers": backlog.count_open(db, outbox.OutboxRow),
        "oldest": _age(now() - since) if since is not None else "",
    }


def _age(seconds: float) -> str:
    size, age = next((one for one in AGES if seconds >= one[0]), AGES[-1])
    return n_(*age, max(0, int(seconds // size)))


def _failures(db: Session, tz: ZoneInfo) -> list[dict[str, Any]]:
    """What was given up lately, the latest first. The rows forgot whom it was about."""
    heard = [(_("a delivery"), *row) for row in backlog.dead(db, inbox.InboxRow, FAILURES_WITHIN, inbox.InboxRow.error)]
    rows = outbox.OutboxRow
    said = [(_(SAID.get(kind, kind)), *row) for kind, *row in backlog.dead(db, rows, FAILURES_WITHIN, rows.kind, rows.error)]
    return [
        {"what": what, "word": word or "–", "because": _(BECAUSE.get(word or "", "")), "count": count, "last": moment(last, tz)}
        for what, word, count, last in sorted(heard + said, key=lambda row: row[-1], reverse=True)
    ]


def _announcement(db: Session, one: Plan, counts: Mapping[str, int], tz: ZoneInfo) -> dict[str, Any]:
    by = user.find(db, one.person_id)
    lapsed = one.created < now() - plan.TO_CONFIRM
    proposed = N_("was not confirmed") if lapsed else N_("not confirmed yet")
    return {
        "at": moment(one.created, tz),
        "code": one.code,
        "by": by.name if by else "",
        "state": _(STATES.get(one.state, proposed)),
        "done": counts.get(plan.DONE, 0),
        "skipped": counts.get(plan.SKIPPED, 0),
        "failed": counts.get(plan.FAILED, 0),
        "open": counts.get(plan.WAITING, 0) + counts.get(plan.UNSURE, 0),
    }


def _audit(db: Session, rows: Iterable[Audit], tz: ZoneInfo) -> list[dict[str, Any]]:
    """Newest first. What an admin did again and again, as looking at this page, is one line."""
    names = {one: user.find(db, one) for one in {row.admin_id for row in rows}}
    lines = []
    for (admin_id, what, about), group in groupby(rows, key=lambda row: (row.admin_id, row.what, row.about)):
        same = list(group)
        who = names[admin_id]
        by = who.name if who else _("an admin without an account")
        did = f"{_(what)} {commands.shown_about(about)}".strip()
        lines.append({"at": moment(same[0].at, tz), "by": by, "did": did, "times": len(same)})
    return lines


def _charts(db: Session) -> dict[str, Any]:
    """Sums over everybody: a day's events tell of nobody."""
    days, sums = last_days(DAYS), ledger.sums_by_day(db, DAYS)
    heard, dropped = ({day: sums.get((day, what), 0) for day in days} for what in (ledger.HEARD, ledger.DROPPED))
    return {
        "events": chart(days, heard, dropped, EVENTS),
        "commands": chart(days, audit.used_by_day(db, DAYS), {}, COMMANDS),
    }
