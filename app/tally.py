"""Counts of what ears heard and dropped, and of commands typed, gathered in memory so that nobody writes for each of them.

They are written down every ten seconds; a process that is killed loses at most those.
"""

import threading
from collections import Counter

from sqlalchemy import Connection

from app import metrics
from app.models import Database, audit, ledger


class Tally:
    def __init__(self, database: Database) -> None:
        self.database = database
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._used: Counter[str] = Counter()

    def heard(self, person_id: str, *, is_dropped: bool) -> None:
        """Count an event, and whether no feature needed it."""
        with self._lock:
            self._counts[person_id, ledger.HEARD] += 1
            if is_dropped:
                self._counts[person_id, ledger.DROPPED] += 1

    def used(self, command: str) -> None:
        """Count a command, by nobody in particular."""
        with self._lock:
            self._used[command] += 1

    def flush(self) -> None:
        """Write down what was counted; kept if the database is away.

        Whoever asks while another thread is at it waits for that one, so that afterwards all counts are written.
        """
        with self._flushing:
            with self._lock:
                counts, used = self._counts, self._used
                self._counts, self._used = Counter(), Counter()
            if counts or used:
                self._write(counts, used)

    def _write(self, counts: Counter[tuple[str, str]], used: Counter[str]) -> None:
        try:
            self.database.write(lambda connection: _add(connection, counts, used))
        except Exception:
            with self._lock:
                self._counts.update(counts)
                self._used.update(used)
            raise
        metrics.HEARD.labels("dropped").inc(sum(count for (_, what), count in counts.items() if what == ledger.DROPPED))


def _add(connection: Connection, counts: Counter[tuple[str, str]], used: Counter[str]) -> None:
    ledger.add_all(connection, counts)
    audit.used(connection, used)
