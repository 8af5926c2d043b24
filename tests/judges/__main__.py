"""`make judges`: hear the outsiders that are too slow for every test run, one line each."""

import sys
import tempfile
from pathlib import Path

from tests.judges import fuzz, node, pages, teamsbot

JUDGES = (teamsbot.judge, node.judge, pages.judge, fuzz.judge)


def main() -> int:
    """Hear all judges; return 1 if one of them found what nobody can explain."""
    is_good = True
    for judge in JUDGES:
        with tempfile.TemporaryDirectory(prefix="judge-") as folder:
            verdict = judge(Path(folder))
        print(verdict.line(), flush=True)  # noqa: T201
        for problem in verdict.failed:
            print(f"    {problem}", flush=True)  # noqa: T201
        is_good = is_good and not verdict.failed
    return 0 if is_good else 1


sys.exit(main())
