"""What tests of people's tokens have in common."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from app.house import House, build
from app.models import token
from app.models.token import Token
from app.models.user import User
from tests.people import Person
from tests.world import World


def kept(world: World, person: Person) -> Token:
    with world.house.database.reading() as db:
        return db.get_one(Token, person.id)


def status(world: World, person: Person) -> str:
    with world.house.database.reading() as db:
        return db.get_one(User, person.id).status


def opened(world: World, person: Person) -> tuple[str, str]:
    """Access and refresh token in clear, as only the holder of the keys can read them."""
    row = kept(world, person)
    vault = world.house.accounts.vault
    return token.open_access(vault, row), token.open_refresh(vault, row)


def renewals(world: World) -> int:
    return sum(call["path"] == "/v1/access_token" for call in world.look("calls"))


def end_access(world: World, person: Person) -> None:
    """Webex ends the access token, and so it is noted here, too."""
    world.control("expire", person=person.email)
    with world.house.database.transaction() as db:
        db.get_one(Token, person.id).expires_at = 0.0
    world.forget_calls()


def ask_at_once(world: World, others: int, ask: Callable[[House], Any]) -> list[Any]:
    """Let eight threads ask in the same moment, half of them in another process's house on the same database."""
    second = build(world.config())
    barrier = threading.Barrier(others)

    def one(number: int) -> Any:
        barrier.wait()
        return ask(second if number % 2 else world.house)

    try:
        with ThreadPoolExecutor(others) as pool:
            return list(pool.map(one, range(others)))
    finally:
        second.close()
