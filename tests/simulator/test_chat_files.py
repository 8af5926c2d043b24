"""Files in the chat page: one goes with a message, and is given to those who may read it."""

from pathlib import Path

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.simulator.conftest import ALICE, BOB, DAVE, World


@pytest.mark.browser
@pytest.mark.xdist_group("chat")
def test_a_file_is_attached_shown_and_downloaded(page: Page, world: World, tmp_path: Path) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={world.room('Project X')}")
    page.set_input_files("#file", {"name": "nøtes <b>.txt", "mimeType": "text/plain", "buffer": b"x" * 1500})
    expect(page.locator("#attached")).to_contain_text("nøtes <b>.txt · 1.5 kB")
    page.click("#detach")
    expect(page.locator("#send")).to_be_disabled()
    page.set_input_files("#file", {"name": "nøtes <b>.txt", "mimeType": "text/plain", "buffer": b"x" * 1500})
    page.click("#send")
    expect(page.locator(".file strong")).to_have_text("nøtes <b>.txt")
    expect(page.locator(".file small")).to_have_text("1.5 kB")
    expect(page.locator("#attached")).to_be_hidden()
    page.hover(".message")
    expect(page.locator(".tools button")).to_have_text(["Reply", "Delete"])
    with page.expect_download() as download:
        page.click(".file")
    assert download.value.suggested_filename.startswith("nøtes")
    assert Path(download.value.path()).read_bytes() == b"x" * 1500
    [message] = world.items(BOB, "/messages", roomId=world.room("Project X"))
    assert len(message["files"]) == 1


@pytest.mark.browser
@pytest.mark.xdist_group("chat")
def test_the_scan_says_what_may_be_downloaded(page: Page, world: World) -> None:
    world.sim("/switches", content_scan="infected")
    files = {"files": ("virus.png", b"x", "image/png")}
    world.call(BOB, "POST", "/messages", data={"roomId": world.room("Project X"), "text": "look"}, files=files)
    page.goto(f"{world.url}/?as={ALICE}&room={world.room('Project X')}")
    expect(page.locator(".file strong")).to_have_text("virus.png")
    page.click(".file")
    expect(page.locator(".refused")).to_contain_text("infected")


def posted(world: World, **more: object) -> requests.Response:
    fields = {"as": ALICE, "roomId": world.room("Project X"), "markdown": "the report"}
    files = {"file": ("page.html", b"<script>alert(1)</script>", "text/html")}
    return requests.post(f"{world.url}/chat/messages", data=fields, files=files, timeout=5, **more)  # type: ignore[arg-type]


def test_a_download_is_for_members_and_runs_nothing(world: World) -> None:
    [file] = posted(world).json()["files"]
    assert (file["name"], file["size"]) == ("page.html", 25)
    address = f"{world.url}/chat/contents/{file['id']}"
    answer = requests.get(address, params={"as": BOB}, timeout=5)
    assert answer.content == b"<script>alert(1)</script>"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert requests.get(address, params={"as": DAVE}, timeout=5).status_code == 404
    assert requests.get(address, params={"as": "nobody@example.com"}, timeout=5).status_code == 404


def test_another_web_site_can_post_nothing(world: World) -> None:
    assert posted(world, headers={"Origin": "https://evil.example"}).status_code == 403
    assert posted(world, headers={"Origin": world.url}).status_code == 200
