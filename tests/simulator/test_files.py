"""Files of messages: how they are sent, who fetches them, what the scan says (contract 4.5)."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from app.simulator import contents
from tests.simulator.conftest import ALICE, BOB, BOT, DAVE, Target, World


def send(world: World, who: str = ALICE, name: str = "plan.txt", **fields: str) -> dict[str, Any]:
    fields = fields or {"roomId": world.room("Project X", who)}
    answer = world.call(who, "POST", "/messages", data=fields, files={"files": (name, b"up and away", "text/plain")})
    assert answer.status_code == 200, answer.text
    return answer.json()


def fetch(world: World, who: str, message: dict[str, Any], method: str = "GET", **query: str) -> requests.Response:
    return world.call(who, method, message["files"][0].removeprefix(f"{world.url}/v1"), params=query)


def test_a_file_from_the_senders_disk_alone_and_with_words(world: World) -> None:
    alone = send(world)
    assert "text" not in alone
    assert alone["files"][0].startswith(f"{world.url}/v1/contents/")
    assert world.get(BOB, f"/messages/{alone['id']}")["files"] == alone["files"]
    worded = send(world, toPersonEmail=BOB, markdown="the **plan**")
    assert (worded["text"], worded["toPersonEmail"]) == ("the plan", BOB)
    edit = {"roomId": alone["roomId"], "text": "no"}
    assert world.call(ALICE, "PUT", f"/messages/{alone['id']}", json=edit).status_code == 400


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        ("plan.txt", 'attachment; filename="plan.txt"'), ("my plan.txt", 'attachment; filename="my plan.txt"'),
        ("../../etc/passwd", 'attachment; filename="_.._etc_passwd"'), ('a"\r\nb.txt', None),
        ("häuser.txt", "attachment; filename=\"h?user.txt\"; filename*=UTF-8''h%C3%A4user.txt"),
    ],
)  # fmt: skip
def test_head_and_get_tell_name_length_and_type(world: World, name: str, disposition: str | None) -> None:
    message = send(world, name=name)
    for method, content in (("HEAD", b""), ("GET", b"up and away")):
        answer = fetch(world, BOB, message, method)
        assert (answer.status_code, answer.content) == (200, content)
        assert (answer.headers["Content-Length"], answer.headers["Content-Type"]) == ("11", "text/plain")
        assert answer.headers["Content-Disposition"].startswith("attachment; filename")
        assert disposition in (None, answer.headers["Content-Disposition"])


def test_only_members_of_the_room_fetch_it_and_bots_only_what_mentions_them(world: World) -> None:
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    quiet, heard = send(world), send(world, roomId=room_id, markdown=f"<@personEmail:{BOT}> look")
    statuses = {who: fetch(world, who, quiet).status_code for who in (ALICE, BOB, DAVE, BOT, "no token")}
    assert statuses == {ALICE: 200, BOB: 200, DAVE: 404, BOT: 404, "no token": 401}
    assert fetch(world, BOT, heard).status_code == 200
    world.call(ALICE, "DELETE", f"/messages/{heard['id']}")
    assert fetch(world, ALICE, heard).status_code == 404


@pytest.mark.parametrize(
    ("scan", "statuses"),
    [("ready", [200, 200]), ("scanning", [423, 200]), ("infected", [410, 410]), ("unscannable", [428, 428])],
)
def test_the_scan_has_its_say(world: World, scan: str, statuses: list[int]) -> None:
    world.sim("/switches", content_scan=scan, content_scan_time=30)
    message = send(world)
    world.sim("/switches", content_scan="ready")
    first = fetch(world, BOB, message)
    assert first.headers.get("Retry-After") == ("30" if scan == "scanning" else None)
    world.sim("/clock", advance=31)
    assert [first.status_code, fetch(world, BOB, message, "HEAD").status_code] == statuses
    assert fetch(world, BOB, message, allow="unscannable").status_code == (410 if scan == "infected" else 200)


def test_webhooks_filter_by_files_and_tell_nothing_of_them(world: World, target: Target) -> None:
    fields = {"name": "n", "targetUrl": target.url, "resource": "messages", "event": "created"}
    world.post(BOB, "/webhooks", **fields, filter="hasFiles=true")
    world.post(ALICE, "/messages", roomId=world.room("Project X"), text="no file")
    message = send(world)
    assert world.drain() == 1
    assert message["id"].encode() in target.bodies()[0]
    assert b"plan.txt" not in target.bodies()[0]


@pytest.fixture
def shelf() -> Iterator[str]:
    """Where files lie in the web: gives a file, a redirect or nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = {"/a%20cat.png": 200, "/moved": 302}.get(self.path, 404)
            self.send_response(status)
            self.send_header("Content-Type", "image/png")
            self.send_header("Location", "/a%20cat.png")
            self.end_headers()
            self.wfile.write(b"miaow")

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_file_from_the_web_comes_from_this_machine_only(world: World, shelf: str) -> None:
    room_id = world.room("Project X")
    message = world.post(ALICE, "/messages", roomId=room_id, files=[f"{shelf}/a%20cat.png"])
    answer = fetch(world, BOB, message)
    assert (answer.content, answer.headers["Content-Type"]) == (b"miaow", "image/png")
    assert "a cat.png" in answer.headers["Content-Disposition"]
    for url in (
        f"{shelf}/moved", f"{shelf}/nothing", "http://example.com/a.png", "http://169.254.169.254/", "file:///etc/passwd",
        "http://[", "http://127.0.0.1:1/", "http://127.0.0.1.example.com/", "",
    ):  # fmt: skip
        refused = world.call(ALICE, "POST", "/messages", json={"roomId": room_id, "files": [url]})
        assert (refused.status_code, "files" in refused.json()["message"]) == (400, True), url


@pytest.mark.parametrize(
    "fields", [{"files": "x", "attachments": []}, {"files": {}, "text": "t"}, {"files": [1]}, {"files": ["http://a", "http://b"]}]
)
def test_wrong_files_are_refused(world: World, fields: dict[str, Any]) -> None:
    fields = fields | {"roomId": world.room("Project X")}
    if fields["files"]:
        assert world.call(ALICE, "POST", "/messages", json=fields).status_code == 400
    two = [("files", ("a", b"a")), ("files", ("b", b"b"))]
    assert world.call(ALICE, "POST", "/messages", data={"roomId": fields["roomId"]}, files=two).status_code == 400
    elsewhere = {"picture": ("a", b"a")}
    assert world.call(ALICE, "POST", "/messages", data={"roomId": fields["roomId"]}, files=elsewhere).status_code == 400
    assert world.call(ALICE, "POST", "/rooms", data={"title": "T"}, files={"files": ("a", b"a")}).status_code == 415


def test_a_file_has_a_limit(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MAX_FILE", 10)
    files = {"files": ("plan.txt", b"up and away", "text/plain")}
    refused = world.call(ALICE, "POST", "/messages", data={"toPersonEmail": BOB}, files=files)
    assert (refused.status_code, refused.json()["message"]) == (400, "files: a file is limited to 10 bytes.")
    assert world.items(ALICE, "/rooms", type="direct") == []


def test_a_large_file_comes_through_whole(world: World) -> None:
    data = bytes(range(256)) * 40_000
    answer = world.call(ALICE, "POST", "/messages", data={"toPersonEmail": BOB}, files={"files": ("big.bin", data)})
    assert fetch(world, BOB, answer.json()).content == data
