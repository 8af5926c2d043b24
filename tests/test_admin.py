"""For admins: named by the operator, noted at every call, shown nobody's content."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.models import user
from tests.world import Person, World

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
def test_an_announcement_is_previewed_confirmed_and_reported(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """D-48: by plan, one person after the other, to whoever wants such messages."""
    for person in (alice, bob, carol):
        person.connects()
    with world.house.database.transaction() as db:
        user.change(db, carol.id, announcements=False)
    (shown,) = alice.says("/admin announce test We move on <@all> Friday.")
    assert "> We move on &lt;@all&gt; Friday." in shown
    (asked,) = alice.says("/admin announce We move on Friday.")
    assert "send an announcement to 2 people" in asked
    assert "> We move on Friday." in asked
    heard = len(bob.hears()), len(carol.hears())
    alice.presses("Do it")
    assert "2 done" in alice.hears()[-1]
    assert [len(bob.hears()), len(carol.hears())] == [heard[0] + 1, heard[1]]
    assert "`/announcements off`" in bob.hears()[-1]


@SQLITE
def test_an_account_is_paused_and_goes_on(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    bob.connects()
    assert "b…@example.com is paused" in alice.says("/admin toggle bob@example.com")[0]
    assert "You are paused" in bob.says("/todo milk")[0]
    assert "is not paused any more" in alice.says("/admin toggle bob@example.com")[0]
    assert bob.says("/todo milk")[0].startswith("Added")
