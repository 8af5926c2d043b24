"""Who works off what was heard, and what the clock asks for.

The inbox is the truth; a wake-up only says "this line has work". If it, a worker or the whole queue is lost, the sweep
finds the rows that nobody works on.
"""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog
from huey import crontab
from huey.consumer import Consumer
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.bot import webhook
from app.delivery import store
from app.house import House
from app.integration import own_events
from app.integration.listeners import alarms
from app.jobs import huey_queue
from app.jobs.crew import Crew
from app.jobs.heart import BEAT_EVERY, Heart
from app.jobs.huey_queue import QuietConsumer, Storage
from app.jobs.wakes import Wakes
from app.models import alarm, inbox, line, now, outbox, retention, schema, user
from app.webex.errors import WebexError

log = structlog.get_logger(__name__)

SWEEP_EVERY = 5.0  # seconds
RENEW_EVERY = 15.0
RING_EVERY = 1.0
FLUSH_EVERY = 10.0
PURGE_AFTER = 20.0  # the start, which has enough to do
SEE_EVERY = 300.0  # of the bot's webhooks, by which everybody is heard; one call
AT_START = 5_000  # lines woken by the sweep at the start
STOP_WITHIN = 5.0  # half of what container engines allow before they kill
TABLES = (inbox.InboxRow, outbox.OutboxRow)


class Queue:
    """Worker threads for one process, and the sweep.

    :param house: whose inbox is worked off
    :ivar is_introduced: whether Webex told who the bot is, and its webhooks stand
    :ivar has_webhooks: whether the bot's webhooks were found or mended when they were last looked at
    """

    def __init__(self, house: House) -> None:
        self.house = house
        with house.database.alone("queue"):  # "create table if not exists" fails when two do it at once
            self.huey = huey_queue.make(house)
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._consumer: Consumer | None = None
        self.is_introduced = False
        self.has_webhooks = False
        self.heart = Heart(house)
        self.beat_every = BEAT_EVERY
        self.crew = Crew(house.inbox.drain, house.config.workers)
        self.wakes = Wakes(self.huey, self.crew, is_alone=house.config.is_embedded)
        self._closing = threading.Lock()
        self.huey.on_shutdown(name="disconnect")(self._disconnect)
        self.huey.periodic_task(crontab(minute="7"), name="repair")(self.repair)
        self.huey.periodic_task(crontab(minute="30", hour="3"), name="purge")(self.purge)
        house.wake.queue = self.wakes

    def begin(self) -> None:
        """What runs beside a web server: on SQLite all the work, otherwise only seeing to the bot."""
        schema.migrate(self.house.database)
        self.house.routing.begin()
        if self.house.config.is_embedded:
            self.start()
        else:
            self.keep_time()
            self._serve()
            self._every(RENEW_EVERY, self.renew)  # of what pages have in hand
            self._every(FLUSH_EVERY, self.house.tools.tally.flush)

    def _serve(self) -> None:
        """What belongs to taking deliveries."""
        self.introduce_bot(then=self._listen)
        self._every(SEE_EVERY, self._see_to_webhooks)

    def _listen(self) -> None:
        self.heart.begin()
        self._every(self.beat_every, self.heart.beat)

    def start(self, is_serving: bool = True) -> None:
        """Start the worker threads; returns at once.

        :param is_serving: whether this process takes deliveries, too
        """
        self.sweep(at_start=True)
        self.crew.start()
        self._consumer = QuietConsumer(self.huey, self.crew, shutdown_timeout=STOP_WITHIN)
        self._consumer.start()
        self._thread(self._purge_soon, "purge")
        if is_serving:
            self._serve()
        else:
            self.introduce_bot()
        self._every(SWEEP_EVERY, self.sweep)
        self._every(RENEW_EVERY, self.renew)
        self._every(RING_EVERY, self.ring)
        self._every(FLUSH_EVERY, self.house.tools.tally.flush)

    def keep_time(self) -> None:
        """Go by the database's clock from now on, so that machines agree on when a lease ends."""
        self.house.database.keep_time()
        self._every(RENEW_EVERY, self.house.database.keep_time)

    def introduce_bot(self, then: Callable[[], None] = lambda: None) -> None:
        """Ask Webex who the bot is, and see to its webhooks, in the background until it worked.

        Servers do so as well as workers: it is their absence for which Webex switches webhooks off.
        """

        def work() -> None:
            pause = 0.2
            while not self._stop.is_set():
                try:
                    self._introduce(then)
                    return
                except (WebexError, SQLAlchemyError) as error:
                    log.warning("webex does not let the bot in yet", status=getattr(error, "status", 0))
                self._stop.wait(pause)
                pause = min(pause * 2, 60.0)

        self._thread(work, "bot")

    def _introduce(self, then: Callable[[], None]) -> None:
        me = self.house.bot.me
        self._see_to_webhooks()
        then()
        self.is_introduced = True
        log.info("the bot is known to webex", user=me.id)

    def _see_to_webhooks(self) -> None:
        """Two processes doing this at once would make two of each."""
        self.has_webhooks = False
        with self.house.database.alone("bot webhooks"):
            found = webhook.reconcile(self.house.bot, self.house.config)
        self.has_webhooks = True
        if found.deaf:
            self.heart.look(is_deaf=True)

    def stop(self) -> None:
        """Let what is under way end, but not for ever: what takes longer is taken up again by the next start."""
        self._stop.set()
        self.house.inbox.slot.hands.rest()
        self.crew.rest()
        if self._consumer is not None:
            self._consumer.stop(graceful=True)
        self.crew.stop(STOP_WITHIN)
        self.wakes.stop(STOP_WITHIN)
        for thread in self._threads:
            thread.join(STOP_WITHIN)
        with suppress(SQLAlchemyError):
            self.house.tools.tally.flush()
        self._disconnect()

    def _disconnect(self) -> None:
        """Close the queue's connections: the shared one and, on PostgreSQL, the one on which this thread listens."""
        with self._closing:
            self.huey.storage.close()

    def _every(self, seconds: float, work: Callable[[], object]) -> None:
        def loop() -> None:
            while not self._stop.wait(seconds):
                try:
                    work()
                except Exception as error:  # the database may be away for a while; the next round tries again
                    log.warning("background work failed", error=type(error).__name__)

        self._thread(loop, f"every-{seconds:g}s")

    def _thread(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=work, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def sweep(self, at_start: bool = False) -> None:
        """Put back what dead workers held, and wake lines that have work which is due before the next sweep.

        Wake-ups are rarely lost. While the queue holds many, most of these lines stand in it, and more of them would only
        keep it from its work; so then few are woken, those that wait longest, or none.
        """
        database, slot = self.house.database, self.house.inbox.slot
        for table in TABLES:
            try:
                database.write(partial(line.recover, table=table, slot=slot, at_start=at_start))
            except SQLAlchemyError as error:  # lines are woken all the same
                log.warning("what dead workers held was not put back", error=type(error).__name__)
        room = AT_START if at_start else self.wakes.room()
        with database.reading() as db:
            due = [line.lines_due(db, table, within=SWEEP_EVERY, limit=room) for table in TABLES]
        for name, delay in {*due[0].items(), *due[1].items()}:
            self.wakes(name, delay)

    def ring(self) -> None:
        """Tell people's lines of the alarms that are due. Mostly there are none, which only a look finds out.

        No more are called at once than the queue has room for, so that nobody's command waits behind a thousand of them.
        """
        with self.house.database.reading() as db:
            if not alarm.is_any_due(db):
                return
        calls: list[alarm.Call] = self.house.database.write(partial(_call, limit=self.wakes.room()))
        for person_id in dict.fromkeys(call.person_id for call in calls):
            self.wakes(person_id)

    def renew(self) -> None:
        """Prolong the leases of what this process is working on, and replace threads of the queue that died."""
        for table in TABLES:
            self.house.database.write(partial(line.renew, table=table, slot=self.house.inbox.slot))
        self.house.database.forget_log()
        if isinstance(self.huey.storage, Storage):
            self.huey.storage.forget_log()
        if self._consumer is not None and not self._stop.is_set():
            self._consumer.check_worker_health()

    def repair(self) -> None:
        """Once an hour, for every account, see `listeners.account.repair`: the key makes machines agree on who asks."""
        try:
            self._see_to_webhooks()
        except WebexError as error:  # people's webhooks are seen to all the same
            log.warning("the bot's webhooks could not be seen to", status=error.status)
        self.heart.look(is_deaf=False)  # single deliveries get lost without a trace, too
        with self.house.database.reading() as db:
            people = user.all_active(db)
        hour = int(now() // 3_600)
        self.house.database.write(alarm.revive)
        for person_id in people:
            self.house.inbox.accept(own_events.own_event(own_events.REPAIR, f"repair {hour}"), person_id, person_id)

    def purge(self) -> None:
        """Once a day, and after the start, since a machine may sleep at night: see `app.models.retention`."""
        retention.purge(self.house.database)

    def _purge_soon(self) -> None:
        if not self._stop.wait(PURGE_AFTER):
            self.purge()


def _call(connection: Connection, limit: int) -> list[alarm.Call]:
    """Put an event into the line of each person to whom something is due, and note it: both, or nothing of it."""
    calls = alarm.due_now(connection, limit)
    for call in calls:
        store(connection, alarms.event_of(call), call.person_id, call.person_id)
    alarm.mark_called(connection, calls)
    return calls
