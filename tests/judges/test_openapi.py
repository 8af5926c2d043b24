"""The checker of calls can fail: a small description, an application that breaks it, and a test run that notices."""

import copy
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.typing import ResponseReturnValue

from tests.openapi import APP, Checker
from tests.openapi_document import Document

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]

ROOM = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "type": {"type": "string", "enum": ["direct", "group"]}},
}
JSON = "application/json"
DESCRIPTION: dict[str, Any] = {
    "components": {"schemas": {"Room": ROOM}},
    "paths": {
        "/rooms": {
            "get": {
                "parameters": [
                    {"name": "max", "in": "query", "schema": {"type": "number"}},
                    {"name": "type", "in": "query", "required": True, "schema": {"type": "string", "enum": ["group"]}},
                ],
                "responses": {
                    "200": {"content": {JSON: {"schema": {"$ref": "#/components/schemas/Room"}}}},
                    "400": {},
                    "500": {},
                },
            },
            "post": {
                "requestBody": {"content": {JSON: {"schema": ROOM}}},
                "responses": {"200": {}, "204": {"content": {}}, "400": {}},
            },
        },
        "/rooms/{roomId}": {"delete": {"responses": {"204": {}}}},
        "/rooms/mine": {"get": {"responses": {"204": {}}}},
    },
}


class Cloud:
    """An application that answers what it is told, and what the checker makes of it."""

    def __init__(self) -> None:
        self.answer: ResponseReturnValue = ("", 204)
        self.checker = Checker(Document(copy.deepcopy(DESCRIPTION)))
        application = Flask(__name__)
        methods = ["GET", "POST", "DELETE", "PATCH"]
        application.add_url_rule("/v1/<path:path>", "any", lambda path: self.answer, methods=methods)
        self.checker.watch(application)
        self.client = application.test_client()

    def found(self, answer: ResponseReturnValue, method: str, path: str, by: str = "somebody", **body: Any) -> str:
        self.answer = answer
        self.client.open(f"/v1{path}", method=method, headers={"User-Agent": by}, **body)
        return " | ".join(self.checker.take())


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"id": "a", "type": "group"}, ""),
        ({"type": "group"}, "must contain ['id']"),
        ({"id": 7}, "data.id must be string"),
        ({"id": "a", "type": "crowd"}, "must be one of"),
        ({"id": "a", "colour": "blue"}, "must not contain {'colour'}"),
        (("<p>", 200, {"Content-Type": "text/html"}), "text/html is not described"),
        (('{"id": ', 200, {"Content-Type": JSON}), "the body is no JSON"),
        (({}, 418), "the status is not described"),
        (({}, 500), "a server error"),
        (("", 400), ""),
    ],
)
def test_an_answer_that_does_not_fit_is_found(answer: ResponseReturnValue, problem: str) -> None:
    found = Cloud().found(answer, "GET", "/rooms?type=group")
    assert (problem in found) if problem else not found


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("type=group&max=3", ""),
        ("type=group&max=three", "max does not take 'three'"),
        ("type=crowd", "type does not take 'crowd'"),
        ("", "type is missing"),
        ("type=group&sort=up", "sort is not described"),
    ],
)
def test_the_query_of_the_app_is_judged_also_when_it_is_refused(query: str, problem: str) -> None:
    cloud = Cloud()
    found = cloud.found(("", 400), "GET", f"/rooms?{query}", by=APP)
    assert (problem in found) if problem else not found
    assert not cloud.found(("", 400), "GET", f"/rooms?{query}")


@pytest.mark.parametrize(
    ("fields", "problem_of_the_app", "problem_of_others"),
    [
        ({"id": "a"}, "", ""),
        ({"id": 7}, "data.id must be string", "data.id must be string"),
        ({"id": "a", "colour": "blue"}, "must not contain", ""),
    ],
)
def test_a_body_is_judged_when_it_was_taken(fields: Any, problem_of_the_app: str, problem_of_others: str) -> None:
    cloud = Cloud()
    for by, problem in ((APP, problem_of_the_app), ("somebody", problem_of_others)):
        found = cloud.found(("", 204), "POST", "/rooms", by=by, json=fields)
        assert (problem in found) if problem else not found
    assert bool(cloud.found(("", 400), "POST", "/rooms", by=APP, json={"id": 7}))
    assert not cloud.found(("", 400), "POST", "/rooms", json={"id": 7})


def test_operations_are_found_by_path() -> None:
    cloud = Cloud()
    assert not cloud.found(("", 204), "DELETE", "/rooms/abc")
    assert not cloud.found(("", 204), "GET", "/rooms/mine")
    assert "no such operation" in cloud.found({}, "GET", "/rooms/abc")
    assert "no such operation" in cloud.found({}, "GET", "/people")
    assert not cloud.found(("", 404), "GET", "/people")
    assert not cloud.found(("", 405), "PATCH", "/rooms")
    assert "no such operation" in cloud.found(("", 404), "GET", "/people", by=APP)


RUN = """
from flask import Flask

from app.simulator.server import Simulator


def test_call():
    application = Flask("liar")
    application.get("/v1/teams")(lambda: {"items": [{"name": "no id"}]})
    Simulator.prepare(application)
    application.test_client().get("/v1/teams")
"""
FILE = '{"paths": {"/teams": {"get": {"responses": {"200": {}}}}}, "components": {"schemas": {}}}'


def test_the_test_in_which_the_call_was_made_fails(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBEX_OPENAPI", str(pytester.makefile(".json", description=FILE)))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest("from tests import openapi\nopenapi.PATCHES = ()\npytest_plugins = ['tests.openapi']")
    pytester.makepyfile(RUN)
    outcome = pytester.runpytest_subprocess("-p", "no:randomly")
    outcome.assert_outcomes(passed=1, errors=1)
    outcome.stdout.fnmatch_lines(["*GET /v1/teams -> 200: response: a body is not described*"])


def test_without_the_file_one_line_says_so(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBEX_OPENAPI", str(pytester.path / "nowhere.json"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makepyfile(RUN)
    outcome = pytester.runpytest_subprocess("-p", "no:randomly", "-p", "tests.openapi")
    outcome.assert_outcomes(passed=1)
    outcome.stdout.fnmatch_lines(["*API description is not here*"])
