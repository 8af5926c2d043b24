"""The story of a newcomer, as a person clicks it in a browser."""

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browsing import BOT, DESKTOP, PHONE, Chat, fits, picture, window
from tests.world import World

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("browser"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]
ALICE, BOB = "alice@example.com", "bob@example.com"
SIZES = {"desktop": DESKTOP, "phone": PHONE}


def follows_link(context: BrowserContext, chat: Chat) -> Page:
    """Click the newest link in the bot's words; it opens a tab."""
    with context.expect_page() as opened:
        chat.heard_from().last.get_by_role("link", name="Connect your Webex account").click()
    expect(opened.value.locator("h1")).to_have_text("Connect your Webex to Army Knife")
    return opened.value


def signs_in(page: Page, email: str, button: str = "Accept") -> None:
    page.get_by_role("link", name="Continue to Webex").click()
    page.locator(f'[data-person="{email}"]').check()
    page.get_by_role("button", name=button, exact=True).click()


@pytest.mark.parametrize("size", SIZES)
def test_a_newcomer_walks_the_whole_road(world: World, browser: Browser, size: str) -> None:
    with window(browser, SIZES[size]) as context, window(browser) as elsewhere:
        chat = Chat(context, world.simulator.url, ALICE)
        fits(chat.page)
        chat.writes_to(BOT)
        chat.says("hello")
        expect(chat.heard_from()).to_have_count(1)

        page = follows_link(context, chat)
        for words in ("spark:messages_read", "Read", "never stored or logged", "/delete"):
            expect(page.locator("main")).to_contain_text(words)
        fits(page)
        picture(page, f"authorize-{size}", whole=True)
        signs_in(page, ALICE)
        expect(page.locator("h1")).to_contain_text("You’re connected, Alice")
        fits(page)
        picture(page, f"connected-{size}", whole=True)

        expect(chat.heard_from()).to_have_count(2)
        expect(chat.heard_from().last).to_contain_text("You're connected, Alice")
        expect(chat.heard_from().last.locator("code").first).to_have_text("/todo call Dave")
        chat.says("/todo buy milk")
        expect(chat.heard_from().last).to_contain_text("Added 1: buy milk")
        chat.says("/track bob@example.com bob")
        expect(chat.heard_from().last).to_contain_text("Now tracking Bob Brown")

        bob = Chat(elsewhere, world.simulator.url, BOB)
        bob.enters("Project X")
        bob.says("Lunch at **noon**?")
        expect(chat.heard_from().last).to_contain_text("Lunch at noon?")
        expect(chat.heard_from().last).to_contain_text("Project X")
        fits(chat.page)
        picture(chat.page, f"chat-{size}")
        chat.picture(f"conversation-{size}")

        page.get_by_role("link", name="your account page").click()
        expect(page.locator("h1")).to_have_text("Alice Adams")
        expect(page.locator(".badge")).to_have_text("Connected")
        expect(page.locator("#stored + dl")).to_contain_text("Todo items")
        fits(page)
        picture(page, f"account-{size}", whole=True)
        page.get_by_label("New item").fill("from the page")
        page.get_by_role("button", name="Add to the todo list").click()
        expect(page.get_by_role("status")).to_contain_text("from the page")
        chat.says("/todo")
        expect(chat.heard_from().last).to_contain_text("from the page")
        chat.says("/done 1")
        expect(chat.heard_from().last).to_contain_text("Done")
        page.reload()
        expect(page.locator(".items").first).not_to_contain_text("buy milk")
        page.get_by_role("button", name="Sign out", exact=True).click()
        expect(page.get_by_role("link", name="Sign in with Webex")).to_be_visible()
        picture(page, f"home-{size}", whole=True)


def test_in_store_mode_messages_wait_until_they_are_fetched(world: World, browser: Browser) -> None:
    world.person(ALICE).connects()
    world.person(ALICE).says("/track bob@example.com bob")
    with window(browser) as context, window(browser) as elsewhere:
        chat = Chat(context, world.simulator.url, ALICE)
        chat.enters("Army Knife")
        chat.says("/track store")
        expect(chat.heard_from().last).to_contain_text("in store")
        heard = chat.heard_from().count()
        bob = Chat(elsewhere, world.simulator.url, BOB)
        bob.enters("Project X")
        bob.says("Lunch at noon?")
        world.settle()
        chat.says("/get bob")
        expect(chat.heard_from()).to_have_count(heard + 2)
        expect(chat.heard_from().nth(heard)).to_have_text("1 message of bob:")
        expect(chat.heard_from().last).to_contain_text("Lunch at noon?")
        order = [one.get_attribute("data-author") for one in chat.page.locator(".message").all()]
        assert order[-3:] == [ALICE, BOT, BOT]


def test_who_denies_is_told_that_nothing_happened(world: World, browser: Browser) -> None:
    with window(browser) as context:
        chat = Chat(context, world.simulator.url, ALICE)
        chat.page.click("#meet-bot")
        chat.says("hello")
        page = follows_link(context, chat)
        signs_in(page, ALICE, "Deny")
        expect(page.locator("h1")).to_have_text("You said no")
        expect(page.locator("main")).to_contain_text("nothing was connected and nothing was stored")
        picture(page, "denied", whole=True)
        chat.says("/me")
        expect(chat.heard_from().last).to_contain_text("you haven't connected your Webex account")


def test_somebody_elses_sign_in_is_refused_on_both_sides(world: World, browser: Browser) -> None:
    with window(browser) as context:
        chat = Chat(context, world.simulator.url, ALICE)
        chat.writes_to(BOT)
        chat.says("hello")
        page = follows_link(context, chat)
        address = page.url
        with window(browser, refused=403) as elsewhere:
            other = elsewhere.new_page()
            other.goto(address)
            other.get_by_role("link", name="Continue to Webex").click()
            other.locator(f'[data-person="{BOB}"]').check()
            with other.expect_response(re.compile("/oauth/callback")) as answered:
                other.get_by_role("button", name="Accept", exact=True).click()
            assert answered.value.status == 403
            expect(other.locator("h1")).to_have_text("This link is for somebody else")
            picture(other, "somebody-else", whole=True)
        expect(chat.heard_from().last).to_contain_text("Nothing was connected and nothing was stored")


def test_in_a_group_room_the_bot_says_how_to_use_it_and_leaves(world: World, browser: Browser) -> None:
    with window(browser) as context:
        chat = Chat(context, world.simulator.url, ALICE)
        chat.begins("Party", BOT)
        expect(chat.heard_from()).to_have_count(1)
        expect(chat.heard_from()).to_contain_text("I only talk 1:1")
        expect(chat.page.locator("#members")).to_have_text("1 member")


FOCUSED = """() => {
    const at = document.activeElement, label = at.labels && at.labels[0], style = getComputedStyle(at);
    return [(label || at).textContent.replace(/\\s+/g, " ").trim(), style.outlineStyle !== "none" && at.offsetHeight > 0];
}"""


def tabs_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus, and shows that it has."""
    for _ in range(150):
        page.keyboard.press("Tab")
        words, is_seen = page.evaluate(FOCUSED)
        if words.startswith(name):
            assert is_seen, f"nobody sees that {name} has the focus"
            return
    raise AssertionError(f"the keyboard does not lead to {name}")


def test_without_a_mouse(world: World, browser: Browser) -> None:
    """From the link to an account that does something, by keys alone."""
    alice = world.person(ALICE)
    alice.says("hello")
    with window(browser) as context:
        page = context.new_page()
        page.goto(alice.link())
        tabs_to(page, "Skip to the content")
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "main"
        tabs_to(page, "Continue to Webex")
        page.keyboard.press("Enter")
        expect(page.get_by_role("button", name="Accept", exact=True)).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Space")  # the first of the people
        while page.evaluate("document.activeElement.dataset.person") != ALICE:
            page.keyboard.press("ArrowDown")
        tabs_to(page, "Accept")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("You’re connected, Alice")
        tabs_to(page, "your account page")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Alice Adams")
        tabs_to(page, "Todo")
        page.keyboard.press("Enter")
        tabs_to(page, "New item")
        page.keyboard.type("from the keys")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("from the keys")
        tabs_to(page, "Done with from the keys")
        page.keyboard.press("Space")
        expect(page.get_by_role("status")).to_contain_text("Done")
        tabs_to(page, "Who may see it")
        page.keyboard.press("ArrowDown")
        tabs_to(page, "Set Who may see it")
        page.keyboard.press("Enter")
        expect(page.get_by_role("status")).to_contain_text("in a group room with you")
        tabs_to(page, "Delete my account")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_contain_text("Delete your account")
        tabs_to(page, "Keep it")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Alice Adams")
