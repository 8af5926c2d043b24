"""A client that nobody here wrote, the community's Python SDK, is Alice from the first hello to a command."""

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
import webexpythonsdk

from tests.people import BOT_EMAIL, Person
from tests.world import World, wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Client:
    """Alice's own program."""

    def __init__(self, world: World, alice: Person) -> None:
        self.world = world
        self.api: Any = webexpythonsdk.WebexAPI(access_token=alice.token, base_url=f"{world.simulator.url}/v1/")
        self.seen: set[str] = set()

    def says(self, words: str, **to: str) -> str:
        """Write to the bot, and read its next words when they are there."""
        self.api.messages.create(text=words, **(to or {"toPersonEmail": BOT_EMAIL}))
        found: list[Any] = []
        wait_until(lambda: found.extend(self.news()) or found)
        self.world.settle()
        return "\n".join(message.markdown for message in [*found, *self.news()])

    def news(self) -> list[Any]:
        messages = [one for one in self.api.messages.list_direct(personEmail=BOT_EMAIL) if one.personEmail == BOT_EMAIL]
        fresh = [one for one in messages[::-1] if one.id not in self.seen]
        self.seen |= {one.id for one in fresh}
        return fresh


@pytest.fixture
def client(world: World, alice: Person) -> Iterator[Client]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the SDK's own
        yield Client(world, alice)


def test_the_sdk_connects_and_types_commands(client: Client, world: World, alice: Person, bob: Person) -> None:
    assert client.api.people.me().emails == ["alice@example.com"]
    assert "Connect your Webex account" in client.says("hello")
    assert "Connect your Webex account" in client.says("/init")
    page = alice.browser.authorizes(alice.link(), alice)
    assert "You’re connected" in page.text
    world.settle()
    assert "You're connected" in "\n".join(message.markdown for message in client.news())

    assert "buy milk" in client.says("/todo buy milk")
    room = next(room for room in client.api.rooms.list() if room.title == "Project X")
    assert "water the plants" in client.says("/todo water the plants", roomId=room.id)  # in a group: answered 1:1
    assert "Now tracking" in client.says("/track bob@example.com bob")
    bob.says("lunch at noon?", room="Project X")
    assert "lunch at noon?" in client.news()[-1].markdown
    assert "did you mean" in client.says("/todoo").lower()
