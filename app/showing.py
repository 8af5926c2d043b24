"""What a reference becomes at the moment it is said: everything here is read with the rights of whom it is said to."""

import re
from contextlib import suppress
from typing import Any

from app.language import N_, NN_, _, n_, translated, translated_count
from app.webex.client import WebexClient
from app.webex.errors import NotFound, RateLimited, Unavailable, WebexError
from app.webex.files import content_id
from app.webex.ids import uuid_of
from app.webex.markdown import MAX_BYTES, cut, escape, quote
from app.webex.resources import Message, Room

ROOM, WHO = "the-room-it-is-about", "whom-it-is-about"  # stand in a stored notice where the names will be
SOMEBODY, SOME_ROOM = N_("somebody"), N_("a room that I can't see any more")
MENTIONED = "mentioned"  # what the author of a message did, if not just write it
NAMED = N_("Attached: {names}")
NAMED_AND_MORE = NN_("Attached: {names} and {count} more file", "Attached: {names} and {count} more files")
UNNAMED = NN_("{count} file attached", "{count} files attached")
MOST_NAMED = 3  # files of a message; each name is a call
GOES_ON = N_("_The message goes on; the rest is in its room._")


def quotation(webex: WebexClient, content: dict[str, Any], room_url: str) -> str:
    """Somebody's message, as `outbox.quote_to` asked for it.

    :raises NotFound: if it is not there, or not any more
    """
    message = webex.get_message(content["message_id"])
    room = webex.get_room(message.room_id)
    who = content["who"] or (_name(webex, message.person_id) if content["what"] else "")
    where = "" if room.type == "direct" else room.title
    names = file_names(webex, message.files)
    return shown(message, who, content["what"], where, names=names, url=room_link(room_url, room.id))


def notice(webex: WebexClient, content: dict[str, Any], room_url: str) -> str:
    """A text of ours with the names of a room and a person put in; somebody whom Webex does not show is not named.

    :raises NotFound: if the room is not there, or not any more
    """
    try:
        room = in_words(_asked(webex.get_room, content["room_id"]), room_url)
    except _Gone:
        raise NotFound(404) from None
    with suppress(_Gone):
        return without_names(content["markdown"], room, _named(_asked(webex.get_person, content["about_id"])))
    return without_names(content["markdown"], room)


def without_names(markdown: str, room: str = "", person: str = "") -> str:
    """A notice for which nothing, or not everything, could be read; it is said all the same."""
    return markdown.replace(ROOM, room or _(SOME_ROOM)).replace(WHO, person or _(SOMEBODY))


class _Gone(Exception):
    """It is not there for this person."""


def _asked(get: Any, its_id: str) -> Any:
    if not its_id:
        raise _Gone
    try:
        return get(its_id)
    except (RateLimited, Unavailable):
        raise
    except WebexError:
        raise _Gone from None


def _named(person: Any) -> str:
    return f"**{escape(person.display_name or person.email)}** ({escape(person.email)})"


def _name(webex: WebexClient, person_id: str) -> str:
    """The name of somebody whose address is shown beside it; empty if Webex does not tell."""
    with suppress(_Gone):
        name = _asked(webex.get_person, person_id).display_name
        return f"**{escape(name)}**" if name else ""
    return ""


def in_words(room: Room, room_url: str) -> str:
    """A room as it stands in a sentence, behind "in" or "to"."""
    called = _("your 1:1 room") if room.type == "direct" else f"**{escape(room.title)}**"
    return _linked(called, room_link(room_url, room.id))


def room_link(room_url: str, room_id: str) -> str:
    """Where a room opens in Webex; empty if its id does not tell."""
    uuid = uuid_of(room_id)
    return room_url.replace("{room}", uuid) if uuid and room_url else ""


def _linked(words: str, url: str) -> str:
    return f"[{words}]({url})" if url else words


def file_names(webex: WebexClient, files: tuple[str, ...]) -> list[str]:
    """The names of a message's first files, as far as Webex tells them: a scan may run, or have found something."""
    names = []
    for url in files[:MOST_NAMED]:
        try:
            names.append(webex.get_file(content_id(url)).name)
        except (RateLimited, Unavailable):
            break
        except WebexError:
            continue
    return [name for name in names if name]


def shown(message: Message, who: str, what: str, room_title: str, *, names: list[str] | None = None, url: str = "") -> str:
    """Somebody's message as it is shown to one of us: who, where, what, and which files.

    :param who: markdown that names the author before the address, such as a nickname
    :param what: what the author did: `MENTIONED`, or "" for just writing it
    :param names: of its files, as far as they are known
    :param url: where its room opens
    """
    author = f"{who} ({escape(message.person_email)})" if who else f"**{escape(message.person_email)}**"
    where = _linked(f"**{escape(room_title)}**" if room_title else _("your 1:1 room"), url)
    attached = f"\n\n_{_attached(len(message.files), names or [])}_" if message.files else ""
    words = f"\n\n{quote(message.text)}" if message.text.strip() else ""
    said = {"author": author, "room": where}
    head = _("{author} mentioned you in {room}:", **said) if what else _("{author} in {room}:", **said)
    return f"{head}{attached}{words}" if attached or words else f"{head} {_('_a message without text_')}"


def _attached(count: int, names: list[str]) -> str:
    more = count - len(names)
    if not names:
        return n_(*UNNAMED, count)
    listed = ", ".join(escape(name, 80) for name in names)
    return n_(*NAMED_AND_MORE, more, names=listed) if more > 0 else _(NAMED, names=listed)


def without_files(text: str) -> str:
    """What is shown of a message, in markdown or as it became, without the line about its files; it was made in the language
    that is spoken.
    """
    forms = [translated(NAMED), *(translated_count(*pair, count) for pair in (NAMED_AND_MORE, UNNAMED) for count in (1, 2))]
    line = "|".join(map(re.escape, forms)).replace(r"\{count\}", "[0-9]+").replace(r"\{names\}", ".*")
    return re.sub(rf"^_?(?:{line})_?$", "", text, flags=re.M)


def shortened(markdown: str) -> str:
    """One message's worth: one row is one message, so that it is never said in halves."""
    if len(markdown.encode()) <= MAX_BYTES:
        return markdown
    goes_on = f"\n\n{_(GOES_ON)}"
    return cut(markdown, MAX_BYTES - len(goes_on.encode())) + goes_on
