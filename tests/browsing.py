"""A browser for tests: headless Chromium, a chat page as a person uses it, and a watch on what goes wrong in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, Request, expect, sync_playwright

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = (1280, 800), (390, 844)
PATIENCE = 15_000  # milliseconds; far more than anything here takes
BOT = "armyknife@webex.bot"
# All pages are drawn by one process: they are ours, and each start of another one costs as much as some of the pages.
ARGUMENTS = ["--no-sandbox", "--renderer-process-limit=1", "--disable-site-isolation-trials"]
# The script of axe-core, as the package axe-playwright-python brings it.
AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


def find_chromium() -> str | None:
    """The browser in CHROMIUM, or one by its usual names."""
    given = os.environ.get("CHROMIUM")
    return shutil.which(given) if given else next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A running browser; skips the test where there is none."""
    found = find_chromium()
    if found is None:
        pytest.skip(f"no Chromium: neither CHROMIUM nor {', '.join(NAMES)} names a browser")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def window(browser: Browser, size: tuple[int, int] = DESKTOP, *, refused: int = 0) -> Iterator[BrowserContext]:
    """A browser window with cookies of its own; at its end nothing may have gone wrong in any of its tabs.

    :param refused: the HTTP status with which a page of this story is answered; the browser's console tells of it
    """
    is_phone = size == PHONE
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, locale="en-US", is_mobile=is_phone, has_touch=is_phone
    )
    context.set_default_timeout(PATIENCE)
    problems: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and not (refused and f"status of {refused} " in message.text):
            problems.append(message.text)

    def watch(request: Request) -> None:
        if urlsplit(request.url).hostname != "127.0.0.1":
            problems.append(f"left this machine for {request.url}")

    context.on("console", hear)
    context.on("request", watch)
    context.on("weberror", lambda error: problems.append(str(error.error)))
    yield context
    context.close()
    assert problems == []


def picture(page: Page, name: str, *, whole: bool = False) -> None:
    """Keep a picture of a page where SCREENSHOTS says, for somebody to look at."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_load_state("load")
        page.mouse.move(0, 0)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=whole)


def check(page: Page) -> None:
    """axe-core may find nothing serious in the page as it is now."""
    for frame in page.frames:
        frame.evaluate(AXE)
    found: list[dict[str, Any]] = page.evaluate("axe.run()")["violations"]
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in serious] == []


def fits(page: Page) -> None:
    """Nobody has to scroll sideways."""
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


class Chat:
    """The chat page in one tab, used with mouse and keyboard."""

    def __init__(self, context: BrowserContext, url: str, email: str) -> None:
        self.page = context.new_page()
        self.page.goto(url)
        self.page.click(f'[data-person="{email}"]')
        expect(self.page.locator("[data-room]")).not_to_have_count(0)

    def writes_to(self, email: str) -> None:
        """Open a 1:1 room."""
        self._to_rooms()
        self.page.click("#new-message")
        self.page.fill('#dialog input[name="email"]', email)
        self.page.click("#dialog-ok")
        expect(self.page.locator("#message")).to_be_visible()

    def enters(self, title: str) -> None:
        self._to_rooms()
        self.page.click(f'[data-room="{title}"]')
        expect(self.page.locator("#title")).to_have_text(title)

    def begins(self, title: str, *emails: str) -> None:
        """Make a group room and add people to it."""
        self._to_rooms()
        self.page.click("#new-room")
        self.page.fill('#dialog input[name="title"]', title)
        self.page.click("#dialog-ok")
        expect(self.page.locator("#title")).to_have_text(title)
        for email in emails:
            self.page.click("#add-people")
            self.page.fill('#dialog input[name="email"]', email)
            self.page.click("#dialog-ok")

    def picture(self, name: str) -> None:
        """Keep a picture of the open room with all that was said in it."""
        size = self.page.viewport_size or {"width": DESKTOP[0], "height": DESKTOP[1]}
        hidden = "document.getElementById('scroll').scrollHeight - document.getElementById('scroll').clientHeight"
        self.page.set_viewport_size({"width": size["width"], "height": size["height"] + self.page.evaluate(hidden)})
        picture(self.page, name)
        self.page.set_viewport_size({"width": size["width"], "height": size["height"]})

    def says(self, words: str) -> None:
        self.page.bring_to_front()
        self.page.fill("#message", words)
        self.page.click("#send")
        expect(self.page.locator("#message")).to_have_value("")

    def heard_from(self, email: str = BOT) -> Locator:
        """What somebody said in the open room, oldest first."""
        return self.page.locator(f'.message[data-author="{email}"] .body')

    def _to_rooms(self) -> None:
        """On a phone, the list of rooms and a room are two views."""
        if self.page.locator("#back").is_visible():
            self.page.click("#back")
