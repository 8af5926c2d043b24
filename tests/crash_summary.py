"""Prints what became of what was going on when processes were killed, at the end of a test run: a pytest plugin."""

from typing import Any

import pytest

from tests.crash_steps import DATABASES

PROPERTY = "crash"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for state in ("passed", "failed") for report in terminalreporter.stats.get(state, [])]
    found = [value for report in reports for name, value in getattr(report, "user_properties", ()) if name == PROPERTY]
    if not found:
        return
    terminalreporter.section("killed with kill -9, and how it ended")
    for (flow, words), ends in _by_step(found).items():
        same = len(set(ends.values())) == 1
        told = f"{', '.join(ends)}: {next(iter(ends.values()))}" if same else str(ends)
        terminalreporter.line(f"{flow}: {words} -> {told}")


def _by_step(found: list[Any]) -> dict[tuple[str, str], dict[str, str]]:
    """How each step ended, by database."""
    steps: dict[tuple[str, str], dict[str, str]] = {}
    for flow, words, database, ended in sorted(found, key=lambda one: list(DATABASES).index(one[2])):
        steps.setdefault((flow, words), {})[DATABASES[database]] = ended
    return steps
