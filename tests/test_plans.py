"""Plans: asked before, done once, reported item by item, taken back."""

import pytest

from app.models import plan
from app.simulator import memberships, rooms
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def emails(asker: Person, title: str) -> set[str]:
    members = asker.api("GET", "/memberships", params={"roomId": asker.room(title)})["items"]
    return {member["personEmail"] for member in members}


def code_in(answer: str) -> str:
    return answer.split("`/confirm ")[1].split("`", maxsplit=1)[0]


def test_nothing_is_done_before_it_is_confirmed_and_all_can_be_taken_back(alice: Person) -> None:
    """D-25, D-26: the receipt tells what became of each item."""
    alice.connects()
    before = emails(alice, "Project X")
    (asked,) = alice.says("/addmember dave@partner.example, bob@example.com Project X")
    assert "I'll add 2 people to **Project X**" in asked
    assert "Nothing is done yet" in asked
    assert emails(alice, "Project X") == before

    started, receipt = alice.presses("Do it")
    assert started.startswith("I'm at it")
    assert "1 done, 1 skipped" in receipt
    assert "- – **bob@example.com** to **Project X**: was in the room already" in receipt
    assert "- ✓ **dave@partner.example** to **Project X**" in receipt
    assert emails(alice, "Project X") == before | {"dave@partner.example"}
    assert "was done already" in alice.says(f"/confirm {code_in(asked)}")[0]
    assert "was done already" in alice.presses("Do it")[0]

    _, receipt = alice.says(f"/undo {code_in(asked).upper()}")
    assert "take back" in receipt
    assert emails(alice, "Project X") == before
    assert "taken back already" in alice.says(f"/undo {code_in(asked)}")[0]


@SQLITE
def test_a_plan_that_nobody_confirms_ends(alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    bob.connects()
    (asked,) = alice.says("/deletemember carol@example.com", room="Project X")
    assert "no plan of that code" in bob.says(f"/confirm {code_in(asked)}")[0]
    assert "is dropped" in alice.presses("Cancel")[0]
    assert "was cancelled already" in alice.says(f"/confirm {code_in(asked)}")[0]
    (asked,) = alice.says("/deletemember carol@example.com Project X")
    clock.advance(plan.TO_CONFIRM + 1)
    assert "older than ten minutes" in alice.says(f"/confirm {code_in(asked)}")[0]
    assert "carol@example.com" in emails(alice, "Project X")


@SQLITE
def test_what_webex_refuses_is_said_per_item_and_can_be_retried(world: World, alice: Person) -> None:
    alice.connects()
    (asked,) = alice.says("/deletemember bob@example.com everywhere")
    assert "from 3 rooms" in asked
    world.fault("DELETE", "/memberships/", times=1, status=403)
    _, receipt = alice.says(f"/confirm {code_in(asked)}")
    assert "2 done, 1 failed" in receipt
    assert "Webex does not let you do that here" in receipt
    _, receipt = alice.says(f"/retry {code_in(asked)}")
    assert "3 done" in receipt  # who leaves a team's General room leaves its other rooms with it: the second try looks first
    assert "bob@example.com" not in emails(alice, "Project X") | emails(alice, "Launch")


@SQLITE
def test_a_plan_is_told_in_the_language_that_its_owner_speaks_now(world: World, alice: Person) -> None:
    """What became of an item is kept in English, and said in any language."""
    alice.connects()
    alice.says("/language de")
    (asked,) = alice.says("/addmember dave@partner.example,bob@example.com Project X")
    assert asked.startswith("Ich werde 2 Personen zu **Project X** hinzufügen. **Noch ist nichts geschehen.**")
    world.fault("POST", "/memberships", times=1, status=418)
    started, receipt = alice.presses("Tu es")
    assert started.startswith("Ich bin dabei: 2 Personen zu **Project X** hinzufügen.")
    assert receipt.splitlines()[0].endswith("zu **Project X** hinzufügen. 1 übersprungen, 1 fehlgeschlagen.")
    assert "- ✗ **dave@partner.example** zu **Project X**: Webex hat mit 418 geantwortet" in receipt
    assert "- – **bob@example.com** zu **Project X**: war schon im Raum" in receipt
    alice.says("/language en")
    (receipt,) = alice.says(f"/receipt {code_in(asked)}")
    assert "1 skipped, 1 failed" in receipt
    assert ": Webex answered 418\n" in receipt
    assert ": was in the room already\n" in receipt


@SQLITE
def test_an_answer_that_got_lost_is_looked_for_before_anything_is_done_again(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    (asked,) = alice.says("/addmember dave@partner.example Project X")
    world.fault("POST", "/memberships$", times=1, lost_answer=True)
    alice.writes(f"/confirm {code_in(asked)}")
    world.skip_pauses(clock)
    assert "1 done" in alice.hears()[-1]
    assert "skipped" not in alice.hears()[-1]
    assert "dave@partner.example" in emails(alice, "Project X")


@SQLITE
def test_where_somebody_is(alice: Person) -> None:
    alice.connects()
    (answer,) = alice.says("/checkmember dave@partner.example")
    assert answer == "**dave@partner.example** is in 2 of your 3 group rooms:\n\n- **Launch**\n- **General**"
    assert "is in none of your 3 group rooms" in alice.says("/checkmember nobody@example.com")[0]
    assert alice.says("/checkmember bob")[0].startswith("Usage: `/checkmember")
    assert "That is you" in alice.says("/deletemember alice@example.com everywhere")[0]


@SQLITE
def test_a_room_is_copied_with_its_moderators_and_its_lock(world: World, alice: Person, bob: Person) -> None:
    """D-25: who could not be added is named, and nothing is said that did not happen."""
    alice.connects()
    (refused,) = alice.says("/copyroom Anew")
    assert "Type this in a group room" in refused
    made = alice.api("POST", "/rooms", json={"title": "Crowd", "description": "All of us", "isLocked": True})
    for who in ("bob@example.com", "carol@example.com", "dave@partner.example"):
        is_moderator = who.startswith("carol")
        alice.api("POST", "/memberships", json={"roomId": made["id"], "personEmail": who, "isModerator": is_moderator})
    (asked,) = alice.says("/copyroom  Crowd   two ", room="Crowd")
    assert "make the room **Crowd two** with the people of **Crowd**" in asked
    assert "Crowd two" not in {room["title"] for room in alice.api("GET", "/rooms")["items"]}
    world.fault("POST", "/memberships$", times=1, status=403)
    _, receipt = alice.says(f"/confirm {code_in(asked)}")
    assert "4 done, 1 failed" in receipt
    failed = receipt.split("✗ **")[1].split("**")[0]
    assert "does not let you do that" in receipt
    room = alice.api("GET", f"/rooms/{alice.room('Crowd two')}")
    assert (room["isLocked"], room["description"]) == (True, "All of us")
    members = alice.api("GET", "/memberships", params={"roomId": room["id"]})["items"]
    assert len(members) == 3
    assert failed not in {member["personDisplayName"] for member in members}
    _, receipt = alice.says(f"/retry {code_in(asked)}")
    assert "5 done" in receipt
    members = alice.api("GET", "/memberships", params={"roomId": room["id"]})["items"]
    assert {member["personEmail"] for member in members if member["isModerator"]} == {"alice@example.com", "carol@example.com"}

    (again,) = alice.says(f"/undo {code_in(asked)}")
    assert "With the room goes everything that was written in it" in again
    assert "Crowd two" in {room["title"] for room in alice.api("GET", "/rooms")["items"]}
    alice.presses("Do it")
    assert "1 done" in alice.hears()[-1]
    assert "Crowd two" not in {room["title"] for room in alice.api("GET", "/rooms")["items"]}


@SQLITE
def test_without_the_room_nothing_is_done_in_it_and_all_can_be_tried_again(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    (asked,) = alice.says("/copyroom Anew", room="Project X")
    world.fault("POST", "/rooms$", times=1, status=403)
    _, receipt = alice.says(f"/confirm {code_in(asked)}")
    assert "2 skipped, 1 failed" in receipt
    assert "the room was not made" in receipt
    _, receipt = alice.says(f"/retry {code_in(asked)}")
    assert "3 done" in receipt

    (asked,) = alice.says("/copyroom Once", room="Project X")
    world.fault("POST", "/rooms$", times=1, lost_answer=True)  # it is made; and whoever looks for it is told nothing at first
    world.fault("GET", "/rooms$", times=3, status=503)
    alice.writes(f"/confirm {code_in(asked)}")
    world.skip_pauses(clock)
    assert "3 done" in alice.hears()[-1]
    assert [room["title"] for room in alice.api("GET", "/rooms", params={"max": 100})["items"]].count("Once") == 1


@SQLITE
def test_who_was_there_before_is_not_thrown_out_by_an_undo(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    clock.advance(60)
    (asked,) = alice.says("/addmember bob@example.com Project X")
    world.fault("POST", "/memberships$", times=1, drop=True)  # never done, and that is not known
    alice.writes(f"/confirm {code_in(asked)}")
    world.skip_pauses(clock)
    assert "1 skipped" in alice.hears()[-1]
    assert "changed nothing" in alice.says(f"/undo {code_in(asked)}")[0]
    assert "bob@example.com" in emails(alice, "Project X")


@SQLITE
def test_who_was_gone_when_it_was_looked_into_is_not_brought_back(world: World, alice: Person, clock: Clock) -> None:
    """Nobody can tell a removal whose answer got lost from somebody's own leaving."""
    alice.connects()
    aside = alice.api("POST", "/rooms", json={"title": "Aside"})["id"]
    alice.api("POST", "/memberships", json={"roomId": aside, "personEmail": "bob@example.com"})
    (asked,) = alice.says(f"/deletemember bob@example.com {aside}, {alice.room('Project X')}")
    world.fault("DELETE", "/memberships/", lost_answer=True)
    world.fault("DELETE", "/memberships/", drop=True)  # the same call, made again
    alice.writes(f"/confirm {code_in(asked)}")
    world.skip_pauses(clock)
    receipt, unclear = alice.hears()[-1], "**bob@example.com** from **Aside**"
    assert "2 done." in receipt
    assert receipt.split("\n\n")[1].startswith(f"- ✓ {unclear}: not in the room any more; I can't tell whether that was me")
    started, receipt = alice.says(f"/undo {code_in(asked)}")
    assert f"Left as it is: {unclear} (not in the room any more" in started
    assert "1 done." in receipt
    assert "bob@example.com" in emails(alice, "Project X")
    assert emails(alice, "Aside") == {"alice@example.com"}

    (asked,) = alice.says("/deletemember bob@example.com Project X")
    world.fault("DELETE", "/memberships/", status=403)
    _, receipt = alice.says(f"/confirm {code_in(asked)}")
    assert "1 failed" in receipt
    mine = alice.api("GET", "/memberships", params={"roomId": alice.room("Project X"), "personEmail": "bob@example.com"})
    world.person("bob@example.com").api("DELETE", f"/memberships/{mine['items'][0]['id']}")  # he leaves by himself
    _, receipt = alice.says(f"/retry {code_in(asked)}")
    assert "can't tell whether that was me" in receipt and "takes it back" not in receipt
    (answer,) = alice.says(f"/undo {code_in(asked)}")
    assert "changed nothing that can be taken back. Left as it is: **bob@example.com** from **Project X**" in answer


@SQLITE
def test_a_hundred_rooms_are_all_named_before_and_after(world: World, alice: Person, dave: Person) -> None:
    """A plan shows first who and what is affected: all of it; and Webex's pauses lose nothing of it."""
    alice.connects()
    cloud = world.simulator.cloud
    with cloud.lock:
        for number in range(100):
            room = rooms.add(cloud, cloud.people[alice.id], f"Room {number}")
            memberships.join(cloud, room, cloud.people[dave.id])
    world.fault("GET", "/memberships$", by=alice, times=5, retry_after="rand(30),add(30)")
    *_, asked, beside = alice.says("/deletemember dave@partner.example everywhere")
    code, names = code_in(asked), {*(f"Room {number}" for number in range(100)), "Launch", "General"}
    assert "from 102 rooms" in asked and "could not be read" not in asked.lower() and asked.count("- · ") == 40
    assert f"… and 62 more: the file beside this names all 102, and so does `/receipt {code}`." in asked
    assert "and 62 more" in str(alice.bot_messages()[-2]["attachments"])
    assert beside == "_The file:_" and named(alice) == names
    assert named(alice, alice.says(f"/receipt {code}")[0]) == names

    world.fault("DELETE", "/memberships/", by=alice, times=1, status=403)
    world.fault("DELETE", "/memberships/", by=alice, times=3, retry_after="soon")
    receipt = alice.says(f"/confirm {code}")[-1]
    assert "1 failed" in receipt and receipt.split("\n\n")[1].startswith("- ✗ ")
    assert "62 more" in receipt and named(alice) == names
    assert named(alice, alice.says(f"/receipt {code}")[0]) == names


def named(asker: Person, text: str = "") -> set[str]:
    """The rooms that an answer names, or the file beside the bot's last message."""
    if not text:
        path = asker.bot_messages()[-1]["files"][0].partition("/v1")[2]
        answer = asker.session.get(f"{asker.world.simulator.url}/v1{path}", headers={"Authorization": f"Bearer {asker.token}"})
        text = answer.text
    rows = [line for line in text.replace("*", "").splitlines() if line.startswith("- ")]
    return {row.split(" from ")[1].split(":")[0] for row in rows}
