"""Our own events about an account. They wait in the person's line, so that nothing else of that person runs beside them."""

from sqlalchemy.orm import Session

from app import alerts, outbox, texts
from app.commands.context import Tools
from app.delivery import Delivery
from app.models import held, inbox, user
from app.webex.events import Data, Event
from app.webex.markdown import escape

CONNECTED = ("armyknife", "connected")
REPAIR = ("armyknife", "repair")


def own_event(kind: tuple[str, str], key: str) -> Event:
    """:param key: the same kind and key are heard once"""
    return Event(resource=kind[0], event=kind[1], data=Data(id=key))


def welcome(tools: Tools, delivery: Delivery) -> None:
    """After an authorization: register the webhooks, and only then say that all is well."""
    person_id = delivery.receiver
    if delivery.is_done("welcome"):
        return
    with tools.database.reading() as db:
        account = user.find(db, person_id)
    if account is None:
        return
    tools.subscriptions.sync(person_id)
    with delivery.once("welcome") as db:
        text = texts.welcome(escape(account.name), account.timezone)
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|welcome")
        if not alerts.is_quiet(account):
            alerts.tell_held(db, account, key=delivery.key)
        elif held.count(db, person_id):
            alerts.let_end_ring(db, account)


def repair_soon(db: Session, person_id: str, key: str) -> None:
    """Let the webhooks be seen to right after this: no call is made while a transaction is open.

    :param key: of the occasion
    """
    body = own_event(REPAIR, key).to_json()
    inbox.add(db.connection(), key=f"repair|{person_id}|{key}", line_name=person_id, receiver=person_id, body=body)


def repair(tools: Tools, delivery: Delivery) -> None:
    """Every hour: renew an access token whose end comes near, and make Webex's list of webhooks agree with what is wanted."""
    tools.people.tokens.renew_early(delivery.receiver)
    tools.subscriptions.sync(delivery.receiver)
