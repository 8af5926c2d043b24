"""Top of mind: /tom, an ordered list that its owner may show to others."""

import re
from collections.abc import Callable

from app import outbox, texts
from app.commands import daily, topofmind_list, topofmind_others, topofmind_sharing
from app.commands.context import Context, unquoted
from app.commands.registry import Answer, Needs, Reply, command
from app.commands.topofmind_list import LONGEST, MOST, TITLE
from app.errors import NotAllowed, NotConnected, UsageError, UserError
from app.language import _, n_, speaking
from app.models import topofmind
from app.webex.markdown import escape

_NUMBERED = re.compile(r"([0-9]{1,6}(?::[0-9]{1,6})?)(?:\s+(.*))?", re.S)


@command("/tom", "/topofmind", topic="Top of mind", needs=Needs.NOTHING, of_others=True, tries=("/tom",))
def top_of_mind(ctx: Context) -> Reply:
    """Show what is on top of your mind, in order, change it, or see what others show you.

    Usage: `/tom` or `/tom <text>` or `/tom <n> <text>` or `/tom insert <n> <text>` or `/tom delete <n>` or
    `/tom move <n> <m>` or `/tom title <text>` or `/tom clear` or `/tom undo` or `/tom reminder on <time>|off` or
    `/tom audience nobody|rooms|org|listed` or `/tom allow|disallow|remove <email>` or `/tom answer on|off` or
    `/tom subscriptions` or `/tom of|subscribe|unsubscribe <email>`

    Examples: `/tom finish the offer` puts something at the end, `/tom 2 call Dave` changes number 2, `/tom insert 1 rest`
    puts it before all others (`/tom 1 insert rest` does, too), `/tom move 3 1` moves it up, `/tom 2 delete` removes it.
    `/tom "clear"` adds a text that reads like an order. `/tom undo` takes back the last change. `/tom reminder on 9:00` shows
    you the list every day. Nobody else sees it, until `/tom audience` says so: people in a group room with you (`rooms`),
    in your organisation (`org`), or those that you name by `/tom allow` (`listed`). `/tom answer` tells about people who have no
    account and ask in your rooms.

    `/tom of bob@example.com` shows Bob's, which needs no account, and `/tom subscribe bob@example.com` tells you when it
    changes. In your 1:1 room with Bob, `/tom`, `/tom subscribe` and `/tom unsubscribe` mean Bob's list; in a group room they do
    when you mention Bob. `/tom subscriptions` shows both: whose changes you are told of, and who is told of yours.
    """
    asked = topofmind_others.asked(ctx)
    if asked is None and ctx.typed.is_behind_mention and ctx.arguments:
        raise UsageError
    first, rest = _parted(ctx.arguments)
    word = topofmind_others.order(ctx) if asked else first.lower()
    if word == "of":
        asked = topofmind_others.named(ctx, rest)
    if asked and word in ("", "of"):
        return topofmind_others.show(ctx, asked)
    if ctx.author is None:
        without = _("`/tom of <email>` shows you the top of mind of somebody else without that.")
        raise NotConnected(f"{_(texts.NOT_CONNECTED)} {without}")
    if ctx.author.paused_at:
        raise NotAllowed(_(texts.PAUSED))
    if asked:
        return topofmind_sharing.SUBSCRIBING[word](ctx, asked)
    return _mine(ctx, word, rest)


def _parted(words: str) -> tuple[str, str]:
    """The first word, and what follows it."""
    first, *rest = words.split(maxsplit=1) or [""]
    return first, rest[0].strip() if rest else ""


def _mine(ctx: Context, word: str, rest: str) -> Reply:
    if word in ALONE and not rest:
        return ALONE[word](ctx)
    if word in ORDERS:
        return ORDERS[word](ctx, rest)
    if word in topofmind_sharing.SUBSCRIBING:
        return topofmind_sharing.SUBSCRIBING[word](ctx, topofmind_others.named(ctx, rest))
    return _write(ctx)


def _write(ctx: Context) -> Answer:
    """What begins with a number is about that item, anything else is a new one."""
    match = _NUMBERED.fullmatch(ctx.arguments)
    if not match:
        return _append(ctx, _text(ctx.arguments))
    number, rest = match[1], (match[2] or "").strip()
    word, text = _parted(rest)
    if word.lower() == "insert":
        return _insert(ctx, f"{number} {text}")
    if word.lower() == "delete" and not text:
        return _delete(ctx, number)
    return _set(ctx, number, _text(rest))


def _text(words: str) -> str:
    """An item's text, as it is or in quotes.

    :raises UsageError: if it is empty
    :raises UserError: if it is too long
    """
    quoted = unquoted(words.strip())
    text = words.strip() if quoted is None else quoted
    if not text:
        raise UsageError
    if len(text) > LONGEST:
        length = {"length": len(text), "most": LONGEST}
        raise UserError(_("That is {length} characters long; an item may have {most}. Nothing was changed.", **length))
    return text


def _append(ctx: Context, text: str) -> Answer:
    items = topofmind.items(ctx.db, ctx.person_id)
    return _save(ctx, [*items, text], _("Added **{number}**: {item}", number=len(items) + 1, item=escape(text, LONGEST)))


def _set(ctx: Context, number: str, text: str) -> Answer:
    items = topofmind.items(ctx.db, ctx.person_id)
    if number == str(len(items) + 1):
        return _append(ctx, text)
    place = topofmind_list.place(items, number)
    said = _("**{number}** is now: {item}", number=place, item=escape(text, LONGEST))
    return _save(ctx, [*items[: place - 1], text, *items[place:]], said)


def _insert(ctx: Context, rest: str) -> Answer:
    number, text = _parted(rest)
    text, items = _text(text), topofmind.items(ctx.db, ctx.person_id)
    place = topofmind_list.place([*items, text], number)
    said = _("Inserted **{number}**: {item}", number=place, item=escape(text, LONGEST))
    return _save(ctx, [*items[: place - 1], text, *items[place - 1 :]], said)


def _delete(ctx: Context, rest: str) -> Answer:
    items = topofmind.items(ctx.db, ctx.person_id)
    item = items.pop(topofmind_list.place(items, rest) - 1)
    return _save(ctx, items, _("Deleted: {item}", item=escape(item, LONGEST)))


def _move(ctx: Context, rest: str) -> Answer:
    number, target = _parted(rest)
    items = topofmind.items(ctx.db, ctx.person_id)
    place, to = topofmind_list.place(items, number), topofmind_list.place(items, target)
    item = items.pop(place - 1)
    items.insert(to - 1, item)
    return _save(ctx, items, _("Moved to **{number}**: {item}", number=to, item=escape(item, LONGEST)))


def _clear(ctx: Context) -> Answer:
    items = topofmind.items(ctx.db, ctx.person_id)
    said = n_("Cleared {count} item. `/tom undo` takes it back.", "Cleared {count} items. `/tom undo` takes it back.", len(items))
    return _save(ctx, [], said)


def _undo(ctx: Context) -> Answer:
    former = topofmind.items(ctx.db, ctx.person_id, former=True)
    return _save(ctx, former, _("The last change is taken back; another `/tom undo` makes it again."))


def _save(ctx: Context, items: list[str], said: str) -> Answer:
    """Make this the list, and tell the subscribers.

    :raises UserError: if it is that already, or too long
    """
    if items == topofmind.items(ctx.db, ctx.person_id):
        raise UserError(_("That would change nothing: the list is like that already. `/tom` shows it."))
    if len(items) > MOST:
        full = _("Your list has {most} items, and that is as many as I keep. `/tom delete <n>` makes room.", most=MOST)
        raise UserError(full)
    topofmind.write(ctx.db, ctx.person_id, items)
    _tell_subscribers(ctx, topofmind.touch(ctx.db, ctx.person_id).title, items)
    return topofmind_list.own(ctx, said)


def _tell_subscribers(ctx: Context, title: str, items: list[str]) -> None:
    """Each in their own language."""
    readers = [reader for reader in topofmind.subscribers(ctx.db, ctx.person_id) if not reader.paused_at]
    notices: dict[str, str] = {}
    for language in {reader.language for reader in readers}:
        with speaking(language):
            notices[language] = topofmind_list.notice(ctx.user, title, items)
    for reader in readers:
        notice, key = notices[reader.language], f"{ctx.key}|changed|{reader.person_id}"
        outbox.share(ctx.db, ctx.person_id, reader.person_id, notice, key=key)


def _title(ctx: Context, rest: str) -> Answer:
    title = _text(rest)
    if len(title) > TITLE:
        length = {"length": len(title), "most": TITLE}
        raise UserError(_("That is {length} characters long; a title may have {most}. Nothing was changed.", **length))
    topofmind.set_title(ctx.db, ctx.person_id, title)
    return topofmind_list.own(ctx, _("The list is now called **{title}**.", title=escape(title)))


def _remind(ctx: Context, rest: str) -> str:
    return daily.answer(ctx, daily.TOP, rest)


def _help(ctx: Context) -> str:
    raise UsageError


ALONE: dict[str, Callable[[Context], Reply]] = {
    "": topofmind_list.own,
    "clear": _clear,
    "help": _help,
    "subscribers": topofmind_sharing.subscriptions,
    "subscriptions": topofmind_sharing.subscriptions,
    "undo": _undo,
}
ORDERS: dict[str, Callable[[Context, str], Reply]] = {
    "delete": _delete,
    "insert": _insert,
    "move": _move,
    "reminder": _remind,
    "title": _title,
    **topofmind_sharing.ORDERS,
}
