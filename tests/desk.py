"""A desk at which words are put before the commands directly, where the road before them takes no notice of the words."""

import secrets
from typing import Any

from sqlalchemy import select

from app.commands import dispatch
from app.commands.context import Typed
from app.delivery import Delivery
from app.models import line, now
from app.models.inbox import InboxRow
from app.models.outbox import OutboxRow
from app.webex.events import Data, Event
from app.webex.markdown import storable
from tests.people import Person
from tests.world import World

Said = list[dict[str, Any]]
STOCK = 200  # rows that are made at once, since they are used by the hundred


class Desk:
    """Puts words before the commands as a worker does, and takes what is to be said about them; nothing is said."""

    def __init__(self, world: World) -> None:
        self.house = world.house
        self.spare: list[InboxRow] = []

    def types(self, person: Person, words: str, **where: Any) -> Said:
        """What is put in line to be said to this person.

        :param where: of `Typed`, if it is not typed to the bot 1:1
        """
        begun = now()
        self.put(person, words, **where)
        mine = select(OutboxRow).where(OutboxRow.created >= begun, OutboxRow.line == person.id).order_by(OutboxRow.id)
        with self.house.database.reading() as db:
            return [row.content for row in db.scalars(mine)]

    def put(self, person: Person, words: str, **where: Any) -> None:
        delivery = Delivery(
            Event(resource="messages", event="created", data=Data(id="m")), "bot", self._row(), self.house.database
        )
        text = storable(words).strip()
        place = {"in_bot_room": True, "room_id": "", "message_id": "", "plain": text if where else "", **where}
        dispatch.run(self.house.tools, Typed(person.id, text, **place), delivery)

    def _row(self) -> InboxRow:
        """A delivery that this very worker has in hand; each stands in a line of its own."""
        if not self.spare:
            self.spare = [self._made() for _ in range(STOCK)]
            with self.house.database.transaction() as db:
                db.add_all(self.spare)
        return self.spare.pop()

    def _made(self) -> InboxRow:
        key, owner = secrets.token_bytes(32), self.house.inbox.slot.owner
        return InboxRow(
            line=key.hex(), state=line.RUNNING, attempts=1, due=0.0, owner=owner, lease=now() + 3_600, key=key, receiver="bot",
            body="", received=now(),
        )  # fmt: skip
