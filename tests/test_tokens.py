"""People's tokens: sealed, and renewed once."""

from typing import Any

import pytest
import requests

from app.models import token, user
from app.models.token import Token
from app.texts import ACCESS_ENDED
from tests import disk
from tests.people import Person
from tests.tokens import ask_at_once, end_access, kept, opened, renewals, status
from tests.world import Clock, World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = 86_400.0


# At rest


def test_tokens_lie_sealed(world: World, alice: Person) -> None:
    alice.connects()
    before = opened(world, alice)
    end_access(world, alice)
    alice.says("/track bob@example.com bob")
    after = opened(world, alice)
    assert before[0] != after[0]
    for secret in (*before, *after, "demo-bot-token", "demo-client-secret"):
        assert disk.where(world, secret) == []
    assert disk.where(world, alice.email) != []  # the search does find what is there


@sqlite
def test_a_sealed_token_opens_in_its_own_row_only(world: World, alice: Person, bob: Person) -> None:
    """Somebody who can write to the database puts Alice's tokens into Bob's row."""
    alice.connects()
    bob.connects()
    with world.house.database.transaction() as db:
        mine, his = db.get_one(Token, alice.id), db.get_one(Token, bob.id)
        his.access, his.refresh = mine.access, mine.refresh
    world.forget_calls()
    assert "no longer lets me act" in " ".join(bob.says("/track carol@example.com carol"))
    assert alice.id not in [call["by"] for call in world.look("calls") if "/people" in call["path"]]
    assert status(world, bob) == user.REAUTHORIZE
    assert bob.hears().count(ACCESS_ENDED) == 1
    bob.connects()
    assert "Now tracking" in bob.says("/track carol@example.com carol")[0]


# Renewal


def test_many_who_need_a_token_renew_it_once(world: World, alice: Person) -> None:
    alice.connects()
    end_access(world, alice)
    world.fault("POST", "/access_token$", slow=0.1, times=-1)
    world.control("switches", rotate_refresh_token="new")
    found = ask_at_once(world, 8, lambda house: house.tools.people.tokens.access(alice.id))
    assert renewals(world) == 1
    assert set(found) == {(opened(world, alice)[0], 2)}
    row = kept(world, alice)
    assert (row.status, row.lease_owner, row.lease_until) == (token.OK, None, None)


def test_many_who_are_refused_renew_it_once(world: World, alice: Person) -> None:
    """Webex ended a token before its time: everybody gets 401 in the same moment."""
    alice.connects()
    world.control("expire", person=alice.email)
    world.control("switches", rotate_refresh_token="new")
    world.forget_calls()
    people = ask_at_once(world, 8, lambda house: house.tools.people.acting_as(alice.id).get_me())
    assert renewals(world) == 1
    assert {person.id for person in people} == {alice.id}
    assert sum(call["status"] == 401 for call in world.look("calls")) in range(1, 9)


@sqlite
def test_a_401_is_answered_with_one_renewal(world: World, alice: Person) -> None:
    alice.connects()
    world.control("expire", person=alice.email)
    world.forget_calls()
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]
    assert "works" in alice.says("/me")[0]
    assert renewals(world) == 1


@sqlite
def test_a_401_that_stays_ends_no_account(world: World, alice: Person) -> None:
    """The fresh token is refused, too: nothing says that the authorization has ended."""
    alice.connects()
    world.fault("GET", "/people", by=alice, status=401, times=2)
    world.forget_calls()
    assert "no longer lets me act" in alice.says("/track bob@example.com bob")[0]
    assert renewals(world) == 1
    assert status(world, alice) == user.ACTIVE and ACCESS_ENDED not in alice.hears()
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]


@sqlite
def test_whatever_webex_does_with_the_refresh_token(world: World, alice: Person) -> None:
    alice.connects()
    first = opened(world, alice)[1]
    for mode, is_kept in (("same", True), ("omitted", True), ("new", False), ("new", False), ("omitted", True)):
        before = opened(world, alice)
        world.control("switches", rotate_refresh_token=mode, old_access_token_dies=True)
        end_access(world, alice)
        assert "works" in alice.says("/me")[0], mode
        after = opened(world, alice)
        assert after[0] != before[0], mode
        assert (after[1] == before[1]) is is_kept, mode
    assert opened(world, alice)[1] != first


@sqlite
def test_tokens_with_a_life_of_seconds_are_no_endless_loop(world: World, alice: Person) -> None:
    world.control("switches", access_token_life=20)
    alice.connects()
    world.forget_calls()
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]
    calls = sum(call["by"] == alice.id for call in world.look("calls"))
    assert 1 <= renewals(world) <= calls
    assert status(world, alice) == user.ACTIVE


@sqlite
def test_a_token_is_renewed_days_before_its_end(clock: Clock, world: World, alice: Person) -> None:
    alice.connects()
    clock.advance(6 * DAY)
    world.forget_calls()
    world.queue.repair()
    world.settle()
    assert renewals(world) == 0  # eight days are left
    clock.advance(2 * DAY)
    world.queue.repair()
    world.settle()
    assert renewals(world) == 1
    assert kept(world, alice).version == 2


@sqlite
@pytest.mark.parametrize("refusal", [{"status": 503}, {"status": 400, "body": {"error": "invalid_grant"}}])
def test_an_early_renewal_that_fails_does_no_harm(clock: Clock, world: World, alice: Person, refusal: dict[str, Any]) -> None:
    """The access token still works for days, so nobody is told anything and nothing stops."""
    alice.connects()
    clock.advance(10 * DAY)
    world.fault("POST", "/access_token$", times=-1, **refusal)
    world.queue.repair()
    world.settle()
    assert status(world, alice) == user.ACTIVE and kept(world, alice).status == token.OK
    assert ACCESS_ENDED not in alice.hears()
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    clock.advance(3_600)
    world.queue.repair()
    world.settle()
    assert kept(world, alice).version == 2
