"""Mentions of a person, and of everybody if they asked for that."""

from sqlalchemy.orm import Session

from app import alerts
from app.alerts import Alert
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import user, vip
from app.models.user import User

EVERYBODY = "all"  # in a message's `mentionedGroups`


def tell(tools: Tools, delivery: Delivery) -> None:
    """Tell of a mention. That it is one follows from the webhook's filter: the message is read only when it is shown."""
    with delivery.last() as db:
        person = user.find(db, delivery.receiver)
        if person is not None and person.mention_alerts and not person.paused_at:
            _tell(db, person, delivery)


def look_for_all(tools: Tools, delivery: Delivery) -> None:
    """Read a message of a group room, and tell if it mentions everybody: no webhook's filter can tell that.

    One that mentions the person by name as well is told by `tell` alone.
    """
    message = tools.people.acting_as(delivery.receiver).get_message(delivery.event.data.id)
    delivery.fetched("mentions of everybody")
    is_one = EVERYBODY in message.mentioned_groups and delivery.receiver not in (message.person_id, *message.mentioned_people)
    if not is_one:
        return
    with delivery.last() as db:
        person = user.find(db, delivery.receiver)
        if person is not None and person.mention_alerts and person.all_alerts and not person.paused_at:
            _tell(db, person, delivery)


def _tell(db: Session, person: User, delivery: Delivery) -> None:
    event = delivery.event
    tracked = vip.find(db, person.person_id, event.actor)
    if tracked is not None and tracked.mode == user.LIVE:
        delivery.decided("mention tracked", tracked.nickname)  # shown already, as every message of theirs
        return
    alert = Alert(alerts.MENTION, event.room_id, event.data.id, event.actor)
    is_told = alerts.tell(db, person, alert, key=f"{delivery.key}|mention")
    delivery.decided("mention told" if is_told else "mention held")
