"""Others who ask for a person's top of mind in that person's rooms, and have no account whose webhook would bring it."""

from app import outbox
from app.commands import registry, topofmind_list
from app.commands.context import Tools
from app.delivery import Delivery, is_too_old
from app.integration.audience import Audience
from app.language import speaking
from app.models import topofmind, user
from app.webex.markdown import storable, without_mentions
from app.webex.resources import Message


def answer(tools: Tools, delivery: Delivery) -> None:
    """Show the list to who typed `/tom` 1:1 to its owner, or with a mention of the owner alone.

    Everything else is dropped unanswered. So is who may not see it: a refusal would tell that there is an account.
    """
    if _is_heard_themselves(tools, delivery.event.actor):
        return
    message = tools.people.acting_as(delivery.receiver).get_message(delivery.event.data.id)
    delivery.fetched("top of mind")
    if not _asks(tools, delivery, message):
        return
    if Audience(tools.database, tools.bot, tools.people).includes(delivery.receiver, message.person_id):
        _show(delivery, message.person_id)


def _is_heard_themselves(tools: Tools, person_id: str) -> bool:
    """Whoever has an account asks by their own webhook, and would be answered twice."""
    with tools.database.reading() as db:
        asker = user.find(db, person_id)
    return asker is not None and asker.status == user.ACTIVE


def _asks(tools: Tools, delivery: Delivery, message: Message) -> bool:
    words = storable(without_mentions(message.html, message.text))
    found = registry.find(words)
    is_for_owner = message.room_type == "direct" or message.mentioned_people == (delivery.receiver,)
    is_person = message.person_id not in (delivery.receiver, tools.bot.me.id)
    return found is not None and found.of_others and is_for_owner and is_person and not is_too_old(message)


def _show(delivery: Delivery, person_id: str) -> None:
    with delivery.last() as db:
        owner, found = user.find(db, delivery.receiver), topofmind.find(db, delivery.receiver)
        if owner is None or found is None or not found.answers:
            return
        with speaking(user.language_of(db, person_id)):  # English, unless they had an account
            text = topofmind_list.of_other(owner, found.title, topofmind.items(db, owner.person_id))
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|asked")
        delivery.decided("top of mind shown")
