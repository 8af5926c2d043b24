"""What a command may see and use."""

import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from app.bot.admins import Admins
from app.bot.client import Bot
from app.delivery import Delivery
from app.errors import UsageError
from app.integration.client import People
from app.integration.file_links import FileLinks
from app.integration.subscriptions import Subscriptions
from app.models import Database
from app.models.user import User
from app.tally import Tally
from app.webex.client import WebexClient
from app.zones import safe_zone
from config import Config


def unquoted(text: str) -> str | None:
    """What stands in quotes, if they are around all of the text: they say that it is to be taken as it is."""
    match = re.fullmatch(r"""(["'“])(.+)(["'”])""", text, re.S)
    return match[2].strip() if match else None


@dataclass(frozen=True)
class Tools:
    """The parts of the house that commands and listeners use."""

    config: Config
    database: Database
    bot: Bot
    people: People
    subscriptions: Subscriptions
    admins: Admins
    tally: Tally
    file_links: FileLinks


@dataclass(frozen=True)
class Typed:
    """Words that a person typed to us.

    :ivar text: without mentions of the bot, without white space around
    :ivar in_bot_room: typed in the person's own 1:1 room with the bot
    :ivar room_id, message_id: where, and as which message; a pressed button has none
    :ivar is_direct: typed in a 1:1 room with somebody else
    :ivar mentioned: person ids of the people mentioned in it
    :ivar plain: the text without mentions of anybody
    """

    person_id: str
    text: str
    in_bot_room: bool
    room_id: str = ""
    message_id: str = ""
    is_direct: bool = False
    mentioned: tuple[str, ...] = ()
    plain: str = ""

    @property
    def is_behind_mention(self) -> bool:
        """Whether the command was typed behind a mention, as in `@Bob /tom`."""
        return bool(self.mentioned) and self.text == self.plain

    @property
    def is_command(self) -> bool:
        return self.text.startswith("/")

    @property
    def word(self) -> str:
        return self.text.split(maxsplit=1)[0] if self.text else ""


@dataclass
class Context:
    """One command being run.

    :ivar is_tidied: the message with the command is removed after its answer, see `app.commands.tidy`
    :ivar proposed: the code of the plan that the command put before the author, if any
    """

    tools: Tools
    typed: Typed
    delivery: Delivery
    author: User | None
    arguments: str
    is_tidied: bool = False
    proposed: str = ""
    _transaction: ExitStack = field(default_factory=ExitStack)
    _db: Session | None = None

    @property
    def user(self) -> User:
        """The author's account. Commands that need one run only with one."""
        if self.author is None:
            raise RuntimeError("a command used an account it did not declare to need")
        return self.author

    @property
    def person_id(self) -> str:
        return self.typed.person_id

    @property
    def key(self) -> str:
        """Begins the keys of everything that is said because of this command."""
        return self.delivery.key

    @property
    def zone(self) -> ZoneInfo:
        """The author's time zone."""
        return safe_zone(self.user.timezone)

    @property
    def webex(self) -> WebexClient:
        """Webex with the author's own rights. Ask it before `db` is used: no call is made while a transaction is open."""
        return self.tools.people.acting_as(self.person_id)

    @property
    def db(self) -> Session:
        """The transaction of this command; it begins at its first use and commits with the answer."""
        if self._db is None:
            self._db = self._transaction.enter_context(self.tools.database.transaction())
        return self._db

    def commit(self) -> None:
        self._db = None
        self._transaction.close()

    def roll_back(self, error: BaseException) -> None:
        self._db = None
        self._transaction.__exit__(type(error), error, error.__traceback__)

    def words(self, least: int, most: int | None = None) -> list[str]:
        """Split the arguments at white space; the last word keeps its spaces and line breaks.

        :raises UsageError: if there are fewer than `least` or more than `most` words
        """
        most = least if most is None else most
        words = self.arguments.split(maxsplit=most - 1) if most > 1 else [self.arguments] * bool(self.arguments)
        if not least <= len(words) <= most:
            raise UsageError
        return words

    def nothing_more(self) -> None:
        """:raises UsageError: if the command was typed with arguments"""
        if self.arguments:
            raise UsageError
