"""Buttons of our cards that people press: the same as typing the button's command."""

from app import outbox, texts
from app.commands import dispatch
from app.commands.context import Tools, Typed
from app.delivery import Delivery, is_too_old
from app.language import _
from app.models import contact
from app.webex import cards
from app.webex.markdown import storable
from app.webex.resources import AttachmentAction


def on_card(tools: Tools, delivery: Delivery) -> None:
    """Who pressed, where, and when, is what Webex says of the press; the delivery only told that there was one.

    Every press in a 1:1 room with the bot is answered.
    """
    action = tools.bot.get_attachment_action(delivery.event.data.id)
    if not _is_own_room(tools, action):
        return
    words = storable(cards.typed(action.inputs))
    if is_too_old(action):
        _say(delivery, action.person_id, _(texts.TOO_LATE))
    elif not words:
        _say(delivery, action.person_id, _(texts.UNKNOWN_BUTTON))
    else:
        dispatch.run(tools, Typed(action.person_id, words, in_bot_room=True, room_id=action.room_id), delivery)


def _is_own_room(tools: Tools, action: AttachmentAction) -> bool:
    """Whether it was pressed in the person's own 1:1 room; asked from Webex if we don't know it, such as after /delete."""
    with tools.database.reading() as db:
        met = contact.find(db, action.person_id)
    return (met is not None and met.room_id == action.room_id) or tools.bot.get_room(action.room_id).type == "direct"


def _say(delivery: Delivery, person_id: str, text: str) -> None:
    with delivery.last() as db:
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|press", hand=delivery.hand)
