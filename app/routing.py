"""The routing table: what an ear must know of everybody, in memory. An event that nobody needs costs no look into the database.

Whatever changes in a route is told after its commit: in this process by `Database.moved`, to the others by PostgreSQL's NOTIFY.
How old the table may be, at worst, is therefore bounded by an echo: every five seconds a word is sent on the same road, and
the table is believed for ten seconds after a word was sent that came back. While it is not, ears ask the database, so that a
connection that broke, hung or goes through a pooler that drops LISTEN costs speed and no event.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.models import Database, route
from app.models.route import Entry, Route

log = structlog.get_logger(__name__)

ECHO = "echo "
ECHO_EVERY = 5.0  # seconds
BELIEVED = 2  # as often an echo may be due before the table is not believed any more
ANEW_EVERY = 3_600.0  # seconds after which everything is read again, should somebody have changed rows by hand
PAGE = 1_000
MOST_UNKNOWN = 10_000


class Routing:
    """:param opaque: gives the last part of a person's webhook path
    :param echo_every: seconds between two words sent to ourselves
    """

    def __init__(self, database: Database, opaque: Callable[[str], str], echo_every: float = ECHO_EVERY) -> None:
        self.database = database
        self.opaque = opaque
        self.echo_every = echo_every
        self._known: dict[bytes, Entry] = {}
        self._unknown: set[bytes] = set()  # paths of ours whose people are gone
        self._version = 0
        self._lock = threading.Lock()
        # SQLite has one process, whose own changes are all there are.
        self._believed_until = float("inf") if database.is_sqlite else 0.0
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        if database.is_sqlite:
            database.moved = self.refresh

    def __len__(self) -> int:
        return len(self._known)

    def entries(self) -> dict[str, Entry]:
        """What is in the table, by person."""
        return {entry.person_id: entry for entry in list(self._known.values())}

    @property
    def is_believed(self) -> bool:
        return time.monotonic() < self._believed_until

    def knows(self, opaque: str) -> bool:
        """Whether a path is in the table. One that is not may be somebody's all the same; that is not worth a look."""
        return _key(opaque) in self._known

    def find(self, opaque: str) -> Entry | None:
        """Whose path it is. Only asked when the signature was good, so that nobody can make us look for paths they made up."""
        key = _key(opaque)
        if not self.is_believed:
            with self.database.reading() as db:
                found = route.by_hook(db, opaque)
            return found.entry() if found else None
        entry = self._known.get(key)
        if entry is None and key not in self._unknown:
            entry = self._look(key, lambda db: route.by_hook(db, opaque))
        return entry

    def refresh(self, person_id: str) -> None:
        """Something about this person changed. It is committed already, so a failure here must not look like one of that."""
        key = _key(self.opaque(person_id))
        with self._lock:
            self._version += 1
            self._unknown.discard(key)
        try:
            self._look(key, lambda db: route.of(db, person_id))
        except SQLAlchemyError as error:
            log.warning("route could not be read", error=type(error).__name__)
            self._forget(key)

    def _look(self, key: bytes, read: Callable[[Session], Route | None]) -> Entry | None:
        """Read a route, and keep it if nothing changed while it was read; otherwise what was read may be the former one."""
        for _ in range(3):
            version = self._version
            with self.database.reading() as db:
                found = read(db)
            entry = found.entry() if found else None
            with self._lock:
                if version == self._version:
                    self._keep(key, entry)
                    return entry
        self._forget(key)
        return entry

    def _keep(self, key: bytes, entry: Entry | None) -> None:
        if entry:
            self._known[key] = entry
            return
        self._known.pop(key, None)
        if len(self._unknown) >= MOST_UNKNOWN:
            self._unknown.clear()
        self._unknown.add(key)

    def _forget(self, key: bytes) -> None:
        with self._lock:
            self._known.pop(key, None)

    # Reading everything, and hearing of changes elsewhere

    def begin(self) -> None:
        """Read everybody, and go on listening; returns at once. Until then people are looked up as they are heard of."""
        self._thread = threading.Thread(target=self._run, name="routing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if self._thread is None:
            return
        if not self.database.is_sqlite:
            with suppress(SQLAlchemyError):
                self.database.notify(ECHO)  # so that it need not wait for the end of its patience
        self._thread.join(self.echo_every)

    def _run(self) -> None:
        keep = self._load if self.database.is_sqlite else self._follow
        is_done = False
        while not (is_done or self._stop.is_set()):
            try:
                keep()
                is_done = self.database.is_sqlite
            except Exception as error:  # whatever it was: what is not in the table is looked up, and this is tried again
                log.warning("routing table not kept", error=type(error).__name__)
                self._stop.wait(1.0)

    def _load(self) -> None:
        """Read everybody, in pieces, so that neither a transaction nor a thread that wants to run waits for all of it."""
        with self._lock:
            self._known, self._unknown = {}, set()
        after = ""
        while not self._stop.is_set() and (page := self._page(after)):
            after = page[-1].person_id

    def _page(self, after: str) -> list[Route]:
        while True:
            version = self._version
            with self.database.reading() as db:
                page = route.some(db, after, PAGE)
            entries = {_key(self.opaque(one.person_id)): one.entry() for one in page}
            with self._lock:
                if version == self._version:
                    self._known.update(entries)
                    return page

    def _follow(self) -> None:
        """Listen first, then read, so that nothing changes in between unheard; then believe, as long as words come back."""
        anew = time.monotonic() + ANEW_EVERY
        try:
            with self.database.listening() as heard:
                self._load()
                while self._echo(heard) and time.monotonic() < anew and not self._stop.is_set():
                    pass
        finally:
            self._believed_until = 0.0

    def _echo(self, heard: Callable[[float], list[str]]) -> bool:
        """Send a word and listen for a while.

        :returns: whether it came back. Words come in the order of their commits: then all changes before it were heard, too
        """
        word, sent, is_back = ECHO + token_hex(8), time.monotonic(), False
        self.database.notify(word)
        while (left := sent + self.echo_every - time.monotonic()) > 0 and not self._stop.is_set():
            for said in heard(left):
                if said == word:
                    self._believed_until, is_back = sent + BELIEVED * self.echo_every, True
                elif not said.startswith(ECHO):
                    self.refresh(said)
        return is_back


def _key(opaque: str) -> bytes:
    """Paths of ours are hexadecimal, and half as long that way; any other is nobody's."""
    try:
        return bytes.fromhex(opaque)
    except ValueError:
        return b""
