"""The bot in group rooms: says how to use it, once, and leaves; or stays and answers each person's mention once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.people import BOT_EMAIL, Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

HOW_TO = "I'm a personal assistant: I only talk 1:1"
MENTION = f"<@personEmail:{BOT_EMAIL}|Army Knife>"


@pytest.fixture
def staying(database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(database_url, tmp_path, GROUP_ROOMS="stay") as made:
        yield made


def adds_bot(person: Person, room: str) -> None:
    person.api("POST", "/memberships", json={"roomId": person.room(room), "personEmail": BOT_EMAIL})
    person.world.settle()


def bot_is_in(person: Person, room: str) -> bool:
    members = person.api("GET", "/memberships", params={"roomId": person.room(room)})["items"]
    return BOT_EMAIL in {member["personEmail"] for member in members}


def bot_said(person: Person, room: str) -> list[str]:
    return [message["text"] for message in person.reads(room) if message["personEmail"] == BOT_EMAIL]


def test_added_to_a_room_it_says_how_to_use_it_and_leaves(world: World, alice: Person, bob: Person) -> None:
    world.control("switches", duplicate_deliveries=2, reorder_deliveries=True)
    adds_bot(alice, "Project X")
    (said,) = bot_said(bob, "Project X")
    assert HOW_TO in said
    assert BOT_EMAIL in said
    assert not bot_is_in(alice, "Project X")
    assert alice.hears() == []
    assert bob.hears() == []

    world.control("switches", duplicate_deliveries=0, reorder_deliveries=False)
    adds_bot(bob, "Project X")  # a person, or bot, who comes back to a room has the same membership id again
    assert len(bot_said(bob, "Project X")) == 2
    assert not bot_is_in(alice, "Project X")


def test_a_room_in_which_only_moderators_speak_is_left_without_a_word(world: World, alice: Person) -> None:
    options = {"title": "News", "isLocked": True, "isAnnouncementOnly": True}
    alice.api("POST", "/rooms", json=options)
    adds_bot(alice, "News")
    assert bot_said(alice, "News") == []
    assert not bot_is_in(alice, "News")


def test_it_stays_where_the_operator_wants_it_to_and_answers_each_person_once(staying: World) -> None:
    """D-34, D-35: the original's answer in groups was unreachable, and a bot's name of two words made it deaf."""
    alice, bob = staying.person("alice@example.com"), staying.person("bob@example.com")
    adds_bot(alice, "Project X")
    assert bot_is_in(alice, "Project X")
    assert len(bot_said(alice, "Project X")) == 1
    for words in (f"what can you do, {MENTION}?", f"{MENTION} /help", MENTION, f"please {MENTION}"):
        assert alice.says("", room="Project X", markdown=words) == []
        assert len(bot_said(alice, "Project X")) == 2, words
    assert HOW_TO in bot_said(alice, "Project X")[1]
    bob.says("", room="Project X", markdown=f"{MENTION} hello")
    bob.says("", room="Project X", markdown=f"hello {MENTION}")
    assert len(bot_said(alice, "Project X")) == 3
    assert bob.hears() == []


def test_no_link_and_no_command_by_mention_in_a_group(staying: World) -> None:
    alice = staying.person("alice@example.com")
    adds_bot(alice, "Project X")
    assert alice.says("", room="Project X", markdown=f"{MENTION} /init") == []
    assert all("/authorize/" not in words for words in bot_said(alice, "Project X"))

    alice.connects()
    said = len(bot_said(alice, "Project X"))
    for words in (f"{MENTION} /todo buy milk", f"/todo buy milk {MENTION}", f"{MENTION} /delete DELETENOW"):
        assert alice.says("", room="Project X", markdown=words) == [], words
    assert "empty" in alice.says("/todo")[0]
    assert "buy bread" in alice.says("/todo buy bread", room="Project X")[0]  # her own command, no mention: answered 1:1
    assert len(bot_said(alice, "Project X")) == said


def test_people_who_come_and_talk_in_a_room_with_the_bot_are_left_alone(staying: World) -> None:
    alice, dave = staying.person("alice@example.com"), staying.person("dave@partner.example")
    adds_bot(alice, "Project X")
    alice.api("POST", "/memberships", json={"roomId": alice.room("Project X"), "personEmail": dave.email})
    assert dave.says("/todo x", room="Project X") == []
    assert dave.says("hello all", room="Project X") == []
    assert len(bot_said(alice, "Project X")) == 1
    assert dave.hears() == []
