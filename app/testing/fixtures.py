"""The fixtures of the plugin."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.simulator import description
from app.testing.webex import Webex


@pytest.fixture
def webex_world() -> Path | None:
    """The TOML file that describes the world of the tests; None is the demo world. Override it with a fixture of yours."""
    return None


@pytest.fixture
def webex(webex_world: Path | None) -> Iterator[Webex]:
    """A Webex of its own for one test, on a free port."""
    with Webex(description.read(webex_world) if webex_world else None) as made:
        yield made
