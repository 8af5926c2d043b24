"""Messages of tracked people: shown at once, or kept by id for /get or the daily digest."""

from app import alerts
from app.alerts import Alert
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import user, vip


def tell(tools: Tools, delivery: Delivery) -> None:
    """Show a tracked person's message to the one who tracks them, or keep its id."""
    event = delivery.event
    with delivery.last() as db:
        person = user.find(db, delivery.receiver)
        tracked = vip.find(db, delivery.receiver, event.actor)
        if tracked is None or person is None:
            return
        if tracked.mode == user.LIVE:
            alert = Alert(alerts.TRACKED, event.room_id, event.data.id, event.actor, tracked.id)
            is_told = alerts.tell(db, person, alert, key=f"{delivery.key}|vip")
            delivery.decided("tracked live" if is_told else "tracked held", tracked.nickname)
        else:
            vip.keep_message(db, tracked.id, event.data.id, event.room_id)
            delivery.decided("tracked kept", tracked.nickname)
