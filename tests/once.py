"""What makes a test run quick and is no part of any test: a pytest plugin.

What would be done anew for each of hundreds of worlds is done once in a process, and pauses before another attempt are short.

Every world has a database of its own, and thus an engine, for which SQLAlchemy would compile every statement of the app
again: a fifth of all the computing of a test run. Its cache of compiled statements is keyed by the engine's dialect; so
dialects of one class count as equal, and all engines get one cache. Servers of one test run are of one version.
"""

import gc
from typing import Any

import pytest
from huey.consumer import Consumer, Scheduler
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache

from app.models import Database, line

_MOST = 3_000  # statements; the app has some hundreds


class _Scheduler(Scheduler):
    """Looks for what is due more often than once in a second, which is the most that Huey lets one ask for."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.interval = 0.1


def pytest_configure() -> None:
    DefaultDialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[method-assign]
    DefaultDialect.__hash__ = lambda self: hash(type(self))  # type: ignore[method-assign]
    compiled: LRUCache[object, object] = LRUCache(_MOST)
    make = Database._engine

    def with_compiled(self: Database, url: str) -> object:
        engine = make(self, url)
        engine._compiled_cache = compiled  # type: ignore[assignment]
        return engine

    Database._engine = with_compiled  # type: ignore[assignment, method-assign]
    line.FIRST_PAUSE = 0.03
    Consumer.scheduler_class = _Scheduler


def pytest_collection_finish(session: pytest.Session) -> None:
    """What was imported stays: the collector of garbage need not look at it again and again, nor so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
