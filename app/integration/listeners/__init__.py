"""What we do for a person about what their webhooks bring."""

from collections.abc import Callable

from app.commands.context import Tools
from app.delivery import Delivery
from app.integration.listeners import account, commands, vips
from app.models.route import Route
from app.webex.events import Event

Listener = Callable[[Tools, Delivery], None]
LISTENERS: dict[tuple[str, str], tuple[Listener, ...]] = {
    ("messages", "created"): (commands.run, vips.tell),
    account.CONNECTED: (account.welcome,),
    account.REPAIR: (account.repair,),
}


def wants(route: Route, event: Event) -> bool:
    """Whether any feature needs this event, decided from its metadata alone.

    What is typed in the bot's own room belongs to POST /bot and is ignored here.
    """
    if event.kind != ("messages", "created") or event.room_id == route.bot_room_id:
        return False
    return event.actor == route.person_id or event.actor in route.tracked


def hear(tools: Tools, delivery: Delivery) -> None:
    """Act on one of a person's deliveries.

    :raises WebexError: if Webex is unwell; the delivery is then tried again
    :raises NotConnected: if the person's authorization has ended
    """
    for listener in LISTENERS.get(delivery.event.kind, ()):
        listener(tools, delivery)
