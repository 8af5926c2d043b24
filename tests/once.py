"""What makes a test run quick and is no part of any test: a pytest plugin.

What would be done anew for each of hundreds of worlds is done once in a process, and pauses before another attempt are short.

Every world has a database of its own, and thus an engine, for which SQLAlchemy would compile every statement of the app
again: a fifth of all the computing of a test run. Its cache of compiled statements is keyed by the engine's dialect; so
dialects of one class count as equal, and all engines get one cache. Servers of one test run are of one version.
"""

import gc
import http.client
import io
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from huey.consumer import Consumer, Scheduler
from jinja2 import Environment
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from app import jobs
from app.models import Database, line

_MOST = 3_000  # statements; the app has some hundreds


class _Scheduler(Scheduler):
    """Looks for what is due more often than once in a second, which is the most that Huey lets one ask for."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.interval = 0.1


def _headers(file: Any, _class: type[http.client.HTTPMessage] = http.client.HTTPMessage) -> http.client.HTTPMessage:
    """As `http.client.parse_headers`, which makes an e-mail of them. Whatever is not plain is left to that."""
    lines = http.client._read_headers(file)  # type: ignore[attr-defined]
    message = _class()
    for one in lines[:-1]:
        name, colon, value = one.decode("iso-8859-1").partition(":")
        if not colon or not name.isascii() or name.strip() != name or not name or one[-2:] != b"\r\n":
            return _parse(io.BytesIO(b"".join(lines)), _class)
        message._headers.append((name, value.strip(" \t\r\n")))  # type: ignore[attr-defined]
    return message


_parse = http.client.parse_headers


_compile = Rule._compile_builder
_builders: dict[tuple[object, ...], Any] = {}


def _compiled(self: Rule, append_unknown: bool = True) -> Any:
    """Every application compiles a function for each of its rules, which is most of the work when a world is made."""
    key = (tuple(self._trace), repr(self.defaults), append_unknown)
    if key not in _builders:
        _builders[key] = _compile(self, append_unknown)
    return _builders[key]


_compile_template = Environment.compile
_templates: dict[tuple[object, ...], Any] = {}


def _template(self: Environment, source: Any, name: Any = None, filename: Any = None, *raw: Any) -> Any:
    """So does every application with its templates; only those of files are kept."""
    key = (source, name, filename, tuple(self.extensions), type(self))
    if raw or not filename or not isinstance(source, str):
        return _compile_template(self, source, name, filename, *raw)
    if key not in _templates:
        _templates[key] = _compile_template(self, source, name, filename)
    return _templates[key]


def _with_compiled(
    make: Callable[[Database, str], Engine], compiled: LRUCache[object, object]
) -> Callable[[Database, str], Engine]:
    def made(self: Database, url: str) -> Engine:
        engine = make(self, url)
        engine._compiled_cache = compiled  # type: ignore[assignment]
        return engine

    return made


def pytest_configure() -> None:
    tempfile.tempdir = None  # TMPDIR is set by now, and what pytest was told before is kept there
    Environment.compile = _template  # type: ignore[assignment, method-assign]
    Rule._compile_builder = _compiled  # type: ignore[method-assign]
    http.client.parse_headers = _headers
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    compiled: LRUCache[object, object] = LRUCache(_MOST)
    for name in ("_engine", "_reader"):
        setattr(Database, name, _with_compiled(getattr(Database, name), compiled))
    line.FIRST_PAUSE = 0.03
    jobs.RING_EVERY = 86_400.0  # alarms ring when a test asks for it, and not beside what it looks at
    Consumer.scheduler_class = _Scheduler


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays: the collector of garbage need not look at it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish() -> None:
    """What is left has one look; pytest would have two more, each as long as some tests."""
    gc.collect()
    gc.freeze()
