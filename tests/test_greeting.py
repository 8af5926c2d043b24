"""The first contact: greeted exactly once, whichever event comes first, twice, late or not at all."""

from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest

from app.models import contact
from tests.people import Person
from tests.world import Clock, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

GREETING = "Hello! I'm Army Knife"


def is_greeting(words: str) -> bool:
    return GREETING in words and "Connect your Webex account" in words


def opens_unheard(world: World, person: Person, words: str) -> dict[str, list[dict[str, Any]]]:
    """Open a 1:1 room with the bot while no delivery arrives; what Webex would have delivered, by resource."""
    with world.deaf():
        message = person.writes(words)
    room = person.api("GET", f"/rooms/{message['roomId']}")
    members = person.api("GET", "/memberships", params={"roomId": room["id"]})["items"]
    about_room = {name: room[name] for name in ("id", "type", "isLocked", "creatorId", "created", "lastActivity")}
    about_message = {name: message[name] for name in ("id", "roomId", "roomType", "personId", "personEmail", "created")}
    return {
        "rooms": [world.event("rooms", about_room, actor=person.id)],
        "memberships": [world.event("memberships", member, actor=person.id) for member in members],
        "messages": [world.event("messages", about_message, actor=person.id)],
    }


def test_every_order_of_the_first_events_each_twice_gives_one_greeting(world: World) -> None:
    for name in ("erin", "frank"):
        world.control("people", email=f"{name}@example.com", displayName=name.title())
    names = ("alice@example.com", "bob@example.com", "carol@example.com", "dave@partner.example")
    people = [world.person(email) for email in (*names, "erin@example.com", "frank@example.com")]
    openings = [opens_unheard(world, person, "hello") for person in people]
    orders = list(permutations(("rooms", "memberships", "messages")))
    for opening, order in zip(openings, orders, strict=True):
        for event in [event for resource in order for event in opening[resource] * 2]:
            assert world.deliver("/bot", world.bot_secret, event) == 204
    world.settle()
    for person, order in zip(people, orders, strict=True):
        said = person.hears()
        assert len(said) == 1, order
        assert is_greeting(said[0])

    for opening, order in zip(openings, orders, strict=True):  # and everything once more, late and in reverse
        for event in [event for resource in order[::-1] for event in opening[resource]]:
            assert world.deliver("/bot", world.bot_secret, event) == 204
    world.settle()
    assert [len(person.hears()) for person in people] == [1] * 6


def test_webex_delivers_everything_three_times_in_reverse_and_tells_of_rooms_too(
    world: World, alice: Person, bob: Person
) -> None:
    world.control("switches", duplicate_deliveries=2, reorder_deliveries=True, emit_rooms_created_to_invited_direct=True)
    alice.writes("hello")
    bob.writes("hello")
    world.settle()
    assert {item["resource"] for item in world.look("deliveries")} == {"rooms", "memberships", "messages"}
    for person in (alice, bob):
        (greeting,) = person.hears()
        assert is_greeting(greeting)


def test_events_that_arrive_long_after_the_greeting_change_nothing(world: World, alice: Person) -> None:
    opening = opens_unheard(world, alice, "hello")
    assert world.deliver("/bot", world.bot_secret, opening["messages"][0]) == 204
    world.settle()
    assert [is_greeting(words) for words in alice.hears()] == [True]
    assert alice.connects(looks=True).status_code == 200
    before = alice.hears()
    for event in opening["rooms"] + opening["memberships"] + opening["messages"]:
        assert world.deliver("/bot", world.bot_secret, event) == 204
    world.settle()
    assert alice.hears() == before


def test_somebody_who_comes_back_is_answered_and_not_greeted(world: World, clock: Clock, alice: Person) -> None:
    """The 1:1 room of two exists for ever: whoever comes back is told of by a message alone."""
    assert is_greeting(alice.says("hello")[0])
    clock.advance(30 * 86_400.0)
    (answer,) = alice.says("hello again")
    assert "/help" in answer
    assert GREETING not in answer
    (link,) = alice.says("/init")
    assert "Connect your Webex account" in link
    assert GREETING not in link


def test_somebody_whom_we_forgot_is_greeted_by_a_message_alone(world: World, alice: Person) -> None:
    alice.says("hello")
    with world.house.database.transaction() as db:
        contact.forget(db, alice.id)
    (greeting,) = alice.says("is anybody there?")
    assert is_greeting(greeting)

    alice.connects()
    with world.house.database.transaction() as db:
        contact.forget(db, alice.id)
    (greeting,) = alice.says("and now?")
    assert "Hello again" in greeting
    assert "/authorize/" not in greeting


def test_first_words_that_are_a_command_are_answered_after_the_greeting(world: World, alice: Person, bob: Person) -> None:
    greeting, answer = alice.says("/help")
    assert is_greeting(greeting)
    assert "Until then these work" in answer
    greeting, answer = bob.says("/todo buy milk")
    assert is_greeting(greeting)
    assert "haven't connected" in answer
    assert "`/init`" in answer


def test_init_as_the_first_words_gives_one_link(world: World, alice: Person) -> None:
    """D-10: a second /init gives a new link and takes nothing else away."""
    (greeting,) = alice.says("/init")
    assert is_greeting(greeting)
    first = alice.link()
    (again,) = alice.says("/init")
    assert "Connect your Webex account" in again
    second = alice.link()
    assert second != first
    assert alice.browser.opens(first).status_code == 410
    assert alice.browser.opens(second).status_code == 200


def test_two_lines_typed_in_one_breath_get_two_answers(world: World, alice: Person) -> None:
    alice.writes("hello")
    alice.writes("what can you do?")
    world.settle()
    greeting, answer = alice.hears()
    assert is_greeting(greeting)
    assert "/help" in answer


def test_words_long_after_the_room_began_are_answered(world: World, clock: Clock, alice: Person) -> None:
    """The greeting covers the words that opened the room, not those of the next day."""
    opening = opens_unheard(world, alice, "hello")
    assert world.deliver("/bot", world.bot_secret, opening["memberships"][0]) == 204
    world.settle()
    clock.advance(contact.OPENING + 1)
    assert world.deliver("/bot", world.bot_secret, opening["messages"][0]) == 204
    world.settle()
    greeting, answer = alice.hears()
    assert is_greeting(greeting)
    assert "`/help`" in answer


def test_many_people_at_once_are_each_greeted_once_with_a_link_of_their_own(world: World) -> None:
    for number in range(8):
        world.control("people", email=f"person{number}@example.com")
    people = [world.person(f"person{number}@example.com") for number in range(8)]
    with ThreadPoolExecutor(8) as crowd:
        list(crowd.map(lambda person: person.writes("hello"), people))
    world.settle()
    assert [len(person.hears()) for person in people] == [1] * 8
    assert len({person.link() for person in people}) == 8


def test_a_room_that_the_bot_opened_itself_is_no_first_contact(world: World, alice: Person) -> None:
    world.bot.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "/todo I talk to myself"})
    world.settle()
    assert alice.hears() == ["/todo I talk to myself"]
    (greeting,) = alice.says("who are you?")
    assert is_greeting(greeting)


def test_another_bot_is_neither_greeted_nor_answered(world: World) -> None:
    world.control("people", email="other@webex.bot", displayName="Other Bot")
    other = world.person("other@webex.bot")
    world.simulator.cloud.people[other.id].kind = "bot"
    other.writes("/init")
    other.writes("hello")
    world.settle()
    assert other.hears() == []
    delivered = world.look("deliveries")
    assert {item["status"] for item in delivered} == {204}
    with world.house.database.reading() as db:
        assert contact.find(db, other.id) is None
