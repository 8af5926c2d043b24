"""/pause and /resume: nothing is done meanwhile, and nothing is lost."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from app import outbox
from app.commands.context import Tools
from app.delivery import Delivery
from app.integration.listeners import alarms
from app.models import alarm, now, user
from app.models.alarm import Alarm
from app.models.user import User
from app.webex.events import Data, Event
from app.when import Rule
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = 86_400.0  # seconds


@pytest.fixture(autouse=True)
def rings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Alarms of a kind of our own."""

    def ring(_tools: Tools, db: Session, person: User, found: Alarm, delivery: Delivery) -> None:
        outbox.say_to(db, person.person_id, f"alarm {found.subject}", key=f"{delivery.key}|test")

    monkeypatch.setitem(alarms.RINGS, "test", ring)


def sets_alarms(world: World, person: Person) -> None:
    with world.house.database.transaction() as db:
        alarm.set_to(db, person.id, "test", now() + 60, subject=1)
        alarm.set_to(db, person.id, "test", now() + 60, subject=2, rule=Rule(frozenset(range(7)), 540).stored())
        alarm.set_to(db, person.id, "test", now() + 90 * DAY, subject=3)


def rings_now(world: World) -> None:
    world.queue.ring()
    world.settle()


def filters(person: Person) -> set[str]:
    return {str(hook.get("filter")) for hook in person.webhooks()}


def test_a_pause_holds_what_becomes_due_and_resuming_brings_it_late(
    world: World, alice: Person, bob: Person, clock: Clock
) -> None:
    """D-02: what became due while paused was destroyed. D-46: /enable without an account was not answered."""
    assert "haven't connected" in alice.says("/enable")[-1]
    assert "haven't connected" in alice.says("/pause")[-1]
    alice.connects()
    assert alice.says("/resume") == ["You are not paused. `/pause` lets me rest."]
    assert alice.says("/pause a while")[0].startswith("Usage: `/pause`")
    assert alice.says("/resume now")[0].startswith("Usage: `/resume`")
    alice.says("/track bob@example.com bob")
    sets_alarms(world, alice)

    assert alice.says("/disable")[0].startswith("**Paused.**")
    assert filters(alice) == {f"personId={alice.id}"}
    assert "You are paused already, since today at" in alice.says("/pause")[0]
    for words in ("/tom", "/todo buy milk", "/track carol@example.com carol", "/timezone Oslo"):
        assert alice.says(words)[0].startswith("You are paused, so I did nothing."), words
    assert alice.says("/todo x", room="Project X")[0].startswith("You are paused")
    assert "**Paused** since today" in alice.says("/me")[0]
    assert "Webhooks: **1 of 1 active**" in alice.hears()[-1]
    assert "your own messages; nothing else" in alice.hears()[-1]

    said = len(alice.hears())
    bob.says("is anybody there?", room="Project X")
    clock.advance(3 * DAY)
    rings_now(world)
    assert len(alice.hears()) == said

    back = alice.presses("Resume")[0]
    assert back.startswith("**You're back.** Everything is on again as it was. 2 things became due while you were paused, ")
    assert back.endswith("and come late, in a moment.")
    rings_now(world)
    rings_now(world)
    assert sorted(alice.hears()[said + 1 :]) == ["alarm 1", "alarm 2"]
    with world.house.database.reading() as db:
        left = alarm.of(db, alice.id, "test")
        assert set(left) == {2, 3}
        assert left[2].due > now()
    assert filters(alice) == {f"personId={alice.id}", f"personId={bob.id}"}
    assert alice.says("/resume") == ["You are not paused. `/pause` lets me rest."]
    assert "empty" in alice.says("/todo")[0]
    bob.says("hello again", room="Project X")
    assert "hello again" in alice.hears()[-1]
    assert "Nothing became due meanwhile." in [alice.says("/pause"), alice.says("/enable")][1][0]


@SQLITE
def test_a_webex_that_is_unwell_stops_no_pause_and_no_resume_half_way(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    world.fault("DELETE", "/webhooks/", by=alice, times=2, status=503)
    assert alice.says("/pause")[0].startswith("**Paused.**")
    world.wait_for_fault()
    said = len(alice.hears())
    assert len(alice.webhooks()) == 2
    bob.says("dropped unread", room="Project X")
    assert len(alice.hears()) == said
    world.queue.repair()
    world.settle()
    assert filters(alice) == {f"personId={alice.id}"}

    for what in ({"status": 503}, {"status": 403}, {"drop": True}):
        world.fault("POST", "/webhooks$", by=alice, **what)
        assert "nothing was changed" in alice.says("/resume")[0], what
        world.wait_for_fault()
        assert "**Paused** since" in alice.says("/me")[0]
    assert alice.says("/resume")[0].startswith("**You're back.**")
    assert len(alice.webhooks()) == 2

    world.control("revoke", person=alice.email)
    assert alice.says("/pause")[-1].startswith("**Paused.**")
    (back,) = alice.says("/resume")
    assert back.startswith("**You're back.**")
    assert back.endswith("`/init` connects you again, and then I also hear your rooms.")


@SQLITE
def test_what_was_on_its_way_when_the_pause_began(world: World, alice: Person, bob: Person) -> None:
    """An alarm that was called, and a message that was heard, while /pause waited in the same line."""
    alice.connects()
    alice.says("/track bob@example.com bob")
    with world.house.database.transaction() as db:
        alarm.set_to(db, alice.id, "test", now() - 1, subject=1)
        user.change(db, alice.id, paused_at=now())
    call = alarm.Call(next(iter(_alarms(world, alice))).id, alice.id, next(iter(_alarms(world, alice))).due)
    world.house.inbox.accept(alarms.event_of(call), alice.id, alice.id)
    with world.deaf():
        sent = bob.writes("heard a moment ago", room="Project X")
    data = Data(id=sent["id"], room_id=sent["roomId"], room_type="group", person_id=bob.id)
    heard = Event(resource="messages", event="created", actor_id=bob.id, data=data)
    world.house.inbox.accept(heard, alice.id, alice.id, "vip")
    world.settle()
    assert alice.hears()[-1].startswith("Now tracking")
    assert "I dropped an event unread: you had just paused." in alice.says("/why")[0]
    assert "1 thing became due while you were paused, and comes late" in alice.says("/resume")[0]
    rings_now(world)
    assert alice.hears()[-1] == "alarm 1"
    assert _alarms(world, alice) == []


def _alarms(world: World, person: Person) -> list[Alarm]:
    with world.house.database.reading() as db:
        return list(alarm.of(db, person.id, "test").values())


@SQLITE
def test_a_pause_outlives_a_new_authorization(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    alice.says("/pause")
    alice.connects()
    assert filters(alice) == {f"personId={alice.id}"}
    wants = world.house.tools.subscriptions.wants(alice.id)
    assert wants.paused and replace(wants, paused=False).tracked == {bob.id}
    assert "**Paused** since" in alice.says("/me")[0]
    alice.says("/resume")
    assert len(alice.webhooks()) == 2
