"""A day of Alice's, across the families of commands: what each promises holds while the others are at work."""

import pytest

from app.models import Base
from tests.people import Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def rows_about(world: World, person: Person) -> dict[str, int]:
    """How many rows name this person, by table."""
    found: dict[str, int] = {}
    with world.house.database.reading() as db:
        for name, table in Base.metadata.tables.items():
            count = sum(person.id in map(str, row) for row in db.execute(table.select()))
            if count:
                found[name] = count
    return found


def heard_of(listener: Person, speaker: Person, words: str, room: str) -> list[str]:
    """What the bot tells one person because of what another one writes."""
    said = len(listener.hears())
    speaker.writes(words, room=room)
    listener.world.settle()
    return listener.hears()[said:]


@SQLITE
def test_a_day(world: World, alice: Person, bob: Person, carol: Person, dave: Person) -> None:
    morning(alice)
    noon(world, alice, bob, carol, dave)
    afternoon(world, alice, bob, dave)
    evening(world, alice, bob)


def morning(alice: Person) -> None:
    # Eight o'clock: she meets the bot, and connects.
    (greeting,) = alice.says("good morning")
    assert "Connect your Webex account" in greeting
    assert "haven't connected" in alice.says("/todo plan the launch")[0]
    alice.connects()
    assert "You're connected, Alice Adams" in alice.hears()[-1]
    assert "1 of 1 active" in alice.says("/me")[0]

    # Nine: what she has to do, from the bot's room and from others.
    assert alice.says("/todo plan the launch")[0].startswith("Added **1**")
    assert alice.says("/todo call Dave", room="Launch")[0].startswith("Added **2**")
    assert alice.says("just talking", room="Launch") == []
    assert alice.says("/etc/hosts is a file", room="Launch") == []

    # Ten: whom she works with.
    assert "New team **launch-crew**" in alice.says("/manageteam add launch-crew bob@example.com, dave@partner.example")[0]
    assert "is linked to **Project X**" in alice.says("/manageteam link project", room="Project X")[0]
    alice.says("/track bob@example.com bob")
    alice.says("/track dave@partner.example dave")
    alice.says("/track store dave")
    assert len(alice.webhooks()) == 3


def noon(world: World, alice: Person, bob: Person, carol: Person, dave: Person) -> None:
    # Eleven: others talk; she hears of Bob at once, of Dave when she asks, of Carol never.
    (live,) = heard_of(alice, bob, "the <@all> draft is ready", "Project X")
    assert live.startswith(f"**bob** (bob@example.com) in {alice.linked('Project X')}") and "&lt;@all&gt;" in live
    assert heard_of(alice, dave, "I am late", "Launch") == heard_of(alice, carol, "/todo not hers", "Launch") == []
    head, kept = alice.says("/get dave")
    assert head == "1 message of **dave**:" and "I am late" in kept
    assert alice.says("/get dave") == ["No messages of **dave** are kept."]

    # Noon: Webex stumbles, and tells everything three times. Nothing is lost, nothing is done twice.
    world.control("switches", duplicate_deliveries=2, reorder_deliveries=True)
    world.fault("POST", "/messages$", by=world.bot, status=429, retry_after=0)
    world.fault("GET", "/messages/", by=world.bot, status=503)
    (done,) = alice.says("/done 2")
    assert "✓ call Dave" in done
    assert len(heard_of(alice, bob, "did you get this?", "Project X")) == 1
    world.control("switches", duplicate_deliveries=0, reorder_deliveries=False)
    assert alice.says("/todo")[0].count("\n- ") == 1


def afternoon(world: World, alice: Person, bob: Person, dave: Person) -> None:
    # Two: Bob comes, too. What is hers stays hers.
    bob.connects()
    assert "empty" in bob.says("/todo")[0]
    assert "You have no teams" in bob.says("/teams")[0] and "You track nobody" in bob.says("/trackers")[0]
    assert "Now tracking **Alice Adams**" in bob.says("/track alice@example.com alice")[0]
    assert heard_of(bob, alice, "to everybody: the plan", "Project X")[0].startswith("**alice** (alice@example.com)")

    # Three: the app is restarted in the middle of it.
    world.stop_app()
    alice.writes("/todo written while nobody listened")  # Webex waits with it for a while
    dave.writes("nor to this", room="Launch")
    world.start_app()
    world.settle()
    assert alice.says("/todo buy cake")[-1].endswith("buy cake")
    (teams,) = alice.says("/teams")
    assert "- **launch-crew** 2 people" in teams and "- **project** is linked to **Project X**" in teams

    # Four: she puts things in order, by pressing where there is something to press.
    alice.says("/manageteam delete launch-crew")
    assert "New team **launch-crew**: bob@example.com, dave@partner.example." in alice.presses("Undo")
    assert "Mine, 3 of 3 active" in alice.says("/listwebhooks")[0]
    assert "You are in **4** rooms" in alice.says("/countrooms")[0]
    assert "no longer track **dave**" in alice.says("/untrack dave")[0]
    assert len(alice.webhooks()) == 2


def evening(world: World, alice: Person, bob: Person) -> None:
    # Five: her access ends; what she has stays, and comes back with her.
    world.control("revoke", person=alice.email)
    answers = alice.says("/track carol@example.com carol")
    assert any("Webex no longer lets me act for you" in answer for answer in answers)
    assert "buy cake" in alice.says("/todo")[-1]
    alice.connects()
    assert "2 of 2 active" in alice.says("/me")[0]
    assert len(heard_of(alice, bob, "back again?", "Project X")) == 1

    # Six: she leaves. Nothing of hers remains, and Bob's day goes on.
    before = rows_about(world, alice)
    assert {"user_account", "token", "todo", "team", "vip", "subscription", "contact"} <= before.keys()
    assert "Everything is removed" in alice.says("/delete DELETENOW")[0]
    left = rows_about(world, alice)
    assert left.keys() <= {"vip"}  # Bob tracks her; that is his
    assert heard_of(alice, bob, "gone?", "Project X") == []
    assert heard_of(bob, alice, "not from Webex", "Project X")[0].startswith("**alice** (alice@example.com)")
    assert [hook for hook in world.simulator.cloud.webhooks.values() if hook.created_by == alice.id] == []
