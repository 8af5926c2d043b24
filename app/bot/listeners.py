"""What the bot does about what it hears."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from app import outbox
from app.bot import welcome
from app.commands import dispatch
from app.commands.context import Tools, Typed
from app.delivery import Delivery
from app.models import contact, user
from app.webex.errors import NotFound
from app.webex.markdown import without_mention
from app.webex.resources import Message

log = structlog.get_logger(__name__)

BOT_DOMAINS = ("@webex.bot", "@sparkbot.io")
OPENING = 2.0  # seconds; a message this close to the greeting is the one that opened the room


def hear(tools: Tools, delivery: Delivery) -> None:
    """Act on one of the bot's deliveries.

    :raises WebexError: if Webex is unwell; the delivery is then tried again
    """
    if delivery.event.actor == tools.bot.me.id and delivery.event.kind == ("messages", "created"):
        return  # our own words
    for listener in LISTENERS.get(delivery.event.kind, ()):
        listener(tools, delivery)


def on_room(tools: Tools, delivery: Delivery) -> None:
    """A 1:1 room began."""
    event = delivery.event
    if not event.is_direct:
        return
    person_id = event.actor
    if not person_id or person_id == tools.bot.me.id:
        members = tools.bot.list_memberships(event.room_id)
        person_id = next((m.person_id for m in members if m.person_id != tools.bot.me.id), "")
    _greet_once(tools, delivery, person_id, event.room_id)


def on_membership(tools: Tools, delivery: Delivery) -> None:
    """Somebody joined: a person a 1:1 room with the bot, or the bot a group room."""
    event, bot_id = delivery.event, tools.bot.me.id
    joined = event.data.person_id
    if event.is_direct:
        _greet_once(tools, delivery, event.actor if joined == bot_id else joined, event.room_id)
    elif joined == bot_id:
        _explain_and_leave(tools, delivery)


def _explain_and_leave(tools: Tools, delivery: Delivery) -> None:
    """In group rooms the bot says how to use it, once, and leaves, unless the operator wants it to stay."""
    line_name, membership_id = f"room:{delivery.event.room_id}", delivery.event.data.id
    text = welcome.how_to_use(tools.bot.me.email)
    with delivery.once("group") as db:
        outbox.say(db, key=f"joined|{membership_id}", line_name=line_name, to={"roomId": delivery.event.room_id}, markdown=text)
        if tools.config.group_rooms == "leave":
            outbox.leave(db, line_name, membership_id)


def on_message(tools: Tools, delivery: Delivery) -> None:
    """A person wrote to the bot, 1:1 or by mention."""
    message = tools.bot.get_message(delivery.event.data.id)
    if message.person_id == tools.bot.me.id or message.person_email.endswith(BOT_DOMAINS):
        return
    if message.room_type == "direct":
        _answer(tools, delivery, message)
    else:
        _hint(tools, delivery, message)


def _answer(tools: Tools, delivery: Delivery, message: Message) -> None:
    _greet_once(tools, delivery, message.person_id, message.room_id)
    words = without_mention(message.html, message.text, tools.bot.me.id)
    typed = Typed(message.person_id, words, in_bot_room=True)
    if not _is_answered_by_greeting(tools, typed, message):
        dispatch.run(tools, typed, delivery)


def _is_answered_by_greeting(tools: Tools, typed: Typed, message: Message) -> bool:
    """The words that opened the room need no second answer, unless they are a command the greeting does not cover."""
    if typed.is_command and typed.word.lower() != "/init":
        return False
    with tools.database.reading() as db:
        met = contact.find(db, typed.person_id)
    written = message.created or datetime.now(UTC)
    return met is not None and written.timestamp() <= met.greeted_at + OPENING


def _hint(tools: Tools, delivery: Delivery, message: Message) -> None:
    """In a group room a mention is answered once per person: how to use the bot."""
    text = welcome.how_to_use(tools.bot.me.email)
    with delivery.once("hint") as db:
        if contact.hint_once(db, message.room_id, message.person_id):
            to = {"roomId": message.room_id}
            outbox.say(db, key=f"{delivery.key}|hint", line_name=f"room:{message.room_id}", to=to, markdown=text)


def _greet_once(tools: Tools, delivery: Delivery, person_id: str, room_id: str) -> None:
    """Greet a person whose 1:1 room was not known: by whichever event tells of it first, and by none after that."""
    with tools.database.reading() as db:
        met = contact.find(db, person_id)
    if met is not None:
        _follow_room(tools, person_id, met.room_id, room_id)
    if not person_id or met or delivery.is_done("greeting") or not _is_person(tools, person_id):
        return
    with delivery.once("greeting") as db:
        if not contact.meet(db, person_id, room_id):
            return
        account = user.find(db, person_id)
        if account and account.status == user.ACTIVE:
            text = welcome.returning()
        else:
            text = welcome.greeting(welcome.link(db, tools.config, person_id))
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|greeting")


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
}
