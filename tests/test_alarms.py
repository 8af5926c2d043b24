"""The clock: every alarm rings, once, whoever looks, dies, pauses, or sets a clock back meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import jobs
from app.commands.context import Tools
from app.delivery import Delivery
from app.house import build
from app.integration.listeners.alarms import RINGS
from app.jobs import Queue
from app.jobs.wakes import QUEUED
from app.models import alarm, backlog, inbox, now, reminder, user
from app.models.alarm import Alarm
from app.models.user import User
from tests.people import Person
from tests.test_reminders import it_is, lives_in, rings
from tests.world import Clock, World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = 86_400.0


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """An alarm of a kind of the tests' own: when it was due, each time it rings."""
    heard: list[float] = []

    def ring(_tools: Tools, _db: Session, _person: User, rung: Alarm, _delivery: Delivery) -> None:
        heard.append(rung.due)

    monkeypatch.setitem(RINGS, "test", ring)
    return heard


def sets(person: Person, due: float, rule: str | None = None) -> None:
    with person.world.house.database.transaction() as db:
        alarm.set_to(db, person.id, "test", due, rule=rule)


def count(world: World) -> int:
    with world.house.database.reading() as db:
        return int(db.scalar(text("SELECT count(*) FROM alarm")) or 0)


def pauses(person: Person, at: float | None) -> None:
    with person.world.house.database.transaction() as db:
        user.change(db, person.id, paused_at=at)


@contextmanager
def by_hand(world: World) -> Iterator[Queue]:
    """While it lasts, nothing happens of itself: alarms are called, and lines worked off, when the test says so."""
    world.stop_app()
    house = build(world.config())
    queue = Queue(house)
    yield queue
    queue.stop()
    house.close()
    world.start_app()


@pytest.fixture
def second(world: World) -> Iterator[Queue]:
    """Another worker on the same database."""
    house = build(world.config())
    queue = Queue(house)
    queue.start()
    yield queue
    queue.stop()
    house.close()


def test_two_workers_and_many_looks_ring_once_each(
    world: World, second: Queue, alice: Person, bob: Person, clock: Clock
) -> None:  # fmt: skip
    """D-05: nothing is lost and nothing doubled when several look at the same time."""
    for person in (alice, bob):
        person.connects()
        for number in range(8):
            person.says(f"/remind +1h thing {number}")
    said = {person: len(person.hears()) for person in (alice, bob)}
    clock.advance(3_700)
    looks = [threading.Thread(target=queue.ring) for queue in (world.queue, second) * 3]
    for look in looks:
        look.start()
    for look in looks:
        look.join()
    world.settle()
    for person, before in said.items():
        heard = [one.partition("\n")[0].partition(": ")[2] for one in person.hears()[before:]]
        assert heard == [f"thing {number}" for number in range(8)]
    assert count(world) == 0


@SQLITE
def test_after_a_year_of_downtime_each_is_told_of_once_and_late(world: World, alice: Person, clock: Clock) -> None:
    """D-03, D-04: not one notice for each day that was missed; and it says when it was due."""
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 0)
    alice.connects()
    lives_in(alice, "Europe/Oslo")
    alice.says("/remind every day 9:00 stand-up")
    alice.says("/remind tomorrow 10:00 call Bob")
    said = len(alice.hears())
    world.stop_app()
    it_is(clock, "Europe/Oslo", 2028, 1, 12, 9, 30)
    world.start_app()
    world.queue.ring()
    world.settle()
    stand_up, call = [heard for heard in alice.hears()[said:] if heard.startswith("**Reminder")]
    assert "_Late: it was due Mon 4 Jan 2027 at 09:00._" in stand_up
    assert "_It comes every day at 09:00, next tomorrow at 09:00._" in stand_up
    assert "_Late: it was due Tue 5 Jan 2027 at 10:00._" in call
    assert rings(alice) == []
    it_is(clock, "Europe/Oslo", 2028, 1, 13, 9, 0)
    (on_time,) = rings(alice)
    assert "Late" not in on_time


@SQLITE
@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Oslo", [(3, 27), (3, 28), (3, 29), (10, 30), (10, 31), (11, 1)]),
        ("America/New_York", [(3, 13), (3, 14), (11, 6), (11, 7), (11, 8)]),
    ],
)  # fmt: skip
def test_daily_means_the_clock_on_the_wall(
    world: World, alice: Person, clock: Clock, zone: str, days: list[tuple[int, ...]]
) -> None:  # fmt: skip
    """Also on the days on which clocks change: at nine, not a minute before, and once."""
    it_is(clock, zone, 2027, 1, 4, 8, 0)
    alice.connects()
    lives_in(alice, zone)
    alice.says("/remind every day 9:00 stand-up")
    for day in days:
        it_is(clock, zone, 2027, *day, 8, 40)
        rings(alice)  # what the days between brought
        it_is(clock, zone, 2027, *day, 8, 59)
        assert rings(alice) == [], day
        it_is(clock, zone, 2027, *day, 9, 0)
        (alert,) = rings(alice)
        assert "Late" not in alert, day
        assert "next tomorrow at 09:00" in alert, day
        assert rings(alice) == [], day


@SQLITE
def test_paused_people_are_told_at_the_end_of_their_pause(world: World, alice: Person, clock: Clock) -> None:
    """D-02: held, not destroyed; told once, and when it was due. Also if the pause began in the last moment."""
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 0)
    alice.connects()
    lives_in(alice, "Europe/Oslo")
    alice.says("/remind every day 9:00 stand-up")
    alice.says("/remind +30m in the last moment")
    with by_hand(world) as queue:
        it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 31)
        queue.ring()
        pauses(alice, now())
        queue.house.inbox.drain(alice.id)
    assert rings(alice) == []
    it_is(clock, "Europe/Oslo", 2027, 1, 6, 12, 0)
    assert rings(alice) == []
    assert "You are paused" in alice.says("/reminders")[0]
    pauses(alice, None)
    moment, daily = rings(alice)
    assert "in the last moment\n\n_Late: it was due Mon 4 Jan at 08:30._" in moment
    assert "_Late: it was due Mon 4 Jan at 09:00._\n\n_It comes every day at 09:00, next tomorrow" in daily
    assert rings(alice) == []


@SQLITE
def test_what_rings_is_all_done_or_not_at_all(
    world: World, alice: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """D-02: a mistake of ours in the middle neither loses an alarm nor says it twice; one that was laid aside is called again."""
    alice.connects()
    alice.says("/remind +1h call Bob")
    said, failures = len(alice.hears()), iter(range(9))
    right = RINGS[reminder.KIND]

    def wrong(tools: Tools, db: Session, person: User, rung: Alarm, delivery: Delivery) -> None:
        right(tools, db, person, rung, delivery)
        if next(failures) < 8:
            raise RuntimeError("after it was put in line")

    monkeypatch.setitem(RINGS, reminder.KIND, wrong)
    clock.advance(3_601)
    world.queue.ring()
    world.skip_pauses(clock)  # six attempts, and it is laid aside
    assert alice.hears()[said:] == []
    world.queue.repair()
    world.queue.ring()
    world.settle()
    assert alice.hears()[said:] == []
    clock.advance(3_601)  # nobody works on it any more
    for _ in range(2):
        world.queue.repair()
        world.queue.ring()
        world.skip_pauses(clock)
        clock.advance(3_601)
    (alert,) = alice.hears()[said:]
    assert alert.startswith("**Reminder 1**: call Bob\n\n_Late: it was due")
    assert count(world) == 0


@SQLITE
def test_the_same_time_again_rings_again(world: World, alice: Person, rung: list[float], clock: Clock) -> None:
    """A repeated call is dropped by its key, and SQLite gives the ids of deleted rows to new ones."""
    alice.connects()
    due = now() - 100
    with by_hand(world) as queue:
        sets(alice, due)
        queue.ring()
        with queue.house.database.transaction() as db:
            alarm.clear(db, alice.id, "test")
        queue.house.inbox.drain(alice.id)  # it is heard too late
        assert rung == []
        for expected in ([due], [due, due]):
            sets(alice, due)
            queue.ring()
            queue.ring()
            queue.house.inbox.drain(alice.id)
            assert rung == expected


@SQLITE
def test_a_clock_that_is_set_back_rings_nothing_twice_and_holds_up_nothing(
    world: World, alice: Person, rung: list[float], clock: Clock
) -> None:
    """Or that of the machine that hears, which is behind that of the one that calls."""
    it_is(clock, "UTC", 2027, 1, 4, 8, 0)
    alice.connects()
    lives_in(alice, "UTC")
    nine = datetime(2027, 1, 4, 9, tzinfo=UTC).timestamp()
    sets(alice, nine, rule="0123456 09:00")
    with by_hand(world) as queue:
        it_is(clock, "UTC", 2027, 1, 4, 9, 0)
        queue.ring()
        clock.advance(-300)
        queue.house.inbox.drain(alice.id)
        clock.advance(600)
        queue.ring()
        queue.house.inbox.drain(alice.id)
        assert rung == [nine]
        clock.advance(DAY)
        queue.ring()
        queue.house.inbox.drain(alice.id)
        assert rung == [nine, nine + DAY]


@SQLITE
def test_hundreds_at_nine_ring_at_once_and_leave_room_for_others(
    database_url: str, tmp_path: Path, rung: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """The queue is filled only so far, so that what somebody types meanwhile does not wait for all of them."""
    monkeypatch.setattr(jobs, "RING_EVERY", 0.2)
    with World(database_url, tmp_path, with_queue=False) as world:
        database, due = world.house.database, now() - 1
        with database.transaction() as db:
            for number in range(QUEUED + 100):
                person_id = f"person {number}"
                email = f"{number}@example.com"
                user.save(db, person_id=person_id, email=email, display_name="", opaque=person_id, timezone="UTC")
                alarm.set_to(db, person_id, "test", due)
        world.queue.ring()
        wait_until(lambda: world.queue.crew.waiting == QUEUED)
        world.queue.ring()
        with database.reading() as db:
            assert backlog.count_open(db, inbox.InboxRow) == QUEUED
            assert alarm.is_any_due(db)
        world.queue.start()
        wait_until(lambda: count(world) == 0, 60.0)
        assert rung == [due] * (QUEUED + 100)
