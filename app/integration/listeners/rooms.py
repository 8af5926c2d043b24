"""Group rooms that a person was added to."""

from app import alerts
from app.alerts import Alert
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import user


def tell(tools: Tools, delivery: Delivery) -> None:
    """Tell who added the person to which room; both are named when it is said."""
    event = delivery.event
    with delivery.last() as db:
        person = user.find(db, delivery.receiver)
        if person is None or not person.room_alerts or person.paused_at:
            return
        alert = Alert(alerts.NEW_ROOM, event.room_id, about_id=event.actor)
        is_told = alerts.tell(db, person, alert, key=f"{delivery.key}|room")
        delivery.decided("room told" if is_told else "room held")
