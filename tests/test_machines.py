"""Several machines on one PostgreSQL: servers behind a load balancer, workers, and whatever of it may fail."""

import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import pytest
import requests
from sqlalchemy import make_url

from app.bot import webhook
from tests.crash_flows import additions, alerts, count, expected, is_due
from tests.people import PATIENCE, Person
from tests.processes import Installation, Process, free_port
from tests.redis_server import MISSING, Redis, find_binary
from tests.relay import Relay
from tests.world import wait_until

pytestmark = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
SOON = 2.0  # seconds in which the database has to answer
# A minute's lease passes in seconds.
SHORT = {"app.models.line.LEASE": 5.0, "app.models.line.LET_GO": 3.0, "app.jobs.RENEW_EVERY": 1.0}


class Machines(Installation):
    """An installation on several machines, each with a folder of its own; its address is a load balancer's before two servers."""

    def _port(self) -> int:
        self.servers = (free_port(), free_port())
        self.balancer = Relay(*self.servers)
        return self.balancer.port

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        super().__exit__(kind, error, trace)
        self.balancer.close()

    def machine(self, command: str, number: int) -> Process:
        """Start a command on a machine, also again."""
        own = {"DATA_DIR": str(self.folder / f"{command}{number}")}
        return self.begins(command, **own, **({"PORT": str(self.servers[number])} if command == "serve" else {}))


@pytest.fixture(params=["postgresql", "redis"])
def queue(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Redis | None]:
    """None if the database is the queue, too."""
    if request.param != "redis":
        yield None
        return
    if not (binary := find_binary()):
        pytest.skip(MISSING)
    with Redis(binary, tmp_path) as server:
        yield server


def test_two_servers_and_three_workers_may_each_be_killed(database_url: str, tmp_path: Path, queue: Redis | None) -> None:
    """Nothing is lost, everybody's order is kept, and reminders ring once, though three workers have a clock (D-05)."""
    with Machines(database_url, tmp_path, **({"QUEUE_URL": queue.url} if queue else {})) as world:
        world.given |= SHORT
        servers = [world.machine("serve", number) for number in range(2)]
        workers = [world.machine("worker", number) for number in range(3)]
        world.is_ready(servers[0])
        people = [world.person(f"{name}@example.com") for name in ("alice", "bob")]
        for person in people:
            person.connects()
        numbers = iter(range(1, 100))
        for number, victim in enumerate((workers[0], servers[0], workers[1])):
            for _ in range(3):
                writes(people, next(numbers))
            for person in people:
                is_due(world, person, [f"{number}.{part}" for part in range(3)])
            victim.is_killed()  # all that was written is acknowledged, and little of it done
            if victim is not workers[0]:  # whose work others take over
                world.machine(victim.arguments[0], 0 if victim is servers[0] else 1)
        if queue:
            queue.stop()
            writes(people, next(numbers))  # is heard all the same
            queue.start()  # with nothing in it
        writes(people, last := next(numbers))
        wait_until(lambda: not count(world, "alarm"))
        world.settle()
        assert [additions(person) for person in people] == [expected(last)] * 2
        assert [sorted(alerts(person)) for person in people] == [
            [f"{number}.{part}" for number in range(3) for part in range(3)]
        ] * 2


def writes(people: list[Person], number: int) -> None:
    """Everybody adds a thing, and is heard; every third time where the bot is not."""
    for person in people:
        person.writes(f"/todo thing {number}", room="Project X" if number % 3 == 0 else None)
    people[0].world.control("drain", timeout=PATIENCE)


def test_while_the_database_is_away_nothing_is_acknowledged_and_then_all_goes_on(database_url: str, tmp_path: Path) -> None:
    with at_work(database_url, tmp_path) as (line, world, alice):
        line.cut()
        alice.writes("/todo thing 2")
        world.control("drain", timeout=PATIENCE)
        refused = told(world, alice)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert requests.get(f"{world.app_url}/readyz", timeout=PATIENCE).status_code == 503
        world.goes_on()
        time.sleep(0.5)  # the worker comes to its end, and nobody takes note
        line.mend()
        all_is_done(world, alice)


def test_a_database_that_takes_connections_and_never_answers(database_url: str, tmp_path: Path) -> None:
    """As behind a network that swallows everything: ears refuse, and do not wait for it one after the other."""
    with at_work(database_url, tmp_path) as (line, world, alice):
        line.freeze()
        world.goes_on()
        assert told(world, alice).status_code == 503
        began = time.monotonic()
        assert {told(world, alice).status_code for _ in range(30)} == {503}
        assert time.monotonic() - began < 30 * SOON / 4, "each of them waited for the database"
        assert requests.get(f"{world.app_url}/readyz", timeout=PATIENCE).status_code == 503
        assert requests.get(f"{world.app_url}/healthz", timeout=PATIENCE).ok
        alice.writes("/todo thing 2")
        world.control("drain", timeout=PATIENCE)
        line.thaw()
        all_is_done(world, alice)


@contextmanager
def at_work(database_url: str, tmp_path: Path) -> Iterator[tuple[Relay, Installation, Person]]:
    """An installation whose way to the database can be cut, while a command is acknowledged and in a worker's hands: Webex is
    slow with it until `goes_on`."""
    url = make_url(database_url)
    with Relay(url.port or 5432) as line:
        way = url.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
        with Installation(database_url, tmp_path, DATABASE_URL=way, HTTP_TIMEOUT="10s") as world:
            longer = {"app.models.line.LEASE": 60.0, "app.jobs.BEAT_EVERY": 0.5, "app.models.postgres.PATIENCE": SOON}
            world.given |= SHORT | longer
            world.starts_all()
            alice = world.person("alice@example.com")
            alice.connects()
            world.fault("GET", "/messages/", by=world.bot, slow=60.0)
            alice.writes("/todo thing 1")
            world.wait_for_fault()
            yield line, world, alice


def all_is_done(world: Installation, alice: Person) -> None:
    """What was in hand, and what was not acknowledged, which is found by reading: once, whatever Webex tells again."""
    wait_until(lambda: requests.get(f"{world.app_url}/readyz", timeout=PATIENCE).ok)
    wait_until(lambda: additions(alice) == expected(2))
    world.control("replay", last=4)
    world.settle()
    assert additions(alice) == expected(2)
    assert all(process.is_alive for process in world.processes)


def told(world: Installation, person: Person) -> requests.Response:
    """The answer to a delivery about a message that this person wrote."""
    event = world.event("messages", {"id": "m", "roomId": "r", "roomType": "direct", "personId": person.id}, actor=person.id)
    body = json.dumps(event).encode()
    signature = hmac.new(webhook.secret(world.config()).encode(), body, hashlib.sha1).hexdigest()
    headers = {"X-Spark-Signature": signature, "Content-Type": "application/json"}
    return requests.post(f"{world.app_url}/bot", data=body, headers=headers, timeout=PATIENCE)


def test_machines_need_not_agree_on_what_time_it_is(database_url: str, tmp_path: Path) -> None:
    """The lease of a worker whose clock is slow has not ended because that of another is fast."""
    with Machines(database_url, tmp_path, HTTP_TIMEOUT="5s") as world:
        serve = world.machine("serve", 0)
        world.begins("worker", DATA_DIR=str(tmp_path / "slow"), ahead=-300.0)
        world.is_ready(serve)
        alice = world.person("alice@example.com")
        alice.connects()
        world.forget_calls()
        world.fault("GET", "/messages/", by=world.bot, slow=2.5)
        alice.writes("/todo thing 1")
        world.wait_for_fault()
        world.begins("worker", DATA_DIR=str(tmp_path / "fast"), ahead=300.0)
        world.settle()
        assert additions(alice) == expected(1)
        read = [
            call
            for call in world.look("calls")
            if call["method"] == "GET" and call["by"] == world.bot.id and "/messages/" in call["path"]
        ]
        assert len(read) == 1, "somebody took it over"
        is_due(world, alice, ["now"])
        wait_until(lambda: alerts(alice) == ["now"])
