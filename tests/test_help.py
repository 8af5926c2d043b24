"""/help, and the commands themselves: each is declared, documented and explained in one place."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from app import texts
from app.cli.documents import PAGE, commands_page
from app.commands import COMMANDS, FAMILIES, registry
from app.commands.registry import Command, Needs, Where, command
from app.commands.topics import TOPICS, Topic
from app.models import user
from app.webex.markdown import MAX_BYTES
from tests.people import Person
from tests.test_anything_typed import rows_of
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EVERY_COMMAND = pytest.mark.parametrize("found", registry.all_commands(), ids=lambda found: found.name)


NOT_CONNECTED = "You are not connected yet: `/init` gives you a link."


def buttons(person: Person) -> list[tuple[str, str]]:
    """Title and command of each button of the bot's newest message."""
    message = person.bot_messages()[-1]
    content = message["attachments"][0]["content"] if message.get("attachments") else {}
    return [(action["title"], action["data"]["command"]) for action in _actions(content)]


def _actions(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if part.get("type") == "Action.Submit":
            yield part
        for value in part.values():
            yield from _actions(value)
    elif isinstance(part, list):
        for value in part:
            yield from _actions(value)


def is_of(topic: Topic, found: Command) -> bool:
    return found.topic == topic.title and found.needs is not Needs.ADMIN


@SQLITE
def test_help_begins_with_what_works_now_and_has_a_button_for_each_topic(world: World, alice: Person, bob: Person) -> None:
    """For somebody who is not connected that is how to connect; whoever paused is told so."""
    alice.says("hello")
    (listed,) = alice.says("/help")
    now, _, then = listed.partition("Then there is more:")
    assert now.startswith(f"{NOT_CONNECTED} Until then these work:\n\n- `/")
    for found in registry.all_commands():
        assert (f"- `{found.name}` {found.summary}" in now) is (found.needs is Needs.NOTHING), found.name
    alice.connects()
    for words, room in (("/help", None), ("/HELP", "Project X")):  # asked anywhere, answered 1:1
        (listed,) = alice.says(words, room=room)
        assert listed.startswith("**What I can do**")
        assert len(listed.encode()) < MAX_BYTES
        for found in registry.all_commands():
            assert (f"`{found.name}`" in listed) is (found.needs is not Needs.ADMIN), found.name
    used = [topic for topic in TOPICS if any(map(partial(is_of, topic), registry.all_commands()))]
    assert buttons(alice) == [(topic.title, f"/help {topic.word}") for topic in used]
    assert alice.presses("Your todo list")[0].startswith("**Your todo list**: what you have to do")
    assert ("About /todo", "/help todo") in buttons(alice)
    assert alice.presses("About /todo")[0].startswith("**/todo**")
    assert buttons(alice) == [("/todo", "/todo"), ("Your todo list", "/help todos")]
    assert "empty" in alice.presses("/todo")[0]

    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=1.0)
    (listed,) = alice.says("/help")
    now, _, then = listed.partition("Then all of this works again:")
    assert now.startswith("You are paused, and `/resume` goes on. Until then these work:")
    assert "`/todo`" not in now
    assert "`/help todos`" in then
    assert "You are paused" in alice.says("/help todos")[0]
    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=None, status=user.REAUTHORIZE)
    assert alice.says("/help")[0].startswith(
        "Webex no longer lets me act for you: `/init` connects you again.\n\n**What I can do**"
    )


@SQLITE
def test_help_explains_every_topic_and_every_command(alice: Person) -> None:
    """D-36: help crashed for some."""
    alice.connects()
    for topic in TOPICS:
        of_topic = [found for found in registry.all_commands() if is_of(topic, found)]
        names = (topic.word, topic.title.upper()) if " " in topic.title else (topic.word,)  # "support" is a command, too
        for words in names if of_topic else ():
            (explained,) = alice.says(f"/help {words}")
            assert explained.startswith(f"**{topic.title}**: {topic.about}")
            assert re.findall(r"^- `(/[a-z]+)`", explained, re.M) == [found.name for found in of_topic]
    for number, (name, found) in enumerate(COMMANDS.items()):
        (explained,) = alice.says(f"/help {name[1:]}" if number % 2 else f"/HELP {name.upper()} and more")
        if found.needs is Needs.ADMIN:
            assert explained == texts.not_admin(found.name)
            continue
        assert explained.startswith(f"**{found.name}**\n\n{found.summary}\n\nUsage: "), name
        assert found.where.value in explained
        assert found.needs.value in explained
        assert all(f"`{alias}`" in explained for alias in found.names[1:])
        assert NOT_CONNECTED not in explained
        assert [command for _, command in buttons(alice)][:-1] == list(found.tries)
    for typo, meant in (("tood", "todo"), ("trackin", "tracking"), ("accont", "account"), ("/UNTRAK", "untrack")):
        (answer,) = alice.says(f"/help {typo}")
        assert answer == f"There is no such command or topic. Did you mean `/help {meant}`? `/help` lists them all."
    for words in ("<@all>", "x" * 5_000, "/", "42"):
        assert alice.says(f"/help {words}") == ["There is no such command or topic. `/help` lists them all."]


@SQLITE
def test_what_is_offered_for_trying_changes_nothing(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    before = rows_of(world, alice)
    for form in dict.fromkeys(form for found in registry.all_commands() for form in found.tries):
        (answer,) = alice.says(form)
        assert not answer.startswith("Usage"), form
        now = rows_of(world, alice)
        assert {name: rows for name, rows in now.items() if rows != before[name]}.keys() <= {"decision", "ledger_day"}, form


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("tood", "/todo"), ("/TOODO", "/todo"), ("help", "/help"), ("Help!", "/help"), ("/hlep", "/help"), ("hello", "/help"),
        ("/", None), ("", None), ("/repyl", None), ("x" * 8_000, None), ("/todo" * 50, None),
    ],
)  # fmt: skip
def test_what_somebody_may_have_meant(typed: str, meant: str | None) -> None:
    assert registry.nearest(typed) == meant


@EVERY_COMMAND
def test_every_command_has_what_people_need_to_know(found: Command) -> None:
    assert re.fullmatch(r"[A-Z][^\n]{10,90}\.", found.summary)
    assert found.usage.startswith("Usage: `")
    assert found.usage in found.help
    assert any(f"`{name}" in found.usage for name in found.names)
    assert "\n" not in found.usage
    shown = next((one for one in found.help.split("\n\n") if re.match(r"Examples?:", one)), "")
    whole = [code for code in registry.typed_in(found.usage) if not re.search(r"[<|…\[]", code)]
    assert registry.typed_in(shown) or whole, "a form that can be typed as it stands"
    for code in (*registry.typed_in(found.help), *found.tries):
        assert registry.find(code.split()[0]), f"{code} is no command"
    for name in found.names:
        assert re.fullmatch(r"/[a-z]{2,16}", name)
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
    assert whats_there <= {found.name for found in registry.all_commands()}
    in_bot_room = {found.name for found in registry.all_commands() if found.where is Where.BOT_ROOM}
    assert {"/delete", "/init"} <= in_bot_room


@pytest.mark.parametrize("name", ["todo", "/Todo", "/to do", "/to-do", "/", "/todo"])
def test_names_that_are_none_or_are_taken_cannot_be_declared(name: str) -> None:
    before = dict(COMMANDS)
    with pytest.raises(ValueError, match="is no lower-case slash command, or is declared twice"):
        command(name, topic="Your account")(lambda ctx: "")
    assert before == COMMANDS


def test_a_command_stands_under_a_topic_that_there_is() -> None:
    with pytest.raises(ValueError, match="Tests is no topic"):
        command("/xyzzy", topic="Tests")(lambda ctx: "")
    assert "/xyzzy" not in COMMANDS
    names = [name[1:] for name in COMMANDS]
    assert not {topic.word for topic in TOPICS} & set(names), "the command could not be explained, or the topic not listed"
    assert len({topic.word for topic in TOPICS}) == len({topic.title for topic in TOPICS}) == len(TOPICS)
