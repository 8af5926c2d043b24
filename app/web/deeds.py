"""What can be done on the account page: each form types a command, which runs and answers as it does in a chat.

The forms are listed here, so that nobody who gets hold of a page can type anything else. What a person fills in becomes the
arguments of the form's own command, and nothing more.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from string import Formatter
from zoneinfo import ZoneInfo

from app import when
from app.commands import dispatch
from app.commands.context import Context, Typed
from app.commands.registry import Answer
from app.errors import Busy, Fenced, UserError
from app.house import House
from app.language import _
from app.models import now
from app.models.outbox import Hand
from app.models.user import User
from app.webex.markdown import storable
from app.zones import safe_zone

_HANDS = threading.BoundedSemaphore(4)
LONGEST = 4_000  # characters of a field; commands have their own limits, which are smaller


@dataclass(frozen=True)
class Deed:
    """:ivar words: the command, with the names of its fields; quotes let a text be a text that reads like an order
    :ivar optional: a field that may stay empty, and the command if it does not
    """

    words: str
    optional: tuple[str, str] = ("", "")


# Those of the page's parts that have forms, by their ids: where an answer is shown.
PARTS = ("switches", "todo", "tom", "reminders", "tracking", "away", "teams", "joinlinks")
DEEDS = {
    "pause": Deed("/pause"),
    "resume": Deed("/resume"),
    "mentions": Deed("/mentionalert {state}"),
    "rooms": Deed("/roomalert {state}"),
    "announcements": Deed("/announcements {state}"),
    "quiet": Deed("/quiet {hours}"),
    "quiet off": Deed("/quiet off"),
    "timezone": Deed("/timezone {zone}"),
    "language": Deed("/language {language}"),
    "todo add": Deed('/todo "{text}"', ("by", '/todo "{text}" by {by}')),
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
    "track digest": Deed("/track digest {time} {nickname}"),
    "track digest all": Deed("/track digest {time}"),
    "untrack": Deed("/untrack {nickname}"),
    "team add": Deed("/manageteam add {team} {addresses}"),
    "team remove": Deed("/manageteam remove {team} {addresses}"),
    "team delete": Deed("/manageteam delete {team}"),
    "autoreply": Deed('/autoreply "{text}"', ("until", '/autoreply "{text}" until {until}')),
    "autoreply mentions": Deed("/autoreply mentions {state}"),
    "autoreply off": Deed("/autoreply off"),
    "joinlink new": Deed("/joinlinks new {number}"),
    "joinlink end": Deed("/joinlinks end {number}"),
}


def do(house: House, person: User, name: str, fields: Mapping[str, str]) -> str:
    """Type the command of a form for a person.

    :returns: what it answered, as markdown
    :raises KeyError: if there is no such form, or one of its fields is missing
    :raises UserError: if a field is empty, or one that is for a time has none in it; or if it can't be done now
    """
    return type_for(house, person.person_id, _words(DEEDS[name], fields, safe_zone(person.timezone)))


def _words(deed: Deed, fields: Mapping[str, str], zone: ZoneInfo) -> str:
    filled = {name: value.strip()[:LONGEST] for name, value in fields.items()}
    name, words = deed.optional
    if filled.get(name):
        when.moment(filled[name], now(), zone)  # what is no time would become a part of the text
    else:
        words = deed.words
    for _before, field, _format, _conversion in Formatter().parse(words):
        if field and not filled[field]:
            raise UserError(_("Something was left empty, so nothing was changed."))
    return words.format_map(filled)


def type_for(house: House, person_id: str, words: str) -> str:
    """Type a command for a person who waits for its answer. Few do so at once: other threads are for deliveries.

    :returns: what it answered, as markdown
    :raises UserError: if something else of this person, or of too many people, is under way for too long
    """
    typed = Typed(person_id, storable(words).strip(), in_bot_room=True)
    answers: list[str] = []

    def say(_ctx: Context, answer: Answer, key: str, _hand: Hand | None) -> None:
        if dispatch.FAILED in key:
            answers.clear()  # what was said before was taken back
        answers.append(storable(answer.text))

    if not _HANDS.acquire(timeout=1.0):
        raise Busy
    try:
        house.inbox.at_once(person_id, partial(dispatch.run, house.tools, typed, say=say))
    except Fenced:
        told = _("I can't tell whether that was done: it took too long. Please look before you do it again.")
        raise UserError(told) from None
    finally:
        _HANDS.release()
    return "\n\n".join(answers)
