"""Plans under attack: kill -9, pauses that Webex asks for, an access that ends, two at once, a stop in the middle."""

from pathlib import Path

import pytest
import requests
from sqlalchemy import Connection, event, text

from app.integration.subscriptions import OWN
from app.models import subscription
from app.plans import run
from tests.people import Person
from tests.processes import Installation
from tests.world import Clock, World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def crowd(world: World, size: int) -> list[str]:
    """People of Alice's organisation."""
    found = [f"p{number}@example.com" for number in range(1, size + 1)]
    for email in found:
        world.control("people", email=email, displayName=email.partition("@")[0].upper())
    return found


def proposed(asker: Person, words: str) -> str:
    """Ask for a plan; its code."""
    return asker.says(words)[-1].split("`/confirm ")[1].split("`")[0]


def members(asker: Person, title: str) -> list[str]:
    found = asker.api("GET", "/memberships", params={"roomId": asker.room(title), "max": 1000})["items"]
    return [member["personEmail"] for member in found]


def additions(world: World) -> int:
    """How often Webex was asked to add somebody, and did it."""
    return len([call for call in world.look("calls") if call["method"] == "POST" and call["path"].endswith("/memberships")])


@SQLITE
def test_kill_9_in_the_middle_of_a_plan_repeats_nothing(database_url: str, tmp_path: Path) -> None:
    with Installation(database_url, tmp_path) as world:
        app = world.serves()
        alice = world.person("alice@example.com")
        alice.connects()
        people = crowd(world, 6)
        code = proposed(alice, f"/addmember {','.join(people)} Project X")
        world.forget_calls()
        world.fault("POST", "/memberships$", slow=0.8, times=1)  # Webex does it, and its answer finds nobody
        alice.writes(f"/confirm {code}")
        world.wait_for_fault()
        app.is_killed()
        app = world.serves()
        world.settle()
        assert sorted(set(members(alice, "Project X")) & set(people)) == sorted(people)
        assert [heard.count("6 done") for heard in alice.hears() if heard.startswith("**Receipt")] == [1]
        assert additions(world) in (6, 7)  # the one that was under way is looked for, and may not be there yet

        world.fault("DELETE", "/memberships/", status=403, times=3)
        _, receipt = alice.says(f"/undo {code}")
        again = receipt.split("`")[1]
        assert "3 done, 3 failed" in receipt
        world.fault("DELETE", "/memberships/", slow=0.8, times=1)
        alice.writes(f"/retry {again}")
        world.wait_for_fault()
        app.is_killed()
        world.serves()
        world.settle()
        assert not set(members(alice, "Project X")) & set(people)
        assert "6 done" in alice.hears()[-1]


@SQLITE
def test_kill_9_in_the_middle_of_what_admins_do(database_url: str, tmp_path: Path) -> None:
    """Nobody is told twice, or not at all; and an account is paused with its webhooks and with the word about it."""
    with Installation(database_url, tmp_path, ADMINS="alice@example.com") as world:
        app = world.serves()
        alice, bob, carol = (world.person(f"{name}@example.com") for name in ("alice", "bob", "carol"))
        for person in (alice, bob, carol):
            person.connects()
        bob.says("/track carol@example.com carol")
        pausing, telling = proposed(alice, "/admin toggle bob@example.com"), proposed(alice, "/admin announce Hold on.")
        world.fault("DELETE", "/webhooks/", slow=0.9, times=1)
        world.fault("POST", "/messages$", by=world.bot, slow=0.9, times=4)
        alice.writes(f"/confirm {pausing}")
        alice.writes(f"/confirm {telling}")
        wait_until(lambda: all(fault["path"] != "/webhooks/" for fault in world.look("faults")))
        app.is_killed()
        app = world.serves()
        world.settle()
        everybody = (alice, bob, carol)
        assert [len([one for one in who.hears() if one.startswith("**From the operator")]) for who in everybody] == [1, 1, 1]
        assert len([one for one in bob.hears() if "paused your account" in one]) == 1
        with world.database.reading() as db:
            assert [hook.name for hook in subscription.of(db, bob.id)] == [OWN]
        receipts = [one for one in alice.hears() if one.startswith("**Receipt")]
        assert [pausing in receipts[0], "1 done" in receipts[0], telling in receipts[1], "3 done" in receipts[1]] == [True] * 4
        assert len(receipts) == 2

        telling = proposed(alice, "/admin announce Go on.")
        world.fault("POST", "/messages$", by=world.bot, slow=0.9, times=2)
        alice.writes(f"/confirm {telling}")
        world.wait_for_fault()  # Webex is at the answer, and at the first word to somebody
        app.is_killed()
        world.serves()  # before Webex is done with either
        world.settle()
        assert [len([one for one in who.hears() if "Go on." in one and one.startswith("**From")]) for who in everybody] == [
            1,
            1,
            1,
        ]


def test_two_plans_of_one_person_come_one_after_the_other_and_others_go_on(
    world: World, alice: Person, bob: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """D-51: bulk work is nobody's webhook request, and holds up nobody. What is tried again waits like what is new."""
    monkeypatch.setattr(run, "TURN", 0.2)  # so that the first plan takes many turns
    alice.connects()
    bob.connects()
    people = crowd(world, 8)
    first = proposed(alice, f"/addmember {','.join(people)} Project X")
    second = proposed(alice, f"/deletemember {bob.email} Project X")
    third = proposed(alice, "/deletemember carol@example.com Project X")
    world.fault("DELETE", "/memberships/", by=alice, status=403)
    assert "1 failed" in alice.says(f"/confirm {second}")[-1]
    told = len(alice.hears())
    world.fault("POST", "/memberships$", by=alice, slow=0.15, times=8)
    alice.writes(f"/confirm {first}")
    alice.writes(f"/retry {second}")
    alice.writes(f"/confirm {third}")
    assert bob.says("/todo meanwhile")[0].startswith("Added")
    world.settle()
    receipts = [heard.split("`")[1] for heard in alice.hears()[told:] if heard.startswith("**Receipt")]
    assert receipts == [first, second, third]
    assert set(people) <= set(members(alice, "Project X"))
    assert bob.email not in members(alice, "Project X")


@SQLITE
def test_a_plan_can_be_stopped_and_tells_its_progress_by_editing(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.connects()
    people = crowd(world, 20)
    code = proposed(alice, f"/addmember {','.join(people)} Project X")
    monkeypatch.setattr(run, "TURN", 0.05)  # so that twenty items take many turns
    world.fault("POST", "/memberships$", slow=0.05, times=20)
    alice.writes(f"/confirm {code}")
    wait_until(lambda: any(" of 20** done" in heard for heard in alice.hears()))
    wait_until(lambda: any("**5 of 20**" in heard or "**8 of 20**" in heard for heard in alice.hears()) or _is_done(alice))
    alice.writes(f"/cancel {code}")
    world.settle()
    receipt = alice.hears()[-1]
    assert len([heard for heard in alice.hears() if " of 20** done" in heard]) == 1, "one message, edited"
    added = set(members(alice, "Project X")) & set(people)
    assert f"{len(added)} done" in receipt
    assert f"{20 - len(added)} skipped" in receipt
    assert len(added) < 20
    alice.says(f"/undo {code}")
    assert not set(members(alice, "Project X")) & set(people)


def _is_done(asker: Person) -> bool:
    return any(heard.startswith("**Receipt") for heard in asker.hears())


@SQLITE
def test_webex_asks_for_pauses_and_breaks_down_in_between(world: World, alice: Person, clock: Clock) -> None:
    """D-39: what Webex delays is done later, and nothing of it is lost."""
    alice.connects()
    people = crowd(world, 5)
    code = proposed(alice, f"/addmember {','.join(people)} Project X")
    world.fault("POST", "/memberships$", status=429, retry_after=1, times=4)
    world.fault("POST", "/memberships$", status=503, times=2)
    world.fault("POST", "/memberships$", lost_answer=True, times=1)
    alice.writes(f"/confirm {code}")
    world.skip_pauses(clock)
    assert "5 done" in alice.hears()[-1]
    assert set(people) <= set(members(alice, "Project X"))

    code = proposed(alice, f"/deletemember {people[0]} Project X")
    world.fault("DELETE", "/memberships/", by=alice, retry_after="rand(30),add(30)", times=-1)
    alice.writes(f"/confirm {code}")
    wait_until(lambda: any(call["status"] == 429 and call["method"] == "DELETE" for call in world.look("calls")))
    alice.writes("/listroom", room="Launch")
    wait_until(lambda: any("**Launch**" in heard for heard in alice.hears()))  # what she asks herself waits for the pause only
    alice.writes(f"/cancel {code}")  # while it waits
    world.skip_pauses(clock)
    assert "1 skipped" in alice.hears()[-1]
    assert people[0] in members(alice, "Project X")


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_is_cut_fails_no_step_and_nothing_is_done_twice(world: World, alice: Person, clock: Clock) -> None:
    """What Webex did already is found when the turn is taken again, as after a crash."""
    alice.connects()
    people = crowd(world, 3)
    code = proposed(alice, f"/addmember {','.join(people)} Project X")
    world.forget_calls()
    cut: list[int] = []

    def cut_twice(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        """Before Webex is asked, and when it did the first step."""
        if statement.startswith("UPDATE plan_item") and len(cut) == additions(world) < 2:
            cut.append(connection.connection.dbapi_connection.info.backend_pid)  # type: ignore[union-attr]
            with world.house.database.reading() as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": cut[-1]})

    event.listen(world.house.database.engine, "before_cursor_execute", cut_twice)
    alice.writes(f"/confirm {code}")
    world.skip_pauses(clock)
    assert len(cut) == 2
    assert "3 done" in alice.hears()[-1]
    assert additions(world) == 3
    assert set(people) <= set(members(alice, "Project X"))


@SQLITE
def test_webex_stays_away_and_the_access_ends(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    code = proposed(alice, "/deletemember bob@example.com everywhere")
    world.fault("DELETE", "/memberships/", status=503, times=500)
    alice.writes(f"/confirm {code}")
    world.skip_pauses(clock)
    assert "3 failed" in alice.hears()[-1]
    assert "Webex answered 503" in alice.hears()[-1]
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    world.control("revoke", person=alice.id)
    alice.writes(f"/retry {code}")
    world.skip_pauses(clock)
    said = " ".join(alice.hears()[-3:])
    assert "no longer lets me act for you" in said
    assert "bob@example.com" in members(alice, "Project X")
