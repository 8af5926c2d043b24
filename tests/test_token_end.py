"""The end of an authorization: only for good reasons, and never in silence."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from app.errors import NotConnected
from app.models import token, user
from app.models.token import Token
from app.texts import ACCESS_ENDED
from app.webex.errors import Unavailable
from tests.people import Person
from tests.servers import Answer, Asked, Server
from tests.tokens import end_access, kept, opened, renewals, status
from tests.world import Clock, World, wait_until

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# The end of an authorization


def test_a_revoked_person_is_told_once_and_comes_back(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    alice.says("/track bob@example.com bob")
    said = len(alice.hears())
    world.control("revoke", person=alice.email)
    for number in range(3):  # several events and commands at once
        bob.writes(f"message {number}", room="Project X")
        alice.writes("/get bob")
        alice.writes("/trackers", room="Launch")
    world.settle()
    answers = alice.hears()[said:]
    assert answers.count(ACCESS_ENDED) == 1
    assert status(world, alice) == user.REAUTHORIZE
    assert sum("can't do that" in answer or "are kept" in answer for answer in answers) == 3  # each /get is answered
    assert "ended" in alice.says("/me")[0] and "/init" in alice.says("/me")[0]
    assert "no longer" in alice.browser.opens("/account").text
    assert "buy milk" in alice.says("/todo")[0]  # what needs no access goes on
    world.queue.repair()
    world.settle()
    assert alice.hears().count(ACCESS_ENDED) == 1

    assert "To let me act for you" in alice.says("/init")[0]
    assert alice.browser.authorizes(alice.link(), alice).ok
    world.settle()
    assert "You're connected" in alice.hears()[-1]
    assert status(world, alice) == user.ACTIVE
    bob.says("back again?", room="Project X")
    assert "back again?" in alice.hears()[-1]
    assert "Connected" in alice.browser.opens("/account").text


@sqlite
def test_a_second_end_is_told_again(world: World, alice: Person) -> None:
    alice.connects()
    for times in (1, 2):
        world.control("revoke", person=alice.email)
        alice.says("/track bob@example.com bob")
        assert alice.hears().count(ACCESS_ENDED) == times
        alice.connects()


@sqlite
def test_dead_refresh_token_in_webex_own_words(world: World, alice: Person) -> None:
    world.control("switches", token_error_shape="spark")
    alice.connects()
    world.control("revoke", person=alice.email)
    alice.says("/track bob@example.com bob")
    assert status(world, alice) == user.REAUTHORIZE
    assert alice.hears().count(ACCESS_ENDED) == 1


PASSING: dict[str, dict[str, Any]] = {
    "503": {"status": 503},
    "500 with HTML": {"status": 500, "body": "<html>oops</html>"},
    "429": {"retry_after": 1},
    "hung up": {"drop": True},
    "no JSON": {"bad_json": True},
    "HTML": {"status": 200, "body": "<html>welcome</html>"},
    "a list": {"status": 200, "body": []},
    "nothing": {"status": 200, "body": {}},
    "an empty token": {"status": 200, "body": {"access_token": "", "expires_in": 9}},
    "a token that is a number": {"status": 200, "body": {"access_token": 5}},
    "an error beside 200": {"status": 200, "body": {"error": "temporarily_unavailable"}},
    "our client is unknown": {"status": 401, "body": {"error": "invalid_client"}},
    "401 in Webex's words": {"status": 401, "body": {"message": "no", "errors": [], "trackingId": "X"}},
    "404": {"status": 404},
}


@sqlite
def test_a_passing_failure_changes_nothing(world: World, alice: Person) -> None:
    """And never overwrites a good token."""
    alice.connects()
    tokens = world.house.tools.people.tokens
    end_access(world, alice)
    before = opened(world, alice)
    for what, fault in PASSING.items():
        world.fault("POST", "/access_token$", **fault)
        with pytest.raises(Unavailable):
            tokens.access(alice.id)
        row = kept(world, alice)
        assert (row.status, row.version, row.lease_owner) == (token.OK, 1, None), what
        assert opened(world, alice) == before, what
    assert tokens.access(alice.id)[1] == 2
    assert status(world, alice) == user.ACTIVE and ACCESS_ENDED not in alice.hears()


@sqlite
def test_a_command_during_an_outage_is_answered(world: World, alice: Person) -> None:
    alice.connects()
    end_access(world, alice)
    world.fault("POST", "/access_token$", status=503)
    answer = alice.says("/track bob@example.com bob")
    assert len(answer) == 1 and "nothing was changed" in answer[0]
    assert "Now tracking" in alice.says("/track bob@example.com bob")[0]


# Our own fault


def five_people(world: World) -> list[Person]:
    """More people than may be refused before we doubt ourselves."""
    world.control("people", email="erin@example.com", displayName="Erin")
    emails = ("alice@example.com", "bob@example.com", "carol@example.com", "dave@partner.example", "erin@example.com")
    people = [world.person(email) for email in emails]
    for person in people:
        person.writes("hello")
    world.settle()
    for person in people:
        person.browser.authorizes(person.link(), person)
    world.settle()
    return people


def restart(world: World, **settings: str) -> None:
    world.stop_app()
    world.settings = settings
    world.start_app()
    world.settle()  # it looks for what it missed


@sqlite
def test_a_wrong_client_secret_marks_nobody(world: World) -> None:
    people = five_people(world)
    restart(world, WEBEX_CLIENT_SECRET="not-the-one")
    for shape in ("oauth", "spark"):
        world.control("switches", token_error_shape=shape)
        for person in people:
            end_access(world, person)
            with pytest.raises(Unavailable):
                world.house.tools.people.tokens.access(person.id)
    assert "nothing was changed" in people[0].says("/track erin@example.com erin")[0]
    restart(world)
    for person in people:
        assert status(world, person) == user.ACTIVE and ACCESS_ENDED not in person.hears()
        assert world.house.tools.people.tokens.access(person.id)[1] == 2


@sqlite
def test_refusals_for_everybody_stop_after_three(world: World) -> None:
    """An endpoint that answers our own mistake just as it answers a dead token: most people are spared."""
    people = five_people(world)
    world.fault("POST", "/access_token$", times=-1, status=400, body={"message": "no", "errors": [], "trackingId": "X"})
    for person in people:
        end_access(world, person)
        with pytest.raises((NotConnected, Unavailable)):
            world.house.tools.people.tokens.access(person.id)
    world.settle()
    marked = [person for person in people if status(world, person) == user.REAUTHORIZE]
    assert marked == people[:3]
    assert [person for person in people if ACCESS_ENDED in person.hears()] == marked


# A process that was away


class Holding:
    """A token endpoint that can keep an answer back, as a paused process would get it late."""

    def __init__(self) -> None:
        self.endpoint = ""
        self.is_holding = False
        self.held = threading.Event()
        self.release = threading.Event()

    def __call__(self, asked: Asked) -> Answer:
        answer = requests.post(self.endpoint, data=asked.body, headers={"Content-Type": asked.headers["Content-Type"]}, timeout=5)
        if self.is_holding:
            self.is_holding = False
            self.held.set()
            self.release.wait(10)
        return Answer(answer.status_code, answer.content)


def test_a_renewer_that_was_paused_still_saves_the_newer_pair(database_url: str, tmp_path: Path) -> None:
    """A renews (Webex rotates), sleeps past its lease; B takes over with the dead token and gives up; A wakes.

    What A holds are the only tokens that work. They must not be lost.
    """
    holding = Holding()
    with Server(holding) as endpoint, World(database_url, tmp_path, WEBEX_TOKEN_URL=f"{endpoint.url}/token") as world:
        holding.endpoint = f"{world.simulator.url}/v1/access_token"
        alice = world.person("alice@example.com")
        alice.connects()
        world.control("switches", rotate_refresh_token="new")
        end_access(world, alice)
        tokens = world.house.tools.people.tokens
        holding.is_holding = True
        with ThreadPoolExecutor(1) as pool:
            paused = pool.submit(tokens.access, alice.id)
            assert holding.held.wait(10)
            with world.house.database.transaction() as db:
                db.get_one(Token, alice.id).lease_until = 0.0
            with pytest.raises(NotConnected):
                tokens.access(alice.id)
            assert status(world, alice) == user.REAUTHORIZE
            holding.release.set()
            assert paused.result(10)[1] == 2
        world.settle()
        assert status(world, alice) == user.ACTIVE
        assert "works" in alice.says("/me")[0]


@sqlite
def test_a_late_refusal_ends_nothing(database_url: str, tmp_path: Path) -> None:
    """A asks, sleeps past its lease; B renews; A's refusal comes in and is about a token that is gone already."""
    holding = Holding()
    with Server(holding) as endpoint, World(database_url, tmp_path, WEBEX_TOKEN_URL=f"{endpoint.url}/token") as world:
        holding.endpoint = f"{world.simulator.url}/v1/access_token"
        alice = world.person("alice@example.com")
        alice.connects()
        world.fault("POST", "/access_token$", status=400, body={"error": "invalid_grant"})
        end_access(world, alice)
        tokens = world.house.tools.people.tokens
        holding.is_holding = True
        with ThreadPoolExecutor(1) as pool:
            paused = pool.submit(tokens.access, alice.id)
            assert holding.held.wait(10)
            with world.house.database.transaction() as db:
                db.get_one(Token, alice.id).lease_until = 0.0
            assert tokens.access(alice.id)[1] == 2
            holding.release.set()
            assert paused.result(10)[1] == 2
        world.settle()
        assert status(world, alice) == user.ACTIVE and ACCESS_ENDED not in alice.hears()


@sqlite
def test_a_renewer_that_died_is_replaced_after_its_lease(clock: Clock, world: World, alice: Person) -> None:
    alice.connects()
    end_access(world, alice)
    with world.house.database.transaction() as db:
        assert token.take_lease(db, db.get_one(Token, alice.id), "a process that was killed")
    waiting: list[tuple[str, int]] = []
    thread = threading.Thread(target=lambda: waiting.append(world.house.tools.people.tokens.access(alice.id)))
    thread.start()
    assert renewals(world) == 0
    clock.advance(token.LEASE + 1)
    thread.join(10)
    wait_until(lambda: waiting)
    assert waiting[0][1] == 2 and renewals(world) == 1
