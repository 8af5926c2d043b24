"""What can be done on the account page: each form types a command, which runs and answers as it does in a chat.

The forms are listed here, so that nobody who gets hold of a page can type anything else. What a person fills in becomes the
arguments of the form's own command, and nothing more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app.commands import dispatch
from app.commands.context import Context, Typed
from app.commands.registry import Answer
from app.house import House
from app.webex.markdown import storable

LONGEST = 4_000  # characters of a field; commands have their own limits, which are smaller


@dataclass(frozen=True)
class Deed:
    """:ivar words: the command, with the names of its fields; quotes let a text be a text that reads like an order
    :ivar optional: a field that may stay empty, and the command if it does not
    """

    words: str
    optional: tuple[str, str] = ("", "")


DEEDS = {
    "pause": Deed("/pause"),
    "resume": Deed("/resume"),
    "mentions": Deed("/mentionalert {state}"),
    "rooms": Deed("/roomalert {state}"),
    "announcements": Deed("/announcements {state}"),
    "quiet": Deed("/quiet {hours}"),
    "quiet off": Deed("/quiet off"),
    "timezone": Deed("/timezone {zone}"),
    "todo add": Deed('/todo "{text}"', ("by", "/todo {text} by {by}")),
    "todo done": Deed("/done {number}"),
    "todo undo": Deed("/todo undo"),
    "todo daily": Deed("/todo reminder on {time}"),
    "todo daily off": Deed("/todo reminder off"),
    "tom add": Deed('/tom "{text}"'),
    "tom delete": Deed("/tom delete {number}"),
    "tom up": Deed("/tom move {number} {to}"),
    "tom undo": Deed("/tom undo"),
    "tom audience": Deed("/tom audience {audience}"),
    "tom daily": Deed("/tom reminder on {time}"),
    "tom daily off": Deed("/tom reminder off"),
    "tom remove": Deed("/tom remove {email}"),
    "remind": Deed("/remind {time} {text}"),
    "reminder delete": Deed("/reminders delete {number}"),
    "reminder undo": Deed("/reminders undo"),
    "track": Deed("/track {email} {nickname}"),
    "track mode": Deed("/track {mode} {nickname}"),
    "untrack": Deed("/untrack {nickname}"),
    "team add": Deed("/manageteam add {team} {addresses}"),
    "team remove": Deed("/manageteam remove {team} {addresses}"),
    "team delete": Deed("/manageteam delete {team}"),
    "autoreply": Deed('/autoreply "{text}"', ("until", "/autoreply {text} until {until}")),
    "autoreply mentions": Deed("/autoreply mentions {state}"),
    "autoreply off": Deed("/autoreply off"),
    "joinlink end": Deed("/joinlinks end {number}"),
}


def do(house: House, person_id: str, name: str, fields: Mapping[str, str]) -> str:
    """Type the command of a form for a person.

    :returns: what it answered, as markdown
    :raises KeyError: if there is no such form, or one of its fields is missing
    :raises Busy: if something else of this person is under way for too long
    """
    return type_for(house, person_id, _words(DEEDS[name], fields))


def type_for(house: House, person_id: str, words: str) -> str:
    """Type a command for a person who waits for its answer.

    :returns: what it answered, as markdown
    :raises Busy: if something else of this person is under way for too long
    """
    typed = Typed(person_id, storable(words).strip(), in_bot_room=True)
    answers: list[str] = []

    def say(_ctx: Context, answer: Answer, _key: str) -> None:
        answers.append(answer.text)

    house.inbox.at_once(person_id, partial(dispatch.run, house.tools, typed, say=say))
    return "\n\n".join(answers)


def _words(deed: Deed, fields: Mapping[str, str]) -> str:
    filled = {name: value.strip()[:LONGEST] for name, value in fields.items()}
    name, words = deed.optional
    return (words if filled.get(name) else deed.words).format_map(filled)
