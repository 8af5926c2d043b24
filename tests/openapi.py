"""Every call that tests make to a simulated Webex is held against Webex's own API description: a pytest plugin.

The description is the file ``public-spec/webex-messaging.json`` of the repository ``webex/webex-openapi-specs``. It is
not part of this repository: it is looked for where WEBEX_OPENAPI says, else beside the checkout. Where it is wrong or
silent, `tests/openapi_patches.py` mends it. A call that still does not fit fails the test in which it was made.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, g, request

from app.simulator.application import API
from app.simulator.server import Simulator
from tests.openapi_document import Document
from tests.openapi_patches import PATCHES

BESIDE = Path(__file__).parents[2] / "shared" / "openapi" / "webex-messaging.json"
APP = "army-knife"
"""The User-Agent of the app, whose requests are judged also when they were refused."""


class Checker:
    """Watches applications and keeps what it finds."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self.findings: list[str] = []
        self.calls = 0

    def watch(self, application: Flask) -> None:
        """Look at every answer of an application before faults spoil it."""
        application.after_request(self._look)

    def take(self) -> list[str]:
        """Return what was found since the last time, each finding once."""
        found, self.findings = self.findings, []
        return list(dict.fromkeys(found))

    def _look(self, response: Response) -> Response:
        if not request.path.startswith(API + "/"):
            return response
        self.calls += 1
        call = f"{request.method} {request.path} -> {response.status_code}"
        self.findings += [f"{call}: {problem}" for problem in self._problems(response)]
        return response

    def _problems(self, response: Response) -> Iterator[str]:
        """Judge a call: the app's requests always, those of others when they were granted, answers unless ordered."""
        operation = self._document.operation(request.method, request.path.removeprefix(API))
        is_from_app = request.user_agent.string == APP
        if operation is None:
            if is_from_app or response.status_code not in (404, 405):
                yield "the description has no such operation"
            return
        if is_from_app:
            yield from operation.query_problems(request.args)
        if is_from_app or response.status_code < 400:
            yield from operation.request_problems(request.mimetype, _content(), is_strict=is_from_app)
        if not g.get("fault"):
            yield from operation.response_problems(response.status_code, response.mimetype or "", response.get_data())


def _content() -> bytes:
    """Return the body of the request, empty for a form, which is read already."""
    return request.get_data() if request.is_json else b""


def find() -> Path | None:
    """Return where the description is, None if it is nowhere."""
    path = Path(os.environ.get("WEBEX_OPENAPI") or BESIDE)
    return path if path.is_file() else None


def description(path: Path) -> dict[str, Any]:
    """Return the description at a path, mended.

    :raises LookupError: if a patch does not find what it mends.
    """
    described: dict[str, Any] = json.loads(path.read_bytes())
    for patch in PATCHES:
        patch.apply(described)
    return described


CHECKER = pytest.StashKey[Checker | None]()
CALLS = pytest.StashKey[list[int]]()


def pytest_configure(config: pytest.Config) -> None:
    path = find()
    config.stash[CHECKER] = checker = Checker(Document(description(path))) if path else None
    config.stash[CALLS] = []
    if checker:
        Simulator.prepare = checker.watch


@pytest.fixture(autouse=True)
def _agrees_with_the_description(pytestconfig: pytest.Config) -> Iterator[None]:
    """Fail the test in whose time a call was made that does not fit."""
    yield
    checker = pytestconfig.stash[CHECKER]
    if checker and (found := checker.take()):
        pytest.fail("Webex's API description does not agree:\n" + "\n".join(found), pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    checker = session.config.stash[CHECKER]
    if checker is None:
        return
    workeroutput = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:  # a worker of pytest-xdist tells its controller
        workeroutput["openapi_calls"] = checker.calls
    session.config.stash[CALLS].append(checker.calls)
    if checker.findings and session.exitstatus == pytest.ExitCode.OK:  # made after the last test
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """In pytest-xdist's controller, when a worker is done."""
    node.config.stash[CALLS].append(getattr(node, "workeroutput", {}).get("openapi_calls", 0))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    checker = config.stash[CHECKER]
    if checker is None:
        terminalreporter.line("Webex's API description is not here (WEBEX_OPENAPI), so calls were not held against it.")
        return
    calls = config.stash[CALLS]
    terminalreporter.line(f"Held against Webex's API description: {sum(calls)} calls.")
    for finding in checker.findings:
        terminalreporter.line(f"After the last test: {finding}")
