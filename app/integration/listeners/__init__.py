"""What we do for a person about what their webhooks bring."""

from collections.abc import Callable

from app.commands.context import Tools
from app.delivery import Delivery
from app.integration import own_events, subscriptions
from app.integration.listeners import account, alarms, asked, autoreply, catching_up, commands, mentions, rooms, vips
from app.models import user
from app.models.route import Entry
from app.plans import run, turns
from app.webex.events import Event

Listener = Callable[[Tools, Delivery], None]
COMMAND = catching_up.COMMAND
# By feature: each delivery is stored once for each feature that wants it. Our own events have none.
FEATURES: dict[str, Listener] = {
    "asked": asked.answer,
    COMMAND: commands.run,
    "vip": vips.tell,
    "autoreply": autoreply.answer,
    "mention": mentions.tell,
    "all_mention": mentions.look_for_all,
    "room": rooms.tell,
}
OWN: dict[tuple[str, str], Listener] = {
    own_events.CONNECTED: account.welcome,
    own_events.REPAIR: account.repair,
    own_events.OUTAGE: account.after_outage,
    own_events.CATCH_UP: catching_up.look,
    alarms.ALARM: alarms.ring,
    turns.PLAN: lambda tools, delivery: run.work(run.Actors(tools.bot, tools.people, tools.admins), delivery),
}


def wanted_by(route: Entry, event: Event, hook: str) -> list[str]:
    """The features that need this event, decided from its metadata alone.

    What is typed in the bot's own room belongs to POST /bot and is ignored here. A person who paused is still answered.

    :param hook: what the webhook is for by which it came; of a mention, only that tells
    """
    if event.event != "created":
        return []
    if event.resource == "memberships":
        is_let_in = event.data.person_id == route.person_id != event.actor and not event.is_direct
        return ["room"] if route.rooms and is_let_in and not route.paused else []
    if event.resource != "messages" or hash(event.data.room_id) == route.bot_room:
        return []
    actor = event.actor
    if actor == route.person_id:
        return [COMMAND]
    # Of somebody unknown nothing is wanted: it might be the person themselves.
    return _of_others(route, event, actor, hook) if actor and not route.paused else []


def _of_others(route: Entry, event: Event, actor: str, hook: str) -> list[str]:
    is_direct = event.is_direct
    is_mention = hook == subscriptions.MENTIONS and not is_direct
    wants = {
        "vip": hash(actor) in route.tracked,
        "asked": route.asked and (is_direct or hook == subscriptions.MENTIONS),
        "autoreply": (route.direct and is_direct) or (route.answers_mentions and is_mention),
        "mention": route.mentions and is_mention,
        "all_mention": route.all_mentions and not is_direct and not is_mention,
    }
    return [feature for feature, is_wanted in wants.items() if is_wanted]


def hear(tools: Tools, delivery: Delivery) -> None:
    """Act on one of a person's deliveries.

    :raises WebexError: if Webex is unwell; the delivery is then tried again
    :raises NotConnected: if the person's authorization has ended
    """
    event = delivery.event
    listener = OWN.get(event.kind) or FEATURES.get(event.name)
    if event.name and event.name != COMMAND and _is_paused(tools, delivery.receiver):
        delivery.decided("dropped while paused")
    elif listener:
        listener(tools, delivery)


def _is_paused(tools: Tools, person_id: str) -> bool:
    """The ear asked, too; but the person may have paused while the delivery waited in line."""
    with tools.database.reading() as db:
        account = user.find(db, person_id)
    return account is not None and account.paused_at is not None
