"""The watch over simulators in processes that tests start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

from app.simulator.server import Simulator
from tests import openapi
from tests.children.recording import Calls
from tests.openapi import Checker
from tests.openapi_document import Document
from tests.processes import ROOT

ME = {"type": "object", "required": ["id", "shoeSize"]}
DESCRIPTION = {
    "paths": {
        "/people/me": {"get": {"responses": {"200": {"content": {"application/json": {"schema": ME}}}}}},
        "/rooms": {"get": {"responses": {"200": {}}}},
    },
    "components": {"schemas": {}},
}
PROGRAM = """
import os, requests
from app.simulator.server import Simulator
with Simulator(port=0) as simulator:
    headers = {"Authorization": "Bearer demo-bot-token", "User-Agent": "army-knife"}
    requests.get(simulator.url + "/v1/people/me?hat=on", headers=headers, timeout=10)
    requests.get(simulator.url + "/_sim/people", timeout=10)
    os._exit(9)  # as if it were killed
"""


@pytest.fixture
def checker(tmp_path: Path) -> Checker:
    return Checker(Document(DESCRIPTION), Calls(tmp_path))


def test_a_call_in_a_process_that_a_test_starts_is_judged_though_it_is_killed(checker: Checker, tmp_path: Path) -> None:
    environment = {**os.environ, **Calls(tmp_path).environment()}
    ended = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, timeout=60, check=False)
    assert ended.returncode == 9
    request, answer = checker.take()
    assert request == "GET /v1/people/me -> 200: query parameter hat is not described"
    assert answer.startswith("GET /v1/people/me -> 200: response: data must contain ['shoeSize']")
    assert (checker.calls, checker.take()) == (1, [])


def test_a_call_in_this_process_is_judged_as_it_was_before_a_fault_spoiled_it(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Simulator, "prepare", checker.watch)
    with Simulator(port=0) as simulator:
        headers = {"Authorization": "Bearer demo-bot-token"}
        for fault in ({"bad_json": True}, {"status": 503}):
            requests.post(f"{simulator.url}/_sim/faults", json={"path": "/rooms", "fault": fault}, timeout=10)
            requests.get(f"{simulator.url}/v1/rooms", headers=headers, timeout=10)
    assert checker.take() == []  # the first answer was sound, the second one ordered
    assert checker.calls == 2


def test_the_tests_of_the_demo_start_it_under_watch() -> None:
    told: dict[str, Any] = openapi.children()
    assert openapi.find() is None or Path(told["WATCHED_CALLS"]).is_dir()
