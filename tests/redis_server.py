"""A Redis of a test's own: nothing on disk, gone with the test, or with the test run however that ends."""

import shutil
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

MISSING = "Redis is missing (redis-server)"
READY_WITHIN = 20.0  # seconds

# $1 is the binary, $2 the port, $3 the directory. As in tests/postgres.py, the shell ends the server when its input closes.
_SERVE = """
"$1" --bind 127.0.0.1 --port "$2" --dir "$3" --save "" --appendonly no >/dev/null &
read -r _
kill -KILL $!
"""


def find_binary() -> str | None:
    """Return the server's binary, None if there is none."""
    return shutil.which("redis-server")


class Redis:
    """A server that can be stopped, and started again with nothing in it.

    :ivar url: as QUEUE_URL takes it
    """

    def __init__(self, binary: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = ["/bin/sh", "-c", _SERVE, "redis", binary, str(self.port), str(folder)]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._process = subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True)
        deadline = time.monotonic() + READY_WITHIN
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise AssertionError("Redis does not start")

    def stop(self) -> None:
        """Kill it, with all it knows."""
        self._process.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
