"""`make bench`: measure all parts, or those that are named, keep the figures in results.json and write docs/performance.md."""

import argparse
import datetime
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine, report

RESULTS = Path(__file__).with_name("results.json")
PARTS = ("micro", "http", "e2e", "counts")
MANY = 100_000


def main() -> None:
    """Each part has a folder of its own on the disk, and results of parts that are not measured now are kept."""
    asked = _arguments()
    if asked.report:
        report.write(json.loads(RESULTS.read_text()))
        return
    for part in asked.parts or PARTS:
        print(f"{part} …", flush=True)
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            Path(folder).chmod(0o755)  # PostgreSQL runs as somebody else
            found = MEASURES[part](Path(folder), asked)
        kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
        kept[part] = {
            "when": f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d %H:%M} UTC",
            "machine": machine.description(),
            **found,
        }
        RESULTS.write_text(json.dumps(kept, indent=1) + "\n")
        report.write(kept)


def _micro(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import micro  # noqa: PLC0415  # each part has needs of its own

    one, many = micro.measure(folder / "one"), micro.measure(folder / "many", many=asked.many)
    command = [sys.executable, "-m", "benchmarks.micro", folder / "memory", str(asked.many)]
    told = subprocess.run(command, cwd=machine.ROOT, capture_output=True, text=True, check=True).stdout
    return {"steps": one, "many": many, "memory": json.loads(told.splitlines()[-1])}


def _http(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import over_http  # noqa: PLC0415

    return over_http.measure(folder, rounds=asked.rounds, seconds=asked.seconds, many=asked.many)


def _e2e(folder: Path, _asked: argparse.Namespace) -> dict[str, Any]:
    from benchmarks import e2e  # noqa: PLC0415

    return e2e.measure(folder)


def _counts(folder: Path, _asked: argparse.Namespace) -> dict[str, Any]:
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # the simulated Webex is plain http on loopback
    from benchmarks import counts  # noqa: PLC0415

    if counts.missing():
        raise SystemExit(f"Not counted yet: {counts.missing()}")
    return {"commands": counts.measure(folder)}


MEASURES: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {
    "micro": _micro, "http": _http, "e2e": _e2e, "counts": _counts,
}  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=main.__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="all, if none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2, help="that each variant is measured in each round")
    parser.add_argument("--many", type=int, default=MANY, help="accounts of the large installation")
    parser.add_argument("--report", action="store_true", help="only write docs/performance.md anew from results.json")
    return parser.parse_args()


main()
