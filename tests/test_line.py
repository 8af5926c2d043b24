"""Rows in line, on a database of each kind: one at a time, in order, whoever works and whoever dies."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from app.models import Database, backlog, base, inbox, line, now, retention
from app.models.inbox import InboxRow
from app.models.line import Slot
from tests.world import Clock

ME, OTHER = Slot("here:0", "first"), Slot("there:0", "first")
A_MINUTE = 61.0  # seconds: every lease has ended


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def put(database: Database, line_name: str, *words: str) -> None:
    for word in words:
        added = partial(inbox.add, key=f"{line_name} {word}", line_name=line_name, receiver="bot", body=word)
        assert database.write(added)


def settle(database: Database, row: InboxRow, state: int = line.DONE, due: float = 0.0) -> bool:
    with database.transaction() as db:
        return line.settle(db, row, state, due=due)


def recover(database: Database, slot: Slot, at_start: bool = False) -> None:
    database.write(partial(line.recover, table=InboxRow, slot=slot, at_start=at_start))


def taken(database: Database, line_name: str, slot: Slot = ME) -> str | None:
    row = line.claim(database, InboxRow, line_name, slot)
    return row.body if row else None


def test_a_line_is_worked_off_in_order_one_row_at_a_time(database: Database) -> None:
    put(database, "alice", "one", "two")
    first = line.claim(database, InboxRow, "alice", ME)
    assert first is not None
    assert first.body == "one"
    assert first.attempts == 1
    assert taken(database, "alice") is None
    assert taken(database, "alice", OTHER) is None
    assert settle(database, first)
    assert taken(database, "alice", OTHER) == "two"


def test_what_is_heard_now_is_due_for_a_worker_whose_clock_is_a_little_behind(database: Database, clock: Clock) -> None:
    """It was woken for this row, and would not come back before the sweep."""
    put(database, "alice", "hers")
    clock.advance(-0.05)
    assert line.due(database, (InboxRow,), "alice", ME) == {InboxRow}
    assert taken(database, "alice") == "hers"


def test_lines_run_side_by_side(database: Database) -> None:
    put(database, "alice", "hers")
    put(database, "bob", "his")
    assert taken(database, "alice") == "hers"
    assert taken(database, "bob", OTHER) == "his"
    assert taken(database, "nobody") is None


def test_a_row_that_waits_for_another_attempt_holds_the_line(database: Database, clock: Clock) -> None:
    put(database, "alice", "one", "two")
    first = line.claim(database, InboxRow, "alice", ME)
    assert first is not None
    assert settle(database, first, line.WAITING, due=clock() + 30.0)
    assert taken(database, "alice") is None
    clock.advance(31.0)
    assert taken(database, "alice") == "one"


def test_a_thread_that_stood_still_does_not_own_what_another_one_of_its_process_does(database: Database, clock: Clock) -> None:
    """As after a sleep of the whole machine: another one's sweep put the row back, and both threads are of the same slot."""
    put(database, "alice", "hers")
    slept = line.claim(database, InboxRow, "alice", ME)
    clock.advance(A_MINUTE)
    recover(database, OTHER)
    awake = line.claim(database, InboxRow, "alice", ME)
    assert slept and awake and slept.id == awake.id
    with database.transaction() as db:
        assert not line.still_owns(db, slept)
        assert line.still_owns(db, awake)
    assert not settle(database, slept)
    assert settle(database, awake)


def test_a_sweep_wakes_those_who_wait_longest_and_no_line_that_is_worked_on(database: Database) -> None:
    for number in range(6):
        put(database, f"busy {number}", "one", "two")
        assert taken(database, f"busy {number}") == "one"
    put(database, "carol", "new")
    put(database, "alice", "old")
    with database.transaction() as db:
        db.execute(update(InboxRow).where(InboxRow.line == "carol").values(due=now() - 1.0))
        db.execute(update(InboxRow).where(InboxRow.line == "alice").values(due=now() - 60.0))
    with database.reading() as db:
        assert list(line.lines_due(db, InboxRow, within=5.0)) == ["alice", "carol"]
        assert list(line.lines_due(db, InboxRow, within=5.0, limit=1)) == ["alice"]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_row_that_somebody_changes_for_long_keeps_no_other_from_being_put_back(database: Database, clock: Clock) -> None:
    put(database, "alice", "hers")
    put(database, "bob", "his")
    assert taken(database, "alice") and taken(database, "bob")
    clock.advance(A_MINUTE)
    with database.engine.begin() as hangs:
        hangs.execute(select(InboxRow.id).where(InboxRow.line == "alice").with_for_update())
        recover(database, OTHER)
        assert taken(database, "bob", OTHER) == "his"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_who_waits_too_long_for_a_turn_is_told_so(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else an ear would wait for its turn, then for the file, and Webex for the ear."""
    monkeypatch.setattr(base, "BUSY_TIMEOUT", 0.1)
    with database.turn(), pytest.raises(SQLAlchemyError, match="locked"):
        put(database, "alice", "hers")


def test_old_rows_go_in_parts(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "AT_A_TIME", 2)
    put(database, "alice", *(f"{number}" for number in range(5)))
    with database.transaction() as db:
        db.execute(update(InboxRow).values(state=line.DONE, finished=1.0))
    retention.purge(database)
    with database.reading() as db:
        assert db.scalar(select(func.count()).select_from(InboxRow)) == 0


def test_the_same_key_is_stored_once(database: Database) -> None:
    put(database, "alice", "one")
    again = partial(inbox.add, key="alice one", line_name="alice", receiver="bot", body="again")
    assert database.write(again) is False
    assert taken(database, "alice") == "one"
    with database.reading() as db:
        assert backlog.count_open(db, InboxRow) == 1


def test_many_workers_do_each_row_once_and_every_line_in_order(database: Database) -> None:
    names = ["alice", "bob", "carol"]
    words = [f"{number:02}" for number in range(12)]
    for name in names:
        put(database, name, *words)
    done: dict[str, list[str]] = {name: [] for name in names}
    running: dict[str, int] = dict.fromkeys(names, 0)
    overlaps: list[str] = []

    def work(number: int) -> None:
        slot = Slot(f"machine:{number}", "first")
        while any(len(found) < len(words) for found in done.values()):
            for name in names:
                if row := line.claim(database, InboxRow, name, slot):
                    running[name] += 1
                    if running[name] > 1:
                        overlaps.append(row.body)
                    done[name].append(row.body)
                    running[name] -= 1
                    settle(database, row)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == dict.fromkeys(names, words)
    assert not overlaps


def test_an_ended_lease_is_taken_over_and_its_first_holder_is_fenced_off(database: Database, clock: Clock) -> None:
    put(database, "alice", "one")
    row = line.claim(database, InboxRow, "alice", ME)
    assert row is not None
    recover(database, OTHER)
    assert taken(database, "alice", OTHER) is None, "its lease had not ended yet"
    clock.advance(A_MINUTE)
    recover(database, OTHER)
    assert taken(database, "alice", OTHER) == "one"
    with database.transaction() as db:
        assert not line.still_owns(db, row)
    assert not settle(database, row)


def test_a_worker_at_work_keeps_its_lease(database: Database, clock: Clock) -> None:
    put(database, "alice", "one")
    row = line.claim(database, InboxRow, "alice", ME)
    assert row is not None
    with ME.hands.holding(row):
        for _ in range(3):
            clock.advance(45.0)
            assert database.write(partial(line.renew, table=InboxRow, slot=ME)) == 1
            recover(database, OTHER)
            assert taken(database, "alice", OTHER) is None
    clock.advance(45.0)
    assert database.write(partial(line.renew, table=InboxRow, slot=ME)) == 0, "it is in nobody's hands any more"


def test_a_process_that_stood_still_does_not_take_rows_from_its_own_threads(database: Database, clock: Clock) -> None:
    put(database, "alice", "one")
    row = line.claim(database, InboxRow, "alice", ME)
    assert row is not None
    with ME.hands.holding(row):
        clock.advance(A_MINUTE)
        recover(database, ME)
        assert taken(database, "alice") is None
        assert settle(database, row)


def test_a_restarted_worker_takes_back_what_its_earlier_life_held_and_nothing_else(database: Database) -> None:
    put(database, "alice", "hers")
    put(database, "bob", "his")
    put(database, "carol", "carol's")
    neighbour = Slot("here:01", "first")  # its name begins like ours
    assert taken(database, "alice", ME)
    assert taken(database, "bob", OTHER)
    assert taken(database, "carol", neighbour)
    recover(database, Slot(ME.place, "second"), at_start=True)
    assert taken(database, "alice", OTHER) == "hers"
    assert taken(database, "bob", ME) is None
    assert taken(database, "carol", ME) is None


def test_finished_rows_are_purged_when_they_are_old_enough(database: Database, clock: Clock) -> None:
    put(database, "alice", "one", "two", "three")
    first = line.claim(database, InboxRow, "alice", ME)
    assert first is not None
    with database.transaction() as db:
        inbox.mark_step(db, first, "command")
    settle(database, first)
    second = line.claim(database, InboxRow, "alice", ME)
    assert second is not None
    settle(database, second, line.DEAD)
    purge = partial(line.purge, table=InboxRow, older_than=3_600.0)
    assert database.write(purge) == 0
    clock.advance(3_601.0)
    assert database.write(purge) == 2
    assert taken(database, "alice") == "three"
