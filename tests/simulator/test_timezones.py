"""The time zone of a person's profile."""

import tomllib

import pytest

from app.simulator import description
from app.simulator.server import Simulator
from app.simulator.tables import DescriptionError
from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, World


def test_the_demo_world_lives_in_three_zones(world: World) -> None:
    zones = {who: world.get(who, "/people/me").get("timezone") for who in (ALICE, BOB, CAROL)}
    assert zones == {ALICE: "Europe/Oslo", BOB: "America/New_York", CAROL: "Asia/Kolkata"}
    assert world.get(DAVE, f"/people/{world.id(ALICE)}")["timezone"] == "Europe/Oslo"
    assert world.items(BOB, "/people", email=ALICE)[0]["timezone"] == "Europe/Oslo"


def test_a_profile_without_a_zone_has_no_such_field(world: World) -> None:
    assert all("timezone" not in world.get(who, "/people/me") for who in (DAVE, BOT))


def test_a_zone_is_set_and_taken_away(world: World) -> None:
    world.sim("/timezone", person=DAVE, timezone="Mars/Olympus Mons")
    assert world.get(DAVE, "/people/me")["timezone"] == "Mars/Olympus Mons"
    state = world.sim("/state", "GET")
    world.sim("/timezone", person=DAVE, timezone=None)
    assert "timezone" not in world.get(DAVE, "/people/me")
    with Simulator(port=0) as other:
        seen = World(other.url)
        seen.sim("/load", **state)
        assert seen.get(DAVE, "/people/me")["timezone"] == "Mars/Olympus Mons"
        seen.http.close()


@pytest.mark.parametrize("zone", ["", 7, [], "x" * 101, "Europe/Oslo\n"])
def test_what_is_no_name_is_no_zone(world: World, zone: object) -> None:
    answer = world.http.post(f"{world.url}/_sim/timezone", json={"person": ALICE, "timezone": zone})
    assert answer.status_code == 400 and "timezone" in answer.json()["message"]
    assert world.http.post(f"{world.url}/_sim/timezone", json={"person": "nobody"}).status_code == 404


def test_a_described_zone_is_one_of_the_world() -> None:
    person = '[[people]]\nemail = "ann@example.com"\ndisplayName = "Ann"\ntimezone = "Europe/Olso"\n'
    with pytest.raises(DescriptionError, match=r"timezone names 'Europe/Olso', which is not there; did you mean 'Europe/Oslo'\?"):
        description.parse(tomllib.loads(person), "world.toml")
