"""What ears know by heart: nothing is asked for an event that nobody needs, and no change is missed, wherever it is made."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any

import pytest
from sqlalchemy import event as sa_event
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import ears
from app.models import Database, ledger, route, user, vip
from app.models.route import Route
from app.routing import Routing
from tests.people import Person
from tests.signing import event, rows, sign
from tests.world import World, wait_until

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """What this thread asks of the database, meanwhile."""
    asked: list[str] = []
    me = threading.get_ident()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if threading.get_ident() == me:
            asked.append(statement)

    engines = {world.house.database.engine, world.house.database.reader}
    for engine in engines:
        sa_event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        sa_event.remove(engine, "before_cursor_execute", note)


def heard(world: World, person: Person) -> tuple[int, int]:
    world.house.tools.tally.flush()
    with world.house.database.reading() as db:
        sums = ledger.sums(db, person.id, 1)
    return sums.get(ledger.HEARD, 0), sums.get(ledger.DROPPED, 0)


def test_ten_thousand_events_that_nobody_needs_cost_no_statement_and_no_call(world: World, alice: Person, bob: Person) -> None:
    """Counted exactly: foreign messages, deeds that are none of ours, forged, unknown and broken deliveries."""
    alice.connects()
    bob.connects()
    wait_until(lambda: world.house.routing.is_believed)
    path, secret = world.hook_of(alice)
    nowhere, strangers = "/hooks/" + "0" * 40, world.house.tools.subscriptions.secret("0" * 40)
    useless = [event(bob), event(bob, event="deleted"), event(alice, resource="memberships"), event(bob, resource="rooms")]
    useless += [
        event(bob, data={"id": "M", "roomId": "R", "roomType": "direct", "personId": bob.id}),
        event(alice, createdBy=bob.id),
    ]
    bodies = [json.dumps(one).encode() for one in useless]
    kinds = [
        *((204, path, sign(secret, body), body) for body in bodies),
        (204, "/bot", sign(world.bot_secret, botsown := json.dumps(event(world.bot)).encode()), botsown),
        (401, path, sign(world.hook_of(bob)[1], bodies[0]), bodies[0]),
        (401, path, None, bodies[0]),
        (401, "/bot", sign(secret, bodies[0]), bodies[0]),
        (404, nowhere, sign(secret, bodies[0]), bodies[0]),
        (404, "/hooks/anything", None, bodies[0]),
        (400, path, sign(secret, b"{"), b"{"),
        (400, "/bot", sign(world.bot_secret, b"[]"), b"[]"),
    ]
    before, in_inbox = heard(world, alice), rows(world)
    world.forget_calls()
    with statements(world) as asked:
        for status, to, signature, body in islice(cycle(kinds), 10_000):
            assert ears.hear(world.house, to, signature, body) == status
        # Signed as only we can, but nobody's: looked up once, by whatever number of deliveries.
        assert asked == []
        for _ in range(100):
            assert ears.hear(world.house, nowhere, sign(strangers, bodies[0]), bodies[0]) == 404
        assert 1 <= len(asked) <= 2
    assert world.look("calls") == []
    assert rows(world) == in_inbox
    each = [len(range(place, 10_000, len(kinds))) for place in range(len(useless) - 1)]  # all but somebody else's webhook
    after = heard(world, alice)
    assert (after[0] - before[0], after[1] - before[1]) == (sum(each), sum(each))


@sqlite
def test_what_is_switched_on_is_heard_at_once_and_what_is_left_no_more(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    path, secret = world.hook_of(alice)
    number = iter(range(100))

    def is_wanted() -> bool:
        before = rows(world)
        told = {"id": f"M{next(number)}", "roomId": "R", "roomType": "group", "personId": bob.id}
        assert world.deliver(path, secret, event(bob, data=told)) == 204
        return rows(world) == before + 1

    assert not is_wanted()
    alice.says("/track bob@example.com bob")
    assert is_wanted()
    alice.says("/pause")
    assert not is_wanted()
    alice.says("/resume")
    assert is_wanted()
    alice.says("/untrack bob")
    assert not is_wanted()
    alice.says("/delete DELETENOW")
    assert world.deliver(path, secret, event(alice)) == 404
    alice.connects()
    assert world.deliver(path, secret, event(alice)) == 204


@postgresql
def test_what_another_process_changes_is_known_here(world: World, alice: Person, bob: Person) -> None:
    """By a connection that listens; and when that one breaks, what it would have brought is asked for."""
    alice.connects()
    routing, opaque = world.house.routing, world.house.tools.subscriptions.opaque(alice.id)
    wait_until(lambda: routing.is_believed)
    other = Database(world.database_url)

    def tracks() -> bool:
        entry = routing.find(opaque)
        return entry is not None and hash(bob.id) in entry.tracked

    with other.transaction() as db:
        added = vip.add(db, person_id=alice.id, vip_person_id=bob.id, email=bob.email, nickname="bob", mode=user.LIVE).id
    wait_until(tracks)
    listens = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'"
    with other.transaction() as db:
        db.execute(text(f"SELECT pg_terminate_backend(pid) {listens}"))
    wait_until(lambda: not routing.is_believed)
    with other.transaction() as db:
        vip.remove(db, alice.id, added)
    assert not tracks()
    wait_until(lambda: routing.is_believed)
    assert not tracks()
    other.close()


class Deaf(Database):
    """A database behind a pooler: LISTEN is taken, and nothing ever comes."""

    @contextmanager
    def listening(self) -> Iterator[Any]:
        with super().listening() as heard:
            yield lambda seconds: [said for said in heard(seconds) if self.hears]

    hears = True


@postgresql
def test_a_table_that_hears_nothing_is_not_believed(world: World, alice: Person) -> None:
    alice.connects()
    opaque = world.house.tools.subscriptions.opaque
    database = Deaf(world.database_url)
    routing = Routing(database, opaque, echo_every=0.3)
    routing.begin()
    wait_until(lambda: routing.is_believed)
    database.hears = False
    wait_until(lambda: not routing.is_believed)
    with world.house.database.transaction() as db:
        user.change(db, alice.id, room_alerts=True)
    assert (found := routing.find(opaque(alice.id))) and found.rooms
    database.hears = True
    wait_until(lambda: routing.is_believed)
    assert (found := routing.find(opaque(alice.id))) and found.rooms
    routing.stop()
    database.close()


@sqlite
def test_a_route_that_changed_while_it_was_read_is_not_kept_as_it_was(world: World, alice: Person) -> None:
    """Somebody looks up what a command changes at this very moment: whoever is slower must not put back what was."""
    alice.connects()
    routing, opaque = world.house.routing, world.house.tools.subscriptions.opaque(alice.id)
    meanwhile = iter([True])

    def read(db: Session) -> Route | None:
        found = route.by_hook(db, opaque)
        if next(meanwhile, False):
            with world.house.database.transaction() as other:
                user.change(other, alice.id, room_alerts=True)
        return found

    entry = routing._look(bytes.fromhex(opaque), read)
    assert entry and entry.rooms
    assert routing.entries()[alice.id].rooms
