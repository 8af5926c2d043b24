"""Answers that no view gives: refusals in the envelope, canned ones, and those of faults."""

from flask import Response, g, jsonify

from app.simulator.errors import envelope
from app.simulator.records import Json
from app.simulator.switches import Switches

MALFORMED_WAIT = "rand(30),add(30)"
"""A Retry-After seen in the field (contract 5.2)."""
_HTML = "<html><head><title>429 Too Many Requests</title></head><body><h1>429 Too Many Requests</h1></body></html>"


def answer(content: object, status: int) -> Response:
    """Return JSON with a status."""
    response = jsonify(content)
    response.status_code = status
    return response


def refusal(message: str, status: int, field: str = "") -> Response:
    """Return a refusal in Webex's envelope."""
    return answer(envelope(message, g.tracking_id, field), status)


def too_many(switches: Switches, wait: int) -> Response:
    """Return 429 in the form the switches choose.

    :param wait: after how many seconds the call may be tried again.
    """
    if switches.too_many_body == "html":
        response = Response(_HTML, 429, mimetype="text/html")
    else:
        response = refusal("Too many requests.", 429)
    if switches.too_many_retry_after != "absent":
        is_malformed = switches.too_many_retry_after == "malformed"
        response.headers["Retry-After"] = MALFORMED_WAIT if is_malformed else str(wait)
    return response


def told_to_wait(wait: object) -> Response:
    """Return 429 with this Retry-After, without one if it is None."""
    response = refusal("Too many requests.", 429)
    if wait is not None:
        response.headers["Retry-After"] = str(wait)
    return response


def canned(fault: Json) -> Response:
    """Return what a fault says: status, body (JSON, or text as HTML or plain) and headers."""
    status, content = int(fault["status"]), fault.get("body")
    if isinstance(content, str):
        response = Response(content, status, mimetype="text/html" if content.startswith("<") else "text/plain")
    elif content is None:
        response = refusal(f"Fault {status}.", status)
    else:
        response = answer(content, status)
    response.headers.update({str(name): str(value) for name, value in fault.get("headers", {}).items()})
    return response
