"""What most stories begin with, told once in a process: Alice says hello and connects.

It takes longer than many a story. So one world of each kind of database has it told to the end before the first test, by the
same app and the same simulator, and what Webex and the app know afterwards is kept. Where nothing has happened yet, Alice
then is where she was there, a moment ago; any other beginning is told as ever.
"""

import copy
import json
import re
import socket
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from http.cookiejar import Cookie
from typing import TYPE_CHECKING, Any, Self

import requests
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import Connection, Integer, Table, insert, select, text

from app.models import Base
from app.models.base import route_changed
from app.simulator import snapshot
from app.simulator.clock import iso

if TYPE_CHECKING:
    from tests.people import Person
    from tests.world import World

ALICE = "alice@example.com"
ITS_OWN = ("heartbeat",)  # an installation that has just begun has rows there
MOMENT = 1e9  # seconds since 1970
_MOMENTS = re.compile(r"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)|(?<![\w.-])(?P<seconds>[12]\d{9}\.\d+)(?![\w.-])")
FREE = 1_000  # numbers of rows above which an installation that has just begun has none
NUMBERED = (("inbox", "id"), ("inbox_step", "inbox_id"))
AT_ITS_START = 1  # row elsewhere: that it looks for what was written before
TABLES = [table for table in Base.metadata.sorted_tables if table.name not in ITS_OWN]
_COUNT = "SELECT " + " + ".join(f"(SELECT count(*) FROM {table.name})" for table in TABLES)


@dataclass(frozen=True)
class Recording:
    """A person who has connected.

    :ivar at: when it was over, in seconds since 1970
    :ivar app_url: the app's address, which stands in much of what is kept
    :ivar state: of the simulated Webex
    :ivar calls: that were made to it
    :ivar rows: of the app's tables
    :ivar cookies: of the person's browser
    :ivar page: the last answer that it had
    """

    at: float
    app_url: str
    state: str
    calls: str
    rows: dict[str, list[dict[str, Any]]]
    cookies: requests.cookies.RequestsCookieJar
    page: requests.Response

    @classmethod
    def of(cls, world: "World") -> Self:
        """Have it told in a world in which nothing has happened yet."""
        alice = world.person(ALICE)
        world.settle()
        before = _rows(world)
        page = alice.connects()
        world.house.tools.tally.flush()
        rows = {name: [row for row in some if row not in before[name]] for name, some in _rows(world).items()}
        for row, column in ((row, column) for name, column in NUMBERED for row in rows[name]):
            row[column] += FREE
        cloud, cookies = world.simulator.cloud, alice.browser.session.cookies
        calls = json.dumps(cloud.calls.listed())
        return cls(time.time(), world.app_url, snapshot.save(cloud).decode(), calls, rows, cookies, page)

    def begin(self, world: "World", person: "Person") -> None:
        """Let it have happened in a world in which nothing did."""
        cloud, later = world.simulator.cloud, Later(time.time() - self.at)
        snapshot.load(cloud, later.words(self.state).encode())
        cloud.calls._items.extend(json.loads(later.words(self.calls)))
        with world.house.database.transaction() as db:
            for table in TABLES:
                rows = [{name: later.value(value) for name, value in row.items()} for row in self.rows[table.name]]
                _fill(db.connection(), table, rows)
            route_changed(db, person.id)
        for cookie in self.cookies:
            person.browser.session.cookies.set_cookie(_signed_now(cookie, world))

    def fits(self, world: "World", person: "Person") -> bool:
        """Whether nothing has happened in a world but that it began, and this is what would happen next."""
        is_usual = person.email == ALICE and world.app_url == self.app_url and not world.settings and world.with_queue
        if not is_usual or world.was_controlled or not _is_now():
            return False
        world.settle()
        return _is_untouched(world)


@dataclass(frozen=True)
class Later:
    """Moves moments of time, by so many seconds."""

    seconds: float

    def value(self, value: Any) -> Any:
        """Move a column's value, if it is a moment: no other number is as large."""
        return value + self.seconds if isinstance(value, float) and value > MOMENT else value

    def words(self, content: str) -> str:
        """Move all that stand in a JSON document, which writes them in one of two ways."""
        return _MOMENTS.sub(self._moved, content)

    def _moved(self, found: re.Match[str]) -> str:
        if found["seconds"]:
            return repr(float(found["seconds"]) + self.seconds)
        return iso(datetime.fromisoformat(found["iso"]).timestamp() + self.seconds)


def _rows(world: "World") -> dict[str, list[dict[str, Any]]]:
    with world.house.database.looking() as connection:
        return {table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in TABLES}


def _signed_now(cookie: Cookie, world: "World") -> Cookie:
    """Sign a session's cookie again: the time at which that was done stands in it."""
    signed, serializer = copy.copy(cookie), SecureCookieSessionInterface().get_signing_serializer(world.app)
    if serializer is not None and cookie.value:
        signed.value = str(serializer.dumps(serializer.loads(cookie.value)))
    return signed


def _is_now() -> bool:
    return abs(time.time() - time.clock_gettime(time.CLOCK_REALTIME)) < 1.0


def _is_untouched(world: "World") -> bool:
    if any(call["by"] != world.bot.id for call in world.simulator.cloud.calls.listed()):
        return False
    with closing(world.house.database.reader.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(_COUNT)
        return cursor.fetchone() == (AT_ITS_START,)


def _fill(connection: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    connection.execute(insert(table), rows)
    (key, *more) = table.primary_key
    if connection.dialect.name == "postgresql" and not more and isinstance(key.type, Integer):
        numbers = text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{key.name}'), max({key.name})) FROM {table.name}")
        connection.execute(numbers)


class Recordings:
    """One for each kind of database, and the address of the app that they are about, at which one world at a time is."""

    def __init__(self) -> None:
        self._made: dict[bool, Recording] = {}
        self._address = socket.create_server(("127.0.0.1", 0))

    def close(self) -> None:
        self._address.close()

    def listening(self) -> socket.socket:
        """Return what listens at the address; nobody of an earlier world waits there to be let in."""
        self._address.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                self._address.accept()[0].close()
        self._address.setblocking(True)
        return self._address.dup()

    def make(self, world: "World") -> None:
        self._made[world.house.database.is_sqlite] = Recording.of(world)

    def connects(self, world: "World", person: "Person") -> requests.Response | None:
        """Let somebody have connected.

        :returns: the last answer that their browser had; None if it has to be told as ever
        """
        recording = self._made.get(world.house.database.is_sqlite)
        if recording is None or not recording.fits(world, person):
            return None
        recording.begin(world, person)
        return recording.page
