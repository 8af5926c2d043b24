"""A delivery: how it is stored, and in a worker's hands the promise that each listener acts on it once."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from app.errors import Fenced
from app.models import Database, decision, inbox, ledger, line, now, user
from app.models.inbox import InboxRow
from app.models.outbox import Hand
from app.models.writing import NewRow
from app.webex.events import Event
from app.webex.resources import AttachmentAction, Message

OURS = "armyknife"  # the resource of our own events
BOT = "bot"  # the receiver of what the bot's own webhooks bring
# No time is signed with a delivery, so an old one could be played again after its key was forgotten.
OLDEST = 86_400.0  # seconds


def store(connection: Connection, event: Event, receiver: str, line_name: str, feature: str = "") -> bool:
    """Store a delivery in a transaction of the caller's, who wakes the line afterwards. As `app.inbox.Inbox.accept`."""
    return new_row(event, receiver, line_name, feature)(connection)


def new_row(event: Event, receiver: str, line_name: str, feature: str = "") -> NewRow:
    """The same for `Database.write`, which stores those that wait together."""
    # Who comes back to a room has the same membership id again; only its time tells the two from each other.
    again = event.data.created if event.resource == "memberships" else ""
    key = "|".join((receiver, event.resource, event.event, event.data.id, again, feature))
    body = msgspec.structs.replace(event, name=feature).to_json()
    return inbox.new(key=key, line_name=line_name, receiver=receiver, body=body)


def is_too_old(given: Message | AttachmentAction) -> bool:
    """Whether a message was written, or a button pressed, too long ago for its command to be run now."""
    return given.created is not None and given.created.timestamp() < now() - OLDEST


@dataclass
class Delivery:
    """:ivar receiver: whose webhook it came by: a person id, or `bot`
    :ivar hand: of the worker who has it, if that one also says what it leads to
    :ivar is_closed: whether it was closed in a transaction which, if nothing failed since, was committed
    """

    event: Event
    receiver: str
    row: InboxRow
    database: Database
    hand: Hand | None = None
    is_closed: bool = False
    _fetched: list[str] = field(default_factory=list)
    _decided: list[tuple[str, str]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Begins the keys of everything that is said because of this delivery."""
        return self.row.key.hex()

    def fetched(self, why: str) -> None:
        """Note for the receiver's privacy ledger that a text was fetched."""
        self._fetched.append(why)

    def decided(self, what: str, detail: str = "") -> None:
        """Note for `/why` what was decided.

        :param what: a code of `app.commands.why`
        :param detail: a name of ours, such as a command's; never what somebody wrote
        """
        self._decided.append((what, detail))

    def account(self, db: Session) -> None:
        """Write down what was noted."""
        for why, count in Counter(self._fetched).items():
            ledger.add(db, self.row.line, ledger.FETCHED + why, count)
        for what, detail in self._decided:
            decision.note(db, self.row.line, what, detail)

    def close(self, db: Session, state: int = line.DONE, error: str | None = None) -> None:
        """Settle it for good, in the transaction that holds its effects: after a crash both are there, or none.

        :raises Fenced: if another worker took it over
        """
        if not inbox.finish(db, self.row, state, error):
            raise Fenced
        self.account(db)
        if self.receiver != BOT and self.event.resource != OURS:  # the clock's own events are no sign of life
            user.heard_now(db, self.receiver)
        self.is_closed = True

    def takes_back(self) -> None:
        """What was decided and is in hand was of a transaction that was rolled back."""
        self._decided.clear()
        self.is_closed = False
        if self.hand:
            self.hand.row = None

    def is_done(self, step: str) -> bool:
        """Whether a listener did its part in an earlier attempt."""
        if self.row.attempts <= 1:
            return False
        with self.database.reading() as db:
            return inbox.step_is_done(db, self.row, step)

    @contextmanager
    def once(self, step: str) -> Iterator[Session]:
        """The transaction in which a listener acts; committed together with the note that it did.

        :raises Fenced: if another worker took the delivery over
        """
        with self.database.transaction() as db:
            yield db
            self.mark(db, step)

    @contextmanager
    def last(self) -> Iterator[Session]:
        """The same for a listener after which nothing is left to do: the delivery is closed with it."""
        try:
            with self.database.transaction() as db:
                yield db
                self.close(db)
        except BaseException:
            self.takes_back()
            raise

    def mark(self, db: Session, step: str) -> None:
        """Note, in the transaction that holds the effects, that a listener is done."""
        if not line.still_owns(db, self.row):
            raise Fenced
        inbox.mark_step(db, self.row, step)
