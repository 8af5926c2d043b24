"""The floor: a WSGI callable, one that reads the body, and a Flask route, that answer 204 and do nothing else."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("204 NO CONTENT", [])
    return ()


def reading(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("204 NO CONTENT", [])
    return ()


flask = Flask("bare")


@flask.post("/hooks/<opaque>")
def hear(opaque: str) -> tuple[str, int]:
    return "", 204
