"""What the bot does about what it hears."""

import re
from collections.abc import Callable

import structlog
from sqlalchemy.orm import Session

from app import outbox, texts
from app.bot import outage, presses, welcome
from app.commands import dispatch
from app.commands.context import Tools, Typed
from app.delivery import Delivery, is_too_old
from app.integration import own_events
from app.language import _
from app.models import contact, user
from app.models.contact import Met
from app.webex.addresses import is_of_bot
from app.webex.errors import NotFound
from app.webex.events import Event
from app.webex.markdown import storable, without_mention
from app.webex.resources import Message

log = structlog.get_logger(__name__)

HUSHED = ("/recommendations",)  # who says so is not greeted: they were written to, and may want just that never again


def hear(tools: Tools, delivery: Delivery) -> None:
    """Act on one of the bot's deliveries.

    :raises WebexError: if Webex is unwell; the delivery is then tried again
    """
    if delivery.event.actor == tools.bot.me.id and delivery.event.kind == ("messages", "created"):
        return  # our own words
    for listener in LISTENERS.get(delivery.event.kind, ()):
        listener(tools, delivery)


def on_room(tools: Tools, delivery: Delivery) -> None:
    """A 1:1 room began; one that we began ourselves, by a recommendation, is greeted when something is written there."""
    event = delivery.event
    if event.is_direct and event.actor != tools.bot.me.id:
        _greet_once(tools, delivery, _partner(tools, event, event.actor), event.room_id)


def on_membership(tools: Tools, delivery: Delivery) -> None:
    """Somebody joined: a person a 1:1 room with the bot, or the bot a group room."""
    event, bot_id = delivery.event, tools.bot.me.id
    joined = event.data.person_id
    if _is_direct(tools, event):
        if event.actor == bot_id:
            return
        _greet_once(tools, delivery, _partner(tools, event, event.actor if joined == bot_id else joined), event.room_id)
    elif joined == bot_id:
        _explain_and_leave(tools, delivery)


def _is_direct(tools: Tools, event: Event) -> bool:
    """Deliveries before 2017 don't tell the kind of the room."""
    return event.is_direct if event.data.room_type else tools.bot.get_room(event.room_id).type == "direct"


def _partner(tools: Tools, event: Event, candidate: str) -> str:
    """Who shares a 1:1 room with the bot; asked from Webex where the delivery does not tell."""
    if candidate and candidate != tools.bot.me.id:
        return candidate
    members = tools.bot.list_memberships(event.room_id)
    return next((m.person_id for m in members if m.person_id != tools.bot.me.id), "")


def _explain_and_leave(tools: Tools, delivery: Delivery) -> None:
    """In group rooms the bot says how to use it, once, and leaves, unless the operator wants it to stay."""
    text = welcome.how_to_use(tools.bot.me.email)
    with delivery.last() as db:
        _say_in_group(db, delivery, delivery.event.room_id, text)
        if tools.config.group_rooms == "leave":
            outbox.leave(db, delivery.row.line, delivery.event.data.id, key=f"{delivery.key}|leave")


def _say_in_group(db: Session, delivery: Delivery, room_id: str, text: str) -> None:
    """It stands in the line of the person who caused it, which is worked off right after the delivery."""
    outbox.say(db, key=f"{delivery.key}|group", line_name=delivery.row.line, to={"roomId": room_id}, markdown=text)


def on_message(tools: Tools, delivery: Delivery) -> None:
    """A person wrote to the bot, 1:1 or by mention."""
    message = tools.bot.get_message(delivery.event.data.id)
    if message.person_id == tools.bot.me.id or is_of_bot(message.person_email):
        return
    if message.room_type == "direct":
        _answer(tools, delivery, message)
    else:
        _hint(tools, delivery, message)


def _answer(tools: Tools, delivery: Delivery, message: Message) -> None:
    words = storable(without_mention(message.html, message.text, tools.bot.me.id))
    typed = Typed(message.person_id, _as_command(words), True, message.room_id, message.id)
    is_hushed = typed.word.lower() in HUSHED
    met = _known(tools, message.person_id) if is_hushed else _greet_once(tools, delivery, message.person_id, message.room_id)
    is_covered = not typed.is_command or typed.word.lower() == "/init"
    if _opens_the_room(delivery, met) and is_covered:
        return
    if is_too_old(message):
        _regret(delivery, message.person_id)
    else:
        dispatch.run(tools, typed, delivery)


def _as_command(words: str) -> str:
    """Whoever got a join code types `join` and the code, and need not know about slashes."""
    return f"/{words}" if re.fullmatch(r"join\s+\S+", words, re.I) else words


def _regret(delivery: Delivery, person_id: str) -> None:
    with delivery.last() as db:
        outbox.say_to(db, person_id, _(texts.TOO_LATE), key=f"{delivery.key}|late", hand=delivery.hand)


def _opens_the_room(delivery: Delivery, met: Met | None) -> bool:
    """The words that opened the room are answered by the greeting; a command that it does not cover still runs."""
    if delivery.is_done("opening"):
        return True
    if met is None or not met.is_opening:
        return False
    with delivery.once("opening") as db:
        contact.opened(db, met.person_id)
    return True


def _hint(tools: Tools, delivery: Delivery, message: Message) -> None:
    """In a group room a mention is answered once per person: how to use the bot."""
    text = welcome.how_to_use(tools.bot.me.email)
    with delivery.last() as db:
        if contact.hint_once(db, message.room_id, message.person_id):
            _say_in_group(db, delivery, message.room_id, text)


def _greet_once(tools: Tools, delivery: Delivery, person_id: str, room_id: str) -> Met | None:
    """Greet a person whose 1:1 room was not known: by whichever event tells of it first, and by none after that.

    :returns: the room, if there is one by now
    """
    met = _known(tools, person_id)
    if met is not None:
        _follow_room(tools, person_id, met.room_id, room_id)
    if not person_id or met or delivery.is_done("greeting") or not _is_person(tools, person_id):
        return met
    _greet(tools, delivery, person_id, room_id)
    return _known(tools, person_id)


def _known(tools: Tools, person_id: str) -> Met | None:
    with tools.database.looking() as connection:
        return contact.find(connection, person_id)


def _greet(tools: Tools, delivery: Delivery, person_id: str, room_id: str) -> None:
    with delivery.once("greeting") as db:
        if not contact.meet(db, person_id, room_id):
            return
        account = user.find(db, person_id)
        if account and account.status == user.ACTIVE:
            outbox.say_to(db, person_id, welcome.returning(), key=f"{delivery.key}|greeting")
        else:
            outbox.invite(db, person_id, welcome.greeting(welcome.link(tools.config)), key=f"{delivery.key}|greeting")


def _follow_room(tools: Tools, person_id: str, known: str, room_id: str) -> None:
    if known != room_id:
        with tools.database.transaction() as db:
            contact.move(db, person_id, room_id)


def _is_person(tools: Tools, person_id: str) -> bool:
    try:
        return not tools.bot.get_person(person_id).is_bot
    except NotFound:
        return False


Listener = Callable[[Tools, Delivery], None]
LISTENERS: dict[tuple[str, str], tuple[Listener, ...]] = {
    ("rooms", "created"): (on_room,),
    ("memberships", "created"): (on_membership,),
    ("messages", "created"): (on_message,),
    ("attachmentActions", "created"): (presses.on_card,),
    own_events.OUTAGE: (outage.tell_people,),
    own_events.READ_ROOMS: (outage.read_rooms,),
    own_events.READ_ROOM: (outage.read_room,),
}
