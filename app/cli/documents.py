"""`documents`: writes docs/commands.md from the commands themselves."""

from pathlib import Path

import click

from app.commands import registry
from app.commands.registry import Command
from app.commands.topics import TOPICS, Topic

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
HEAD = """# Commands

What people type in Webex. This page is made from the commands themselves (`make documents`).

Every command is answered in the 1:1 room with the bot, wherever it was typed. Upper and lower case of the command
itself are alike.
"""


@click.command()
def documents() -> None:
    """Write docs/commands.md."""
    PAGE.write_text(commands_page(), encoding="utf-8")
    click.echo(f"Wrote {PAGE.name}.")


def commands_page() -> str:
    """The page's whole text."""
    found = registry.all_commands()
    return HEAD + "".join(_topic(topic, [command for command in found if command.topic == topic.title]) for topic in TOPICS)


def _topic(topic: Topic, found: list[Command]) -> str:
    if not found:
        return ""
    about = f"{topic.about[0].upper()}{topic.about[1:]}. In the chat: `/help {topic.word}`"
    return f"\n## {topic.title}\n\n{about}\n" + "".join(_command(command) for command in found)


def _command(found: Command) -> str:
    also = f"\n\nAlso: {', '.join(f'`{name}`' for name in found.names[1:])}" if len(found.names) > 1 else ""
    return f"\n### {found.name}\n\n{found.help}{also}\n\nWorks {found.where.value}; needs {found.needs.value}.\n"
