"""Messages of tracked people: shown at once, or kept by id for /get."""

from app import outbox
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import user, vip
from app.webex.markdown import escape


def tell(tools: Tools, delivery: Delivery) -> None:
    """Show a tracked person's message to the one who tracks them, or keep its id."""
    event = delivery.event
    if delivery.is_done("vip"):
        return
    with delivery.once("vip") as db:
        tracked = vip.find(db, delivery.receiver, event.actor)
        if tracked is None:
            return
        if tracked.mode == user.LIVE:
            who = f"**{escape(tracked.nickname)}**"
            key = f"{delivery.key}|vip"
            outbox.quote_to(db, delivery.receiver, event.data.id, why="tracking", who=who, key=key, is_fresh=True)
            delivery.decided("tracked live", tracked.nickname)
        else:
            vip.keep_message(db, tracked.id, event.data.id, event.room_id)
            delivery.decided("tracked kept", tracked.nickname)
