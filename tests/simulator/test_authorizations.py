"""What was allowed is taken back: /authorizations (contract 3.5)."""

from typing import Any

import pytest

from tests.simulator.conftest import ALICE, BOB, DAVE, Target, World
from tests.simulator.test_oauth import CLIENT, granted, refresh


def alive(world: World, grant: dict[str, Any]) -> bool:
    return world.call(grant["access_token"], "GET", "/people/me").status_code == 200


def authorization(world: World, kind: str, who: str = ALICE) -> str:
    return next(one["id"] for one in world.items(who, "/authorizations") if one["type"] == kind)


def test_authorizations_are_listed_for_oneself_and_for_administrators(world: World) -> None:
    granted(world)
    mine = world.items(ALICE, "/authorizations")
    assert [(one["type"], one["clientId"], one["applicationName"]) for one in mine] == [
        ("refresh", CLIENT["client_id"], "Army Knife"), ("access", CLIENT["client_id"], "Army Knife"),
    ]  # fmt: skip
    assert world.call(BOB, "GET", "/authorizations", params={"personEmail": ALICE}).status_code == 403
    world.sim("/roles", person=BOB, roles=["Full Administrator"])
    assert world.items(BOB, "/authorizations", personId=world.id(ALICE)) == mine
    assert world.call(BOB, "GET", "/authorizations", params={"personEmail": DAVE}).status_code == 403


def test_an_access_token_ends_alone_and_a_refresh_token_with_its_access_tokens(world: World) -> None:
    first, second = granted(world), granted(world)
    fresh = refresh(world, first["refresh_token"]).json()
    assert world.call(ALICE, "DELETE", f"/authorizations/{authorization(world, 'access')}").status_code == 204
    assert [alive(world, one) for one in (first, fresh, second)] == [False, True, True]
    wanted = authorization(world, "refresh")
    assert world.call(BOB, "DELETE", f"/authorizations/{wanted}").status_code == 403
    assert world.call(ALICE, "DELETE", f"/authorizations/{wanted}").status_code == 204
    assert [alive(world, one) for one in (first, fresh, second)] == [False, False, True]
    assert refresh(world, first["refresh_token"]).json()["error"] == "invalid_grant"
    assert world.call(ALICE, "DELETE", f"/authorizations/{wanted}").status_code == 404


@pytest.mark.parametrize(("stops", "count"), [(True, 0), (False, 1)])
def test_all_of_an_app_is_taken_back(world: World, target: Target, stops: bool, count: int) -> None:
    world.sim("/switches", hooks_stop_on_revoke=stops)
    grant, other = granted(world), granted(world, BOB)
    world.post(grant["access_token"], "/webhooks", name="n", targetUrl=target.url, resource="messages", event="created")
    assert world.call(ALICE, "DELETE", "/authorizations").status_code == 400
    assert world.call(ALICE, "DELETE", "/authorizations?clientId=nobody").status_code == 404
    assert world.call(ALICE, "DELETE", f"/authorizations?clientId={CLIENT['client_id']}").status_code == 204
    assert (alive(world, grant), alive(world, other)) == (False, True)
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="hi")
    assert world.drain() == count
    world.sim("/roles", person=ALICE, roles=["Full Administrator"])
    assert world.call(ALICE, "DELETE", f"/authorizations?clientId={CLIENT['client_id']}").status_code == 204
    assert not alive(world, other)


def test_the_end_of_a_token_is_told_in_milliseconds(world: World) -> None:
    world.sim("/switches", access_token_life=1000)
    grant = granted(world, scope="spark:people_read")
    told = lambda who: world.get(who, "/authorizations/tokenExpiry")["exp"]  # noqa: E731
    life = told(ALICE) - told(grant["access_token"])
    assert 3_155_758_000_000 <= life <= 3_155_760_000_000
    assert world.call(grant["access_token"], "GET", "/authorizations").status_code == 403
