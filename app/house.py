"""All parts of the application, put together once per process."""

import hashlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, flock
from io import TextIOWrapper
from itertools import count
from pathlib import Path
from secrets import token_hex

from app.bot import webhook
from app.bot.admins import Admins
from app.bot.client import Bot
from app.commands.context import Tools
from app.inbox import Inbox
from app.integration.accounts import Accounts
from app.integration.client import People
from app.integration.file_links import FileLinks
from app.integration.guests import Guests
from app.integration.subscriptions import Subscriptions
from app.integration.tokens import Tokens
from app.models import Database
from app.models.line import Slot
from app.routing import Routing
from app.saying import Sayings
from app.sending import Sender
from app.tally import Tally
from app.vault import Vault
from app.webex.events import Signer
from app.webex.http import Http
from config import Config


class Wake:
    """Tells the queue that a line has work. Deaf until assembly connects it; the sweep finds what was said to deaf ears."""

    def __init__(self) -> None:
        self.queue: Callable[[str, float], None] | None = None

    def __call__(self, line_name: str, delay: float = 0.0) -> None:
        if self.queue is not None:
            self.queue(line_name, delay)


@dataclass(frozen=True)
class House:
    config: Config
    database: Database
    http: Http
    tools: Tools
    accounts: Accounts
    guests: Guests
    inbox: Inbox
    wake: Wake
    routing: Routing
    bot_signer: Signer
    slot_lock: TextIOWrapper

    @property
    def bot(self) -> Bot:
        return self.tools.bot

    def close(self) -> None:
        self.routing.stop()
        self.database.close()
        self.http.close()
        self.slot_lock.close()


def build(config: Config) -> House:
    """Put the parts together; nothing is started and nobody is called."""
    database = Database(config.database_url.reveal())
    vault = Vault(config.token_keys.reveal())
    wake = Wake()
    database.wake = wake
    http = Http(
        config.webex_api_url,
        timeout=config.http_timeout,
        retries=config.http_retries,
        retry_after_cap=config.retry_after_cap,
        rate=config.webex_rate,
        before=database.refuse_inside_transaction,
    )
    bot = Bot(http, config.webex_bot_token)
    people = People(http, Tokens(database, vault, config))
    subscriptions = Subscriptions(database, people, config)
    admins = Admins(config.admins, database, bot)
    tools = Tools(config, database, bot, people, subscriptions, admins, Tally(database), FileLinks(vault, config.public_url))
    slot, lock = take_slot(config.data_dir)
    inbox = Inbox(tools, Sender(database, Sayings(database, bot, people, config.room_url), slot), slot, wake)
    accounts = Accounts(database, vault, people, subscriptions)
    routing = Routing(database, subscriptions.opaque)
    return House(
        config, database, http, tools, accounts, Guests(vault), inbox, wake, routing, Signer(webhook.secret(config)), lock
    )


def take_slot(data_dir: Path) -> tuple[Slot, TextIOWrapper]:
    """A place that no other living process of this machine has, the same after a restart.

    The lock goes with the process, however it ends; whoever takes the place next puts back at once what its last holder
    left half done.
    """
    folder = data_dir / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    for number in count():
        lock = (folder / f"{number}.lock").open("a")
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        # The folder is part of the name: two installations on one machine may share a database.
        where = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:8]
        return Slot(f"{socket.gethostname()[:30]}:{where}:{number}", token_hex(6)), lock
    raise AssertionError("count() ends never")
