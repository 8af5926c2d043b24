"""Reminders that ring."""

from sqlalchemy.orm import Session

from app import outbox
from app.commands import reminder_cards
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import alarm, reminder
from app.models.alarm import Alarm
from app.models.user import User
from app.zones import safe_zone


def ring(tools: Tools, db: Session, person: User, rung: Alarm, delivery: Delivery) -> None:
    """Say it, with the message that it is about if there is one. It stays in the list until it is done."""
    row = reminder.get(db, rung.subject)
    if row is None or row.removed_at is not None:
        return
    reminder.rang(db, row.id)
    coming = alarm.find(db, person.person_id, reminder.KIND, subject=row.id)
    said = reminder_cards.alert(row, safe_zone(person.timezone), due=rung.due, coming=coming)
    key = f"{delivery.key}|reminder"
    if row.message_id:
        before = f"{said.text}\n\n"
        outbox.quote_to(db, person.person_id, row.message_id, why="reminders", before=before, card=said.card, key=key)
    else:
        outbox.say_to(db, person.person_id, said.text, card=said.card, key=key, hand=delivery.hand)
    delivery.decided("reminder rang", str(row.number))
