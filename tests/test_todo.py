"""/todo and /done: numbers that stay, undo, limits, and words that are shown as they were typed."""

import pytest

from app.commands.todo import LONGEST, MOST
from app.models import todo
from tests.people import Person
from tests.test_one_room import file_of
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def items(answer: str) -> list[str]:
    """The items of a list as the bot shows it."""
    return [line.removeprefix("- ") for line in answer.splitlines() if line.startswith("- **")]


def test_a_list_from_the_first_item_to_the_last(alice: Person) -> None:
    """D-21, D-23: numbers stay with their items, and a number that is not there changes nothing."""
    alice.connects()
    assert "empty" in alice.says("/todo")[0]
    assert alice.says("/todo buy milk")[0].startswith("Added **1**: buy milk")
    assert alice.says("/fu call Bob")[0].startswith("Added **2**: call Bob")
    assert alice.says("/followup Read the Book")[0].startswith("Added **3**: Read the Book")
    assert items(alice.says("/todo")[0]) == ["**1** buy milk", "**2** call Bob", "**3** Read the Book"]

    (done,) = alice.says("/done 2")
    assert "✓ call Bob" in done
    assert items(done) == ["**1** buy milk", "**3** Read the Book"]
    assert items(alice.says("/todo buy bread")[0]) == ["**1** buy milk", "**3** Read the Book", "**4** buy bread"]

    (refused,) = alice.says("/done 1 2 9")
    assert "no open item **2**, **9**" in refused
    assert len(items(refused)) == 3
    assert items(alice.says("/done 3, 1")[0]) == ["**4** buy bread"]
    (back,) = alice.says("/todo undo")
    assert "Back on the list: **1**, **3**" in back
    assert items(back) == ["**1** buy milk", "**3** Read the Book", "**4** buy bread"]
    assert "Back on the list: **2**" in alice.says("/todo undo")[0]  # and the one checked off before

    assert "Checked off 4 items" in alice.says("/todo clear")[0]
    assert "empty already" in alice.says("/todo clear")[0]
    assert len(items(alice.says("/todo undo")[0])) == 4
    assert "empty" in alice.says("/done 1 2 3 4")[0]
    assert alice.says("/todo anew")[0].startswith("Added **1**: anew")  # numbers begin again when nothing is left
    assert "nothing to take back" in alice.says("/todo undo")[0]


@SQLITE
def test_lists_are_private_and_grow_from_any_room(world: World, alice: Person, bob: Person) -> None:
    """D-20: in other rooms, too, the words are the item."""
    alice.connects()
    bob.connects()
    (answer,) = alice.says("/todo buy milk", room="Project X")
    assert items(answer) == ["**1** buy milk"]
    assert bob.says('/todo "1"', room="Project X")[0].startswith("Added **1**: 1")
    assert items(bob.says("/todo")[0]) == ["**1** 1"]
    assert items(alice.says("/todo")[0]) == ["**1** buy milk"]
    assert alice.reads("Project X") == []  # what was typed is removed once it is done
    assert alice.says("/todo help", room="Project X")[0].startswith("Usage")
    assert [message["text"] for message in alice.reads("Project X")] == ["/todo help"]  # D-06: else it stays


def test_words_that_read_like_orders_and_characters_no_database_takes(alice: Person) -> None:
    alice.connects()
    typed = {
        '/todo "clear"': "clear", "/todo 'undo'": "undo", "/todo “help”": "help", "/todo 7": "7", "/todo -": "-",
        "/todo undo it all": "undo it all", '/todo say "hi"': 'say "hi"', "/todo\nwith a line break": "with a line break",
        "/todo two\nlines": "two lines", "/todo nul\x00byte": "nulbyte", "/TODO  Ünï 👩‍👩‍👧 ": "Ünï 👩‍👩‍👧",
    }  # fmt: skip
    for words, item in typed.items():
        (answer,) = alice.says(words)
        assert items(answer)[-1].partition(" ")[2] == item, words
    assert len(items(alice.says("/todo")[0])) == len(typed)


@SQLITE
def test_markdown_and_mentions_in_items_are_shown_literally(world: World, alice: Person) -> None:
    alice.connects()
    evil = (
        "<@all> <@personEmail:bob@example.com|boss> [click](javascript:alert(1)) ![x](http://evil.example/x.png) _a_ **b** "
        "`c` # d > e ~~f~~ <b>g</b> &lt; &amp; \\_h\\_ | i | https://j.example <https://k.example>"
    )
    alice.says(f"/todo {evil}")
    shown = alice.bot_messages()[-1]
    assert shown["text"].splitlines()[-1] == f"- 1 {evil}"
    assert "mentionedPeople" not in shown
    for tag in ("<a ", "<em>", "<code>", "<b>", "<img", "<h1", "spark-mention"):
        assert tag not in shown["html"], tag
    assert shown["html"].count("<strong>") == 3  # the bot's own: twice the number, once the heading


@SQLITE
def test_what_is_too_long_or_too_much_is_refused_in_words(world: World, alice: Person) -> None:
    """D-30: a list too long for messages arrives as a file, in order; a shorter one is split on line ends."""
    alice.connects()
    assert alice.says("/todo " + "x" * LONGEST)[0].startswith("Added **1**")
    (refused,) = alice.says("/todo " + "x" * (LONGEST + 1))
    assert f"{LONGEST + 1} characters" in refused
    assert "Nothing was added" in refused
    with world.house.database.transaction() as db:
        for number in range(2, MOST + 1):
            todo.add(db, alice.id, f"<item {number}> {'*' * 150}")
    (refused,) = alice.says("/todo one more")
    assert f"{MOST} open items" in refused
    answer, _ = alice.says("/todo")
    assert answer.startswith("**Todo list**\n\n_That is too long for messages")
    _, whole = file_of(alice, alice.bot_messages()[-1])
    shown = [line.split()[1] for line in whole.splitlines() if line.startswith("- ")]
    assert shown == [str(number) for number in range(1, MOST + 1)]
    assert alice.says(f"/done {' '.join(map(str, range(2, 151)))}")[0].startswith("Done:")
    pieces = alice.says("/todo")
    assert len(pieces) > 2
    assert max(len(piece.encode()) for piece in pieces) <= 7_439
    shown = [item.split()[0] for piece in pieces for item in items(piece)]
    assert shown == [f"**{number}**" for number in (1, *range(151, MOST + 1))]
    assert alice.says("/todo one more")[0].startswith("Added **201**: one more")
