"""A pytest plugin: `pytest_plugins = ["app.testing"]` gives the fixture `webex`, a simulated Webex for one test.

It is for authors of bots and integrations of any kind; docs/simulator.md has an example.
"""

from app.testing.fixtures import webex, webex_world
from app.testing.person import Person
from app.testing.webex import Webex

__all__ = ["Person", "Webex", "webex", "webex_world"]
