"""Who may see whose top of mind. It is asked anew at each look and each notice, of Webex where Webex has to tell."""

import base64
import binascii
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.orm import Session

from app import outbox
from app.bot.client import Bot
from app.integration.client import People
from app.language import _, speaking
from app.models import Database, topofmind, user
from app.webex.client import WebexClient
from app.webex.errors import Forbidden, NotFound
from app.webex.markdown import escape

ROOMS_SEARCHED = 50  # group rooms used last, in which somebody is looked for


@dataclass(frozen=True)
class Audience:
    database: Database
    bot: Bot
    people: People

    def includes(self, owner_id: str, reader_id: str) -> bool:
        """Whether the owner shows the list to this person.

        :raises WebexError: if Webex does not say
        :raises NotConnected: if only the owner could tell, and the owner's authorization has ended
        """
        with self.database.reading() as db:
            shown = topofmind.find(db, owner_id)
            is_listed = topofmind.is_listed(db, owner_id, reader_id)
        match shown.audience if shown else topofmind.NOBODY:
            case topofmind.LISTED:
                return is_listed
            case topofmind.ORG:
                return self._share_an_organisation(owner_id, reader_id)
            case topofmind.ROOMS:
                return _share_a_room(self.people.acting_as(owner_id), reader_id)
        return False

    def has_subscriber(self, owner_id: str, reader_id: str) -> bool:
        """Whether this person is subscribed and may still see the list."""
        with self.database.reading() as db:
            is_subscribed = topofmind.is_subscribed(db, owner_id, reader_id)
        return is_subscribed and self.includes(owner_id, reader_id)

    def organisation(self, person_id: str) -> str:
        """The id of somebody's organisation; empty if it is none that means anything."""
        try:
            found = self.bot.get_person(person_id).org_id
        except NotFound:
            return ""
        return "" if is_everybodys(found) else found

    def _share_an_organisation(self, owner_id: str, reader_id: str) -> bool:
        mine = self.organisation(owner_id)
        return bool(mine) and mine == self.organisation(reader_id)


def _share_a_room(webex: WebexClient, reader_id: str) -> bool:
    for room in webex.list_rooms(ROOMS_SEARCHED, type="group", sortBy="lastactivity"):
        with suppress(NotFound, Forbidden):
            if any(True for _membership in webex.list_memberships(room.id, personId=reader_id)):
                return True
    return False


def is_everybodys(org_id: str) -> bool:
    """Whether it is the organisation `consumer`, in which Webex keeps all people with free accounts."""
    with suppress(binascii.Error, ValueError):
        return base64.b64decode(org_id + "=" * (-len(org_id) % 4)).decode().endswith("/consumer")
    return False


def end(db: Session, owner_id: str, reader_id: str, *, key: str) -> bool:
    """End the subscription of somebody who may no longer see the list, and tell both.

    :returns: whether there was one
    """
    owner, reader = user.find(db, owner_id), user.find(db, reader_id)
    if not topofmind.unsubscribe(db, owner_id, reader_id) or owner is None or reader is None:
        return False
    theirs = f"**{escape(owner.name)}** ({escape(owner.email)})"
    with speaking(reader.language):
        text = _("{whose} no longer shows you their top of mind, so your subscription has ended.", whose=theirs)
    outbox.say_to(db, reader_id, text, key=f"{key}|ended|{owner_id}|{reader_id}")
    name = f"**{escape(reader.name)}** ({escape(reader.email)})"
    with speaking(owner.language):
        text = _(
            "{who} may no longer see your top of mind, so their subscription has ended. `/tom audience` shows who may.", who=name
        )
    outbox.say_to(db, owner_id, text, key=f"{key}|let go|{owner_id}|{reader_id}")
    return True
