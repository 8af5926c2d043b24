"""The tests inside the npm package webex-node-bot-framework, which stand on Webex's own JavaScript SDK."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.judges.bench import Cloud, Verdict, free_port, run

PACKAGE, VERSION = "webex-node-bot-framework", "2.3.14"
TOOLS = ("mocha@10", "dotenv@10")
"""What the package's tests run with, as its package.json says; npm does not install them with it."""
SWITCH = Path(__file__).with_name("webhooks.cjs")
FILES = (
    "bot-tests", "integration-tests", "invalid-config-tests", "late-discovery-tests", "membership-rules-tests",
    "guide-rules-tests",
)  # fmt: skip
EXPECTED = ("mongo-tests.js is not run: it tests a MongoDB server, not Webex",)
TIMEOUT = 20_000
"""Milliseconds a test may take; the package says 50,000, for a Webex at the other end of the Internet."""
BOT, ALICE, BOB, DAVE, ERIN = (
    "armyknife@webex.bot", "alice@example.com", "bob@example.com", "dave@partner.example", "erin@partner.example",
)  # fmt: skip


@dataclass(frozen=True)
class Outcome:
    """What one file of tests came to."""

    passed: int
    failed: tuple[str, ...]


def judge(folder: Path) -> Verdict:
    """Install the package into a folder and let each of its files of tests meet a simulator of its own."""
    name = f"{PACKAGE} {VERSION}"
    if not (shutil.which("node") and shutil.which("npm")):
        return Verdict(name, missing="node or npm is missing")
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")
    installed = run(["npm", "install", *options, f"{PACKAGE}@{VERSION}", *TOOLS], folder)
    home = folder / "node_modules" / PACKAGE
    if installed.returncode or not home.is_dir():
        return Verdict(name, missing=f"npm could not install it: {installed.stdout.strip()[-300:]}")
    outcomes = [_outcome(home, file) for file in FILES]
    failed = tuple(problem for one in outcomes for problem in one.failed)
    return Verdict(name, sum(one.passed for one in outcomes), failed, EXPECTED)


def _outcome(home: Path, file: str) -> Outcome:
    report = home / f"{file}.json"
    with Cloud(port=0, redirect_uris=None) as cloud:
        # The tests of 1:1 rooms want one that is there already: with the bot, and with the user that plays the bot.
        for other in (BOT, BOB):
            cloud.call(ALICE, "POST", "/messages", {"toPersonEmail": other, "text": "Hello."})
        done = run(
            [home.parent / ".bin" / "mocha", "--require", SWITCH, f"test/{file}.js", "--exit", "--timeout", str(TIMEOUT),
             "--reporter", "json", "--reporter-option", f"output={report}"],
            home, **_environment(cloud),
        )  # fmt: skip
    if not report.is_file():
        return Outcome(0, (f"{file} ended without a report: {done.stdout.strip()[-300:]}",))
    return read(file, json.loads(report.read_text()))


def _environment(cloud: Cloud) -> dict[str, str]:
    """Return what the tests want to know (test/README.md of the package), and where the SDK finds Webex."""
    port = str(free_port())
    return {
        "HYDRA_SERVICE_URL": f"{cloud.url}/v1",
        "U2C_SERVICE_URL": f"{cloud.url}/u2c",
        "WEBHOOK_PORT": port,
        "HOSTED_FILE": f"http://127.0.0.1:{port}/flint.jpg",
        "BOT_API_TOKEN": cloud.token(BOT),
        "USER_API_TOKEN": cloud.token(ALICE),
        "AUTHORIZED_USER_API_TOKEN": cloud.token(BOB),
        "VALID_USER_API_TOKEN": cloud.token(BOB),
        "DISALLOWED_USER_API_TOKEN": cloud.token(DAVE),
        "ANOTHER_DISALLOWED_USERS_EMAIL": ERIN,
        "ALLOWED_DOMAINS": "example.com,webex.bot",
    }


def read(file: str, report: dict[str, Any]) -> Outcome:
    """Return what a report of mocha says about one file of tests; a skipped test has failed."""
    failures = [f"{file}: {one['fullTitle']}: {one['err'].get('message', '')[:200]}" for one in report["failures"]]
    skipped = [f"{file}: {one['fullTitle']}: skipped" for one in report["pending"]]
    return Outcome(len(report["passes"]), (*failures, *skipped))
