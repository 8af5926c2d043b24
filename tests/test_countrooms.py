"""/countrooms: every room is counted once, over all pages, in one message."""

import pytest

from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_rooms_are_counted_over_all_pages(world: World, alice: Person, bob: Person) -> None:
    assert "haven't connected" in alice.says("/countrooms")[-1]
    alice.connects()
    assert alice.says("/countrooms") == [
        "You are in **4** rooms:\n\n"
        "- **3** group rooms: 2 in 1 Webex team, 1 in none\n- **1** 1:1 room\n- **1** of them moderated by you"
    ]
    for number in range(1_003):
        alice.api("POST", "/rooms", json={"title": f"Room {number}"})
    bob.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "hello"})
    world.settle()
    for flaw in ("normal", "max_null", "drops_filters", "empty_page"):
        world.control("switches", next_link=flaw)
        (answer,) = alice.says("/countrooms")
        assert answer.startswith("You are in **1,008** rooms:\n\n- **1,006** group rooms: 2 in 1 Webex team, 1,004 in none\n"), (
            flaw
        )
        assert "- **2** 1:1 rooms" in answer
    assert alice.says("/countrooms now")[0].startswith("Usage: `/countrooms`")


def test_webex_fails_while_rooms_are_counted(world: World, alice: Person) -> None:
    """What could not be counted is not said to be none."""
    alice.connects()
    for status, words in ((500, "Webex answered 500"), (429, "Webex answered 429"), (403, "Webex answered 403")):
        world.fault("GET", "/rooms$", status=status, times=2)
        (answer,) = alice.says("/countrooms")
        assert words in answer and "**" not in answer, status
        world.simulator.cloud.faults.clear()
        world.fault("GET", "/memberships$", status=status, times=2)
        (answer,) = alice.says("/countrooms")
        assert f"how many of them you moderate could not be found out: {words}" in answer and "**4** rooms" in answer
        world.simulator.cloud.faults.clear()
    world.control("revoke", person=alice.email)
    assert "type `/init` to connect again" in alice.says("/countrooms")[-1]
