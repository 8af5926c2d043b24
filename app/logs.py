"""Logs that hold no secret and nothing that people wrote: fields by allow-list, ids as pseudonyms, errors without their text."""

import hashlib
import hmac
import logging
import os
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, TextIO

import structlog

Entry = MutableMapping[str, Any]

ALLOWED = {
    "event", "level", "timestamp", "logger", "user", "command", "status", "error", "attempt", "count", "exception",
    "reference", "path", "method", "port", "address", "ms", "line",
}  # fmt: skip
PSEUDONYMS = {"user", "line"}
QUIET = ("requests", "authlib", "sqlalchemy", "werkzeug", "huey", "alembic", "waitress")
_KEY = os.urandom(16)  # new in each process: pseudonyms can't be joined across restarts
_MASKS = (
    (re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]+", re.I), r"\1 ***"),
    (re.compile(r"([?&\s\"'](?:code|state|\w*token|client_secret)[\"']?\s*[=:]\s*[\"']?)[^&\s\"',}]+", re.I), r"\1***"),
    (re.compile(r"(/(?:authorize|hooks|join)/)[^/?\s\"]+"), r"\1***"),
    (re.compile(r"[A-Za-z0-9_-]{60,}"), "***"),
    (re.compile(r"[\w.+-]+(?:@|%40)[\w-]+\.[\w.]+"), "***@***"),
)


def configure(level: str, form: str, stream: TextIO | None = None) -> None:
    """Send all logs, ours and the libraries', through the same filter.

    :param level: debug, info, warning or error; libraries stay at warning whatever it says
    :param form: `json` or `console`
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        short_exception,
        scrub,
    ]
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    handler = logging.StreamHandler(stream or sys.stderr)
    remove = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove, renderer]))
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    # Its warnings, one for each repeated call, show the whole address: ids, and whom somebody looks for.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def scrub(_logger: Any, _name: str, entry: Entry) -> Entry:
    """Let only known fields pass. Names of others are listed under `dropped`, so that a mistake is seen and harmless."""
    kept: Entry = {}
    for key, value in entry.items():
        if key.startswith("_"):
            kept[key] = value
        elif key not in ALLOWED:
            kept.setdefault("dropped", []).append(key)
        else:
            kept[key] = pseudonym(value) if key in PSEUDONYMS else _plain(value)
    return kept


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, replacement in _MASKS:
            value = pattern.sub(replacement, value)
        return value[:2_000]
    return value if isinstance(value, int | float | bool | None) else type(value).__name__


def pseudonym(value: object) -> str:
    """The same id gives the same ten characters as long as this process lives."""
    return hmac.digest(_KEY, str(value).encode(), hashlib.sha256).hex()[:10]


def short_exception(_logger: Any, _name: str, entry: Entry) -> Entry:
    """An exception's type and lines of code. Never its text, nor local variables: they hold addresses, texts, SQL."""
    info = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        entry["exception"] = f"{type(error).__name__} at {' < '.join(_frames(error.__traceback__)[-8:][::-1])}"
    return entry


def _frames(traceback: TracebackType | None) -> list[str]:
    frames = []
    while traceback:
        frames.append(f"{os.path.basename(traceback.tb_frame.f_code.co_filename)}:{traceback.tb_lineno}")
        traceback = traceback.tb_next
    return frames
