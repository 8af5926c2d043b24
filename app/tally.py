"""Counts of what ears heard and dropped, gathered in memory so that an ear writes nothing for what nobody needs.

They are added to the privacy ledger every other second; a process that is killed loses at most those.
"""

import threading
from collections import Counter

from sqlalchemy import Connection

from app.models import Database, audit, ledger


class Tally:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._used: Counter[str] = Counter()

    def note(self, person_id: str, what: str) -> None:
        """:param what: `ledger.HEARD` or `ledger.DROPPED`"""
        with self._lock:
            self._counts[person_id, what] += 1

    def used(self, command: str) -> None:
        """Count a command, by nobody in particular."""
        with self._lock:
            self._used[command] += 1

    def flush(self) -> None:
        """Write down what was counted; kept if the database is away."""
        with self._lock:
            counts, used = self._counts, self._used
            self._counts, self._used = Counter(), Counter()
        if not counts and not used:
            return
        try:
            self.database.write(lambda connection: _add(connection, counts, used))
        except Exception:
            with self._lock:
                self._counts.update(counts)
                self._used.update(used)
            raise


def _add(connection: Connection, counts: Counter[tuple[str, str]], used: Counter[str]) -> None:
    ledger.add_all(connection, counts)
    audit.used(connection, used)
