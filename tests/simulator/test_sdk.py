"""A client that nobody here wrote: the community's Python SDK, acting as Alice."""

import warnings

import pytest

from tests.simulator.conftest import ALICE, BOB, BOT, World

webexpythonsdk = pytest.importorskip("webexpythonsdk")


def test_the_sdk_chats_as_alice(world: World) -> None:
    api = webexpythonsdk.WebexAPI(access_token=world.people[ALICE]["token"], base_url=f"{world.url}/v1/")
    assert api.people.me().emails == [ALICE]
    room = api.rooms.create("From the SDK")
    api.memberships.create(room.id, personEmail=BOB)
    texts = [api.messages.create(roomId=room.id, text=str(number)).text for number in range(7)]
    listed = api.messages.list(roomId=room.id, max=2)
    assert [message.text for message in listed] == texts[::-1]
    assert api.messages.create(toPersonEmail=BOT, markdown="**hi**").html == "<p><strong>hi</strong></p>"
    assert {one.title for one in api.rooms.list(max=1)} == {"From the SDK", "Project X", "Launch", "General", "Army Knife"}
    hook = api.webhooks.create("n", "http://127.0.0.1:9/", "messages", "created", secret="s")
    api.webhooks.update(hook.id, name="m", targetUrl="http://127.0.0.1:9/m")
    assert [one.name for one in api.webhooks.list()] == ["m"]
    api.webhooks.delete(hook.id)
    api.rooms.delete(room.id)
    with pytest.raises(webexpythonsdk.ApiError) as refusal:
        api.rooms.get(room.id)
    assert refusal.value.status_code == 404


def test_the_sdk_waits_when_told_to(world: World) -> None:
    world.sim("/faults", path="/rooms", fault={"retry_after": "1"})
    api = webexpythonsdk.WebexAPI(access_token=world.people[ALICE]["token"], base_url=f"{world.url}/v1/")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert len(list(api.rooms.list())) == 3
