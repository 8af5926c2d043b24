"""Messages of tracked people: shown at once, or kept by id for /get."""

from app import outbox
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import user, vip


def tell(tools: Tools, delivery: Delivery) -> None:
    """Show a tracked person's message to the one who tracks them, or keep its id."""
    event = delivery.event
    if event.actor == delivery.receiver or delivery.is_done("vip"):
        return
    with delivery.once("vip") as db:
        tracked = vip.find(db, delivery.receiver, event.actor)
        if tracked is None:
            return
        if tracked.mode == user.STORE:
            vip.keep_message(db, tracked.id, event.data.id, event.room_id)
        else:
            key = f"{delivery.key}|vip"
            outbox.forward(db, delivery.receiver, nickname=tracked.nickname, message_id=event.data.id, key=key)
