"""The end of quiet hours: what was held is told in one go."""

from sqlalchemy.orm import Session

from app import alerts
from app.commands.context import Tools
from app.delivery import Delivery
from app.models.alarm import Alarm
from app.models.user import User


def ring(tools: Tools, db: Session, person: User, alarm: Alarm, delivery: Delivery) -> None:
    """If it is quiet all the same, since hours or time zone were changed meanwhile, wait for the new end."""
    if alerts.is_quiet(person):
        alerts.let_end_ring(db, person)
    elif count := alerts.tell_held(db, person, key=delivery.key):
        delivery.decided("held told", str(count))
