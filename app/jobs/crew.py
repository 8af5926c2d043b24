"""The threads of this process that work off lines.

A queue shared with other processes is asked by two threads only, however many work: each one that listens there costs a
connection, and all of them would wake for each word.
"""

import threading
from collections.abc import Callable
from queue import SimpleQueue
from time import monotonic

import structlog

log = structlog.get_logger(__name__)


class Crew:
    """:param work: works off a line
    :param size: threads
    """

    def __init__(self, work: Callable[[str], None], size: int) -> None:
        self.work = work
        self.size = size
        self._lines: SimpleQueue[str | None] = SimpleQueue()
        self._waiting: set[str] = set()
        self._busy = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._is_resting = False

    def start(self) -> None:
        self._threads = [threading.Thread(target=self._run, name=f"worker-{number}", daemon=True) for number in range(self.size)]
        for thread in self._threads:
            thread.start()

    def rest(self) -> None:
        """Begin with nothing more: the process is about to stop."""
        self._is_resting = True

    def stop(self, within: float) -> None:
        """Let what is under way end, but wait for so many seconds at most."""
        self.rest()
        for _ in self._threads:
            self._lines.put(None)
        until = monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, until - monotonic()))

    @property
    def alive(self) -> int:
        """How many threads work, or wait for work."""
        return sum(thread.is_alive() for thread in self._threads)

    @property
    def waiting(self) -> int:
        """How many lines no thread has begun with."""
        return len(self._waiting)

    def take(self, line_name: str) -> None:
        """Have a line worked off; returns at once. One that waits already is not put in a second time.

        One that is being worked on is: what it is woken for may have come after the last look into it.
        """
        with self._changed:
            if line_name in self._waiting:
                return
            self._waiting.add(line_name)
        self._lines.put(line_name)

    def take_if_free(self, line_name: str) -> bool:
        """The same, if a thread can begin at once."""
        with self._changed:
            if not self._has_room():
                return False
            self.take(line_name)
            return True

    def wait_for_room(self, seconds: float) -> bool:
        """Wait until a thread could begin at once."""
        with self._changed:
            return self._changed.wait_for(self._has_room, seconds)

    def _has_room(self) -> bool:
        return bool(self._threads) and not self._is_resting and self._busy + len(self._waiting) < self.size

    def _run(self) -> None:
        while (line_name := self._lines.get()) is not None and not self._is_resting:
            with self._changed:
                self._waiting.discard(line_name)
                self._busy += 1
            try:
                self.work(line_name)
            except BaseException as error:  # such as the database being away: the sweep finds the line again
                log.error("line could not be worked off", error=type(error).__name__, exc_info=error)
            finally:
                with self._changed:
                    self._busy -= 1
                    self._changed.notify_all()
