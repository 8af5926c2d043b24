"""The lists on the account page: what a person keeps here, row by row, as text; the page escapes it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.commands import todo_list, topofmind_list
from app.commands.vips import shown_mode
from app.language import _
from app.models import absence, alarm, join_link, ledger, now, reminder, team, todo, topofmind, vip
from app.models.user import User
from app.web.charts import EVENTS, TEXTS, Chart, chart, last_days
from app.when import Rule, shown

DAYS = 14
NAMED, MOST_OFFERED = 20, 200  # members of a team that are named, and that can be chosen: a page is no place for thousands


@dataclass(frozen=True)
class Item:
    """:ivar number: what its commands call it
    :ivar note: what else is to be said of it, "" if nothing
    :ivar parts: what it is made of, as the members of a team
    :ivar reference: what its buttons call it, so that those of an earlier list touch nothing
    """

    number: str
    text: str
    note: str = ""
    state: str = ""
    parts: tuple[str, ...] = ()
    reference: str = ""


def of(db: Session, person: User, zone: ZoneInfo) -> dict[str, Any]:
    """Every list, by its name in the template."""
    person_id = person.person_id
    top = topofmind.find(db, person_id)
    away = absence.find(db, person_id)
    return {
        "todo": [_todo(one, zone) for one in todo.open_items(db, person_id)],
        "todo_daily": _daily(db, person_id, "todo"),
        "tom": [_top(number, text) for number, text in enumerate(topofmind.items(db, person_id), 1)],
        "tom_daily": _daily(db, person_id, "tom"),
        "audience": top.audience if top else topofmind.NOBODY,
        "readers": [Item(one.email, one.display_name) for one in topofmind.subscribers(db, person_id)],
        "reminders": _reminders(db, person_id, zone),
        "tracked": [_tracked(one) for one in vip.of(db, person_id)],
        "teams": [_team(db, one) for one in team.of(db, person_id)],
        "away": away and _away(away, zone),
        "away_mentions": bool(away and away.mentions),
        "join_links": [_link(one, zone) for one in join_link.of(db, person_id)],
        **_ledger(db, person_id),
    }


def _ledger(db: Session, person_id: str) -> dict[str, Chart]:
    """The last two weeks of the privacy ledger."""
    days = last_days(DAYS)
    counts: dict[str, Counter[str]] = {ledger.HEARD: Counter(), ledger.DROPPED: Counter(), ledger.FETCHED: Counter()}
    for row in ledger.days(db, person_id, days[0]):
        counts[ledger.FETCHED if row.what.startswith(ledger.FETCHED) else row.what][row.day] += row.count
    heard = chart(days, counts[ledger.HEARD], counts[ledger.DROPPED], EVENTS)
    return {"heard": heard, "fetched": chart(days, counts[ledger.FETCHED], {}, TEXTS)}


def _todo(one: todo.Todo, zone: ZoneInfo) -> Item:
    return Item(str(one.number), one.text, _due(one.due_at, zone), reference=todo_list.reference(one))


def _top(number: int, text: str) -> Item:
    return Item(str(number), text, reference=topofmind_list.reference(number, text))


def _tracked(one: vip.Vip) -> Item:
    return Item(one.nickname, one.email, note=shown_mode(one), state=one.mode)


def _away(one: absence.Absence, zone: ZoneInfo) -> Item:
    if one.until:
        return Item("", one.text, _("On, until {moment}; each person gets it once.", moment=shown(one.until, now(), zone)))
    return Item("", one.text, _("On, until you end it; each person gets it once."))


def _team(db: Session, one: team.Team) -> Item:
    members = tuple(team.members(db, one.id))
    more = f" … ({len(members)})" if len(members) > NAMED else ""
    linked = _("linked to a room") if one.room_id else ""
    return Item(one.name, ", ".join(members[:NAMED]) + more, linked, parts=members[:MOST_OFFERED])


def _link(one: join_link.JoinLink, zone: ZoneInfo) -> Item:
    until = shown(one.expires, now(), zone)
    if one.uses_left is None:
        return Item(str(one.number), _("works until {moment}", moment=until))
    return Item(str(one.number), _("works until {moment}, {count} more may join", moment=until, count=one.uses_left))


def _due(at: float | None, zone: ZoneInfo) -> str:
    return _("due {moment}", moment=shown(at, now(), zone)) if at else ""


def _daily(db: Session, person_id: str, kind: str) -> str:
    """When a list is told each day, "" if it is not."""
    found = alarm.find(db, person_id, kind)
    return str(Rule.read(found.rule)) if found and found.rule else ""


def _reminders(db: Session, person_id: str, zone: ZoneInfo) -> list[Item]:
    alarms = alarm.of(db, person_id, reminder.KIND)
    return [_reminder(one, alarms.get(one.id), zone) for one in reminder.of(db, person_id)]


def _reminder(one: reminder.Reminder, at: alarm.Alarm | None, zone: ZoneInfo) -> Item:
    text = one.text or (_("a message") if one.message_id else _("no text"))
    if at is None:
        return Item(str(one.number), text, _("rang {moment}", moment=shown(one.rang_at or one.created, now(), zone)))
    once = shown(at.due, now(), zone)
    return Item(str(one.number), text, _("{rule}, next {moment}", rule=Rule.read(at.rule), moment=once) if at.rule else once)
