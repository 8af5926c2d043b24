"""What tests of the authorization have in common."""

import requests
from sqlalchemy import func, select

from app.models.session import BrowserSession
from app.models.token import Token
from app.models.user import User
from tests.people import Person
from tests.world import World


def count(world: World, table: type) -> int:
    with world.house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def is_nobody_known(world: World) -> bool:
    return not any(count(world, table) for table in (User, Token, BrowserSession))


def starts(person: Person) -> requests.Response:
    """Say hello and follow the link as far as Webex's sign-in page."""
    person.says("hello")
    return person.browser.opens(f"{person.link()}/go")


def way_back(person: Person, page: requests.Response) -> str:
    """Sign in, and catch the address to which Webex sends the browser."""
    return person.browser.signs_in(page, person, follow=False).headers["Location"]
