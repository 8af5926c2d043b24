"""How a line that has work finds somebody to do it: in this process at once, else by the queue (Huey)."""

import threading
from queue import SimpleQueue
from typing import Any

import structlog
from huey import Huey

from app.jobs.crew import Crew

log = structlog.get_logger(__name__)

QUEUED = 200  # lines that wait for somebody, above which the clock adds no more


class Wakes:
    """:param is_alone: whether no other process could do the work
    :ivar is_reached: whether the queue, which may be another server, answered when it was last needed
    """

    def __init__(self, huey: Huey, crew: Crew, *, is_alone: bool) -> None:
        self.huey = huey
        self.crew = crew
        self.is_alone = is_alone
        self.is_reached = True
        self._drain: Any = huey.task(name="drain")(crew.take)
        self._pending: SimpleQueue[tuple[str, float] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._pass_on, name="wake", daemon=True)
        self._thread.start()

    def __call__(self, line_name: str, delay: float = 0.0) -> None:
        """Wake a line, in so many seconds; returns at once, so that no ear waits for the queue."""
        if delay > 0 or not self._is_taken_here(line_name):
            self._pending.put((line_name, delay))

    def _is_taken_here(self, line_name: str) -> bool:
        if self.is_alone:
            self.crew.take(line_name)
        return self.is_alone or self.crew.take_if_free(line_name)

    def _pass_on(self) -> None:
        """Give wake-ups to the queue, from one thread: Huey opens a connection for each thread that does."""
        while (first := self._pending.get()) is not None:
            waiting = {first: None}
            while not self._pending.empty():
                if (another := self._pending.get()) is None:
                    self._pending.put(None)
                    break
                waiting[another] = None
            for line_name, delay in waiting:
                self._enqueue(line_name, delay)

    def _enqueue(self, line_name: str, delay: float) -> None:
        try:
            if delay > 0:
                self._drain.schedule((line_name,), delay=delay)
            else:
                self._drain(line_name)
            self.is_reached = True
        except Exception as error:  # the row is stored, and the sweep finds it
            self.is_reached = False
            log.warning("queue did not take a wake-up", error=type(error).__name__)

    def room(self) -> int:
        """How many more lines may be woken before somebody's command would wait behind all of them."""
        try:
            room = max(0, QUEUED - int(self.huey.pending_count()) - self.crew.waiting)
            self.is_reached = True
            return room
        except Exception as error:
            self.is_reached = False
            log.warning("queue can't be looked at", error=type(error).__name__)
            return QUEUED

    def stop(self, within: float) -> None:
        self._pending.put(None)
        self._thread.join(within)
