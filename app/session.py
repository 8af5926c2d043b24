"""Browser sessions: the cookie holds a random id and nothing about the person."""

from typing import Protocol

from flask import session

from app.models import Database
from app.models import session as sessions
from app.models.user import User

COOKIE_KEY = "sid"


class HasDatabase(Protocol):
    @property
    def database(self) -> Database: ...


def start_session(house: HasDatabase, person_id: str) -> None:
    """Sign a person in, under a fresh id."""
    session.clear()
    with house.database.transaction() as db:
        session[COOKIE_KEY] = sessions.start(db, person_id)


def end_session(house: HasDatabase) -> None:
    """Sign out, on this side as well as in the browser."""
    if session_id := session.get(COOKIE_KEY):
        with house.database.transaction() as db:
            sessions.end(db, session_id)
    session.clear()


def signed_in(house: HasDatabase) -> User | None:
    """Who is signed in, if anybody."""
    session_id = session.get(COOKIE_KEY)
    if not session_id:
        return None
    with house.database.reading() as db:
        return sessions.person_of(db, session_id)
