"""One room: what it is, who is in it; long answers as files; the command leaves no trace in the room."""

import csv
import io
from typing import Any

import pytest

from app import outbox
from app.simulator import directory, memberships
from app.webex.ids import uuid_of
from app.webex.markdown import plain
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def file_of(person: Person, message: dict[str, Any]) -> tuple[str, str]:
    """Name and text of the file of a message of the bot."""
    path = message["files"][0].removeprefix(f"{person.world.simulator.url}/v1")
    answer = person.session.get(
        f"{person.world.simulator.url}/v1{path}", headers={"Authorization": f"Bearer {person.token}"}, timeout=10
    )
    name = answer.headers["Content-Disposition"].split('filename="')[1].split('"')[0]
    return name, answer.content.decode("utf-8-sig")


def texts_in(person: Person, room: str) -> list[str]:
    return [message.get("text", "") for message in person.reads(room)]


def crowd(world: World, title: str, count: int) -> None:
    """Fill a room with people, without telling anybody."""
    cloud = world.simulator.cloud
    with cloud.lock:
        room = next(one for one in cloud.rooms.values() if one.title == title)
        for number in range(count):
            email = f"person.number_{number:04}@crowd.example.org"
            memberships.join(cloud, room, cloud.person_by_email(email) or directory.add(cloud, email, email, "crowd"))


def test_a_room_in_words(world: World, alice: Person, bob: Person) -> None:
    """D-31: ids are opaque, with padding or without; the link is the one of today. D-06: what was typed goes after success."""
    alice.connects()
    (answer,) = alice.says("/listroom", room="Launch")
    room_id = alice.room("Launch")
    assert answer.startswith("**Launch**\n\n- Kind: group room of a Webex team\n- Made: ")
    assert "- Moderated: no" in answer
    assert "- Who may write: all its members" in answer
    assert f"- Id: `{room_id}`" in answer
    assert f"[open the room](webexteams://im?space={uuid_of(room_id)})" in answer
    assert uuid_of(room_id + "=" * (-len(room_id) % 4)) == uuid_of(room_id) != ""
    assert uuid_of("no id of today") == ""
    assert "/listroom" not in texts_in(alice, "Launch")

    # 1:1 rooms too, by id from the bot's room, and the bot's room itself, where nothing is removed
    alice.api("POST", "/messages", json={"toPersonEmail": bob.email, "text": "hi"})
    world.settle()
    assert alice.says("/listroom", room="Bob Brown")[0].startswith("**Bob Brown**\n\n- Kind: 1:1 room\n- Made: ")
    assert alice.says(f"/listroom {room_id}")[0] == answer
    assert alice.says("/listroom launch")[0].startswith("**Launch**")
    assert alice.says("/listroom")[0].startswith("**Army Knife**")
    mine = alice.api("GET", "/messages/direct", params={"personEmail": world.bot.email})["items"]
    assert next(one["text"] for one in mine if one["text"].startswith("/listroom")) == "/listroom"

    # What can't be done keeps the person's text; Webex failing in the middle is said as it is
    assert "You are in no room called" in alice.says("/listroom Nowhere", room="Launch")[0]
    world.fault("GET", "/rooms/", status=404)
    assert "Webex answered 404" in alice.says("/listroom", room="Launch")[0]
    assert texts_in(alice, "Launch").count("/listroom") == 1
    world.fault("GET", "/people/", status=404)
    assert "by somebody whom Webex does not show any more" in alice.says("/listroom", room="Launch")[0]
    world.fault("DELETE", "/messages/", by=alice, status=403)
    assert len(alice.says("/listroom", room="Launch")) == 1
    assert texts_in(alice, "Launch").count("/listroom") == 2  # refused: it stays, and nothing is said about it
    bob.says("hello")
    assert "haven't connected" in bob.says("/listroom")[0]


@SQLITE
def test_its_members(world: World, alice: Person) -> None:
    alice.connects()
    alice.api("PUT", f"/rooms/{alice.room('Project X')}", json={"title": "Project X", "isLocked": True})
    (answer,) = alice.says("/listmembers", room="Project X")
    assert answer == (
        "**3 members** of **Project X**, 1 moderator:\n\n- **Alice Adams** (alice@example.com), moderator\n"
        "- **Bob Brown** (bob@example.com)\n- **Carol Clark** (carol@example.com)"
    )
    (answer,) = alice.says("/listmembers CSV Project X")
    assert answer == "**3 members** of **Project X**, 1 moderator, in the file."
    name, text = file_of(alice, alice.bot_messages()[-1])
    assert name == "Members of Project X.csv"
    assert list(csv.reader(io.StringIO(text))) == [
        ["Name", "Address", "Moderator"], ["Alice Adams", "alice@example.com", "yes"], ["Bob Brown", "bob@example.com", ""],
        ["Carol Clark", "carol@example.com", ""],
    ]  # fmt: skip
    world.fault("GET", "/memberships", by=alice, status=403)
    assert "Webex answered 403" in alice.says("/listmembers", room="Project X")[0]
    assert "/listmembers" in texts_in(alice, "Project X")
    world.control("switches", next_link="empty_page")
    assert alice.says("/listmembers", room="Project X")[0].startswith("**3 members**")


@SQLITE
def test_a_thousand_members_arrive(world: World, alice: Person, clock: Clock) -> None:
    """D-30, D-49: what is too long for messages comes as a file, once, whatever becomes of the call that sends it."""
    alice.connects()
    crowd(world, "Project X", 1_200)
    said = len(alice.hears())
    for failure in ({"drop": True}, {"status": 503}, {"retry_after": 0}, {"lost_answer": True}):
        world.fault("POST", "/messages$", by=world.bot, **failure)
    alice.writes("/listmembers", room="Project X")
    world.skip_pauses(clock)
    assert not world.look("faults")
    (answer,) = alice.hears()[said:]
    assert answer.startswith("**1203 members** of **Project X**:\n\n_That is too long for messages")
    name, text = file_of(alice, alice.bot_messages()[-1])
    lines = text.splitlines()
    assert name == "answer.txt"
    assert lines[0] == "1203 members of Project X:"
    assert len([line for line in lines if line.startswith("- ")]) == 1_203
    assert "- Alice Adams (alice@example.com)" in lines
    assert any("person.number_0777@crowd.example.org" in line for line in lines), "escapes are for messages"
    assert "/listmembers" not in texts_in(alice, "Project X")
    with world.house.database.reading() as db:
        rows = db.connection().exec_driver_sql("SELECT count(*) FROM outbox WHERE body <> '' OR line <> ''").scalar()
    assert rows == 0, "nothing of it is kept"


@SQLITE
def test_where_webex_takes_no_file_it_comes_in_messages(world: World, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Organisations may forbid files. Nothing vanishes, and where it stops is said."""
    alice.connects()
    crowd(world, "Project X", 200)
    world.fault("POST", "/messages$", by=world.bot, status=403)
    head, *pieces = alice.says("/listmembers csv", room="Project X")
    assert head == "**203 members** of **Project X**, in the file."
    assert pieces[0].startswith("Webex did not take the file **Members of Project X.csv**")
    whole = "\n".join(plain(piece) for piece in pieces)
    assert all(f"person.number_{number:04}@crowd.example.org" in whole for number in range(200))
    monkeypatch.setattr(outbox, "MOST_AFTER_REFUSAL", 1)
    world.fault("POST", "/messages$", by=world.bot, status=415)
    _, _, last = alice.says("/listmembers csv", room="Project X")
    assert last.startswith(f"_Here I stop: {len(pieces) - 1} more messages would follow.")


def test_markdown_becomes_text() -> None:
    assert (
        plain(r"**a\_b** &amp; [x\]y](https://e.org/a_b) _soft_ \*\*not\*\* `c_d`")
        == "a_b & x]y (https://e.org/a_b) soft **not** `c_d`"
    )
