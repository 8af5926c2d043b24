"""The framework webexteamsbot registers its webhook and answers; it has an environment of its own.

Its dependency webexteamssdk wants PyJWT 1.7.1 exactly and webexpythonsdk wants 2.8 or newer, so that they cannot be
installed side by side.
"""

import contextlib
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import requests

from tests.judges.bench import Cloud, Verdict, free_port, install

PACKAGE, VERSION = "webexteamsbot", "0.1.4.2"
PROGRAM = Path(__file__).with_name("teamsbot_program.py")
ALICE, BOT = "alice@example.com", "armyknife@webex.bot"
PATIENCE = 20.0
"""Seconds to wait for the bot to start, and for each of its answers."""


def judge(folder: Path) -> Verdict:
    """Install the framework into a folder and talk with a bot made of it."""
    name = f"{PACKAGE} {VERSION}"
    python = install(folder, f"{PACKAGE}=={VERSION}")
    if python is None:
        return Verdict(name, missing="pip could not install it")
    port = str(free_port())
    with Cloud(port=0, redirect_uris=None) as cloud, (folder / "log").open("w") as log:
        address = f"http://127.0.0.1:{port}"
        environment = {"WEBEX_TEAMS_ACCESS_TOKEN": cloud.token(BOT), "WEBEX_URL": f"{cloud.url}/v1/", "BOT_PORT": port}
        bot = subprocess.Popen([python, PROGRAM], env=environment, stdout=log, stderr=log)
        try:
            failed = _problems(cloud, address)
        finally:
            bot.terminate()
            bot.wait()
    return Verdict(name, len(CHECKS) - len(failed), failed)


def _problems(cloud: Cloud, address: str) -> tuple[str, ...]:
    """Wait for each check to come true, in their order; return the names of those that did not."""
    if not _comes_true(lambda: requests.get(f"{address}/health", timeout=1).ok):
        return tuple(f"{name}: the bot does not start" for name in CHECKS)
    return tuple(name for name, check in CHECKS.items() if not check(cloud))


def _comes_true(is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.RequestException):
            if is_true():
                return True
        time.sleep(0.1)
    return False


def _registers(cloud: Cloud) -> bool:
    hooks = cloud.call(BOT, "GET", "/webhooks")["items"]
    return [(one["name"], one["resource"], one["event"]) for one in hooks] == [("judge.messages.created", "messages", "created")]


def _answers_in_private(cloud: Cloud) -> bool:
    room = cloud.call(ALICE, "POST", "/messages", {"toPersonEmail": BOT, "text": "/echo good morning"})["roomId"]
    return _comes_true(lambda: "good morning" in _said(cloud, room))


def _answers_in_a_room(cloud: Cloud) -> bool:
    room = cloud.call(ALICE, "POST", "/rooms", {"title": "Judged"})["id"]
    cloud.call(ALICE, "POST", "/memberships", {"roomId": room, "personEmail": BOT})
    cloud.call(ALICE, "POST", "/messages", {"roomId": room, "text": "/echo unheard"})
    cloud.call(ALICE, "POST", "/messages", {"roomId": room, "markdown": f"<@personEmail:{BOT}> /echo heard"})
    return _comes_true(lambda: "heard" in _said(cloud, room)) and "unheard" not in _said(cloud, room)


def _is_quiet_about_itself(cloud: Cloud) -> bool:
    cloud.drain()
    rooms = cloud.call(BOT, "GET", "/rooms")["items"]
    return all(len(_said(cloud, one["id"])) == 1 for one in rooms)


def _said(cloud: Cloud, room: str) -> list[str]:
    """Return what the bot said in a room; the framework puts a name or a space before what it echoes."""
    messages = cloud.call(ALICE, "GET", f"/messages?roomId={room}")["items"]
    return [one["text"].strip() for one in messages if one["personEmail"] == BOT]


CHECKS: dict[str, Callable[[Cloud], bool]] = {
    "registers its webhook": _registers,
    "answers in private": _answers_in_private,
    "answers in a room when it is mentioned": _answers_in_a_room,
    "does not answer itself": _is_quiet_about_itself,
}
