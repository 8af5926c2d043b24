"""What the account page shows."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from app.commands import features
from app.house import House
from app.integration.subscriptions import told_name
from app.language import LANGUAGES, N_, _
from app.models import stored, subscription, token, vip
from app.models.subscription import Subscription
from app.models.user import User
from app.models.vip import Vip
from app.web import account_lists
from app.web.dates import full_day, moment
from app.zones import safe_zone

STATES = {
    "active": N_("Connected"),
    "paused": N_("Paused"),
    "reauthorize": N_("No access"),
}


@dataclass(frozen=True)
class Row:
    """One line of a list on the page; templates use what they need of it."""

    name: str = ""
    state: str = ""
    what: str = ""
    count: int = 0


def content(house: House, person: User) -> dict[str, Any]:
    """The variables of account.html, from the database alone: the page must not wait for Webex."""
    tz = safe_zone(person.timezone)
    with house.database.reading() as db:
        tokens = token.find(db, person.person_id)
        hooks = subscription.of(db, person.person_id)
        tracked = vip.of(db, person.person_id)
        counts = stored.counts(db, person.person_id)
        lists = account_lists.of(db, person, tz)
    return {
        "account": {
            "name": person.name,
            "email": person.email,
            "state": person.state,
            "state_text": _(STATES[person.state]),
            "paused_since": moment(person.paused_at, tz) if person.paused_at else None,
            "timezone": tz.key,
            "clock": features.clock(tz),
            "connected_since": full_day(person.connected_at, tz),
            "token_until": full_day(tokens.expires_at, tz) if tokens else _("unknown"),
            "scopes": tokens.scopes.split() if tokens else [],
            "last_event": moment(person.last_event_at, tz) if person.last_event_at else None,
        },
        "hooks": _hooks(hooks, tracked, tz),
        "stored": _stored(counts),
        "lists": lists,
        "person": person,
        "languages": LANGUAGES,
        "is_admin": house.tools.admins.is_known(person.person_id),
    }


def stored_rows(house: House, person: User) -> list[Row]:
    """What would be removed with the account."""
    with house.database.reading() as db:
        return _stored(stored.counts(db, person.person_id))


def _stored(counts: list[stored.Count]) -> list[Row]:
    return [Row(what=_capital(one.kind.many), count=one.count) for one in counts if one.count]


def _hooks(hooks: list[Subscription], tracked: list[Vip], tz: ZoneInfo) -> list[Row]:
    return [Row(told_name(hook.name, tracked), state="active", what=_seen(hook, tz)) for hook in hooks]


def _seen(hook: Subscription, tz: ZoneInfo) -> str:
    return _("seen at Webex {moment}", moment=moment(hook.seen_at, tz))


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"
