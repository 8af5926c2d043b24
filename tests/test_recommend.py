"""/recommend: one message in fixed words, once per address, and never to who does not want it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.people import Person
from tests.test_help import buttons
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NEUTRAL = "I'll write to {email} once that you recommend me, unless I have a reason not to:"


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(database_url, tmp_path, HTTP_RETRIES="0") as made:
        yield made


def test_a_recommendation_is_written_once_and_ends_with_a_word(world: World, alice: Person, bob: Person, dave: Person) -> None:
    """S-14: no free text, no second message, and the answer tells nobody who has an account or wants nothing."""
    alice.connects()
    assert alice.says("/recommend Bob@Example.com")[0].startswith(NEUTRAL.format(email="bob@example.com"))
    (recommendation,) = bob.hears()
    assert recommendation.startswith("**Alice Adams** (alice@example.com) recommends me to you.\n\nI'm Army Knife")
    assert "/authorize/" not in recommendation, "nobody is greeted in a room that the bot began"
    assert buttons(bob) == [("What can you do?", "/help"), ("Never again", "/recommendations off")]
    assert bob.presses("What can you do?")[0].startswith("You are not connected yet")
    assert "/authorize/" in bob.says("hello")[0]
    assert alice.says("/recommend bob@example.com") == [
        "You recommended me to that address before, and nobody gets a second message. Nothing was sent."
    ]

    bob.connects()
    said = len(bob.hears())
    answers = {
        email: alice.says(f"/recommend {email}")[0].replace(email, "…") for email in ("carol@example.com", "dave@partner.example")
    }
    assert dave.says("/recommendations off") == ["Nobody can recommend me to you. `/recommendations on` allows it again."]
    assert len(dave.hears()) == 2, "who wants to be left alone is not greeted"
    for email in ("carol@example.com", "dave@partner.example", "alice@example.com"):  # recommended before, or connected
        answers[email] = bob.says(f"/recommend {email}")[0].replace(email, "…")
    assert len(set(answers.values())) == 1
    assert len(world.person("carol@example.com").hears()) == 1
    assert (len(dave.hears()), len(bob.hears())) == (2, said + 3)
    assert alice.hears()[-1].startswith(NEUTRAL.format(email="dave@partner.example"))
    with world.house.database.reading() as db:
        assert "example" not in str(db.execute(text("SELECT * FROM recommendation")).fetchall())
        assert set(db.scalars(text("SELECT body FROM outbox"))) == {""}

    alice.says("/delete DELETENOW")  # what is known of her goes; that the address was written to stays
    with world.house.database.reading() as db:
        assert alice.id not in {str(person) for person in db.scalars(text("SELECT person_id FROM recommendation"))}
    world.person("carol@example.com").connects()
    world.person("carol@example.com").says("/recommend dave@partner.example")
    assert len(dave.hears()) == 2


def test_who_wants_none_gets_none(world: World, alice: Person, bob: Person, carol: Person) -> None:
    alice.connects()
    bob.says("hello")
    assert bob.says("/recommendations maybe")[0].startswith("Usage: `/recommendations`")
    assert bob.says("/recommendations")[0].startswith("Others may recommend me to you, once.")
    assert bob.says("/Recommendations OFF")[0].startswith("Nobody can recommend me to you.")
    assert bob.says("/recommendations off")[0].startswith("Nobody can recommend me to you.")
    said = len(bob.hears())
    assert alice.says("/recommend bob@example.com")[0].startswith(NEUTRAL.format(email="bob@example.com"))
    assert len(bob.hears()) == said
    bob.says("/delete DELETENOW")
    assert bob.says("/recommendations")[0].startswith("Nobody"), "a wish to be left alone outlives everything else"
    assert bob.says("/recommendations on")[0].startswith("Others may recommend me to you, once.")
    carol.connects()
    carol.says("/recommend bob@example.com")
    assert not any("recommends me to you" in words for words in bob.hears()), "once per address, whoever it was"


@SQLITE
def test_wrong_addresses_limits_and_refusals(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """The original took any words for an address, and reported a failure as a success."""
    alice.says("hello")
    assert "haven't connected" in alice.says("/recommend bob@example.com")[0]
    alice.connects()
    for words in (
        "",
        " bob",
        " bob@example",
        " bob@example.com please",
        " <bob@example.com>",
        " bob@example.com,carol@example.com",
    ):
        assert alice.says(f"/recommend{words}")[0].startswith("Usage: `/recommend <email>`"), words
    assert "That is you" in alice.says("/recommend ALICE@example.com")[0]
    assert "a bot's address" in alice.says("/recommend armyknife@webex.bot")[0]
    answers = alice.says("/recommend nobody@nowhere.example")
    assert sorted(answer.split()[0] for answer in answers) == ["I'll", "Your"]
    assert "Your recommendation did not reach nobody@nowhere.example: Webex did not take my message." in answers

    world.fault("POST", "/messages$", by=world.bot, lost_answer=True, times=2)  # both the message and the answer
    alice.writes("/recommend bob@example.com")
    world.skip_pauses(clock)
    assert len(bob.hears()) == 1, "looked for in the room before it is said again"
    for number in range(3):
        assert alice.says(f"/recommend {number}@webex.example")[0].startswith(("I'll", "Your"))
    assert alice.says("/recommend carol@example.com")[-1].startswith("You recommended me 5 times within a day")
    clock.advance(86_401)
    assert alice.says("/recommend carol@example.com")[0].startswith("I'll write to carol@example.com once")


@SQLITE
def test_only_domains_that_the_operator_allows(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, RECOMMEND_DOMAINS="Example.com") as world:
        alice, bob, dave = (world.person(email) for email in ("alice@example.com", "bob@example.com", "dave@partner.example"))
        alice.connects()
        refusal = "Here I may be recommended only to addresses at example.com. Nothing was sent."
        assert alice.says("/recommend dave@partner.example") == [refusal]
        assert alice.says("/recommend x@sub.example.com") == [refusal]
        assert dave.hears() == []
        alice.says("/recommend bob@example.com")
        assert len(bob.hears()) == 1
