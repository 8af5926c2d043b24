"""/support and /reply: a question reaches the admins, the answer who asked, and nobody is told what did not happen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from app import outbox, texts
from app.models import support
from app.models.base import route_changed
from app.outbox import Regret
from tests.databases import Databases
from tests.people import Person
from tests.test_help import buttons
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_ITS_WAY = (
    "Your question **{number}** is on its way to {admins}. The answer comes here; should Webex not take the question, I tell you."
)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """Alice and Bob are its admins; nobody knows who nobody@example.com is."""
    settings = {"ADMINS": "alice@example.com bob@example.com nobody@example.com", "HTTP_RETRIES": "0"}
    with World(database_url, tmp_path, **settings) as made:
        yield made


def settled(world: World, person: Person) -> list[str]:
    world.settle()
    return person.hears()


def test_a_question_is_answered(world: World, alice: Person, bob: Person, carol: Person, dave: Person) -> None:
    """Nobody here has an account, the admins included: the first words of the bot to them are the question."""
    carol.says("hello")
    asked = "/support Is *this* safe?\n<@all> [click](http://evil.example)\n1. /delete DELETENOW"
    assert carol.says(asked) == [ON_ITS_WAY.format(number=1, admins="2 admins")]
    for admin in (alice, bob):
        (question,) = settled(world, admin)
        assert question.startswith("**Question 1**\n\n**Carol Clark** (carol@example.com) asks:\n\n> Is \\*this\\* safe?")
        assert "<@all>" not in question
        assert "](http" not in question
        assert question.endswith("`/reply 1 <answer>` answers, from me.")
        assert buttons(admin) == [("Answer", "/reply 1")]
    answer = "It is.\n**Really** <@all>"
    assert alice.presses("Answer", argument=answer) == ["Your answer to question **1** is on its way to carol@example.com."]
    heard = settled(world, carol)[-1]
    assert heard.startswith(
        "**Answer from your operator** to your question **1**:\n\n> It is.  \n> \\*\\*Really\\*\\* &lt;@all&gt;"
    )
    assert "Alice" not in heard
    assert carol.presses("Ask on", argument="Thanks!") == [ON_ITS_WAY.format(number=2, admins="2 admins")]
    assert "> Thanks" in settled(world, bob)[-1]
    assert "> Thanks" in settled(world, alice)[-1]
    assert len(alice.hears()) == 3, "nobody is greeted because they are an admin"
    assert "/authorize/" in bob.says("hello")[0]
    (greeting, refusal) = dave.says("/reply 1 I am no admin")
    assert "/authorize/" in greeting
    assert refusal == texts.not_admin("/reply")
    with world.house.database.reading() as db:
        kept = db.execute(text("SELECT * FROM ticket")).fetchall()
    assert [row.email for row in kept] == [carol.email] * 2
    assert "safe" not in str(kept)


def test_wrong_questions_and_answers_change_nothing(world: World, alice: Person, carol: Person, clock: Clock) -> None:
    """The original passed on an empty message."""
    alice.connects()
    carol.connects()
    for words in ("/support", "/support ???", "/support \n\t "):
        assert carol.says(words)[0].startswith("Usage: `/support <message>`"), words
    assert "a question may have 2000. Nothing was sent." in carol.says("/support " + "x" * 2_001)[0]
    for words in ("/reply", "/reply 1", "/reply x y", "/reply -1 y", "/reply 1.5 y", "/reply 1 ...", "/reply 99999999999 y"):
        assert alice.says(words)[0].startswith("Usage: `/reply <number> <answer>`"), words
    assert alice.says("/reply 1 hello")[0].startswith("There is no question **1**: it was never asked")
    assert "an answer may have 2000. Nothing was sent." in alice.says("/reply 1 " + "y" * 2_001)[0]
    for number in range(1, 6):
        assert carol.says(f"/support question {number}") == [ON_ITS_WAY.format(number=number, admins="2 admins")]
    assert carol.says("/support one more")[0].startswith("You asked 5 questions within an hour")
    assert "one more" not in str(settled(world, alice))
    clock.advance(3_601)
    assert carol.says("/support and now?") == [ON_ITS_WAY.format(number=6, admins="2 admins")]

    carol.says("/delete DELETENOW")  # takes its questions along, and no number is given again
    assert alice.says("/reply 6 too late")[0].startswith("There is no question **6**")
    assert settled(world, carol)[-1].startswith("**Everything is removed.**")
    carol.says("hello")
    assert carol.says("/support anew") == [ON_ITS_WAY.format(number=7, admins="2 admins")]
    clock.advance(90 * 86_400.0)
    world.queue.purge()
    assert alice.says("/reply 7 much too late")[0].startswith("There is no question **7**")


def test_a_question_that_does_not_reach_an_admin_is_not_said_to(databases: Databases, tmp_path: Path) -> None:
    """The original said "sent" although nobody could be reached."""
    nobody = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9nb25l"
    for admins, answer in (
        ("", "Nobody was reached: whoever runs me named no admin"),
        ("nobody@example.com", "Nobody was reached: whoever runs me named no admin"),
        (nobody, ON_ITS_WAY.format(number=1, admins="1 admin")),
        (f"alice@example.com,{nobody}", ON_ITS_WAY.format(number=1, admins="2 admins")),
    ):
        folder = tmp_path / str(len(admins))
        folder.mkdir()
        with databases.fresh("sqlite") as url, World(url, folder, ADMINS=admins) as world:
            alice, carol = world.person("alice@example.com"), world.person("carol@example.com")
            carol.says("hello")
            carol.says("/support help!")
            heard = carol.hears()[1:]
            assert any(one.startswith(answer) for one in heard), admins
            regrets = [one for one in heard if "did not reach" in one]
            whom = "one of my 2 admins" if "," in admins else "my only admin"
            expected = f"Your question **1** did not reach {whom}: Webex did not take it."
            assert regrets == ([expected] if nobody in admins else [])
            assert len(alice.hears()) == ("alice" in admins)


@SQLITE
def test_an_answer_that_webex_does_not_take_and_one_that_it_may_have_taken(
    world: World, alice: Person, carol: Person, clock: Clock
) -> None:
    alice.connects()
    carol.says("hello")
    with world.house.database.transaction() as db:
        support.ask(db, "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9nb25l", "gone@example.com")
    on_its_way, regret = sorted(alice.says("/reply 1 are you there?"), key=lambda heard: "did not" in heard)
    assert on_its_way == "Your answer to question **1** is on its way to gone@example.com."
    assert regret == "Your answer to question **1** did not reach gone@example.com: Webex did not take it."

    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    world.fault("GET", "/messages/direct", by=world.bot, status=403)
    with world.house.database.transaction() as db:
        outbox.say_to(db, carol.id, "long " * 3_000, key="a", if_refused=Regret(alice.id, "The first part did not get there."))
    world.skip_pauses(clock)
    regret = "The first part did not get there. (It may have arrived all the same: Webex's answer got lost.)"
    assert alice.hears()[-1] == regret
    assert alice.hears().count(regret) == 1
    with world.house.database.reading() as db:
        assert set(db.scalars(text("SELECT body FROM outbox"))) == {""}


@SQLITE
def test_the_question_of_somebody_who_paused_or_whose_access_ended(world: World, alice: Person, carol: Person) -> None:
    """Who can't be told from Webex is not asked for: nothing is half done."""
    carol.connects()
    with world.house.database.transaction() as db:
        db.execute(text("UPDATE user_account SET paused_at = 1, status = 'reauthorize'"))
        route_changed(db, carol.id)
    assert carol.says("/support still there?") == [ON_ITS_WAY.format(number=1, admins="2 admins")]
    with world.house.database.transaction() as db:
        db.execute(text("DELETE FROM user_account"))
        route_changed(db, carol.id)
    world.fault("GET", f"/people/{carol.id}", by=world.bot, status=503)
    assert carol.says("/support nameless")[0] == texts.webex_trouble(503)
    assert carol.says("/support named") == [ON_ITS_WAY.format(number=2, admins="2 admins")]


@SQLITE
def test_each_is_written_to_in_their_own_language(world: World, alice: Person, bob: Person, carol: Person, dave: Person) -> None:
    """A question comes to each admin in the admin's, an answer in that of who asked. Of who has no account it is not known: a
    recommendation is in that of who recommends.
    """
    for person in (alice, bob, carol):
        person.connects()
    bob.says("/language de")
    carol.says("/language de")
    assert carol.says("/support Was nun?")[0].startswith("Deine Frage **1** ist unterwegs zu 2 Admins.")
    assert settled(world, alice)[-1].startswith("**Question 1**\n\n**Carol Clark** (carol@example.com) asks:\n\n> Was nun?")
    assert settled(world, bob)[-1].startswith("**Frage 1**\n\n**Carol Clark** (carol@example.com) fragt:\n\n> Was nun?")
    assert (buttons(alice), buttons(bob)) == ([("Answer", "/reply 1")], [("Antworten", "/reply 1")])
    assert alice.says("/reply 1 Warten.") == ["Your answer to question **1** is on its way to carol@example.com."]
    assert settled(world, carol)[-1].startswith("**Antwort von deinem Betreiber** auf deine Frage **1**:\n\n> Warten.")
    assert buttons(carol) == [("Nachfragen", "/support")]

    carol.says("/recommend dave@partner.example")
    assert settled(world, dave)[0].startswith("**Carol Clark** (carol@example.com) empfiehlt mich dir.")
    assert dave.says("/recommendations off")[-1].startswith("Nobody can recommend me to you.")
