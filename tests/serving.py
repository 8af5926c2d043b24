"""The app behind the server of production, in a thread of the test's process."""

import socket
import threading
from typing import TYPE_CHECKING, Any

import waitress
from waitress import wasyncore

from app.cli.serve import HTTP_THREADS, LIMITS

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PATIENT = {"channel_timeout": 10**9}  # seconds; tests move the clock by days, and no connection is idle for that long


class Serving:
    """:param listening: the socket that listens; it is closed at the end
    :param keeps_headers: whether what proxies say is believed
    """

    def __init__(self, app: "WSGIApplication", listening: socket.socket, *, keeps_headers: bool) -> None:
        self._map: dict[int, Any] = {}
        self._server = waitress.create_server(
            app,
            map=self._map,
            sockets=[listening],
            threads=HTTP_THREADS,
            **LIMITS | PATIENT,
            clear_untrusted_proxy_headers=not keeps_headers,
        )
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="serving", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._is_over:
            wasyncore.loop(timeout=10.0, use_poll=True, map=self._map, count=1)

    def stop(self) -> None:
        """Let what is under way end, and close every connection."""
        self._is_over = True
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)
