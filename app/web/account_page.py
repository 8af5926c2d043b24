"""What the account page shows."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app import texts
from app.house import House
from app.integration.subscriptions import vip_hook_name
from app.models import subscription, token, user, vip
from app.models import todo as todos
from app.models.subscription import Subscription
from app.models.user import User
from app.models.vip import Vip

STATUS = {
    user.ACTIVE: "Connected",
    user.REAUTHORIZE: "Webex no longer lets me act for you. Type /init to the bot to connect again.",
}


@dataclass(frozen=True)
class Row:
    """One line of a list on the page; templates use what they need of it."""

    name: str = ""
    value: str = ""
    command: str = ""
    state: str = ""
    what: str = ""
    count: int = 0


def content(house: House, person: User) -> dict[str, Any]:
    """The variables of account.html, from the database alone: the page must not wait for Webex."""
    with house.database.reading() as db:
        tokens = token.find(db, person.person_id)
        hooks = subscription.of(db, person.person_id)
        tracked = vip.of(db, person.person_id)
        kept = sum(vip.kept_counts(db, person.person_id).values())
        items = todos.count_all(db, person.person_id)
    return {
        "account": {
            "name": person.name,
            "email": person.email,
            "status": person.status,
            "status_text": STATUS[person.status],
            "connected_since": day(person.connected_at),
            "token_until": day(tokens.expires_at) if tokens else "unknown",
            "scopes": tokens.scopes.split() if tokens else [],
            "last_event": moment(person.last_event_at) if person.last_event_at else None,
        },
        "hooks": _hooks(hooks, tracked),
        "features": [
            Row("Todo list", texts.counted(items, "item"), "/todo"),
            Row("Tracking", f"{texts.counted(len(tracked), 'person', 'people')}, {person.tracking}", "/trackers"),
        ],
        "stored": [
            Row(what="Todo items", count=items),
            Row(what="People you track", count=len(tracked)),
            Row(what="Ids of messages kept for /get", count=kept),
        ],
        "bot_name": house.bot.known.display_name if house.bot.known else "Army Knife",
    }


def _hooks(hooks: list[Subscription], tracked: list[Vip]) -> list[Row]:
    """At Webex a hook's name tells nobody who is tracked; to its owner it does."""
    whose = {vip_hook_name(row.vip_person_id): f"Messages of {row.nickname}" for row in tracked}
    names = {**whose, "my messages": "Your own messages", "everything": "Everything in your rooms, without texts"}
    return [Row(name=names.get(hook.name, hook.name), state="active", what=_seen(hook)) for hook in hooks]


def _seen(hook: Subscription) -> str:
    return f"seen at Webex {moment(hook.seen_at)}"


def day(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%d %B %Y}".lstrip("0")


def moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
