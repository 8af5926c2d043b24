"""/team: a team against the people of a room, by plan; never the one who asks (D-24)."""

import pytest

from tests.people import BOT_EMAIL, Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def members(asker: Person, title: str) -> set[str]:
    found = asker.api("GET", "/memberships", params={"roomId": asker.room(title)})["items"]
    return {member["personEmail"] for member in found}


def room(owner: Person, title: str, *emails: str, moderator: str = "") -> None:
    made = owner.api("POST", "/rooms", json={"title": title})
    for email in emails:
        is_moderator = email == moderator
        owner.api("POST", "/memberships", json={"roomId": made["id"], "personEmail": email, "isModerator": is_moderator})


@SQLITE
def test_a_team_is_made_of_a_room_and_brought_into_another(world: World, alice: Person) -> None:
    """D-25: who could not be added is named."""
    alice.connects()
    (made,) = alice.says("/team init Crew", room="Project X")
    assert made == "**crew** is a team of the 3 people in **Project X** now, without its bots."
    assert "already" in alice.says("/team init crew", room="Project X")[0]
    room(alice, "Elsewhere", "bob@example.com")
    (answer,) = alice.says("/team verify crew", room="Elsewhere")
    assert answer == "In the team, and not in **Elsewhere**: **1**\n\n- carol@example.com"
    (asked,) = alice.says("/team add crew", room="Elsewhere")
    assert "add 1 person of **crew** to **Elsewhere**" in asked
    assert "carol@example.com" not in members(alice, "Elsewhere")
    alice.presses("Do it")
    assert members(alice, "Elsewhere") >= {"alice@example.com", "bob@example.com", "carol@example.com"}
    assert "have the same 3 people" in alice.says("/team verify crew", room="Elsewhere")[0]
    assert "is in **Elsewhere** already" in alice.says("/team add crew", room="Elsewhere")[0]


@SQLITE
def test_sync_spares_the_caller_moderators_and_bots(world: World, alice: Person) -> None:
    """D-24: the original threw out its caller and all bots."""
    alice.connects()
    alice.says("/manageteam add few bob@example.com")
    room(alice, "Big", "carol@example.com", "dave@partner.example", "bob@example.com", BOT_EMAIL, moderator="carol@example.com")
    world.settle()
    (asked,) = alice.says("/team sync few", room="Big")
    assert "I'll remove 1 person in **Big**." in asked
    assert "Moderators and bots stay: carol@example.com" in asked
    alice.presses("Do it")
    assert "dave@partner.example" not in members(alice, "Big")
    assert members(alice, "Big") >= {"alice@example.com", "bob@example.com", "carol@example.com"}
    (asked,) = alice.says("/team sync few everybody", room="Big")
    alice.presses("Do it")
    assert "carol@example.com" not in members(alice, "Big")
    assert "alice@example.com" in members(alice, "Big")
    (asked,) = alice.says("/team remove few", room="Big")
    assert "remove 1 person of **few**" in asked
    alice.presses("Do it")
    assert "bob@example.com" not in members(alice, "Big")
    alice.presses("Do it")
    code = asked.split("`/confirm ")[1].split("`")[0]
    alice.says(f"/undo {code}")
    assert "bob@example.com" in members(alice, "Big")


@SQLITE
def test_linked_teams_and_wrong_input(world: World, alice: Person) -> None:
    """D-14: a linked room that is gone is told of."""
    alice.connects()
    room(alice, "Source", "carol@example.com")
    assert "is whoever is in **Source**" in alice.says("/team link src", room="Source")[0]
    (answer,) = alice.says("/team verify src", room="Project X")
    assert "In the room, and not in the team: **1**\n\n- bob@example.com" in answer
    alice.api("DELETE", f"/rooms/{alice.room('Source')}")
    assert "not reachable" in alice.says("/team verify src", room="Project X")[0]
    for words in ("", "verify", "dance src", "add src now", "sync src everybody now", "verify src everybody"):
        assert alice.says(f"/team {words}", room="Project X")[0].startswith("Usage: `/team"), words
    assert "no team of that name" in alice.says("/team add nobody", room="Project X")[0]
    assert "Type this in a group room" in alice.says("/team verify src")[0]
