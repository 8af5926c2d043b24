"""Files of a room: /listfiles."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from app.commands import file_filter, rooms
from app.commands.context import Context
from app.commands.file_filter import Filter, shown_size
from app.commands.registry import Answer, Needs, command
from app.commands.table import csv_file
from app.commands.tidy import tidy
from app.language import _, n_, number
from app.models import now
from app.webex.errors import WebexError
from app.webex.files import INFECTED, File, content_id, why_not
from app.webex.many import each
from app.webex.markdown import escape
from app.webex.resources import Message, Room

MOST_MESSAGES = 2_000  # that are looked through
SLOW = 50  # files from which on it is said that looking takes a moment
NOT_TO_BE_HAD = (403, 404, INFECTED)


@dataclass(frozen=True)
class Seen:
    """:ivar messages: those with files that can be meant, newest first
    :ivar note: what was left out, if anything
    """

    messages: list[Message]
    note: str


@dataclass(frozen=True)
class Found:
    """A file of a message, or why Webex does not tell of it."""

    message: Message
    link: str
    read: File | WebexError

    @property
    def name(self) -> str:
        return (self.read.name if isinstance(self.read, File) else "") or _("a file without a name")


@command("/listfiles", topic=rooms.TOPIC, needs=Needs.ACCESS)
def listfiles(ctx: Context) -> Iterator[str | Answer]:
    """List the files of a room, the newest first, with links that download them.

    Usage: `/listfiles [>size] [<size] [since date] [last 30d] [type] [from <email>] [csv] [in <room>]`

    Examples: `/listfiles`; `/listfiles >1MB last 30d`; `/listfiles pdf from bob@example.com`; `/listfiles *.csv since
    2026-01-01`; `/listfiles csv` gives a file for a spreadsheet; `/listfiles in Project X` names a room by its title. I look
    through the newest 2,000 messages. The links are yours alone: they work where you are signed in. What you typed is removed
    from the room.
    """
    wanted = file_filter.read(ctx.arguments, now(), ctx.zone)
    room = rooms.any_room(ctx, wanted.room)
    seen = _look_through(ctx, room, wanted)
    asked = [(message, content_id(url)) for message in seen.messages for url in message.files]
    if len(asked) > SLOW:
        yield _("Asking Webex about {count} files …", count=_number(len(asked)))
    found = [one for one in _asked_about(ctx, asked) if isinstance(one.read, WebexError) or wanted.takes_file(one.read)]
    tidy(ctx)
    yield _answer(room, wanted, found, seen.note, ctx.zone)


def _look_through(ctx: Context, room: Room, wanted: Filter) -> Seen:
    """Read messages until there are no more, they are too old, or they are too many. What Webex gave until it failed is kept."""
    found: list[Message] = []
    count, oldest, note = 0, "", ""
    try:
        for message in ctx.webex.iterate_messages(room.id):
            ctx.delivery.fetched("files")
            if wanted.since is not None and message.created and message.created.timestamp() < wanted.since:
                break
            if count == MOST_MESSAGES:
                note = _(
                    "I looked through the newest {count} messages, back to {oldest}; older files are not listed.",
                    count=_number(count),
                    oldest=oldest,
                )
                break
            count, oldest = count + 1, _moment(message, ctx.zone)
            if wanted.takes_message(message, ctx.person_id):
                found.append(message)
    except WebexError as error:
        if not count:
            raise
        note = _missing(error.status, count, oldest)
    return Seen(found, note)


def _missing(status: int, count: int, oldest: str) -> str:
    """:param status: what Webex answered; 0 if it did not"""
    if status:
        return n_(
            "**Not all of it**: Webex answered {status} after {count} message, so files before {oldest} are missing.",
            "**Not all of it**: Webex answered {status} after {count} messages, so files before {oldest} are missing.",
            count,
            status=status,
            oldest=oldest,
        )
    return n_(
        "**Not all of it**: Webex did not answer after {count} message, so files before {oldest} are missing.",
        "**Not all of it**: Webex did not answer after {count} messages, so files before {oldest} are missing.",
        count,
        oldest=oldest,
    )


def _number(count: int) -> str:
    return number(f"{count:,}")


def _asked_about(ctx: Context, asked: list[tuple[Message, str]]) -> Iterator[Found]:
    """Several at a time; the links need no call."""
    webex, links = ctx.webex.in_bulk(), ctx.tools.file_links
    for (message, file_id), read in each(lambda one: webex.get_file(one[1]), asked):
        is_had = isinstance(read, File) or read.status not in NOT_TO_BE_HAD
        yield Found(message, links.to(ctx.person_id, file_id) if is_had else "", read)


def _answer(room: Room, wanted: Filter, found: list[Found], note: str, zone: ZoneInfo) -> Answer:
    unread = sum(isinstance(one.read, WebexError) for one in found)
    unknown = _("Of {count} I could not find out name and size, so I can't tell whether they are meant.", count=unread)
    head = " ".join(filter(None, [_head(room, wanted, len(found), zone), note, unknown if wanted.told and unread else ""]))
    if not found:
        return Answer(head)
    if wanted.is_csv:
        head_row = [
            _("Time ({zone})", zone=zone.key), _("Sender"), _("Name"), _("Bytes"), _("Type"), _("Link"), _("Remark"),
        ]  # fmt: skip
        name = _("Files of {room}", room=room.title)
        return Answer(head, file=csv_file(name, head_row, (_row(one, zone) for one in found)))
    return Answer(head + "\n\n" + "\n".join(_line(one, zone) for one in found))


def _head(room: Room, wanted: Filter, count: int, zone: ZoneInfo) -> str:
    """How many files of which kind there are, or that there are none."""
    title, only = escape(room.title), ", ".join(wanted.told)
    if not count:
        if only:
            return _("There are no files {only} in **{room}**.", only=only, room=title)
        return _("There are no files in **{room}**.", room=title)
    if only:
        return n_(
            "**{count} file** {only} in **{room}**, newest first, times in {zone}.",
            "**{count} files** {only} in **{room}**, newest first, times in {zone}.",
            count,
            only=only,
            room=title,
            zone=zone.key,
        )
    return n_(
        "**{count} file** in **{room}**, newest first, times in {zone}.",
        "**{count} files** in **{room}**, newest first, times in {zone}.",
        count,
        room=title,
        zone=zone.key,
    )


def _line(one: Found, zone: ZoneInfo) -> str:
    name = escape(one.name, 120)
    shown = f"[{name}]({one.link})" if one.link else name
    sender = escape(one.message.person_email)
    return f"- {_moment(one.message, zone)}, {sender}: {shown}, {_about(one.read)}"


def _about(read: File | WebexError) -> str:
    if isinstance(read, WebexError):
        return f"_{why_not(read)}_"
    size = _("size unknown") if read.size is None else shown_size(read.size)
    return f"{size}, {escape(read.media_type)}" if read.media_type else size


def _row(one: Found, zone: ZoneInfo) -> list[str]:
    begin = [_moment(one.message, zone), one.message.person_email]
    if isinstance(one.read, WebexError):
        return [*begin, "", "", "", one.link, why_not(one.read)]
    size = "" if one.read.size is None else str(one.read.size)
    return [*begin, one.name, size, one.read.media_type, one.link, ""]


def _moment(message: Message, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(message.created.timestamp(), zone):%Y-%m-%d %H:%M}" if message.created else _("(no time)")
