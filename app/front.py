"""How deliveries reach the ears: ahead of Flask, which takes ten times as long as an ear, or through it."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response, current_app, request

from app import ears
from app.ears import BOT_PATH, LARGEST, PEOPLES_PATH
from app.house import House
from app.webex.events import SIGNATURE_HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

REASONS = {204: "NO CONTENT", 400: "BAD REQUEST", 401: "UNAUTHORIZED", 404: "NOT FOUND", 503: "SERVICE UNAVAILABLE"}
STATUS_LINES = {status: f"{status} {REASONS[status]}" for status in ears.ANSWERS}
AGAIN = ("Retry-After", "5")  # seconds


def answer() -> Response:
    """The answer of Flask's routes."""
    house: House = current_app.extensions["house"]
    body = request.get_data()  # 413 above MAX_CONTENT_LENGTH, raised by Flask before a byte is parsed
    status = ears.hear(house, request.path, request.headers.get(SIGNATURE_HEADER), body)
    return Response(status=status, headers=[AGAIN] if status == 503 else [])


class Front:
    """Answers deliveries itself and leaves everything else to Flask.

    Also what is no plain delivery, whose body is too long or of unknown length: Flask has rules for that, and its routes
    ask the same ears.
    """

    def __init__(self, behind: "WSGIApplication", house: House) -> None:
        self.behind = behind
        self.house = house

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        length = _length(environ) if environ["REQUEST_METHOD"] == "POST" and _is_ear(path) else None
        if length is None:
            return self.behind(environ, start_response)
        body = environ["wsgi.input"].read(length)
        # Who hung up before the end gets what Flask would say.
        status = ears.hear(self.house, path, environ.get("HTTP_X_SPARK_SIGNATURE"), body) if len(body) == length else 400
        headers = [] if status == 204 else [("Content-Length", "0")]  # RFC 9110, section 8.6
        start_response(STATUS_LINES[status], [*headers, AGAIN] if status == 503 else headers)
        return ()


def _is_ear(path: str) -> bool:
    return path == BOT_PATH or (path.startswith(PEOPLES_PATH) and path.rfind("/") < len(PEOPLES_PATH) < len(path))


def _length(environ: "WSGIEnvironment") -> int | None:
    """Of the body, if that is told and not too much."""
    told = environ.get("CONTENT_LENGTH", "")
    if not (told.isdecimal() and told.isascii()) or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    length = int(told) if len(told) < 10 else LARGEST + 1
    return length if length <= LARGEST else None
