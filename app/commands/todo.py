"""The todo list: /todo and /done."""

import re
from collections.abc import Callable

from app import when
from app.commands import daily, todo_list
from app.commands.context import Context, unquoted
from app.commands.registry import Answer, Needs, Reply, command
from app.commands.tidy import tidy
from app.commands.todo_earlier import reference
from app.commands.todo_list import LONGEST
from app.errors import UsageError, UserError
from app.language import _, n_
from app.models import alarm, now, todo
from app.models.todo import Todo
from app.webex.markdown import escape
from app.when import BadTime

MOST = 200  # open items
DUE = "todo due"  # the kind of alarm that rings when an item is due; its subject is the item's id


@command("/todo", "/followup", "/fu", topic="Your todo list", needs=Needs.ACCOUNT, tries=("/todo",))
def add_todo(ctx: Context) -> Reply:
    """Show your todo list, or add to it.

    Usage: `/todo` or `/todo <text>` or `/todo <text> by <time>` or `/todo due <number> <time>|never` or `/todo undo` or
    `/todo clear` or `/todo reminder on <time>|off`; in other rooms also `/todo <number> [text]`

    Examples: `/todo buy milk` adds an item; `/todo buy milk by fri 14:00` adds one that is due then, and I tell you when it
    is; `/todo due 2 tomorrow 9:00` gives a known item a time, `/todo due 2 never` takes it away. `/todo "clear"` adds an item
    that reads like an order. Numbers stay with their items until the list is empty. `/todo clear` checks everything off,
    and `/todo undo` takes back what you last checked off. `/todo reminder on 9:00` or `/todo reminder on weekday 9:00`
    shows you the list at that time when something is on it.

    In other rooms a number counts back from your message: `/todo 2` makes an item of the message before the last one,
    `/todo 2 call him` one of your words that remembers it. What you typed there is removed from the room.
    """
    tidy(ctx)
    if meant := reference(ctx, LONGEST):
        answer = _add(ctx, meant.text, None)
        meant.keep(ctx)
        return answer
    word, _space, rest = " ".join(ctx.arguments.split()).partition(" ")
    act = WITH_MORE.get(word.lower()) or (None if rest else ALONE.get(word.lower()))
    return act(ctx, rest) if act else _add(ctx, *_parted(ctx))


def _usage(_ctx: Context, _rest: str) -> Reply:
    raise UsageError


def _answer(ctx: Context, before: str = "") -> Answer:
    return todo_list.answer(todo.open_items(ctx.db, ctx.person_id), ctx.zone, before)


def _parted(ctx: Context) -> tuple[str, float | None]:
    """The item's text, and when it is due: after the last ` by ` behind which all is a time. In quotes, it is all text."""
    quoted = unquoted(ctx.arguments)
    if quoted is not None:
        return quoted, None
    for match in reversed(list(re.finditer(r"\s+by\s+", ctx.arguments, re.I))[-3:]):
        try:
            due = when.moment(ctx.arguments[match.end() :], now(), ctx.zone)
        except BadTime:
            continue
        text = ctx.arguments[: match.start()]
        return unquoted(text) or text, due
    return ctx.arguments, None


def _add(ctx: Context, text: str, due: float | None) -> Answer:
    if not text:
        raise UsageError
    if len(text) > LONGEST:
        length = {"length": len(text), "most": LONGEST}
        raise UserError(_("That is {length} characters long; an item may have {most}. Nothing was added.", **length))
    if todo.count_open(ctx.db, ctx.person_id) >= MOST:
        raise UserError(
            _("Your list has {most} open items, and that is as many as I keep. `/done <number>` makes room.", most=MOST)
        )
    item = todo.add(ctx.db, ctx.person_id, text, due)
    _ring_for(ctx, [item])
    what = {"number": item.number, "item": escape(item.text, LONGEST)}
    if due:
        return _answer(ctx, _("Added **{number}**: {item}, due {moment}", **what, moment=when.shown(due, now(), ctx.zone)))
    return _answer(ctx, _("Added **{number}**: {item}", **what))


def _ring_for(ctx: Context, items: list[Todo]) -> None:
    """Let items ring when they are due; what is overdue was told before."""
    for item in items:
        if item.due_at is not None and item.due_at > now():
            alarm.set_to(ctx.db, ctx.person_id, DUE, item.due_at, subject=item.id)


def _undo(ctx: Context) -> Answer:
    batch = todo.last_done(ctx.db, ctx.person_id)
    if not batch:
        raise UserError(_("There is nothing to take back: you have checked nothing off since the list was last empty."))
    todo.set_done(ctx.db, [item.id for item in batch], done=False)
    _ring_for(ctx, batch)
    numbers = ", ".join(f"**{item.number}**" for item in batch)
    return _answer(ctx, _("Back on the list: {numbers}.", numbers=numbers))


def _clear(ctx: Context) -> str:
    items = todo.open_items(ctx.db, ctx.person_id)
    if not items:
        raise UserError(_("Your todo list is empty already."))
    _check_off(ctx, items)
    return n_(
        "Checked off {count} item. `/todo undo` takes it back.",
        "Checked off {count} items. `/todo undo` takes it back.",
        len(items),
    )


def _check_off(ctx: Context, items: list[Todo]) -> None:
    todo.set_done(ctx.db, [item.id for item in items], done=True)
    for item in items:
        if item.due_at is not None:
            alarm.clear(ctx.db, ctx.person_id, DUE, subject=item.id)


def _set_due(ctx: Context, words: str) -> Answer:
    word, _space, time = words.partition(" ")
    if not todo_list.is_reference(word) or not time:
        raise UsageError
    item = _open(ctx, [word])[0]
    alarm.clear(ctx.db, ctx.person_id, DUE, subject=item.id)
    if time.lower() == "never":
        todo.set_due(ctx.db, item.id, None)
        return _answer(ctx, _("**{number}** is no longer due at any time.", number=item.number))
    todo.set_due(ctx.db, item.id, due := when.moment(time, now(), ctx.zone))
    alarm.set_to(ctx.db, ctx.person_id, DUE, due, subject=item.id)
    moment = when.shown(due, now(), ctx.zone)
    return _answer(ctx, _("**{number}** is due {moment}. I'll tell you then.", number=item.number, moment=moment))


@command("/done", topic="Your todo list", needs=Needs.ACCOUNT)
def check_off(ctx: Context) -> Answer:
    """Check items off your todo list.

    Usage: `/done <number>` or `/done <number> <number> …`

    Examples: `/done 2` or `/done 1 3`. `/todo undo` takes it back.
    """
    words = re.split(r"[\s,]+", ctx.arguments.strip())
    if not all(map(todo_list.is_reference, words)):
        raise UsageError
    items = _open(ctx, words)
    _check_off(ctx, items)
    done = "\n".join(f"- ✓ {escape(item.text, LONGEST)}" for item in items)
    return _answer(ctx, _("Done:\n\n{items}", items=done))


def _open(ctx: Context, words: list[str]) -> list[Todo]:
    """The open items that are meant, each once.

    :raises UserError: if one of them is not there; then nothing is changed
    """
    items = todo.open_items(ctx.db, ctx.person_id)
    found = {word: todo_list.find(items, word) for word in words}
    missing = list(dict.fromkeys(f"**{int(word.partition(':')[0])}**" for word, item in found.items() if item is None))
    if missing:
        shown = todo_list.listing(items, ctx.zone)
        missed = _("There is no open item {numbers}, so nothing was changed.", numbers=", ".join(missing))
        raise UserError(f"{missed}\n\n{shown}")
    return list({item.id: item for item in found.values() if item}.values())


ALONE: dict[str, Callable[[Context, str], Reply]] = {
    "": lambda ctx, _: _answer(ctx),
    "help": _usage,
    "undo": lambda ctx, _: _undo(ctx),
    "clear": lambda ctx, _: _clear(ctx),
}
WITH_MORE: dict[str, Callable[[Context, str], Reply]] = {
    "due": _set_due,
    "reminder": lambda ctx, rest: daily.answer(ctx, daily.TODO, rest),
}
