"""Declaring commands. `COMMANDS` is filled by the modules that `app.commands` imports, and by nothing else."""

import difflib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from inspect import getdoc
from typing import TYPE_CHECKING

from app.commands import topics
from app.language import N_, _
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

    BOT_ROOM = N_("in your 1:1 room with me")
    ANYWHERE = N_("in any of your rooms")


class Needs(Enum):
    """What must be there before a command can run."""

    NOTHING = N_("nothing")
    ACCOUNT = N_("a connected account")
    ACCESS = N_("a connected account with working access to Webex")
    ADMIN = N_("to be an admin of this installation")


@dataclass(frozen=True)
class Command:
    """A declared command. Its help is its function's docstring: a summary line, a `Usage:` paragraph, and words about it, which
    may begin with `Example:` or `Examples:`.
    """

    names: tuple[str, ...]
    topic: str
    handler: Handler
    where: Where
    needs: Needs
    while_paused: bool = False
    of_others: bool = False
    tries: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.names[0]

    @property
    def help(self) -> str:
        """The docstring, in the language that is spoken; it is translated paragraph by paragraph."""
        return "\n\n".join(map(_, self._paragraphs))

    @property
    def summary(self) -> str:
        return self.help.partition("\n")[0]

    @property
    def usage(self) -> str:
        """The `Usage:` paragraph, which is also the answer to wrong arguments, in the language that is spoken."""
        return _(self._usage)

    @property
    def _paragraphs(self) -> list[str]:
        return paragraphs(getdoc(self.handler) or "")

    @property
    def _usage(self) -> str:
        return next((one for one in self._paragraphs if one.startswith("Usage:")), f"Usage: `{self.name}`")


COMMANDS: dict[str, Command] = {}
LONGEST = 40  # characters of a word that may be a command's name, mistyped


def command(
    *names: str,
    topic: str,
    where: Where = Where.ANYWHERE,
    needs: Needs = Needs.ACCOUNT,
    while_paused: bool = False,
    of_others: bool = False,
    tries: tuple[str, ...] = (),
) -> Callable[[Handler], Handler]:
    """Declare a function as a slash command.

    The function gets a `Context` and returns its answer, or yields several. What it changes is saved before it is said:
    all of it together at the return, or bit by bit at each yield. Wrong arguments are a `UsageError`, refusals a
    `UserError` with the answer as its text.

    :param names: the command and its aliases, each starting with a slash
    :param topic: the heading in `/help` under which it stands, one of `app.commands.topics`
    :param of_others: whether it is also heard behind a mention, as in `@Bob /tom`
    :param while_paused: whether it runs for people who paused
    :param tries: what `/help` offers as buttons: a command or two as they are typed, by which nothing is changed
    :raises ValueError: if a name is no slash command or is declared already, or there is no such topic
    """
    if topic not in topics.TITLES:
        raise ValueError(f"{topic} is no topic; app.commands.topics lists them")

    def declare(handler: Handler) -> Handler:
        declared = Command(names, topic, handler, where, needs, while_paused, of_others, tries)
        for name in names:
            if not re.fullmatch(r"/[a-z]+", name) or name in COMMANDS:
                raise ValueError(f"{name} is no lower-case slash command, or is declared twice")
            COMMANDS[name] = declared
        return handler

    return declare


def find(word: str) -> Command | None:
    """The command with exactly this name; upper and lower case are alike."""
    return COMMANDS.get(word.lower())


def nearest(word: str, others: Iterable[str] = ()) -> str | None:
    """The command that somebody may have meant; an admin's is not suggested.

    :param others: what else may have been meant, each with a slash before it
    """
    plain = "/" + word[:LONGEST].lower().strip("/ ,.!?")
    known = [name for name, found in COMMANDS.items() if found.needs is not Needs.ADMIN]
    close = difflib.get_close_matches(plain, [*known, *others], n=1, cutoff=0.72)
    return close[0] if close else None


def paragraphs(docstring: str) -> list[str]:
    """A docstring's paragraphs; line breaks inside them are those of the source and mean nothing."""
    return [" ".join(paragraph.split("\n")) for paragraph in docstring.split("\n\n") if paragraph]


def typed_in(text: str) -> list[str]:
    """The commands that stand as code in a text."""
    return re.findall(r"`(/[^`]+)`", text)


def all_commands() -> list[Command]:
    """Each command once, in the order of declaration."""
    return list(dict.fromkeys(COMMANDS.values()))
