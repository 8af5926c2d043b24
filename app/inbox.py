"""Deliveries: stored before they are acknowledged, then worked off one after the other per person."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import token_hex

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app import metrics, outbox, texts
from app.bot import listeners as bot_listeners
from app.commands.context import Tools
from app.delivery import BOT, OURS, Delivery, new_row
from app.errors import Busy, Fenced, NotConnected
from app.integration import listeners as integration_listeners
from app.integration import own_events
from app.integration.own_events import FROM_PAGE, own_event
from app.language import _
from app.models import contact, inbox, line, now, user
from app.models.inbox import InboxRow
from app.models.line import Slot
from app.models.outbox import Hand, OutboxRow
from app.sending import Sender
from app.webex.errors import NotFound, RateLimited, Unavailable, WebexError
from app.webex.events import Event, parse_event

log = structlog.get_logger(__name__)

OUTAGE = 1_800.0  # seconds for which a delivery waits for a Webex that is unwell
PATIENCE, AGAIN = 5.0, 0.05  # seconds for which a page waits for a line that is at work, and between two looks at it
MAX_ATTEMPTS = 6  # for everything else: a message may be unreadable for some seconds after its event
OUTCOMES = {"": "done", "not connected": "not connected"}  # as metrics call it; anything else was given up
MAX_COUNTED = 8  # an outage does not count as a row that kills its worker


@dataclass(frozen=True)
class Inbox:
    """:ivar wake: tells the queue that a line has work, after so many seconds"""

    tools: Tools
    sender: Sender
    slot: Slot
    wake: Callable[[str, float], None]
    _refused: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def accept(self, event: Event, receiver: str, line_name: str, feature: str = "") -> bool:
        """Store a delivery; returns after it is on disk.

        :param receiver: whose webhook it came by: a person id, or `BOT`
        :param line_name: the person in whose line it waits
        :param feature: which of the person's features wants it; each gets a delivery of its own, so that none waits for, or
            fails with, another
        :returns: False if it was stored before; a repeated delivery changes nothing
        """
        is_new: bool = self.tools.database.write(new_row(event, receiver, line_name, feature))
        if event.resource != OURS:
            metrics.HEARD.labels("stored" if is_new else "repeated").inc()
        if is_new:
            self.wake(line_name, 0.0)
        return is_new

    def refused(self) -> None:
        """A delivery could not be stored."""
        self._refused.set()

    def forget_refusals(self) -> bool:
        """:returns: whether a delivery could not be stored since this was last asked"""
        were_any = self._refused.is_set()
        self._refused.clear()
        return were_any

    def at_once(self, person_id: str, work: Callable[[Delivery], None]) -> None:
        """Do something in a person's line now, while somebody waits for it, as the reader of a page does.

        Nothing else of that person is done meanwhile. Should this process die, nothing is done again: whoever takes the row
        over finds an event that asks for nothing, and its sender learns nothing that is not true.

        :raises Busy: if the person's line is at work for longer than anybody waits
        """
        delivery = self._begun(person_id)
        try:
            with self.slot.hands.holding(delivery.row):
                work(delivery)
        finally:
            with suppress(SQLAlchemyError, Fenced):  # what was done is committed; its lease ends by itself
                self._finish(delivery, line.DONE)
            self.wake(person_id, 0.0)

    def _begun(self, person_id: str) -> Delivery:
        event, until = own_event(FROM_PAGE, token_hex(16)), time.monotonic() + PATIENCE

        def begin(connection: Connection) -> InboxRow | None:
            stored = {"line_name": person_id, "receiver": person_id, "body": event.to_json()}
            return inbox.begin(connection, key=f"page|{event.data.id}", slot=self.slot, **stored)

        while (row := self.tools.database.write(begin)) is None:
            if time.monotonic() > until:
                raise Busy
            time.sleep(AGAIN)
        return Delivery(event, person_id, row, self.tools.database)

    def drain(self, line_name: str) -> None:
        """Work off a line: each delivery in order, and before the next one what is in line to be said."""
        with self.tools.database.working_off(line_name):
            self._drain(line_name)

    def _drain(self, line_name: str) -> None:
        answered: Delivery | None = None
        while due := line.due(self.tools.database, (InboxRow, OutboxRow), line_name, self.slot):
            if OutboxRow in due:
                answered = answered if self._say(line_name) else None
            else:
                _time(answered)
                answered = self._work_off(line_name)
        _time(answered)

    def _work_off(self, line_name: str) -> Delivery | None:
        """:returns: the delivery, if it is settled; what it made us say may still be in line"""
        row = line.claim(self.tools.database, InboxRow, line_name, self.slot)
        if row is None:
            return None
        hand = Hand(row.line, self.slot.owner, self.tools.bot.patience)
        delivery = Delivery(parse_event(row.body), row.receiver, row, self.tools.database, hand)
        with self.slot.hands.holding(row), user.speaking_in(self.tools.database, row.line):
            pause = self._handle(delivery)
        is_said = self._say(line_name, hand) if hand.row else True
        if pause is not None:
            self.wake(line_name, pause)
        return delivery if is_said and pause is None else None

    def _say(self, line_name: str, hand: Hand | None = None) -> bool:
        """:returns: whether it need not be tried again"""
        pause = self.sender.say_in_hand(hand) if hand else self.sender.say_next(line_name)
        if pause is not None:
            self.wake(line_name, pause)
        return pause is None

    def _handle(self, delivery: Delivery) -> float | None:
        """:returns: seconds after which the delivery is to be tried again, or None if it is settled"""
        try:
            return self._heard(delivery)
        except Fenced:
            log.warning("delivery taken over by another worker")
            metrics.WORKED.labels(_ear(delivery), "taken over").inc()
            return None

    def _heard(self, delivery: Delivery) -> float | None:
        """The same.

        :raises Fenced: if another worker took it over
        """
        row = delivery.row
        hear = bot_listeners.hear if row.receiver == BOT else integration_listeners.hear
        try:
            hear(self.tools, delivery)
        except Fenced:
            raise
        except NotConnected:
            self._finish(delivery, line.DONE, "not connected")
        except WebexError as error:
            return self._retry(delivery, error)
        except Exception as error:
            reference = token_hex(4)
            log.error("delivery failed", reference=reference, attempt=row.attempts, exc_info=error)
            return self._retry(delivery, WebexError(0))
        else:
            self._finish(delivery, line.DONE)
        return None

    def _finish(self, delivery: Delivery, state: int, error: str | None = None) -> None:
        if not delivery.is_closed:
            with self.tools.database.transaction() as db:
                delivery.close(db, state, error)
        metrics.WORKED.labels(_ear(delivery), OUTCOMES.get(error or "", "given up")).inc()

    def _retry(self, delivery: Delivery, error: WebexError) -> float | None:
        row = delivery.row
        if self._is_hopeless(row, error):
            self._give_up(delivery, error)
            return None
        pause = max(error.retry_after, line.FIRST_PAUSE) if isinstance(error, RateLimited) else line.pause(row.attempts - 1)
        if isinstance(error, Unavailable):
            pause = max(pause, error.settles_in)  # Webex may still be at it, and what it does late is to be found
        metrics.WORKED.labels(_ear(delivery), "later").inc()
        log.info("delivery tried again later", status=error.status, attempt=row.attempts)
        with self.tools.database.transaction() as db:
            counted = min(row.attempts, MAX_COUNTED)
            line.settle(db, row, line.WAITING, due=now() + pause, error=type(error).__name__, attempts=counted)
            delivery.account(db)
        return pause

    def _is_hopeless(self, row: InboxRow, error: WebexError) -> bool:
        if isinstance(error, RateLimited | Unavailable):
            # What is looked for after an outage waits in lines of its own, so nobody waits for it.
            patience = own_events.LOOK_BACK if parse_event(row.body).kind in own_events.LOOKING else OUTAGE
            return now() - row.received > patience
        return row.attempts >= MAX_ATTEMPTS

    def _give_up(self, delivery: Delivery, error: WebexError) -> None:
        """Nobody who wrote to the bot is left without an answer. (A message that is gone, 404, was deleted by its author.)"""
        event = delivery.event
        log.error("delivery given up", status=error.status, attempt=delivery.row.attempts)
        is_written = event.resource == "messages" and event.is_direct and event.actor
        if delivery.receiver == BOT and is_written and not isinstance(error, NotFound):
            with self.tools.database.transaction() as db:
                outbox.say_to(db, event.actor, _(texts.UNREADABLE), key=f"{delivery.key}|unreadable")
        if delivery.receiver == BOT and self._is_pressed_by_known(event):
            with self.tools.database.transaction() as db:
                outbox.say_to(db, event.actor, _(texts.UNPRESSED), key=f"{delivery.key}|unpressed")
        if event.kind == own_events.CONNECTED:
            with self.tools.database.transaction() as db:
                outbox.say_to(db, delivery.receiver, _(texts.HALF_CONNECTED), key=f"{delivery.key}|half connected")
        self._finish(delivery, line.DEAD, type(error).__name__)

    def _is_pressed_by_known(self, event: Event) -> bool:
        with self.tools.database.reading() as db:
            met = contact.find(db, event.actor)
        return event.resource == "attachmentActions" and met is not None and met.room_id == event.room_id


def _ear(delivery: Delivery) -> str:
    """By which ear it came, as metrics call it; an event of our own came by none."""
    if delivery.event.resource == OURS:
        return "clock"
    return BOT if delivery.receiver == BOT else "integration"


def _time(delivery: Delivery | None) -> None:
    """How long it took from the event to the last word. Webex's clock may run ahead of ours."""
    if delivery is None:
        return
    received = delivery.row.received
    happened = min(delivery.event.happened or received, received)
    metrics.ANSWERED.labels(_ear(delivery)).observe(max(0.0, now() - happened))
