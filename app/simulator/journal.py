"""What happened in the cloud, kept for GET /events (openapi /events): the newest ten thousand events."""

import threading
from collections import deque
from dataclasses import dataclass

from app.simulator import ids
from app.simulator.clock import Clock
from app.simulator.records import Json

KEPT = 10_000
RESOURCES = (
    "attachmentActions", "businessTexts", "call_records", "convergedRecordings", "file_transcodings", "files",
    "meetingMessages", "meetings", "meetingTranscripts", "memberships", "messages", "rooms", "tabs",
)  # fmt: skip
TYPES = ("created", "updated", "deleted", "ended")


@dataclass(frozen=True)
class Entry:
    """One event, and who may see it."""

    id: str
    resource: str
    type: str
    actor_id: str
    org_id: str
    created: str
    data: Json
    audience: frozenset[str]

    def shape(self) -> Json:
        """Return the event as the API shows it."""
        return {
            "id": self.id, "resource": self.resource, "type": self.type, "actorId": self.actor_id,
            "orgId": self.org_id, "created": self.created, "data": self.data,
        }  # fmt: skip


class Journal:
    """The newest events, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)

    def add(self, resource: str, kind: str, *, actor_id: str, org_id: str, data: Json, audience: frozenset[str]) -> None:
        """Note an event; of a `kind` the published list does not know, there is no trace."""
        if kind in TYPES:
            entry = Entry(ids.new("EVENT"), resource, kind, actor_id, org_id, self._clock.stamp(), data, audience)
            with self._lock:
                self._entries.append(entry)

    def restore(self, entries: list[Entry]) -> None:
        """Put other events, oldest first, in the place of those that are there."""
        with self._lock:
            self._entries = deque(entries, maxlen=KEPT)

    def listed(self) -> list[Entry]:
        """Return the events, newest first."""
        with self._lock:
            return list(self._entries)[::-1]
