"""Real processes, really killed: nothing is lost, everything is done once and said once."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.crash_flows import additions, alerts, count, expected, is_due
from tests.databases import Databases
from tests.processes import Installation
from tests.world import wait_until

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@on_sqlite
def test_kill_9_at_any_point_of_a_command_loses_nothing_and_repeats_nothing(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path) as world:
        app = world.serves()
        alice, bob = world.person("alice@example.com"), world.person("bob@example.com")
        alice.connects()
        points = [
            ("GET", "/messages/", 0.7),  # the command was heard, its text not yet read
            ("POST", "/messages$", 0.9),  # it was done; Webex gets its answer, and shows it only after the app is back
        ]
        for number, (method, path, slow) in enumerate(points, 1):
            world.fault(method, path, by=world.bot, slow=slow)
            alice.writes(f"/todo thing {number}")
            world.wait_for_fault()
            app.is_killed()
            app = world.serves()
            world.control("replay", last=3)
            world.settle()
            assert additions(alice) == expected(number), path
        world.fault("POST", "/webhooks$", by=alice, slow=0.7)  # half of the command's effects are in Webex already
        alice.writes("/track bob@example.com bob")
        world.wait_for_fault()
        app.is_killed()
        app = world.serves()
        world.settle()
        assert len([heard for heard in alice.hears() if heard.startswith("Now tracking")]) == 1
        said = len(alice.hears())
        bob.writes("lunch?", room="Project X")
        world.settle()
        assert ["lunch?" in heard for heard in alice.hears()[said:]] == [True]
        assert app.is_stopped() == 0


@on_sqlite
def test_kill_9_again_and_again_under_load(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path) as world:
        app = world.serves()
        people = [world.person(f"{name}@example.com") for name in ("alice", "bob")]
        for person in people:
            person.connects()
        for number in range(1, 16):
            for person in people:
                person.writes(f"/todo thing {number}")
            if number % 5 == 0:
                world.control("drain", timeout=20)  # all of it is acknowledged, and little of it done
                app.is_killed()
                app = world.serves()
        world.settle()
        assert [additions(person) for person in people] == [expected(15), expected(15)]


@on_sqlite
def test_sigterm_ends_the_app_in_mid_command_and_the_next_start_goes_on(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path, HTTP_TIMEOUT="60s") as world:
        app = world.serves()
        alice = world.person("alice@example.com")
        alice.connects()
        world.fault("GET", "/messages/", by=world.bot, slow=60.0)
        for number in range(1, 4):
            alice.writes(f"/todo thing {number}")
        world.wait_for_fault()
        world.control("drain")
        assert app.is_stopped() == 0
        assert "Traceback" not in app.said
        app = world.serves()
        world.settle()
        assert additions(alice) == expected(3)
        app.send(signal.SIGINT)
        assert app.ends() == 0


@on_postgresql
def test_two_workers_keep_one_persons_order_and_one_may_die(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path) as world:
        serve, *workers = processes = [world.begins(command) for command in ("serve", "worker", "worker")]
        world.is_ready(serve)
        alice, bob = world.person("alice@example.com"), world.person("bob@example.com")
        alice.connects()
        bob.connects()
        for number in range(1, 13):
            alice.writes(f"/todo thing {number}", room="Project X" if number % 3 == 0 else None)
            bob.writes(f"/todo thing {number}")
            world.control("drain", timeout=20)
        world.settle()
        assert [additions(alice), additions(bob)] == [expected(12), expected(12)]

        places = sorted(int(path.read_text()) for path in (tmp_path / "slots").glob("*.lock"))
        assert places == sorted(process.child.pid for process in processes), "two processes share a place"

        world.fault("GET", "/messages/", by=world.bot, slow=0.7)
        alice.writes("/todo thing 13")
        world.wait_for_fault()
        killed = next(worker for worker in workers if _holds(world, worker.child.pid))
        killed.is_killed()
        bob.writes("/todo thing 13")
        wait_until(lambda: additions(bob) == expected(13))
        assert additions(alice) == expected(12), "its lease should not have ended yet"
        with world.database.transaction() as db:
            db.execute(text("UPDATE inbox SET lease = 1 WHERE state = 1"))  # a minute passes
        world.settle()
        assert additions(alice) == expected(13)
        assert [process.is_stopped() for process in processes if process is not killed] == [0, 0]


@on_sqlite
def test_kill_9_loses_no_reminder_and_doubles_none(database_url: str, tmp_path: Path) -> None:
    """Between send and mark, while a pinned message is read, and again and again while many are due."""
    with Installation(database_url, tmp_path) as world:
        app = world.serves()
        alice, bob = world.person("alice@example.com"), world.person("bob@example.com")
        alice.connects()
        world.fault("POST", "/messages$", by=world.bot, slow=0.9)
        is_due(world, alice, ["between send and mark"])
        world.wait_for_fault()
        app.is_killed()
        app = world.serves()
        wait_until(lambda: not count(world, "alarm"))
        world.settle()
        assert alerts(alice) == ["between send and mark"]

        bob.writes("the source", room="Project X")
        alice.says("/pin 1 +1h read", room="Project X")
        world.fault("GET", "/messages/", by=alice, slow=0.9)
        with world.database.transaction() as db:
            db.execute(text("UPDATE alarm SET due = 1"))
        world.wait_for_fault()
        app.is_killed()
        app = world.serves()
        world.settle()
        assert alerts(alice) == ["between send and mark", "read"]
        assert "the source" in alice.hears()[-1]

        things = [f"thing {number}" for number in range(12)]
        is_due(world, alice, things)
        for known in (2, 6):
            wait_until(lambda known=known: len(alerts(alice)) >= 2 + known)
            app.is_killed()
            app = world.serves()
        wait_until(lambda: not count(world, "alarm"))
        world.settle()
        assert alerts(alice)[2:] == things
        assert app.is_stopped() == 0


def _holds(world: Installation, pid: int) -> bool:
    """Whether this process works on a delivery: the owner's name holds the number of the place whose lock holds the pid."""
    with world.database.reading() as db:
        owners = list(db.scalars(text("SELECT owner FROM inbox WHERE state = 1")))
    places = [path.stem for path in (world.folder / "slots").glob("*.lock") if path.read_text() == str(pid)]
    return any(owner.split(":")[-2] in places for owner in owners)


def test_many_processes_may_start_at_once_on_an_empty_database(databases: Databases, tmp_path: Path) -> None:
    if not databases.has_postgres:
        pytest.skip("PostgreSQL is missing")
    name = f"empty_{tmp_path.stat().st_ino}"
    try:
        with Installation(databases.create_postgres(name), tmp_path) as world:
            serve, *workers = [world.begins(command) for command in ("serve", "worker", "worker")]
            world.is_ready(serve)
            alice = world.person("alice@example.com")
            assert len(alice.says("hello")) == 1
            assert all(worker.is_alive for worker in workers), [worker.said for worker in workers]

            serve.is_killed()  # and for so long that Webex gave up on it
            for hook in world.bot.api("GET", "/webhooks")["items"]:
                world.control(f"webhooks/{hook['id']}/disable")
            world.serves()
            assert len(alice.says("/help")) == 1
    finally:
        databases.drop_postgres(name)
