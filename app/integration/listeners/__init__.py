"""What we do for a person about what their webhooks bring."""

from collections.abc import Callable

from app.commands.context import Tools
from app.delivery import Delivery
from app.integration import subscriptions
from app.integration.listeners import account, alarms, commands, vips
from app.models.route import Route
from app.plans import run, turns
from app.webex.events import Event

Listener = Callable[[Tools, Delivery], None]
# By feature: each delivery is stored once for each feature that wants it. Our own events have none.
FEATURES: dict[str, Listener] = {
    "command": commands.run,
    "vip": vips.tell,
}
OWN: dict[tuple[str, str], Listener] = {
    account.CONNECTED: account.welcome,
    account.REPAIR: account.repair,
    alarms.ALARM: alarms.ring,
    turns.PLAN: lambda tools, delivery: run.work(tools.bot, tools.people, delivery),
}


def wanted_by(route: Route, event: Event, hook: str) -> list[str]:
    """The features that need this event, decided from its metadata alone.

    What is typed in the bot's own room belongs to POST /bot and is ignored here. A person who paused is still answered.

    :param hook: what the webhook is for by which it came; of a mention, only that tells
    """
    if event.kind == ("memberships", "created"):
        is_new = event.data.person_id == route.person_id != event.actor
        return ["room"] if route.rooms and is_new and not route.paused else []
    if event.kind != ("messages", "created") or event.room_id == route.bot_room_id:
        return []
    if event.actor == route.person_id:
        return ["command"]
    return [] if route.paused else _of_others(route, event, hook)


def _of_others(route: Route, event: Event, hook: str) -> list[str]:
    is_direct = event.is_direct
    wants = {
        "vip": event.actor in route.tracked,
        "autoreply": route.direct and is_direct,
        "mention": route.mentions and hook == subscriptions.MENTIONS and not is_direct,
        "all_mention": route.all_mentions and not is_direct and hook != subscriptions.MENTIONS,
    }
    return [feature for feature, is_wanted in wants.items() if is_wanted and feature in FEATURES]


def hear(tools: Tools, delivery: Delivery) -> None:
    """Act on one of a person's deliveries.

    :raises WebexError: if Webex is unwell; the delivery is then tried again
    :raises NotConnected: if the person's authorization has ended
    """
    event = delivery.event
    listener = OWN.get(event.kind) or FEATURES.get(event.name)
    if listener:
        listener(tools, delivery)
