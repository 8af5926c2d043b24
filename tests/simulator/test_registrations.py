"""Registrations of webhooks: which filters are accepted, what PUT ignores, what the list shows."""

from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, World

FIELDS = {"name": "n", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "created"}


def register(world: World, who: str, **more: Any) -> int:
    return world.call(who, "POST", "/webhooks", json=FIELDS | more).status_code


def test_a_filter_by_message_takes_only_what_one_may_read(world: World) -> None:
    between = world.post(ALICE, "/messages", toPersonEmail=BOB, text="between us")
    wanted = {"resource": "attachmentActions", "filter": f"messageId={between['id']}"}
    assert [register(world, who, **wanted) for who in (ALICE, BOB, CAROL)] == [200, 200, 400]
    world.call(ALICE, "DELETE", f"/messages/{between['id']}")
    assert register(world, ALICE, **wanted) == 400


def test_a_bot_filters_by_messages_that_mention_it_only(world: World) -> None:
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    plain = world.post(ALICE, "/messages", roomId=room_id, text="hi")
    mention = world.post(ALICE, "/messages", roomId=room_id, markdown=f"<@personEmail:{BOT}> hi")
    filters = [f"messageId={one['id']}" for one in (plain, mention)]
    assert [register(world, BOT, resource="attachmentActions", filter=one) for one in filters] == [400, 200]


@pytest.mark.parametrize(
    ("email", "status"), [(BOB, 200), (DAVE, 200), ("nobody@nowhere.example", 400), (BOB.upper(), 400), ("@", 400)]
)
def test_a_filter_by_address_names_somebody_in_the_right_case(world: World, email: str, status: int) -> None:
    assert register(world, ALICE, filter=f"personEmail={email}") == status


@pytest.mark.parametrize("text", ["&", "&&", "=", " "])
def test_a_filter_that_names_nothing_is_refused(world: World, text: str) -> None:
    assert register(world, ALICE, filter=text) == 400
    assert world.items(ALICE, "/webhooks") == []
