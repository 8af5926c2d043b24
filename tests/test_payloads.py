"""Real input: webhook payloads as they were published, signed, through both ears.

The oldest are those of the announcement of 2016: no `actorId`, no `createdBy`, no `roomType`. A framework of 2017 prints one
that holds nothing but the message's id. The newest are in the form of today's guide "Webhooks". Where an effect is
tried, their ids are those of the simulated world.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.models import backlog, inbox, invitation
from tests.people import BOT_EMAIL, Person
from tests.world import World, wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

MESSAGE_2016: dict[str, Any] = {
    "id": "Y2lzY29zcGFyazovL3VzL1dFQkhPT0svYjI5NTk2NzAtMTIwZi00OT1234567890asdfghjkl",
    "name": "My Messaging Webhook",
    "targetUrl": "http://webhook.info/post/PVDYLYKPNB",
    "resource": "messages",
    "event": "created",
    "filter": "roomId=Y2lzY29zcGFyazovL3VzL1JPT00vYTRmMzA2ZDAtNDQ3ZC0xMWU2LTk1234567890asdfghjkl",
    "created": "2016-07-08T02:27:52.191Z",
    "data": {
        "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvYWE2NTllODAtNDRiMy0xM1234567890asdfghjkl",
        "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vYTRmMzA2ZDAtNDQ3ZC0xMWU2L1234567890asdfghjkl",
        "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9lM2EyNjA4OC1hNmRiLTQxZ1234567890asdfghjkl",
        "personEmail": "example@cisco.com",
        "created": "2016-07-08T02:28:33.000Z",
    },
}
ROOM_2016: dict[str, Any] = {
    "id": "Y2lzY29zcGFyazovL3VzL1dFQkhPT0svMDIyNmY2MWEtZWRmYi00OT1234567890asdfghjkl",
    "name": "My Rooms Webhook",
    "targetUrl": "http://webhook.info/post/PVDYLYKPNB",
    "resource": "rooms",
    "event": "created",
    "filter": "type=direct",
    "created": "2016-07-08T03:29:14.877Z",
    "data": {
        "id": "Y2lzY29zcGFyazovL3VzL1JPT00vMzBjMzNhMjAtNDRiYy0xMWU2LThmN2It1234567890asdfghjkl",
        "type": "direct",
        "isLocked": False,
        "lastActivity": "2016-07-08T03:29:34.460Z",
        "created": "2016-07-08T03:29:34.402Z",
    },
}
MEMBERSHIP_2016: dict[str, Any] = {
    "id": "Y2lzY29zcGFyazovL3VzL1dFQkhPT0svYTNiMTZkMzctNjNlNi00ZDU2L1234567890asdfghjkl",
    "name": "My Membership Webhook",
    "targetUrl": "http://webhook.info/post/PVDYLYKPNB",
    "resource": "memberships",
    "event": "created",
    "filter": "roomId=Y2lzY29zcGFyazovL3VzL1JPT00vOTczZmQ3MzAtNDRiZC0xMWU1234567890asdfghjkl",
    "created": "2016-07-08T03:42:00.672Z",
    "data": {
        "id": (
            "Y2lzY29zcGFyazovL3VzL01FTUJFUlNISVAvMmQxYjhiN2YtZWM0Ny00MTk5LTkzYjUtYjQyMjczM2Ji"
            "MzZlOjk3M2ZkNzMwLTQ0Y1234567890asdfghjkl"
        ),
        "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOTczZmQ3MzAtNDRiZC0xMWU2L1234567890asdfghjkl",
        "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS8yZDFiOGI3Zi1lYzQ3LTQ1234567890asdfghjkl",
        "personEmail": "example@cisco.com",
        "personDisplayName": "Example Person",
        "isModerator": False,
        "isMonitor": False,
        "created": "2016-07-08T03:42:57.054Z",
    },
}
LEFT_2016: dict[str, Any] = {
    "id": "Y2lzY29zcGFyazovL3VzL1dFQkhPT0svNWFhNmFmMWQtZDM2Mi001234567890asdfghjkl",
    "name": "Deleted Membership Webhook",
    "targetUrl": "http://webhook.info/post/PVDYLYKPNB",
    "resource": "memberships",
    "event": "deleted",
    "filter": "roomId=Y2lzY29zcGFyazovL3VzL1JPT00vZThhOTQ3MzAt1234567890asdfghjkl",
    "created": "2016-07-10T16:48:15.995Z",
    "data": {
        "id": (
            "Y2lzY29zcGFyazovL3VzL01FTUJFUlNISVAvNmE2MmU5Y2EtOGNkMi00NTZkLTlkOWQtOWYzZDE0OWEx"
            "YjkxOmU4YTk0NzMwLTQ2Ym1234567890asdfghjkl"
        ),
        "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vZThhOTQ3MzA1234567890asdfghjkl",
        "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS82YTYyZTljYS04Y2Q1234567890asdfghjkl",
        "personEmail": "example@cisco.com",
        "personDisplayName": "Example Person",
        "isModerator": False,
        "isMonitor": False,
        "created": "2016-07-10T16:49:16.325Z",
    },
}
MESSAGE_2017: dict[str, Any] = {"resource": "messages", "event": "created", "data": {"id": "...."}, "name": "shellbot-audit"}

ORG = "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8xMTExMTExMS0xMTExLTQxMTEtODExMS0xMTExMTExMTExMTE"
BOT = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9iMGIwYjBiMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDE"
ANN = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9hMGEwYTBhMC0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDI"
ROOM = "Y2lzY29zcGFyazovL3VzL1JPT00vYzBjMGMwYzAtMTExMS0xMWYwLTgwMDAtMDAwMDAwMDAwMDAz"
MESSAGE = "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvZDBkMGQwZDAtMjIyMi0xMWYwLTgwMDAtMDAwMDAwMDAwMDA0"
MEMBERSHIP = (
    "Y2lzY29zcGFyazovL3VzL01FTUJFUlNISVAvYjBiMGIwYjAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDAx"
    "OmMwYzBjMGMwLTExMTEtMTFmMC04MDAwLTAwMDAwMDAwMDAwMw"
)
ACTION = "Y2lzY29zcGFyazovL3VzL0FUVEFDSE1FTlRfQUNUSU9OL2YwZjBmMGYwLTAwMDAtMTFmMC04MDAwLTAwMDAwMDAwMDAwNg"
TODAY: dict[str, Any] = {
    "id": "Y2lzY29zcGFyazovL3VzL1dFQkhPT0svZTBlMGUwZTAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDAwMDA1",
    "name": "acme-bot",
    "targetUrl": "https://bot.example.com/hooks/9f3c",
    "orgId": ORG,
    "createdBy": BOT,
    "appId": "Y2lzY29zcGFyazovL3VzL0FQUExJQ0FUSU9OL0MxMjM0NTY3ODkwYWJjZGVm",
    "ownedBy": "creator",
    "status": "active",
    "created": "2026-11-01T08:00:00.000Z",
    "actorId": ANN,
}
ABOUT_MESSAGE = {"id": MESSAGE, "roomId": ROOM, "roomType": "group", "personId": ANN, "personEmail": "ann@example.com"}
ABOUT_MEMBERSHIP = {
    "id": MEMBERSHIP, "roomId": ROOM, "roomType": "group", "personId": BOT, "personEmail": "acme@webex.bot",
    "personDisplayName": "Acme", "personOrgId": ORG, "isModerator": False, "isMonitor": False, "isRoomHidden": False,
    "created": "2026-11-21T10:15:00.000Z",
}  # fmt: skip
ABOUT_ROOM = {
    "id": ROOM, "type": "group", "isLocked": False, "creatorId": ANN, "created": "2026-11-21T10:14:00.000Z",
    "lastActivity": "2026-11-21T10:15:00.000Z",
}  # fmt: skip
ABOUT_ACTION = {
    "id": ACTION, "type": "submit", "messageId": MESSAGE, "personId": ANN, "roomId": ROOM, "created": "2026-11-21T10:16:00.000Z",
}  # fmt: skip
MESSAGE_NOW = {
    **TODAY,
    "resource": "messages",
    "event": "created",
    "data": {**ABOUT_MESSAGE, "created": "2026-11-21T10:15:30.123Z"},
}
MEMBERSHIP_NOW = {**TODAY, "resource": "memberships", "event": "created", "data": ABOUT_MEMBERSHIP}
OTHERS_NOW = [
    {**TODAY, "resource": "messages", "event": "deleted", "data": ABOUT_MESSAGE},
    {**TODAY, "resource": "memberships", "event": "updated", "data": ABOUT_MEMBERSHIP},
    {**TODAY, "resource": "memberships", "event": "deleted", "data": ABOUT_MEMBERSHIP},
    {**TODAY, "resource": "rooms", "event": "created", "data": ABOUT_ROOM},
    {**TODAY, "resource": "rooms", "event": "updated", "data": ABOUT_ROOM},
    {**TODAY, "resource": "rooms", "event": "migrated", "data": ABOUT_ROOM},
    {**TODAY, "resource": "attachmentActions", "event": "created", "data": ABOUT_ACTION},
]
EVERYTHING = [MESSAGE_2016, ROOM_2016, MEMBERSHIP_2016, LEFT_2016, MESSAGE_2017, MESSAGE_NOW, MEMBERSHIP_NOW, *OTHERS_NOW]


@pytest.fixture
def staying(database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(database_url, tmp_path, GROUP_ROOMS="stay") as made:
        yield made


def adapted(payload: dict[str, Any], **real: object) -> dict[str, Any]:
    """The same payload about something that exists: only values that are there already are replaced."""
    assert set(real) <= set(payload["data"])
    return {**payload, "data": {**payload["data"], **real}}


def hears(world: World, payload: dict[str, Any]) -> None:
    """Deliver to the bot, and let it all be worked off. Who does not tell who acted is answered with the next sweep."""

    assert world.deliver("/bot", world.bot_secret, payload) == 204
    wait_until(lambda: not stored(world))
    world.queue.sweep()
    world.settle()


def test_everything_that_was_ever_published_is_accepted_by_both_ears(database_url: str, tmp_path: Path) -> None:
    """About people and rooms that exist nowhere: acknowledged; and a person's ear keeps nothing of what it need not hear."""
    with World(database_url, tmp_path, with_queue=False) as world:
        alice = world.person("alice@example.com")
        with world.house.database.transaction() as db:
            link = f"{world.app_url}/authorize/{invitation.issue(db, alice.id)}"
        assert alice.browser.authorizes(link, alice).status_code == 200
        path, secret = world.hook_of(alice)
        before = stored(world)
        for payload in EVERYTHING:
            assert world.deliver(path, secret, payload) == 204, payload
            assert world.deliver(path, world.bot_secret, payload) == 401, payload
        assert stored(world) == before
        for payload in EVERYTHING:
            assert world.deliver("/bot", world.bot_secret, payload) == 204, payload
            assert world.deliver("/bot", secret, payload) == 401, payload
        assert stored(world) == before + len(EVERYTHING)


def stored(world: World) -> int:
    with world.house.database.reading() as db:
        return backlog.count_open(db, inbox.InboxRow)


def test_a_message_of_2016_is_fetched_and_answered(world: World, alice: Person) -> None:
    with world.deaf():
        message = alice.writes("hello")
    about = {name: message[name] for name in ("id", "roomId", "personId", "personEmail", "created")}
    hears(world, adapted(MESSAGE_2016, **about))
    (greeting,) = alice.hears()
    assert "Connect your Webex account" in greeting
    alice.connects()
    said = len(alice.hears())
    with world.deaf():
        message = alice.writes("/todo buy milk")
    about = {name: message[name] for name in ("id", "roomId", "personId", "personEmail", "created")}
    hears(world, adapted(MESSAGE_2016, **about))
    hears(world, adapted(MESSAGE_2016, **about))
    assert [words.partition("\n")[0] for words in alice.hears()[said:]] == ["Added **1**: buy milk"]


def test_a_person_hears_by_payloads_of_2016_too(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    said = len(alice.hears())
    with world.deaf():
        messages = [alice.writes("/todo from a room", room="Project X"), bob.writes("lunch?", room="Project X")]
    path, secret = world.hook_of(alice)
    for message in messages:
        about = {name: message[name] for name in ("id", "roomId", "personId", "personEmail", "created")}
        assert world.deliver(path, secret, adapted(MESSAGE_2016, **about)) == 204
    world.settle()
    added, shown = alice.hears()[said:]
    assert added.startswith("Added **1**: from a room")
    assert shown == f"**bob** (bob@example.com) in {alice.linked('Project X')}:\n\n> lunch?  "


def test_a_room_of_2016_that_tells_nobody_leads_to_a_greeting(world: World, alice: Person) -> None:
    with world.deaf():
        message = alice.writes("hello")
    hears(world, adapted(ROOM_2016, id=message["roomId"]))
    (greeting,) = alice.hears()
    assert "Connect your Webex account" in greeting


def test_memberships_of_2016_that_do_not_tell_the_kind_of_the_room(world: World, alice: Person, bob: Person) -> None:
    """In a 1:1 room they lead to a greeting, whoever of the two is named; in a group to how-to-use and leaving."""
    for person, named in ((alice, alice), (bob, world.bot)):
        with world.deaf():
            room = person.writes("hello")["roomId"]
        members = person.api("GET", "/memberships", params={"roomId": room})["items"]
        member = next(member for member in members if member["personId"] == named.id)
        names = ("id", "roomId", "personId", "personEmail", "personDisplayName", "created")
        hears(world, adapted(MEMBERSHIP_2016, **{name: member[name] for name in names}))
        (greeting,) = person.hears()
        assert "Connect your Webex account" in greeting, named.name

    room = alice.room("Project X")
    with world.deaf():
        member = alice.api("POST", "/memberships", json={"roomId": room, "personEmail": BOT_EMAIL})
    hears(world, adapted(MEMBERSHIP_2016, **{name: member[name] for name in names}))
    assert ["I only talk 1:1" in message["text"] for message in alice.reads("Project X")] == [True]
    members = alice.api("GET", "/memberships", params={"roomId": room})["items"]
    assert BOT_EMAIL not in {member["personEmail"] for member in members}
    hears(world, adapted(LEFT_2016, **{name: member[name] for name in names}))
    assert len(alice.reads("Project X")) == 1


def test_a_message_of_which_only_the_id_is_told_is_fetched_and_answered(world: World, alice: Person) -> None:
    alice.connects()
    said = len(alice.hears())
    with world.deaf():
        message = alice.writes("/todo buy milk")
    hears(world, adapted(MESSAGE_2017, id=message["id"]))
    hears(world, adapted(MESSAGE_2017, id=message["id"]))
    assert [words.partition("\n")[0] for words in alice.hears()[said:]] == ["Added **1**: buy milk"]
    path, secret = world.hook_of(alice)
    assert world.deliver(path, secret, adapted(MESSAGE_2017, id=message["id"])) == 204
    world.settle()
    assert len(alice.hears()) == said + 1


def test_a_mention_and_a_membership_in_the_form_of_today(staying: World) -> None:
    alice = staying.person("alice@example.com")
    with staying.deaf():
        member = alice.api("POST", "/memberships", json={"roomId": alice.room("Project X"), "personEmail": BOT_EMAIL})
        mention = alice.writes("", room="Project X", markdown=f"<@personEmail:{BOT_EMAIL}> /init")
    about = {name: member[name] for name in ABOUT_MEMBERSHIP}
    hears(staying, {**adapted(MEMBERSHIP_NOW, **about), "actorId": alice.id, "createdBy": staying.bot.id})
    assert len(alice.reads("Project X")) == 2
    about = {name: mention[name] for name in ABOUT_MESSAGE}
    for _ in range(2):
        hears(staying, {**adapted(MESSAGE_NOW, **about), "actorId": alice.id, "createdBy": staying.bot.id})
    by_bot = [message["text"] for message in alice.reads("Project X") if message["personEmail"] == BOT_EMAIL]
    assert ["I only talk 1:1" in words for words in by_bot] == [True, True]
    assert alice.hears() == []
