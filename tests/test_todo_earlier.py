"""Todo items made of messages in other rooms."""

import pytest
from sqlalchemy import text

from app.commands.todo import LONGEST
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {"type": "AdaptiveCard", "version": "1.3", "body": []},
}


def newest(world: World) -> tuple[str, str | None, str | None]:
    with world.house.database.reading() as db:
        return tuple(db.execute(text("SELECT text, room_id, message_id FROM todo ORDER BY id DESC LIMIT 1")).one())


def test_a_number_is_a_message_and_words_are_words(world: World, alice: Person, bob: Person) -> None:
    """D-20: `/todo buy milk` in a room stores that; a number means the message so many before, of any kind."""
    alice.connects()
    room = alice.room("Project X")
    first = bob.writes("the plan\nis  *late*", room="Project X")
    bob.api("POST", "/messages", data={"roomId": room}, files={"files": ("plan.pdf", b"%PDF", "application/pdf")})
    bob.api("POST", "/messages", json={"roomId": room, "attachments": [CARD]})
    assert alice.says("/todo 3", room="Project X")[0].startswith("Added **1**: the plan is \\*late\\*")
    assert newest(world) == ("the plan is *late*", room, first["id"])
    assert alice.says("/todo 3 call him", room="Project X")[0].startswith("Added **2**: call him")
    assert newest(world) == ("call him", room, first["id"])
    assert alice.says("/todo 2", room="Project X")[0].startswith("Added **3**: plan.pdf from bob@example.com")
    assert alice.says("/fu 1", room="Project X")[0].startswith("Added **4**: card from bob@example.com")
    assert alice.says("/todo buy milk", room="Project X")[0].startswith("Added **5**: buy milk")
    assert newest(world) == ("buy milk", None, None)
    assert alice.says('/todo "3"', room="Project X")[0].startswith("Added **6**: 3")
    assert alice.says("/todo 7 eggs")[0].startswith("Added **7**: 7 eggs"), "in the bot's room it is a text"
    assert not [one for one in alice.reads("Project X") if one.get("text", "").startswith(("/todo", "/fu"))]
    mine = alice.api("GET", "/messages/direct", params={"personEmail": world.bot.email})["items"]
    assert "/todo 7 eggs" in [one["text"] for one in mine]


def test_what_can_not_be_had_is_said_and_the_words_stay(world: World, alice: Person, bob: Person) -> None:
    """D-06, D-20: beyond the history, 0, and a Webex that fails: nothing is added, and nothing typed is lost."""
    alice.connects()
    bob.writes("x" * 3_000, room="Project X")
    count = len(alice.reads("Project X"))
    assert "I count back from 1" in alice.says("/todo 0", room="Project X")[0]
    assert "I count back from 1" in alice.says("/todo 51", room="Project X")[0]
    assert "before yours in this room, and you asked for number 50" in alice.says("/todo 50", room="Project X")[0]
    for fault in ({"status": 403}, {"status": 404}, {"status": 423}, {"status": 503}):
        world.fault("GET", "/messages$", by=alice, times=1 if fault["status"] < 500 else 2, **fault)
        assert "so nothing was changed" in alice.says("/todo 1", room="Project X")[0], fault
        assert not world.look("faults")
    assert len(alice.reads("Project X")) == count + 7
    with world.house.database.reading() as db:
        assert db.scalar(text("SELECT count(*) FROM todo")) == 0
    assert alice.says("/todo 8", room="Project X")[0].startswith("Added **1**: xxx")
    assert len(newest(world)[0]) == LONGEST
    with world.house.database.reading() as db:
        fetched = db.scalar(text("SELECT sum(count) FROM ledger_day WHERE what = 'fetched earlier'"))
    assert fetched and fetched >= 8
