"""Events of our own about an account, which wait in the person's line like what Webex tells."""

from sqlalchemy.orm import Session

from app.models import inbox
from app.models.base import has_work
from app.webex.events import Data, Event

CONNECTED = ("armyknife", "connected")
REPAIR = ("armyknife", "repair")
FROM_PAGE = ("armyknife", "page")  # asks for nothing by itself; see `Inbox.at_once`


def own_event(kind: tuple[str, str], key: str) -> Event:
    """:param key: the same kind and key are heard once"""
    return Event(resource=kind[0], event=kind[1], data=Data(id=key))


def repair_soon(db: Session, person_id: str, key: str) -> None:
    """Let the webhooks be seen to right after this: no call is made while a transaction is open.

    :param key: of the occasion
    """
    body = own_event(REPAIR, key).to_json()
    inbox.add(db.connection(), key=f"repair|{person_id}|{key}", line_name=person_id, receiver=person_id, body=body)
    has_work(db, person_id)
