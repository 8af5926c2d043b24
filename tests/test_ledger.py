"""The tally of what ears heard: kept in memory for a moment, added to the ledger, never counted twice."""

import threading
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from app.models import Database, ledger
from app.tally import Tally
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Away:
    """A database that is away for so many writes."""

    def __init__(self, real: Database, failures: int) -> None:
        self.real = real
        self.failures = failures

    def write(self, work: Any) -> Any:
        if self.failures:
            self.failures -= 1
            raise OperationalError("write", {}, Exception("the database is away"))
        return self.real.write(work)


def sums(world: World, person: Person) -> dict[str, int]:
    with world.house.database.reading() as db:
        return ledger.sums(db, person.id, 1)


def test_counts_outlive_a_database_that_is_away(world: World, alice: Person) -> None:
    alice.connects()
    world.house.tools.tally.flush()
    before = sums(world, alice).get(ledger.HEARD, 0)
    tally = Tally(cast(Database, Away(world.house.database, 2)))
    for _ in range(3):
        tally.heard(alice.id, is_dropped=False)
    for _ in range(2):
        with pytest.raises(OperationalError):
            tally.flush()
        tally.heard(alice.id, is_dropped=False)
    tally.heard("somebody without an account", is_dropped=False)
    for _ in range(3):
        tally.flush()  # the second and third have nothing to add
    assert sums(world, alice)[ledger.HEARD] == before + 5


def test_nothing_is_lost_or_doubled_when_many_count_and_flush(world: World, alice: Person) -> None:
    alice.connects()
    world.house.tools.tally.flush()
    before = sums(world, alice).get(ledger.DROPPED, 0)
    tally = Tally(world.house.database)

    def count() -> None:
        for number in range(200):
            tally.heard(alice.id, is_dropped=True)
            if number % 50 == 0:
                tally.flush()

    threads = [threading.Thread(target=count) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tally.flush()
    assert sums(world, alice)[ledger.DROPPED] == before + 1_200


def test_what_was_counted_is_written_when_the_app_stops(world: World, alice: Person) -> None:
    """Only a process that is killed loses the counts of the last moment."""
    alice.connects()
    world.house.tools.tally.flush()
    before = sums(world, alice).get(ledger.HEARD, 0)
    for _ in range(7):
        world.house.tools.tally.heard(alice.id, is_dropped=False)
    world.stop_app()
    world.start_app()
    assert sums(world, alice)[ledger.HEARD] == before + 7


def test_the_ledger_of_who_left_goes_with_them(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo", room="Project X")
    world.house.tools.tally.flush()
    assert sums(world, alice)[ledger.FETCHED + "commands"] >= 1
    world.house.tools.tally.heard(alice.id, is_dropped=False)
    alice.says("/delete DELETENOW")
    world.house.tools.tally.flush()
    assert sums(world, alice) == {}
