"""/help, and the commands themselves: each is declared, documented and explained in one place."""

import re

import pytest

from app.cli.documents import PAGE, commands_page
from app.commands import COMMANDS, FAMILIES, registry
from app.commands.registry import Command, Where, command
from tests.world import Person

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERY_COMMAND = pytest.mark.parametrize("found", registry.all_commands(), ids=lambda found: found.name)


@SQLITE
def test_help_lists_every_command_and_explains_each(alice: Person) -> None:
    """For somebody who is not connected, help begins with how to connect."""
    alice.says("hello")
    (listed,) = alice.says("/help")
    assert listed.startswith("You are not connected yet: `/init`")
    for found in registry.all_commands():
        assert f"- `{found.name}` {found.summary}" in listed
    alice.connects()
    assert "You are not connected yet" not in alice.says("/help")[0]
    for number, (name, found) in enumerate(COMMANDS.items()):
        (explained,) = alice.says(f"/help {name[1:]}" if number % 2 else f"/HELP {name.upper()} and more")
        assert explained.startswith(f"**{found.name}**\n\n{found.summary}\n\nUsage: "), name
        assert found.where.value in explained
        assert found.needs.value in explained
        assert all(f"`{alias}`" in explained for alias in found.names[1:])
    (answer,) = alice.says("/help tood")
    assert answer == "There is no such command. Did you mean `/todo`? `/help` lists them all."
    assert "/help" in alice.says("/help <@all>")[0]
    assert "@all" not in alice.hears()[-1]


@EVERY_COMMAND
def test_every_command_has_what_people_need_to_know(found: Command) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{10,90}\.", found.summary)
    assert found.usage.startswith("Usage: `")
    assert found.usage in found.help
    assert f"`{found.name}" in found.usage
    assert "\n" not in found.usage
    assert found.topic
    for name in found.names:
        assert re.fullmatch(r"/[a-z]{2,14}", name)
        assert registry.find(name) is found
        assert registry.find(name.upper()) is found


@EVERY_COMMAND
def test_every_command_stands_in_the_documentation(found: Command) -> None:
    section = commands_page().partition(f"\n### {found.name}\n")[2].partition("\n### ")[0]
    assert found.summary in section
    assert found.usage in section
    assert f"Works {found.where.value}; needs {found.needs.value}." in section


def test_the_documentation_is_made_from_the_commands() -> None:
    """`flask --app wsgi documents` writes it; whoever changes a command runs that."""
    assert PAGE.read_text(encoding="utf-8") == commands_page()


def test_commands_are_those_of_the_families_and_no_others() -> None:
    assert {found.handler.__module__ for found in COMMANDS.values()} == {family.__name__ for family in FAMILIES}
    whats_there = {"/help", "/init", "/me", "/todo", "/done", "/track", "/untrack", "/trackers", "/get", "/delete"}
    whats_there |= {"/autoreply", "/mentionalert", "/roomalert", "/quiet"}
    assert {found.name for found in registry.all_commands()} == whats_there
    in_bot_room = {found.name for found in registry.all_commands() if found.where is Where.BOT_ROOM}
    assert {"/delete", "/init"} <= in_bot_room


@pytest.mark.parametrize("name", ["todo", "/Todo", "/to do", "/to-do", "/", "/todo"])
def test_names_that_are_none_or_are_taken_cannot_be_declared(name: str) -> None:
    before = dict(COMMANDS)
    with pytest.raises(ValueError, match="is no lower-case slash command, or is declared twice"):
        command(name, topic="Tests")(lambda ctx: "")
    assert before == COMMANDS
