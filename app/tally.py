"""Counts of what ears heard and dropped, gathered in memory so that an ear writes nothing for what nobody needs.

They are added to the privacy ledger every other second; a process that is killed loses at most those.
"""

import threading
from collections import Counter

from app.models import Database, ledger


class Tally:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()

    def note(self, person_id: str, what: str) -> None:
        """:param what: `ledger.HEARD` or `ledger.DROPPED`"""
        with self._lock:
            self._counts[person_id, what] += 1

    def flush(self) -> None:
        """Add what was counted to the ledger; kept if the database is away.

        Whoever asks while another thread is at it waits for that one, so that afterwards all counts are in the ledger.
        """
        with self._flushing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
            if counts:
                self._add(counts)

    def _add(self, counts: Counter[tuple[str, str]]) -> None:
        try:
            self.database.write(lambda connection: ledger.add_all(connection, counts))
        except Exception:
            with self._lock:
                self._counts.update(counts)
            raise
