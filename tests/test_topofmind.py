"""/tom: an ordered list of one's own, changed by words and by buttons."""

import time
from datetime import UTC, datetime

import pytest

from app.commands.topofmind_list import LONGEST, MOST, TITLE
from app.models import topofmind, user
from tests.people import Person
from tests.test_todo import items
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_an_ordered_list_from_beginning_to_end(world: World, alice: Person) -> None:
    """D-01, D-07, D-22: deleting in the middle works; numbers are numbers; nothing is blanked; a change is whole."""
    assert "haven't connected" in alice.says("/tom")[-1]
    alice.connects()
    assert "Nothing is on top of your mind" in alice.says("/topofmind")[0]
    assert "nobody" not in alice.says("/tom")[0]
    assert alice.says("/tom offer for Dave")[0].startswith("Added **1**: offer for Dave")
    assert alice.says("/tom 2 holidays")[0].startswith("Added **2**: holidays")
    assert alice.says("/tom insert 1 rest")[0].startswith("Inserted **1**: rest")
    assert alice.says("/tom 3 insert *taxes*")[0].startswith("Inserted **3**: \\*taxes\\*")
    assert items(alice.says("/tom")[0]) == ["**1** rest", "**2** offer for Dave", "**3** \\*taxes\\*", "**4** holidays"]
    assert items(alice.says("/TOM 2 delete")[0]) == ["**1** rest", "**2** \\*taxes\\*", "**3** holidays"]
    assert items(alice.says("/tom move 3 1")[0]) == ["**1** holidays", "**2** rest", "**3** \\*taxes\\*"]
    assert items(alice.says("/tom move 1 3")[0]) == ["**1** rest", "**2** \\*taxes\\*", "**3** holidays"]
    assert items(alice.says("/tom 1 sleep")[0]) == ["**1** sleep", "**2** \\*taxes\\*", "**3** holidays"]
    assert items(alice.says("/tom undo")[0])[0] == "**1** rest"
    assert items(alice.says("/tom undo")[0])[0] == "**1** sleep"
    (titled,) = alice.says("/tom title This <week>")
    assert "now called **This &lt;week&gt;**" in titled
    assert "**This &lt;week&gt;**\n\n- **1** sleep" in titled

    unchanged = items(alice.says("/tom")[0])
    for words in (
        "1",
        "1 insert",
        "insert 1",
        "insert one more",
        "delete",
        "delete two",
        "delete 1 2",
        "move 1",
        "move up 1",
        "title",
        "help",
    ):
        assert alice.says(f"/tom {words}")[0].startswith("Usage: `/tom`"), words
    for words in ("77 delete", "delete 0", "0 delete", "5 gap", "insert 5 gap", "move 1 4", "move 9 1"):
        assert "There is no number" in alice.says(f"/tom {words}")[0], words
    for words in ("1 sleep", "move 2 2"):
        assert "change nothing" in alice.says(f"/tom {words}")[0], words
    assert items(alice.says("/tom")[0]) == unchanged

    for number in range(4, 13):
        alice.writes(f"/tom thing {number}")
    world.settle()
    assert [item.split()[0] for item in items(alice.says("/tom")[0])] == [f"**{number}**" for number in range(1, 13)]
    assert items(alice.says("/tom delete 11")[0])[-1] == "**11** thing 12"
    assert "Cleared 11 items" in alice.says("/tom clear")[0]
    assert "change nothing" in alice.says("/tom clear")[0]
    assert len(items(alice.says("/tom undo")[0])) == 11
    assert '"clear"' not in alice.says('/tom "clear"')[0]
    assert items(alice.says("/tom '2027 budget'")[0])[-2:] == ["**12** clear", "**13** 2027 budget"]


@SQLITE
def test_limits_and_the_database_going_away_in_the_middle(world: World, alice: Person) -> None:
    alice.connects()
    assert alice.says("/tom " + "x" * LONGEST)[0].startswith("Added **1**")
    assert f"{LONGEST + 1} characters" in alice.says("/tom 1 " + "x" * (LONGEST + 1))[0]
    assert f"{TITLE + 1} characters" in alice.says("/tom title " + "x" * (TITLE + 1))[0]
    with world.house.database.transaction() as db:
        topofmind.write(db, alice.id, [f"<item {number}> {'*' * 150}" for number in range(MOST)])
    assert f"{MOST} items" in alice.says("/tom one more")[0]
    pieces = alice.says("/tom")
    assert max(len(piece.encode()) for piece in pieces) <= 7_439
    assert sum(len(items(piece)) for piece in pieces) == MOST
    assert len(str(alice.bot_messages()[-1]["attachments"][0])) < 30_000


@SQLITE
def test_buttons_mean_the_words_they_stand_beside(world: World, alice: Person) -> None:
    alice.connects()
    for words in ("one", "two", "three"):
        alice.says(f"/tom {words}")
    assert items(alice.presses("Add", argument="2 too")[0])[1] == "**2** too"
    assert items(alice.presses("Up")[0]) == ["**1** one", "**2** three", "**3** too"]
    assert items(alice.presses("Delete")[0]) == ["**1** one", "**2** three"]
    old = alice.bot_messages()[-2]
    alice.says("/tom insert 1 zero")
    data = old["attachments"][0]["content"]["body"][-5]["columns"][1]["items"][0]["actions"][-1]["data"]
    assert data["command"].startswith("/tom delete ")
    alice.api("POST", "/attachment/actions", json={"type": "submit", "messageId": old["id"], "inputs": data})
    world.settle()
    assert "has changed since that card" in alice.hears()[-1]
    assert len(items(alice.says("/tom")[0])) == 3


@SQLITE
def test_the_daily_reminder(world: World, alice: Person, clock: Clock) -> None:
    """D-04, D-09, D-21."""
    alice.connects()
    clock.advance(datetime(2027, 3, 1, 6, 0, tzinfo=UTC).timestamp() - time.time())
    with world.house.database.transaction() as db:
        user.change(db, alice.id, timezone="UTC")
    assert "I don't remind you of your top of mind" in alice.says("/tom reminder")[0]
    assert (
        "every weekday at 07:00 (UTC) if anything is on it; next today at 07:00" in alice.says("/tom reminder on weekday 7:00")[0]
    )
    assert alice.says("/tom reminder maybe")[0].startswith("Usage")
    assert "no time of day" in alice.says("/tom reminder on 25:99")[0]
    heard = len(alice.hears())
    clock.advance(3_700)
    world.queue.ring()
    world.settle()
    assert len(alice.hears()) == heard  # nothing is on it
    alice.says("/tom sleep")
    clock.advance(30 * 86_400)
    for _ in range(3):
        world.queue.ring()
        world.settle()
    assert items(alice.hears()[-1]) == ["**1** sleep"]
    assert len(alice.hears()) == heard + 2
    assert "no longer remind" in alice.says("/tom reminder off")[0]
    assert "no reminder of your top of mind" in alice.says("/tom reminder off")[0]
