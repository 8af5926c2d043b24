"""The HTTP server of the simulator: threads, HTTP/1.1 with kept connections, and the art of hanging up.

Werkzeug's development server closes every connection; real clients of Webex keep theirs, and so must we.
"""

import contextlib
import io
import json
import socket
import socketserver
import sys
import threading
from typing import TYPE_CHECKING, Any

from werkzeug.serving import WSGIRequestHandler
from werkzeug.wrappers import Response

from app.simulator.errors import MALFORMED, envelope, tracking_id

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

HANG_UP = "simulator.hang_up"
"""Where a request's environ has the function that closes the connection in place of the answer."""
MAX_BODY = 8_000_000
"""Bytes read of a request; what comes with more is refused before the application sees it."""
MAX_FORM = 110_000_000
"""Bytes read of a form, which may hold a file, or of a state that is loaded."""
LOADING = "/_sim/load"
TOO_LARGE = "The request is too large."
_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  where somebody who listens everywhere can be reached


class Handler(WSGIRequestHandler):
    """Reads a request whole, runs the application, writes the answer in one piece."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    # Without this, Nagle's algorithm and delayed ACKs cost 40 ms a call.
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        """Serve one request."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        self.environ = environ = self.make_environ()
        content = self._read(environ)
        if isinstance(content, Response):
            self.close_connection = True
            self._write(content)
            return
        environ["wsgi.input"] = io.BytesIO(content)
        environ["CONTENT_LENGTH"] = str(len(content))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ[HANG_UP] = self._hang_up
        self._is_cut = False
        response = Response.from_app(self.server.app, environ, buffered=True)
        if not self._is_cut:
            self._write(response)

    def _hang_up(self) -> None:
        self._is_cut = self.close_connection = True

    def _read(self, environ: "WSGIEnvironment") -> bytes | Response:
        """Return the body, or the refusal of one that is too large to be read or does not tell its size.

        :raises ConnectionAbortedError: if the connection ended within the body: half a request is none
        """
        is_large = environ.get("CONTENT_TYPE", "").startswith("multipart/form-data") or environ["PATH_INFO"] == LOADING
        limit = MAX_FORM if is_large else MAX_BODY
        if environ.get("wsgi.input_terminated"):
            content: bytes = environ["wsgi.input"].read(limit + 1)
            return content if len(content) <= limit else _refusal(413, TOO_LARGE)
        length = environ.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdigit()):
            return _refusal(400, MALFORMED)
        if len(length) >= 20 or int(length) > limit:
            return _refusal(413, TOO_LARGE)
        content = self.rfile.read(int(length))
        if len(content) < int(length):
            raise ConnectionAbortedError
        return content

    def _write(self, response: Any) -> None:
        content = response.get_data()
        self.send_response(response.status_code)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "connection"):
                self.send_header(name, value)
        if response.status_code not in (204, 304):
            # A HEAD is answered with the length that the GET would have had.
            length = response.headers.get("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status_code not in (204, 304):
            self.wfile.write(content)
        self.wfile.flush()

    def finish(self) -> None:
        """Close both directions, also when the client left before it had its answer."""
        with contextlib.suppress(OSError):
            super().finish()
        self.rfile.close()

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing; `GET /_sim/calls` has the calls."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The same, without first putting into words what nobody hears."""


def _refusal(status: int, message: str) -> Response:
    tracking = tracking_id()
    content = json.dumps(envelope(message, tracking))
    return Response(content, status, {"trackingid": tracking}, content_type="application/json")


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """Listens, and gives every connection a thread."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    multithread = True
    multiprocess = False
    ssl_context = None
    _server_version = "WebexSimulator"

    def __init__(self, host: str, port: int, app: "WSGIApplication") -> None:
        self.app = app
        self._is_over = False
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)

    def serve(self) -> None:
        """Take connections until the end. (`serve_forever` would wake up all the time to see whether it is there.)"""
        while not self._is_over:
            self.handle_request()

    def end(self) -> None:
        """Take no more connections; from another thread than the one that serves, which this wakes."""
        self._is_over = True
        host, port = self.socket.getsockname()[:2]
        with contextlib.suppress(OSError):
            socket.create_connection((_ANYWHERE.get(host, host), port), 1.0).close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that it can be cut at the end."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close one connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def cut(self) -> None:
        """Close every connection that is still open."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that left; everything else is a defect and is printed."""
        if not isinstance(sys.exception(), (OSError, ValueError)):
            super().handle_error(request, client_address)
