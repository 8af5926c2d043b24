"""Finding one's way: /help."""

from app.commands import registry
from app.commands.context import Context
from app.commands.registry import Command, Needs, command
from app.errors import UserError


@command("/help", topic="Your account", needs=Needs.NOTHING)
def show_help(ctx: Context) -> str:
    """List what I can do, or explain one command.

    Usage: `/help` or `/help <command>`

    Example: `/help todo`
    """
    if not ctx.arguments:
        return overview(connected=ctx.author is not None)
    word = "/" + ctx.arguments.split()[0].lstrip("/")
    found = registry.find(word)
    if found is None:
        near = registry.nearest(word)
        raise UserError(f"There is no such command.{f' Did you mean `{near}`?' if near else ''} `/help` lists them all.")
    return explain(found)


def overview(connected: bool) -> str:
    """Every command with its summary, by topic.

    :param connected: otherwise it begins with how to connect
    """
    first = "" if connected else "You are not connected yet: `/init` gives you a link. Then you can use all of these.\n\n"
    topics = dict.fromkeys(found.topic for found in registry.all_commands())
    return first + "\n\n".join(_topic(topic) for topic in topics) + "\n\n`/help <command>` explains one of them."


def _topic(topic: str) -> str:
    rows = [f"- `{found.name}` {found.summary}" for found in registry.all_commands() if found.topic == topic]
    return f"**{topic}**\n\n" + "\n".join(rows)


def explain(found: Command) -> str:
    """One command: its docstring, its other names, where it works and what it needs."""
    lines = [f"**{found.name}**", found.help]
    if len(found.names) > 1:
        lines.append("Also: " + ", ".join(f"`{name}`" for name in found.names[1:]))
    lines.append(f"Works {found.where.value}; needs {found.needs.value}. I answer in our 1:1 room.")
    return "\n\n".join(lines)
