"""Turns: events of our own by which a plan is worked off, in a line beside that of its owner's commands."""

import secrets

from sqlalchemy.orm import Session

from app.models import inbox
from app.models.base import has_work
from app.models.plan import Plan
from app.webex.events import Data, Event

PLAN = ("armyknife", "plan")


def line_of(person_id: str) -> str:
    """The line in which a person's plans wait: one after the other, and beside everything else of that person."""
    return f"plans {person_id}"


def enqueue(db: Session, plan: Plan) -> None:
    """Put the plan's next turn in line, in the transaction that calls for it."""
    event = Event(resource=PLAN[0], event=PLAN[1], data=Data(id=f"{plan.id} {secrets.token_hex(6)}"))
    line_name, key = line_of(plan.person_id), f"plan|{event.data.id}"
    inbox.add(db.connection(), key=key, line_name=line_name, receiver=plan.person_id, body=event.to_json())
    has_work(db, line_name)


def plan_id(key: str) -> int:
    """:param key: the turn's `data.id`"""
    return int(key.split(" ", maxsplit=1)[0])
