"""Every call that tests make to a simulated Webex is held against Webex's own API description: a pytest plugin.

The description is the file ``public-spec/webex-messaging.json`` of the repository ``webex/webex-openapi-specs``. It is
not part of this repository: it is looked for where WEBEX_OPENAPI says, else beside the checkout. Where it is wrong or
silent, `tests/openapi_patches.py` mends it. A call that still does not fit fails the test in which it was made.

Simulators in processes that tests start (`flask demo`, `flask simulator`, another pytest) are watched as well: they
write down their calls (`tests/children`), which are judged here. The environment of such a process has to hold what
`children` returns; who starts one with the environment of the tests has it by itself.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, request

from app.simulator.application import API
from app.simulator.server import Simulator
from tests.children.recording import Call, Calls
from tests.openapi_document import Document
from tests.openapi_patches import PATCHES

BESIDE = Path(__file__).parents[2] / "shared" / "openapi" / "webex-messaging.json"
APP = "army-knife"
"""The User-Agent of the app, whose requests are judged also when they were refused."""


class Checker:
    """Watches applications and keeps what it finds.

    :param children: the calls that simulators in other processes write down
    """

    def __init__(self, document: Document, children: Calls | None = None) -> None:
        self._document = document
        self.children = children
        self.findings: list[str] = []
        self.calls = 0

    def watch(self, application: Flask) -> None:
        """Look at every answer of an application before faults spoil it."""
        application.after_request(self._look)

    def take(self) -> list[str]:
        """Return what was found since the last time, each finding once."""
        for call in self.children.take() if self.children else ():
            self.judge(call)
        found, self.findings = self.findings, []
        return list(dict.fromkeys(found))

    def _look(self, response: Response) -> Response:
        if request.path.startswith(API + "/"):
            self.judge(Call.of(response))
        return response

    def judge(self, call: Call) -> None:
        """Hold a call against the description."""
        self.calls += 1
        self.findings += [f"{call.method} {call.path} -> {call.status}: {problem}" for problem in self._problems(call)]

    def _problems(self, call: Call) -> Iterator[str]:
        """Judge a call: the app's requests always, those of others when they were granted, answers unless ordered."""
        operation = self._document.operation(call.method, call.path.removeprefix(API))
        is_from_app = call.agent == APP
        if operation is None:
            if is_from_app or call.status not in (404, 405):
                yield "the description has no such operation"
            return
        if is_from_app:
            yield from operation.query_problems(call.query)
        if is_from_app or call.status < 400:
            yield from operation.request_problems(call.kind, call.content, is_strict=is_from_app)
        if not call.is_ordered:
            yield from operation.response_problems(call.status, call.answer_kind, call.answer)


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
    config.stash[CALLS] = []
    config.stash[CHECKER] = checker = Checker(Document(description(path)), _listen(config)) if path else None
    if checker:
        Simulator.prepare = checker.watch


def _listen(config: pytest.Config) -> Calls:
    """Let processes that tests start write down their calls, until the end of the test run."""
    folder = Path(tempfile.mkdtemp(prefix="army-knife-calls-"))
    config.add_cleanup(partial(shutil.rmtree, folder, ignore_errors=True))
    calls = Calls(folder)
    for name, value in calls.environment().items():
        config.add_cleanup(partial(_restore, name, os.environ.get(name)))
        os.environ[name] = value
    return calls


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def children() -> dict[str, str]:
    """Return what the environment of a process must hold for its simulators to be watched, nothing if none are."""
    return {name: os.environ[name] for name in ("WATCHED_CALLS", "PYTHONPATH") if "WATCHED_CALLS" in os.environ}


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
    checker.findings = found = checker.take()  # after the last test; in pytest-xdist's controller also those of its workers
    workeroutput = getattr(session.config, "workeroutput", None)
    if workeroutput is not None:  # a worker of pytest-xdist tells its controller
        workeroutput.update(openapi_calls=checker.calls, openapi_findings=found)
    session.config.stash[CALLS].append(checker.calls)
    if found and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """In pytest-xdist's controller, when a worker is done."""
    told = getattr(node, "workeroutput", {})
    node.config.stash[CALLS].append(told.get("openapi_calls", 0))
    if checker := node.config.stash[CHECKER]:
        checker.findings += told.get("openapi_findings", [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    checker = config.stash[CHECKER]
    if checker is None:
        terminalreporter.line("Webex's API description is not here (WEBEX_OPENAPI), so calls were not held against it.")
        return
    calls = config.stash[CALLS]
    terminalreporter.line(f"Held against Webex's API description: {sum(calls)} calls.")
    for finding in checker.findings:
        terminalreporter.line(f"After the last test: {finding}")
