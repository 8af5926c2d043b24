"""Admins: named by person id or by address, of whichever organisation, and nobody else."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bot.admins import ASK_AGAIN, ASK_SOON, Admins
from app.commands.context import Context
from app.commands.registry import COMMANDS, Needs, command
from app.models import user
from tests.people import BOT_EMAIL, Person
from tests.world import Clock, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
REFUSED = "`/probe` is for admins of this installation (the setting ADMINS), and you are none."


@pytest.fixture(autouse=True)
def probe() -> Iterator[None]:
    """A command for admins."""

    @command("/probe", topic="Administration", needs=Needs.ADMIN)
    def probe(ctx: Context) -> str:
        """Answer an admin.

        Usage: `/probe`
        """
        return f"Hello, admin{' with an account' if ctx.author else ''}."

    yield
    del COMMANDS["/probe"]


def restart(world: World, admins: str) -> None:
    world.stop_app()
    world.settings = {"ADMINS": admins}
    world.start_app()


def asked(world: World) -> int:
    """How often Webex was asked whose an address is."""
    return len([call for call in world.look("calls") if call["path"] == "/v1/people"])


def test_nobody_is_admin_unless_named(world: World, alice: Person) -> None:
    alice.says("hello")
    assert alice.says("/probe") == [REFUSED]
    alice.connects()
    assert alice.says("/probe") == alice.says("/PROBE me", room="Project X") == [REFUSED]


def test_admins_by_address_and_by_id(world: World, alice: Person, bob: Person, carol: Person) -> None:
    """An admin needs no account, and is one while paused, too. Addresses are resolved once, when somebody asks."""
    restart(world, f"Alice@EXAMPLE.com, {bob.id}, nobody@example.com, {BOT_EMAIL}")
    world.forget_calls()
    assert alice.says("/probe")[-1] == "Hello, admin."
    assert asked(world) == 3
    assert bob.says("/probe")[-1] == "Hello, admin."
    assert carol.says("/probe")[-1] == REFUSED
    assert asked(world) == 3
    alice.connects()
    with world.house.database.transaction() as db:
        user.change(db, alice.id, paused_at=1.0)
    assert alice.says("/probe") == ["Hello, admin with an account."]
    assert world.house.tools.admins.ids() == {alice.id, bob.id}


def test_an_admin_of_another_organisation_is_known_once_connected(world: World, dave: Person, clock: Clock) -> None:
    """Webex finds people by address inside the bot's organisation only; of others it vouches when they connect."""
    restart(world, "dave@partner.example")
    assert dave.says("/probe")[-1] == REFUSED
    dave.connects()
    clock.advance(ASK_AGAIN + 1.0)
    assert dave.says("/probe") == ["Hello, admin with an account."]


def test_an_address_that_moved_on_makes_nobody_else_admin(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """Webex knows whose an address is now. What is remembered of people who connected may be outdated."""
    alice.connects()
    bob.connects()
    with world.house.database.transaction() as db:
        user.change(db, bob.id, email=alice.email)  # as if it had been Bob's when he connected
    restart(world, "alice@example.com")
    assert bob.says("/probe") == [REFUSED]
    assert alice.says("/probe") == ["Hello, admin with an account."]
    with world.house.database.transaction() as db:
        for person in (alice, bob):
            user.change(db, person.id, email="shared@partner.example")
    restart(world, "Shared@partner.example")
    assert alice.says("/probe") == bob.says("/probe") == [REFUSED]


def test_webex_does_not_say_whose_an_address_is(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    restart(world, "alice@example.com")
    world.fault("GET", "/people$", status=500)
    assert alice.says("/probe") == [REFUSED]
    world.wait_for_fault()
    assert alice.says("/probe") == [REFUSED]  # not asked again at once
    clock.advance(ASK_SOON + 1.0)
    assert alice.says("/probe") == ["Hello, admin with an account."]


def test_many_ask_at_once(world: World, alice: Person, database_url: str, tmp_path: Path) -> None:
    emails = [f"nobody{number}@example.com" for number in range(8)]
    admins = Admins([*emails, alice.email, BOT_EMAIL], world.house.database, world.house.bot)
    failures: list[Exception] = []

    def ask() -> None:
        try:
            for _ in range(20):
                admins.includes(alice.id)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert admins.ids() == {alice.id}
