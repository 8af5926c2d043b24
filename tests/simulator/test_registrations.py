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


@pytest.mark.parametrize("name", ["resource", "event", "filter", "created", "anything"])
def test_put_ignores_other_fields_whatever_they_hold(world: World, name: str) -> None:
    made = world.post(ALICE, "/webhooks", **FIELDS)
    wanted = {"name": "new", "targetUrl": FIELDS["targetUrl"]}
    for value in (5, ["x"], {"x": 1}, "org"):
        changed = world.call(ALICE, "PUT", f"/webhooks/{made['id']}", json=wanted | {name: value})
        assert (changed.status_code, changed.json()) == (200, made | {"name": "new"})


@pytest.mark.parametrize("name", ["name", "targetUrl", "secret", "status", "ownedBy"])
def test_put_wants_texts_in_the_fields_it_knows(world: World, name: str) -> None:
    path = f"/webhooks/{world.post(ALICE, '/webhooks', **FIELDS)['id']}"
    wanted = {"name": "new", "targetUrl": FIELDS["targetUrl"], name: 5}
    assert world.call(ALICE, "PUT", path, json=wanted).status_code == 400


def test_the_list_has_all_webhooks_of_ones_own_and_can_be_limited_to_the_organizations(world: World) -> None:
    for who in (ALICE, BOB):
        world.sim("/roles", person=who, roles=["Full Administrator"])
    own = world.post(ALICE, "/webhooks", **FIELDS)["id"]
    shared = world.post(ALICE, "/webhooks", **FIELDS, ownedBy="org")["id"]
    listed = {who: [one["id"] for one in world.items(who, "/webhooks")] for who in (ALICE, BOB, CAROL)}
    assert listed == {ALICE: [own, shared], BOB: [shared], CAROL: []}
    assert [one["id"] for one in world.items(ALICE, "/webhooks", ownedBy="org")] == [shared]
    assert world.call(ALICE, "GET", "/webhooks?ownedBy=creator").status_code == 400
