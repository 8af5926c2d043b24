"""A way between two processes that a test can cut, as a network or a stopped server does: TCP on loopback, passed on."""

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self


class Relay:
    """Passes connections on to the first of its targets that takes them, each time beginning with the next.

    :param targets: ports on loopback; one for a line to a server, several for a load balancer
    """

    def __init__(self, *targets: int) -> None:
        self._targets = list(targets)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._is_cut = False
        self._flows = threading.Event()
        self._flows.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Take no more connections, and break those that there are."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        with self._lock:
            self._is_cut = True
            self._flows.set()
            ends, self._open = self._open, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Take connections again."""
        self._is_cut = False

    def freeze(self) -> None:
        """Pass nothing on any more, but take it, and new connections, too."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass everything on again, also what was taken meanwhile."""
        self._flows.set()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            self._pass_on(near)

    def _pass_on(self, near: socket.socket) -> None:
        far = None if self._is_cut else self._reached()
        if far is None:
            near.close()
            return
        with self._lock:
            self._open |= {near, far}
        for source, target in ((near, far), (far, near)):
            threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _reached(self) -> socket.socket | None:
        for _ in self._targets:
            self._targets.append(self._targets.pop(0))
            try:
                return socket.create_connection(("127.0.0.1", self._targets[-1]))
            except ConnectionError:
                continue
        return None

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while content := source.recv(65_536):
                self._flows.wait()
                target.sendall(content)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open -= {source, target}
        source.close()
