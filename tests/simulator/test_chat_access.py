"""The chat page for everybody: keyboard, screen readers, and what axe-core finds in every view, light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsing import check
from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, World
from tests.simulator.test_chat_cards import CARD

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chat")]  # one browser for all of it
PAGES = Path(__file__).parents[2] / "templates" / "simulator"
LIMIT = 42_000
"""Bytes of all scripts together."""


@pytest.fixture
def room_id(world: World) -> str:
    """A room in which everything was said that the page can show."""
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    root = world.post(BOB, "/messages", roomId=room_id, markdown="Shall we **ship**? `yes`\n\n```\ncode\n```\n\n> words")
    world.post(CAROL, "/messages", roomId=room_id, parentId=root["id"], markdown=f"<@personEmail:{ALICE}> what now?")
    world.call(BOB, "POST", "/messages", data={"roomId": room_id}, files={"files": ("plan.txt", b"plan", "text/plain")})
    attachments = [{"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD}]
    world.post(BOT, "/messages", roomId=room_id, text="a card", attachments=attachments)
    world.post(BOT, "/webhooks", name="n", targetUrl="http://127.0.0.1:9/", resource="messages", event="created")
    world.post(ALICE, "/messages", roomId=room_id, text="Nice.")
    return room_id


@pytest.fixture(params=["light 1280", "dark 390"])
def shown(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    scheme, width = request.param.split()
    context = browser.new_context(viewport={"width": int(width), "height": 800}, color_scheme=scheme)
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def test_axe_finds_nothing_serious(shown: Page, world: World, room_id: str) -> None:
    shown.goto(world.url)
    check(shown)
    shown.goto(f"{world.url}/?as={ALICE}")
    expect(shown.locator("[data-room]").first).to_be_visible()
    check(shown)
    shown.click('[data-room="Project X"]')
    expect(shown.locator(".card")).to_be_visible()
    shown.click(".card [data-press=show]")
    shown.type("#message", "@")
    check(shown)
    shown.press("#message", "Backspace")
    shown.click("#add-people")
    check(shown)
    shown.keyboard.press("Escape")
    shown.click("#who")
    shown.click("#open-panel")
    shown.evaluate("for (const one of document.querySelectorAll('#panel details')) one.open = true")
    expect(shown.locator('[data-place="webhooks"] li')).to_be_visible()
    check(shown)
    shown.goto(f"{world.url}/?as={ALICE}&beside={BOB}&room={room_id}")
    expect(shown.frame_locator("iframe >> nth=0").locator(".card")).to_be_visible()
    check(shown)


def test_the_keyboard_reaches_everything_and_leaves_it(page: Page, world: World, room_id: str) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={room_id}")
    expect(page.locator("#message")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(page.locator(".message").last).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator(".message").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".message.reply")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".message.reply button:has-text('Reply')")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#message")).to_be_focused()
    expect(page.locator("#mode")).to_contain_text("Replying to Carol Clark")
    page.keyboard.press("Escape")
    expect(page.locator("#mode")).to_be_hidden()


def test_tab_goes_round_the_page_and_is_caught_nowhere(page: Page, world: World, room_id: str) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={room_id}")
    expect(page.locator("#message")).to_be_focused()
    page.fill("#message", "words")
    page.click("#open-panel")
    expect(page.locator('[data-place="webhooks"] li')).to_be_visible()
    page.focus("#who")
    seen = []
    while "who" not in seen and len(seen) < 150:
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.id"))
    stops = ["open-panel", "new-message", "new-room", "members", "add-people", "attach", "message", "send", "close-panel", "who"]
    assert [one for one in seen if one in stops] == stops


def test_escape_closes_a_dialog_and_focus_returns(page: Page, world: World, room_id: str) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={room_id}")
    expect(page.locator("#message")).to_be_focused()
    for opener in ("#add-people", "#members", "#new-room", "#new-message"):
        page.focus(opener)
        page.keyboard.press("Enter")
        expect(page.locator("#dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#dialog")).to_be_hidden()
        expect(page.locator(opener)).to_be_focused()


def test_new_messages_are_said_to_those_who_listen(page: Page, world: World, room_id: str) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={room_id}")
    expect(page.locator(".message").last).to_be_visible()
    expect(page.locator("#heard")).to_have_text("")
    world.post(BOB, "/messages", roomId=room_id, markdown="look **here**")
    expect(page.locator("#heard")).to_have_text("Bob Brown: look here")
    world.post(CAROL, "/messages", roomId=world.room("Launch"), text="and there")
    expect(page.locator("#heard")).to_have_text("Carol Clark in Launch: and there")
    assert page.get_attribute("#heard", "role") == "status"


def test_a_reply_far_above_is_offered(page: Page, world: World) -> None:
    room_id = world.room("Project X")
    root = world.post(BOB, "/messages", roomId=room_id, text="root")
    world.post(BOB, "/messages", roomId=room_id, text="much\n" * 80)
    page.goto(f"{world.url}/?as={ALICE}&room={room_id}")
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator("#unseen")).to_be_hidden()
    world.post(CAROL, "/messages", roomId=room_id, text="late answer", parentId=root["id"])
    expect(page.locator("#unseen")).to_have_text("New reply")
    page.click("#unseen")
    expect(page.locator(".message.reply")).to_be_focused()
    expect(page.locator(".message.reply")).to_be_in_viewport()
    expect(page.locator("#unseen")).to_be_hidden()


def test_the_page_is_small_and_has_no_inline_script() -> None:
    scripts = list((PAGES / "static").glob("*.js"))
    assert sum(one.stat().st_size for one in scripts) < LIMIT
    for page in PAGES.glob("*.html"):
        text = page.read_text()
        assert "onclick=" not in text
        assert "style=" not in text
        assert text.count("<script ") == text.count("></script>")
        assert "<script>" not in text
