"""The todo list: /todo and /done."""

import re

from app import texts
from app.commands.context import Context
from app.commands.registry import Needs, command
from app.commands.tidy import tidy
from app.commands.todo_earlier import reference
from app.errors import UsageError, UserError
from app.models import todo
from app.models.todo import Todo
from app.webex.markdown import escape

LONGEST = 1_000  # characters of one item
MOST = 200  # open items


@command("/todo", "/followup", "/fu", topic="Your todo list", needs=Needs.ACCOUNT)
def add_todo(ctx: Context) -> str:
    """Show your todo list, or add to it.

    Usage: `/todo` or `/todo <text>` or `/todo undo` or `/todo clear`, and in other rooms `/todo <number> [text]`

    Examples: `/todo buy milk` adds an item; `/todo "clear"` adds an item that reads like an order. Numbers stay with
    their items until the list is empty. `/todo clear` checks everything off, and `/todo undo` takes back what you last
    checked off.

    In other rooms a number counts back from your message: `/todo 2` makes an item of the message before the last one, `/todo 2
    call him` one of your words that remembers it. What you typed there is removed from the room.
    """
    tidy(ctx)
    if meant := reference(ctx, LONGEST):
        answer = _add(ctx, meant.text)
        meant.keep(ctx)
        return answer
    word = ctx.arguments.lower()
    if not word:
        return listing(todo.open_items(ctx.db, ctx.person_id))
    if word == "help":
        raise UsageError
    if word == "undo":
        return _undo(ctx)
    if word == "clear":
        return _clear(ctx)
    return _add(ctx, _unquoted(ctx.arguments))


def _add(ctx: Context, text: str) -> str:
    if not text:
        raise UsageError
    if len(text) > LONGEST:
        raise UserError(f"That is {len(text)} characters long; an item may have {LONGEST}. Nothing was added.")
    if todo.count_open(ctx.db, ctx.person_id) >= MOST:
        raise UserError(f"Your list has {MOST} open items, and that is as many as I keep. `/done <number>` makes room.")
    item = todo.add(ctx.db, ctx.person_id, text)
    return f"Added **{item.number}**: {escape(item.text, LONGEST)}\n\n{listing(todo.open_items(ctx.db, ctx.person_id))}"


def _undo(ctx: Context) -> str:
    batch = todo.last_done(ctx.db, ctx.person_id)
    if not batch:
        raise UserError("There is nothing to take back: you have checked nothing off since the list was last empty.")
    todo.set_done(ctx.db, [item.id for item in batch], done=False)
    numbers = ", ".join(f"**{item.number}**" for item in batch)
    return f"Back on the list: {numbers}.\n\n{listing(todo.open_items(ctx.db, ctx.person_id))}"


def _clear(ctx: Context) -> str:
    items = todo.open_items(ctx.db, ctx.person_id)
    if not items:
        raise UserError("Your todo list is empty already.")
    todo.set_done(ctx.db, [item.id for item in items], done=True)
    return f"Checked off {texts.counted(len(items), 'item')}. `/todo undo` takes it back."


@command("/done", topic="Your todo list", needs=Needs.ACCOUNT)
def check_off(ctx: Context) -> str:
    """Check items off your todo list.

    Usage: `/done <number>` or `/done <number> <number> …`

    Examples: `/done 2` or `/done 1 3`. `/todo undo` takes it back.
    """
    numbers = list(dict.fromkeys(_numbers(ctx.arguments)))
    items = {item.number: item for item in todo.open_items(ctx.db, ctx.person_id)}
    missing = [number for number in numbers if number not in items]
    if missing:
        which = ", ".join(f"**{number}**" for number in missing)
        raise UserError(f"There is no open item {which}, so nothing was checked off.\n\n{listing(list(items.values()))}")
    todo.set_done(ctx.db, [items[number].id for number in numbers], done=True)
    done = "\n".join(f"- ✓ {escape(items[number].text, LONGEST)}" for number in numbers)
    return f"Done:\n\n{done}\n\n{listing([item for item in items.values() if item.number not in numbers])}"


def _numbers(arguments: str) -> list[int]:
    words = re.split(r"[\s,]+", arguments.strip())
    if not all(re.fullmatch(r"[0-9]{1,6}", word) for word in words):
        raise UsageError
    return [int(word) for word in words]


def _unquoted(text: str) -> str:
    """Quotes around the whole text say: take it as it is."""
    match = re.fullmatch(r"""(["'“])(.+)(["'”])""", text, re.S)
    return match[2].strip() if match else text


def listing(items: list[Todo]) -> str:
    """The list as people see it. Bullets with numbers of our own: markdown would count from 1 again."""
    if not items:
        return "Your todo list is empty. `/todo <text>` adds to it."
    return "**Todo list**\n\n" + "\n".join(f"- **{item.number}** {escape(item.text, LONGEST)}" for item in items)
