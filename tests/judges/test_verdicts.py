"""What `make judges` says, and that it can say no."""

from pathlib import Path

import pytest

from tests.judges import fuzz, node, pages
from tests.judges.bench import Verdict


def test_a_verdict_is_one_line() -> None:
    assert Verdict("judge 1", 3).line() == "judge 1: 3 passed, 0 failed, 0 expected differences"
    known = Verdict("judge 1", 3, ("broken",), ("known, because",)).line()
    assert known == "judge 1: 3 passed, 1 failed, 1 expected differences; expected: known, because"
    assert Verdict("judge 1", missing="node is missing").line() == "judge 1: not heard, node is missing"


def test_without_node_the_judge_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert node.judge(tmp_path).line() == f"{node.PACKAGE} {node.VERSION}: not heard, node or npm is missing"
    assert pages.judge(tmp_path).line() == f"{pages.PACKAGE} {pages.VERSION}: not heard, java and npm missing"


def test_failed_and_skipped_tests_of_the_framework_count_against_the_simulator() -> None:
    report = {
        "passes": [{}, {}],
        "failures": [{"fullTitle": "bot hears", "err": {"message": "timeout"}}],
        "pending": [{"fullTitle": "bot sees"}],
    }
    outcome = node.read("bot-tests", report)
    assert outcome == node.Outcome(2, ("bot-tests: bot hears: timeout", "bot-tests: bot sees: skipped"))


def test_errors_and_warnings_of_the_html_checker_count_and_hints_do_not() -> None:
    told = {"url": "file:/x/home.html", "lastLine": 3, "message": "no"}
    report = {"messages": [{**told, "type": "error"}, {**told, "type": "info", "subType": "warning"}, {**told, "type": "info"}]}
    assert pages.read(report) == ("home.html: line 3: no",) * 2


@pytest.mark.parametrize(
    ("method", "path", "status", "is_bad"),
    [
        ("GET", "/v1/rooms", 200, False),
        ("GET", "/v1/rooms", 400, False),
        ("GET", "/v1/rooms", None, False),
        ("GET", "/v1/rooms", 500, True),
        ("POST", "/v1/memberships", 502, False),
        ("POST", "/v1/memberships", 500, True),
        ("GET", "/v1/memberships", 502, True),
    ],
)
def test_a_5xx_counts_unless_webex_answers_it_too(method: str, path: str, status: int | None, is_bad: bool) -> None:
    assert fuzz.is_bad({"method": method, "path": path, "status": status}) == is_bad
