"""For admins: named by the operator, noted at every call, shown nobody's content."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from app.models import user
from app.plans.actions import ACTIONS, BETWEEN_ANNOUNCEMENTS
from tests.people import Person
from tests.world import Clock, World, wait_until

HEADS = ("**From the operator of this Army Knife:**", "**Vom Betreiber dieses Army Knife:**")
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in which Alice is an admin."""
    with World(database_url, tmp_path, ADMINS="alice@example.com") as made:
        yield made


def test_an_admin_looks_around(world: World, alice: Person, bob: Person) -> None:
    """S-03, S-20, D-36, D-37: by person, not by room; nothing secret and no content; wrong input is answered."""
    alice.connects()
    bob.connects()
    bob.says("/todo buy a secret present")
    assert "is for admins" in bob.says("/admin stats")[0]
    assert "works only here" in alice.says("/admin stats", room="Project X")[0]
    (answer,) = alice.says("/admin users")
    assert answer.startswith("**2 people**")
    assert "b…@example.com: active" in answer
    (answer,) = alice.says("/admin user bob@example.com")
    assert "3 webhooks" in answer or "1 webhook" in answer
    assert "Nobody is connected" in alice.says("/admin user nobody@example.com")[0]
    (answer,) = alice.says("/admin stats")
    assert "**2 people**: 2 active, 0 paused, 0 reauthorize" in answer
    assert "- `/todo` 1" in answer
    (answer,) = alice.says("/admin hooks")
    assert answer.count("**active**") == 4
    for words in ("", "nonsense", "users everybody", "user", "announce", "announce test", "toggle", "stats now"):
        (refused,) = alice.says(f"/admin {words}")
        assert refused.startswith("Usage: `/admin users"), words
    (answer,) = alice.says("/admin audit")
    assert "Alice Adams: /admin user b…@example.com" in answer
    everything = " ".join(alice.hears())
    for secret in ("secret present", bob.id, world.house.tools.people.tokens.access(bob.id)[0]):
        assert secret not in everything


@SQLITE
def test_an_announcement_reaches_once_whoever_wants_it_when_it_is_sent(
    world: World, alice: Person, bob: Person, carol: Person, dave: Person
) -> None:
    """D-48: shown before, by plan, one person after the other at a pace, with what became of each; and all of it in the audit."""
    for person in (alice, bob, carol, dave):
        person.connects()
    dave.says("/language de")
    (shown,) = alice.says("/admin announce test We move on <@all> Friday.")
    assert "> We move on &lt;@all&gt; Friday." in shown
    (asked,) = alice.says("/admin announce We move on Friday.")
    assert "send an announcement to 4 people" in asked
    assert "> We move on Friday." in asked
    assert [heard for heard in bob.hears() + dave.hears() if "Friday" in heard] == []
    assert "**off**" in bob.says("/announcements off")[0]
    carol.says("/delete DELETENOW")
    alice.presses("Do it")
    receipt = alice.hears()[-1]
    assert "2 done, 2 skipped" in receipt
    assert "- – b…@example.com: wants no announcements any more" in receipt
    assert "- – c…@example.com: is not connected any more" in receipt
    assert "- ✓ d…@partner.example" in receipt
    assert "was done already" in alice.presses("Do it")[0], "nobody is told twice by a second click"
    assert [count(person, "We move on Friday") for person in (bob, carol, dave)] == [0, 0, 1]
    assert "`/announcements off`" in dave.hears()[-1]
    heads = [next(one for one in person.hears() if one.startswith(HEADS) and "on Friday" in one) for person in (alice, dave)]
    assert [head.partition("\n")[0] for head in heads] == list(HEADS), "each in their own language"
    first, second = (datetime.fromisoformat(told(person, "We move on Friday")[0]["created"]) for person in (alice, dave))
    assert abs((second - first).total_seconds()) >= 0.9 * BETWEEN_ANNOUNCEMENTS
    assert "changed nothing that can be taken back" in alice.says(f"/undo {code_in(asked)}")[0]

    (again,) = alice.says("/admin announce Once more.")
    world.fault("POST", "/messages$", by=world.bot, times=2, status=403)
    alice.says(f"/confirm {code_in(again)}")
    receipt = alice.hears()[-1]
    assert "failed" in receipt and "Webex does not let you do that here" in receipt
    assert "2 done" in alice.says(f"/retry {code_in(again)}")[-1]
    assert [count(person, "Once more") for person in (bob, dave)] == [0, 1]
    dropped = code_in(alice.says("/admin announce Never mind.")[0])
    assert "is dropped" in alice.says(f"/cancel {dropped}")[0]
    ordinary = code_in(alice.says("/addmember dave@partner.example Project X")[0])
    alice.says(f"/cancel {ordinary}")
    assert what_admins_did(alice)[:7] == [
        f"/cancel plan {dropped}", f"/admin announce plan {dropped}",
        f"/retry plan {code_in(again)}", f"/confirm plan {code_in(again)}", f"/admin announce plan {code_in(again)}",
        f"/confirm plan {code_in(asked)}", f"/admin announce plan {code_in(asked)}",
    ]  # fmt: skip


def told(person: Person, words: str) -> list[dict[str, Any]]:
    """The announcements in which these words stand."""
    return [one for one in person.bot_messages() if one.get("markdown", "").startswith(HEADS) and words in one["markdown"]]


def count(person: Person, words: str) -> int:
    return len(told(person, words))


def code_in(answer: str) -> str:
    return answer.split("`/confirm ")[1].split("`", maxsplit=1)[0]


def what_admins_did(admin: Person) -> list[str]:
    """Newest first."""
    rows = admin.says("/admin audit")[0].split("\n")
    return [row.partition("UTC, Alice Adams: ")[2] for row in rows if "UTC" in row]


@SQLITE
def test_an_announcement_is_stopped_by_its_owner_or_with_their_rights(
    world: World, alice: Person, bob: Person, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both in the middle. That Webex does not say whose the admin's address is ends nothing: that waits."""
    alice.connects()
    crowd = [connected(world, f"p{number}@example.com") for number in range(7)]
    slow = replace(ACTIONS["announce"], pace=0.7)  # so that there is a middle
    monkeypatch.setitem(ACTIONS, "announce", slow)
    code = code_in(alice.says("/admin announce Stop me.")[0])
    alice.writes(f"/confirm {code}")
    wait_until(lambda: count(crowd[0], "Stop me"))
    alice.says(f"/cancel {code}")
    got = sum(count(person, "Stop me") for person in (alice, *crowd))
    assert 1 < got < 8
    assert f"{got} done, {8 - got} skipped" in alice.hears()[-1]

    code = code_in(alice.says("/admin announce Who am I?")[0])
    alice.writes(f"/confirm {code}")
    wait_until(lambda: count(crowd[0], "Who am I"))
    world.stop_app()
    world.settings = {"ADMINS": "bob@example.com"}
    world.fault("GET", "/people$", by=world.bot, times=2, status=503)
    world.start_app()
    world.skip_pauses(clock)
    receipt = alice.hears()[-1]
    got = sum(count(person, "Who am I") for person in (alice, *crowd))
    assert 1 < got < 8
    assert f"{got} done, {8 - got} failed" in receipt
    assert receipt.count("you are no admin of this installation any more") == 8 - got
    assert "is for admins" in alice.says("/admin audit")[0]
    assert "failed" in alice.says(f"/retry {code}")[-1], "trying again gives nobody rights"
    monkeypatch.setitem(ACTIONS, "announce", replace(slow, pace=0.0))
    world.stop_app()
    world.settings = {"ADMINS": "alice@example.com"}
    world.start_app()
    assert "8 done" in alice.says(f"/retry {code}")[-1]
    assert [count(person, "Who am I") for person in (alice, *crowd)] == [1] * 8


def connected(world: World, email: str) -> Person:
    """Somebody with an account, for whom no webhook is needed."""
    world.control("people", email=email, displayName=email.partition("@")[0])
    person = world.person(email)
    with world.house.database.transaction() as db:
        user.save(db, person_id=person.id, email=email, display_name=person.name, opaque=email, timezone="UTC")
    return person


def filters(person: Person) -> set[str]:
    return {str(hook.get("filter")) for hook in person.webhooks()}


@SQLITE
def test_an_account_is_paused_and_goes_on(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """Not before it is confirmed, and not without a word to whose it is; Webex is told at once."""
    alice.connects()
    bob.connects()
    bob.says(f"/track {carol.email} carol")
    both = filters(bob)
    assert both == {f"personId={bob.id}", f"personId={carol.id}"}
    (asked,) = alice.says("/admin toggle bob@example.com")
    assert "I'll pause the account of b…@example.com. **Nothing is done yet.**" in asked
    code = code_in(asked)
    assert "no plan of that code" in bob.says(f"/confirm {code}")[0]
    assert bob.says("/todo milk")[0].startswith("Added")
    alice.presses("Cancel")
    code = code_in(alice.says("/admin toggle bob@example.com")[0])
    _, receipt = alice.presses("Do it")
    assert "1 done" in receipt and "✓ b…@example.com" in receipt
    assert bob.hears()[-1].startswith("**An operator of this Army Knife paused your account.**")
    assert filters(bob) == {f"personId={bob.id}"}
    assert "You are paused" in bob.says("/todo milk")[0]
    assert "was done already" in alice.presses("Do it")[0]
    assert "1 done" in alice.says(f"/undo {code}")[-1]
    assert filters(bob) == both
    assert bob.hears()[-1].startswith("**An operator of this Army Knife let your account go on.**")
    assert "taken back already" in alice.says(f"/undo {code}")[0]
    assert what_admins_did(alice)[:4] == [
        f"/undo plan {alice_plans(alice)[0]}, which takes back {code}", f"/confirm plan {code}",
        f"/admin toggle b…@example.com, plan {code}", f"/cancel plan {alice_plans(alice)[2]}",
    ]  # fmt: skip

    bob.says("/language de")
    said = len(bob.hears())
    code = code_in(alice.says("/admin toggle bob@example.com")[0])
    bob.says("/pause")
    assert "b…@example.com: was paused already" in alice.says(f"/confirm {code}")[-1]
    bob.says("/resume")
    code = code_in(alice.says("/admin toggle bob@example.com")[0])
    alice.says(f"/confirm {code}")
    bob.says("/resume")
    bob.says("/pause")
    assert "was paused anew meanwhile" in alice.says(f"/undo {code}")[-1]
    assert len(bob.hears()) == said + 5, "his own four, and one of the operator"
    told = [words for words in bob.hears()[said:] if words.startswith("**Ein Betreiber dieses Army Knife hat dein Konto")]
    assert len(told) == 1, "in his language, whatever the admin speaks"
    bob.says("/delete DELETENOW")
    assert "Nobody is connected under that address" in alice.says("/admin toggle bob@example.com")[0]

    own = code_in(alice.says("/admin toggle alice@example.com")[0])
    alice.says(f"/confirm {own}")
    assert "paused your account" in " ".join(alice.hears()[-3:])
    assert alice.says("/todo x")[0].startswith("You are paused")
    ordinary, code = alice_plans(alice)[-1], code_in(alice.says("/admin toggle alice@example.com")[0])
    assert "1 done" in " ".join(alice.says(f"/confirm {code}"))
    assert alice.says("/todo x")[0].startswith("Added"), ordinary
    assert bob.email not in " ".join(alice.hears()) and bob.id not in " ".join(alice.hears())


def alice_plans(asker: Person) -> list[str]:
    """Codes of plans, newest first."""
    return re.findall(r"^- `(\w+)`", asker.says("/plans")[0], re.M)
