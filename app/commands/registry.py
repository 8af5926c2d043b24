"""Declaring commands. `COMMANDS` is filled by the modules that `app.commands` imports, and by nothing else."""

import difflib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from inspect import getdoc
from typing import TYPE_CHECKING

from app.webex.cards import Card

if TYPE_CHECKING:
    from app.commands.context import Context


@dataclass(frozen=True)
class Answer:
    """An answer with a card or a file beside the text. The text is complete without the card.

    :ivar file: its name and its text
    """

    text: str
    card: Card | None = None
    file: tuple[str, str] | None = None


Reply = str | Answer | Iterator[str | Answer]
Handler = Callable[["Context"], Reply]


class Where(Enum):
    """Where a command may be typed."""

    BOT_ROOM = "in your 1:1 room with me"
    ANYWHERE = "in any of your rooms"


class Needs(Enum):
    """What must be there before a command can run."""

    NOTHING = "nothing"
    ACCOUNT = "a connected account"
    ACCESS = "a connected account with working access to Webex"
    ADMIN = "to be an admin of this installation"


@dataclass(frozen=True)
class Command:
    """A declared command. Its help is its function's docstring: a summary line, `Usage:` lines, and words about it."""

    names: tuple[str, ...]
    topic: str
    handler: Handler
    where: Where
    needs: Needs
    while_paused: bool = False

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def help(self) -> str:
        """The docstring; its line breaks inside paragraphs are those of the source and mean nothing."""
        return re.sub(r"(?<!\n)\n(?!\n)", " ", getdoc(self.handler) or "")

    @property
    def summary(self) -> str:
        return self.help.partition("\n")[0]

    @property
    def usage(self) -> str:
        """The `Usage:` paragraph, which is also the answer to wrong arguments."""
        match = re.search(r"^Usage:.*?(?=\n\n|\Z)", self.help, re.M | re.S)
        return match[0] if match else f"Usage: `{self.name}`"


COMMANDS: dict[str, Command] = {}


def command(
    *names: str,
    topic: str,
    where: Where = Where.ANYWHERE,
    needs: Needs = Needs.ACCOUNT,
    while_paused: bool = False,
) -> Callable[[Handler], Handler]:
    """Declare a function as a slash command.

    The function gets a `Context` and returns its answer, or yields several. What it changes is saved before it is said:
    all of it together at the return, or bit by bit at each yield. Wrong arguments are a `UsageError`, refusals a
    `UserError` with the answer as its text.

    :param names: the command and its aliases, each starting with a slash
    :param topic: the heading in `/help` under which it stands
    :param while_paused: whether it runs for people who paused; what needs no account always does
    :raises ValueError: if a name is no slash command or is declared already
    """

    def declare(handler: Handler) -> Handler:
        declared = Command(names, topic, handler, where, needs, while_paused)
        for name in names:
            if not re.fullmatch(r"/[a-z]+", name) or name in COMMANDS:
                raise ValueError(f"{name} is no lower-case slash command, or is declared twice")
            COMMANDS[name] = declared
        return handler

    return declare


def find(word: str) -> Command | None:
    """The command with exactly this name; upper and lower case are alike."""
    return COMMANDS.get(word.lower())


def nearest(word: str) -> str | None:
    """The command that somebody may have meant."""
    plain = "/" + word.lower().strip("/ ,.!?")
    close = difflib.get_close_matches(plain, COMMANDS, n=1, cutoff=0.72)
    return close[0] if close else None


def all_commands() -> list[Command]:
    """Each command once, in the order of declaration."""
    return list(dict.fromkeys(COMMANDS.values()))
