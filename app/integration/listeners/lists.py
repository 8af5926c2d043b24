"""When lists ring: the daily reminders, and an item of the todo list that is due."""

from sqlalchemy.orm import Session

from app import outbox
from app.commands import todo_list, topofmind_list
from app.commands.context import Tools
from app.commands.registry import Answer
from app.delivery import Delivery
from app.models import todo, topofmind
from app.models.alarm import Alarm
from app.models.user import User
from app.zones import safe_zone


def todo_daily(_tools: Tools, db: Session, person: User, _alarm: Alarm, delivery: Delivery) -> None:
    """The list, if anything is on it."""
    items = todo.open_items(db, person.person_id)
    if items:
        _say(db, person, todo_list.answer(items, safe_zone(person.timezone)), delivery)


def top_daily(_tools: Tools, db: Session, person: User, _alarm: Alarm, delivery: Delivery) -> None:
    """The list, if anything is on it."""
    found, items = topofmind.find(db, person.person_id), topofmind.items(db, person.person_id)
    if found and items:
        _say(db, person, Answer(topofmind_list.listing(found.title, items)), delivery)


def todo_due(_tools: Tools, db: Session, person: User, alarm: Alarm, delivery: Delivery) -> None:
    """The item, unless it was checked off meanwhile."""
    item = todo.get(db, person.person_id, alarm.subject)
    if item:
        _say(db, person, todo_list.alert(item, safe_zone(person.timezone)), delivery)


def _say(db: Session, person: User, said: Answer, delivery: Delivery) -> None:
    outbox.say_to(db, person.person_id, said.text, key=f"{delivery.key}|alarm", card=said.card)
