"""Schemathesis makes up calls from Webex's API description: none may be answered with a 5xx."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.judges.bench import Cloud, Verdict, install, run
from tests.openapi import description, find

PACKAGE, VERSION = "schemathesis", "4.32.5"
ALICE, BOB, CAROL, BOT = "alice@example.com", "bob@example.com", "carol@example.com", "armyknife@webex.bot"
CARD = {
    "contentType": "application/vnd.microsoft.card.adaptive",
    "content": {"type": "AdaptiveCard", "version": "1.3", "body": [{"type": "Input.Text", "id": "word"}]},
}
EXAMPLES = 25
"""Calls made up for each operation in each of the ways that Schemathesis has."""
# Webex answers 502 when somebody unknown is added to a room (emulator); Schemathesis takes every 5xx for a defect.
SETTINGS = """
[checks]
enabled = false
not_a_server_error.enabled = true

[[operations]]
include-name = ["POST /memberships", "POST /team/memberships"]
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 502]
"""
EXPECTED = ("POST /memberships and POST /team/memberships answer 502 when somebody unknown is added, as Webex does",)


def judge(folder: Path) -> Verdict:
    """Install Schemathesis into a folder and let it loose on simulators, as a person, as the bot and as an administrator."""
    name = f"{PACKAGE} {VERSION}"
    path = find()
    if path is None:
        return Verdict(name, missing="Webex's API description is not here (WEBEX_OPENAPI)")
    python = install(folder, f"{PACKAGE}=={VERSION}")
    if python is None:
        return Verdict(name, missing="pip could not install it")
    (folder / "settings.toml").write_text(SETTINGS)
    passed, failed = 0, []
    for who in (ALICE, BOT, CAROL):
        calls, problems = _attack(folder, python, path, who)
        passed += calls
        failed += problems
    return Verdict(name, passed, tuple(failed), EXPECTED)


def _attack(folder: Path, python: Path, path: Path, who: str) -> tuple[int, list[str]]:
    with Cloud(port=0, redirect_uris=None) as cloud:
        described = folder / "description.json"
        described.write_text(json.dumps(_with_ids(description(path), _furnish(cloud, who))))
        done = run(
            [python.with_name("schemathesis"), "--config-file", folder / "settings.toml", "run", described,
             "--url", f"{cloud.url}/v1", "--header", f"Authorization: Bearer {cloud.token(who)}", "--workers", "1",
             "--max-examples", str(EXAMPLES), "--generation-deterministic", "--no-color", "--warnings", "off",
             "--exclude-path-regex", "^/(hds|authorize|access_token)"],
            folder,
        )  # fmt: skip
        calls = cloud.calls()
    bad = sorted({f"{one['method']} {_shortened(one['path'])} answered {one['status']}" for one in calls if is_bad(one)})
    if done.returncode and not bad:
        bad = [f"as {who} it ended with {done.returncode}: {done.stdout.strip()[-600:]}"]
    return len(calls) - sum(map(is_bad, calls)), bad


def is_bad(call: Mapping[str, Any]) -> bool:
    """Whether a call was answered with a 5xx that Webex itself does not give."""
    is_stranger_added = (call["method"], call["status"]) == ("POST", 502) and call["path"].endswith("memberships")
    return (call["status"] or 0) >= 500 and not is_stranger_added


def _shortened(path: str) -> str:
    return "/".join(part if len(part) < 40 else "{id}" for part in path.split("/"))


def _furnish(cloud: Cloud, who: str) -> dict[str, list[str]]:
    """Put something of everything into a cloud; return ids by the names that parameters and fields have.

    :param who: the caller, whose own id is left out: an administrator would soon delete herself
    """
    cloud.give_roles(CAROL, "Full Administrator", "Compliance Officer")
    room = cloud.call(ALICE, "POST", "/rooms", {"title": "Fuzz"})["id"]
    team = cloud.call(ALICE, "POST", "/teams", {"name": "Fuzzers"})["id"]
    members = [cloud.call(ALICE, "POST", "/memberships", {"roomId": room, "personEmail": one})["id"] for one in (BOB, BOT)]
    cloud.call(ALICE, "POST", "/team/memberships", {"teamId": team, "personEmail": BOB})
    posts = [
        cloud.call(ALICE, "POST", "/messages", {"roomId": room, "text": "Hi", **more}) for more in ({}, {"attachments": [CARD]})
    ]
    posts.append(cloud.call(ALICE, "POST", "/messages", {"toPersonEmail": BOT, "text": "Hi"}))
    messages = [one["id"] for one in posts]
    pressed = {"type": "submit", "messageId": messages[1], "inputs": {"word": "x"}}
    people = [one["id"] for email, one in cloud.people.items() if email != who]
    team_members = [one["id"] for one in cloud.call(ALICE, "GET", f"/team/memberships?teamId={team}")["items"]]
    hook = {"name": "fuzz", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "deleted"}
    return {
        "roomId": [room, posts[-1]["roomId"]],
        "teamId": [team],
        "membershipId": members + team_members,
        "messageId": messages,
        "parentId": messages,
        "beforeMessage": messages,
        "personId": people,
        "toPersonId": people,
        "webhookId": [cloud.call(ALICE, "POST", "/webhooks", hook)["id"]],
        "id": [cloud.call(ALICE, "POST", "/attachment/actions", pressed)["id"]],
    }


def _with_ids(part: Any, ids: Mapping[str, list[str]]) -> Any:
    """Let parameters and fields of these names take one of the ids, or any text as before."""
    if isinstance(part, list):
        return [_with_ids(one, ids) for one in part]
    if not isinstance(part, dict):
        return part
    if part.get("in") in ("path", "query") and part.get("name") in ids:
        return {**part, "schema": _choice(ids[part["name"]])}
    changed = {name: _with_ids(value, ids) for name, value in part.items()}
    properties = changed.get("properties")
    if isinstance(properties, dict):
        changed["properties"] = {name: _choice(ids[name]) if name in ids else one for name, one in properties.items()}
    return changed


def _choice(known: list[str]) -> dict[str, Any]:
    return {"anyOf": [{"type": "string", "enum": known}, {"type": "string"}]}
