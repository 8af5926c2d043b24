"""The pytest plugin for other people's bots: its example in the docs as printed, and what its helpers do."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from flask import Flask, request
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests import openapi

if TYPE_CHECKING:
    from app.testing import Person, Webex

pytest_plugins = ["app.testing"]

ROOT = Path(__file__).parents[1]
CARD = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {"type": "AdaptiveCard", "version": "1.3", "actions": [{"type": "Action.Submit", "title": "Go"}]},
}


def printed() -> list[Token]:
    """The blocks of code under the docs' heading about one's own bot."""
    tokens = MarkdownIt().parse((ROOT / "docs" / "simulator.md").read_text(encoding="utf-8"))
    heading = next(number for number, token in enumerate(tokens) if token.content == "Test your own bot")
    return [token for token in tokens[heading:] if token.type == "fence"]


def run_pytest(folder: Path) -> str:
    """Run pytest in a folder as the docs say, in a process that knows nothing of our own tests; return what it prints."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-q"]
    paths = [str(ROOT), *filter(None, [openapi.children().get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_of_the_docs_passes_as_printed(tmp_path: Path) -> None:
    bot, test, shell = (token.content for token in printed()[:3])
    assert len(test.splitlines()) <= 12 and shell == "PYTHONPATH=/path/to/army-knife pytest\n"
    (tmp_path / "echo_bot.py").write_text(bot, encoding="utf-8")
    (tmp_path / "test_echo_bot.py").write_text(test, encoding="utf-8")
    assert "1 passed" in run_pytest(tmp_path)


def test_a_world_of_ones_own_as_printed(tmp_path: Path) -> None:
    fixture = next(token.content for token in printed() if "def webex_world" in token.content)
    (tmp_path / "world.toml").write_bytes((ROOT / "docs" / "examples" / "world.toml").read_bytes())
    test = (
        "def test_it(webex):\n"
        '    assert webex.person("grace").token == "grace-token" and webex.bot.name == "Helper"\n'
        '    assert webex.integration.client_id == "helper-id"\n'
    )
    head = 'from pathlib import Path\nimport pytest\npytest_plugins = ["app.testing"]\n'
    (tmp_path / "test_world.py").write_text(head + fixture + test, encoding="utf-8")
    assert "1 passed" in run_pytest(tmp_path)


def test_the_plugin_brings_the_simulator_without_the_rest_of_the_app() -> None:
    program = "import app.testing, sys; print(*sorted(name for name in sys.modules if name.startswith(('app.', 'sqlalchemy'))))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    others = [name for name in done.stdout.split() if not name.startswith(("app.simulator", "app.testing", "app.cli"))]
    assert others == []


@pytest.fixture
def serve(webex: "Webex") -> Callable[..., None]:
    """Serves a bot that answers each message with what a function makes of it, perhaps some seconds after the webhook."""

    def start(answer: Callable[[dict[str, Any]], str], after: float | None = None) -> None:
        app, bot = Flask("bot"), webex.bot

        @app.post("/")
        def hear() -> tuple[str, int]:
            message = bot.api("GET", f"/messages/{request.json['data']['id']}")
            if message["personId"] != bot.id:
                fields = {"roomId": message["roomId"], "text": answer(message)}
                if after is None:
                    bot.api("POST", "/messages", json=fields)
                else:
                    threading.Timer(after, bot.api, ("POST", "/messages"), {"json": fields}).start()
            return "", 204

        bot.subscribes(webex.serve(app), "messages", "created")

    return start


def echo(message: dict[str, Any]) -> str:
    return f"You said: {message['text']}"


def test_people_are_found_by_address_and_name_whatever_the_case(webex: "Webex") -> None:
    alice = webex.person("alice")
    for name in ("Alice Adams", "alice@example.com", "ALICE", alice.id):
        assert webex.person(name) is alice
    assert repr(alice) == "<Alice Adams alice@example.com>"
    assert webex.person("army") is webex.bot and webex.bot.is_bot
    assert webex.add_person("eve@example.com", "Eve Edge") is webex.person("eve")


def test_a_name_that_nobody_or_several_have_is_told(webex: "Webex") -> None:
    with pytest.raises(LookupError, match=r"Nobody is called 'zoe'; there is Alice Adams <alice@example.com>, Bob"):
        webex.person("zoe")
    webex.add_person("alice.two@example.com", "Alice Two")
    with pytest.raises(LookupError, match="Several people are called 'alice'"):
        webex.person("alice")
    assert webex.person("alice two").email == "alice.two@example.com"


def test_answers_of_the_bot_alone_are_told_and_only_once(webex: "Webex", serve: Callable[..., None]) -> None:
    serve(echo)
    alice = webex.person("alice")
    assert alice.says("one") == ["You said: one"]
    assert alice.hears(within=0) == []
    alice.writes("two")
    assert alice.hears() == ["You said: two"]
    assert [message["text"] for message in alice.reads()] == ["one", "You said: one", "two", "You said: two"]


def test_a_bot_that_answers_after_the_webhook_is_waited_for(webex: "Webex", serve: Callable[..., None]) -> None:
    serve(echo, after=0.3)
    alice = webex.person("alice")
    assert alice.says("hello") == []
    assert alice.hears(within=20) == ["You said: hello"]


def test_who_never_wrote_hears_what_the_bot_writes_first(webex: "Webex") -> None:
    bob = webex.person("bob")
    assert bob.hears(within=0) == [] and bob.reads() == []
    webex.bot.writes("Welcome", to=bob)
    assert bob.hears() == ["Welcome"]


def test_group_rooms_mentions_and_other_people(webex: "Webex", serve: Callable[..., None]) -> None:
    serve(echo)
    alice, bob = webex.person("alice"), webex.person("bob")
    room = alice.makes_room("Lunch", bob, webex.bot)
    assert alice.room("Lunch") == room
    assert alice.says("not for the bot", room="Lunch") == []
    assert alice.says(f"{webex.bot.mention} where?", room=room) == ["You said: Army Knife where?"]
    assert bob.hears("Lunch") == ["not for the bot", "Army Knife where?", "You said: Army Knife where?"]
    assert bob.says("Hi Alice", to=alice) == []
    assert alice.hears("Bob Brown") == ["Hi Alice"]
    with pytest.raises(LookupError, match="Alice Adams has no rooms called 'Dinner'; there is 'Bob Brown', 'Lunch', "):
        alice.says("x", room="Dinner")


def test_faults_switches_and_calls(webex: "Webex", serve: Callable[..., None]) -> None:
    serve(echo)
    alice = webex.person("alice")
    webex.fault("POST", "/messages$", by=webex.bot, times=1, drop=True)
    assert alice.says("one") == []
    assert webex.deliveries()[0]["status"] == 500
    webex.turn(lose_deliveries=1)
    assert alice.says("two") == []
    assert [one["status"] for one in webex.calls() if one["by"] == webex.bot.id and one["method"] == "POST"][-1] is None
    with pytest.raises(AssertionError, match="unknown switch: nothing"):
        webex.turn(nothing=1)


def test_deliveries_that_do_not_end_are_told(webex: "Webex") -> None:
    webex.bot.subscribes("http://127.0.0.1:9/")
    webex.turn(webhook_delay=30)
    webex.person("alice").writes("hello")
    with pytest.raises(AssertionError, match=r"webhook deliveries still wait after 0\.1 seconds"):
        webex.drain(timeout=0.1)


def test_cards_are_pressed(webex: "Webex") -> None:
    pressed = []
    app = Flask("bot")

    @app.post("/")
    def hear() -> tuple[str, int]:
        pressed.append(webex.bot.api("GET", f"/attachment/actions/{request.json['data']['id']}")["inputs"])
        return "", 204

    webex.bot.subscribes(webex.serve(app), "attachmentActions", "created")
    alice = webex.person("alice")
    alice.presses(webex.bot.writes("a card", to=alice, attachments=[CARD]), answer="yes")
    assert pressed == [{"answer": "yes"}]


@pytest.mark.parametrize(("accepts", "expected"), [(True, "code"), (False, "error")])
def test_integrations_are_allowed_or_denied(webex: "Webex", accepts: bool, expected: str) -> None:
    app = Flask("integration")

    @app.get("/callback")
    def callback() -> dict[str, str]:
        return dict(request.args)

    back = f"{webex.serve(app)}callback"
    asked = {
        "response_type": "code",
        "client_id": webex.integration.client_id,
        "redirect_uri": back,
        "scope": "spark:people_read",
        "state": "s",
    }
    link = requests.Request("GET", webex.authorize_url, params=asked).prepare().url
    assert link
    answer = webex.person("alice").authorizes(link, accepts=accepts).json()
    assert answer["state"] == "s" and expected in answer
    if accepts:
        client = {"client_id": webex.integration.client_id, "client_secret": webex.integration.client_secret}
        form = {**client, "grant_type": "authorization_code", "code": answer["code"], "redirect_uri": back}
        token = requests.post(webex.token_url, data=form, timeout=10).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        assert requests.get(f"{webex.api_url}/people/me", headers=headers, timeout=10).json()["displayName"] == "Alice Adams"
        webex.advance(15 * 86_400)
        assert requests.get(f"{webex.api_url}/people/me", headers=headers, timeout=10).status_code == 401
    with pytest.raises(AssertionError, match="not to the sign-in page"):
        webex.person("alice").authorizes(back)


def test_the_state_goes_back(webex: "Webex") -> None:
    alice = webex.person("alice")
    state = webex.state()
    alice.makes_room("Later")
    webex.load(state)
    assert json.loads(state)["version"] == 1
    with pytest.raises(LookupError):
        webex.person("alice").room("Later")


def test_a_call_that_fails_is_told_with_its_answer(webex: "Webex") -> None:
    alice: Person = webex.person("alice")
    with pytest.raises(AssertionError, match=r"POST /rooms as alice@example\.com answered 400: .*title"):
        alice.api("POST", "/rooms", json={})


def test_nothing_is_left_after_a_test() -> None:
    from app.testing.webex import Webex  # noqa: PLC0415  # the plugin is imported by pytest before anybody else does

    before = set(threading.enumerate())
    with Webex() as webex:
        webex.serve(Flask("bot"))
        webex.person("alice").writes("hello")
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()
