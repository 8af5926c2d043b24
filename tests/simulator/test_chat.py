"""The chat page in a browser: what a person sees and does there."""

import re
from contextlib import suppress
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Error, Page, Route, expect

from app.simulator import ids
from tests.simulator.conftest import ALICE, BOB, BOT, CAROL, DAVE, Target, World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chat")]  # one browser for all of it


def enter(page: Page, world: World, who: str, room: str | None = None) -> Page:
    page.goto(f"{world.url}/?as={who}")
    if room:
        page.click(f'[data-room="{room}"]')
        expect(page.locator("#message")).to_be_visible()
    return page


def send(page: Page, text: str) -> None:
    page.fill("#message", text)
    page.press("#message", "Enter")


def test_a_newcomer_says_hello_to_the_bot(page: Page, world: World, target: Target) -> None:
    hook = {"name": "n", "targetUrl": target.url, "resource": "all", "event": "all"}
    world.post(BOT, "/webhooks", **hook)
    page.goto(world.url)
    page.click(f'[data-person="{ALICE}"]')
    expect(page.locator("#welcome")).to_contain_text("Open a 1:1 with Army Knife and say hello")
    page.click("#meet-bot")
    assert world.drain() == 0
    send(page, "hello")
    expect(page.locator(".message")).to_have_attribute("data-author", ALICE)
    assert world.drain() == 3
    world.post(BOT, "/messages", toPersonEmail=ALICE, markdown="Hello **Alice**, see https://example.com/a?b=1.")
    answer = page.locator(f'.message[data-author="{BOT}"] .body')
    expect(answer.locator("strong")).to_have_text("Alice")
    expect(answer.locator("a")).to_have_attribute("href", "https://example.com/a?b=1")
    expect(answer.locator("a")).to_have_attribute("target", "_blank")
    page.reload()
    expect(page.locator("#title")).to_have_text("Army Knife")
    expect(page.locator(".message")).to_have_count(2)


def test_a_press_counts_also_before_the_scripts_are_there(page: Page, world: World) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/rooms.js", hold)
    page.goto(f"{world.url}/?as={ALICE}", wait_until="commit")
    page.click("#meet-bot")
    page.unroute("**/rooms.js")
    for one in held:
        with suppress(Error):  # the page that asked has been left
            one.continue_()
    send(page, "hello")
    expect(page.locator(".message")).to_have_attribute("data-author", ALICE)


def test_two_people_chat_in_order_and_unread_rooms_have_a_dot(page: Page, world: World) -> None:
    bob = enter(page.context.new_page(), world, BOB, "Project X")
    enter(page, world, ALICE, "Launch")
    send(bob, "first")
    dot = page.locator('[data-room="Project X"] .dot')
    expect(dot).to_be_visible()
    expect(page.locator("[data-room]").first).to_have_attribute("data-room", "Project X")
    page.click('[data-room="Project X"]')
    expect(dot).to_have_count(0)
    page.fill("#message", "line one")
    page.press("#message", "Shift+Enter")
    page.type("#message", "line two")
    page.click("#send")
    send(bob, "third")
    for one in (page, bob):
        expect(one.locator(".message .body")).to_have_text(["first", re.compile("line one\\s*line two"), "third"])
    expect(page.locator(".message .body br")).to_have_count(1)


def test_a_link_of_webex_to_a_room_opens_it(page: Page, world: World) -> None:
    """`webexteams://im?space=<uuid>`, as a Webex client follows it."""
    enter(page, world, ALICE, "Launch")
    room = page.get_attribute('[data-room="Project X"]', "href") or ""
    uuid = ids.key_of(parse_qs(urlsplit(room).query)["room"][0])
    world.post(BOB, "/messages", toPersonEmail=ALICE, markdown=f"see [there](webexteams://im?space={uuid})")
    page.click('[data-room="Bob Brown"]')
    page.click(".message .body a")
    expect(page.locator("#title")).to_have_text("Project X")


def test_what_is_typed_stays_text(page: Page, world: World) -> None:
    enter(page, world, ALICE, "Project X")
    send(page, "<img src=x onerror=alert(1)> & <b>bold</b>")
    expect(page.locator(".body")).to_have_text("<img src=x onerror=alert(1)> & <b>bold</b>")
    world.post(BOB, "/messages", roomId=world.room("Project X"), text="<script>alert(1)</script>")
    expect(page.locator(".body").last).to_have_text("<script>alert(1)</script>")
    assert page.locator(".body img, .body script").count() == 0


def test_typing_an_at_sign_offers_the_members(page: Page, world: World) -> None:
    room_id = world.room("Project X")
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOT)
    enter(page, world, ALICE, "Project X")
    page.type("#message", "hey @")
    expect(page.locator("#mentions li")).to_have_count(4)
    page.type("#message", "kni")
    expect(page.locator("#mentions li")).to_have_count(1)
    page.press("#message", "Enter")
    expect(page.locator("#message")).to_have_value("hey @Army Knife ")
    page.type("#message", "help me")
    page.press("#message", "Enter")
    expect(page.locator("spark-mention")).to_have_text("Army Knife")
    [message] = world.items(BOT, "/messages", roomId=room_id, mentionedPeople="me")
    assert message["text"] == "hey Army Knife help me"


def test_everybody_is_offered_to_those_whose_mention_counts(page: Page, world: World) -> None:
    room_id = world.post(ALICE, "/rooms", title="Moderated", isLocked=True)["id"]
    world.post(ALICE, "/memberships", roomId=room_id, personEmail=BOB)
    for who, offered in ((ALICE, ["Bob Brown", "All"]), (BOB, ["Alice Adams"])):
        enter(page, world, who, "Moderated")
        page.type("#message", "hey @")
        expect(page.locator("#mentions li strong")).to_have_text(offered)


def test_rooms_and_their_members(page: Page, world: World) -> None:
    enter(page, world, ALICE)
    page.click("#new-room")
    page.fill('input[name="title"]', "Party <b>")
    page.press('input[name="title"]', "Enter")
    expect(page.locator("#title")).to_have_text("Party <b>")
    page.click("#add-people")
    page.fill('input[name="email"]', "nobody@example.com")
    page.click("#dialog-ok")
    expect(page.locator("#dialog-problem")).to_contain_text("nobody@example.com")
    page.fill('input[name="email"]', BOT)
    page.click("#dialog-ok")
    expect(page.locator("#members")).to_have_text("2 members")
    assert "Party <b>" in {room["title"] for room in world.items(BOT, "/rooms")}
    page.click("#members")
    page.click('button[aria-label="Remove Army Knife"]')
    expect(page.locator("#members")).to_have_text("1 member")
    page.click("#new-message")
    page.click(f'[data-pick="{DAVE}"]')
    expect(page.locator("#title")).to_have_text("Dave Dunn")


def test_edits_deletions_and_replies_are_seen(page: Page, world: World) -> None:
    room_id = world.room("Project X")
    message = world.post(BOB, "/messages", roomId=room_id, text="tpyo")
    world.post(CAROL, "/messages", roomId=room_id, text="something else")
    enter(page, world, ALICE, "Project X")
    world.call(BOB, "PUT", f"/messages/{message['id']}", json={"roomId": room_id, "text": "typo"})
    expect(page.locator(".body").first).to_have_text("typo")
    expect(page.locator(".edited")).to_be_visible()
    page.hover(f'.message[data-author="{BOB}"]')
    page.click(f".message[data-author='{BOB}'] button:has-text('Reply')")
    expect(page.locator("#mode")).to_contain_text("Replying to Bob Brown: typo")
    send(page, "I saw it")
    expect(page.locator(".message .body")).to_have_text(["typo", "I saw it", "something else"])
    expect(page.locator(".message.reply .answers")).to_contain_text("Bob Brown: typo")
    [reply] = world.items(BOB, "/messages", roomId=room_id, parentId=message["id"])
    assert reply["text"] == "I saw it"
    world.call(BOB, "DELETE", f"/messages/{message['id']}")
    expect(page.locator(".message .body")).to_have_text(["something else", "I saw it"])
    expect(page.locator(".answers")).to_contain_text("a deleted message")


def test_an_answer_to_an_answer_joins_the_thread_and_threads_outlive_reloading(page: Page, world: World) -> None:
    room_id = world.room("Project X")
    root = world.post(BOB, "/messages", roomId=room_id, text="root")
    world.post(CAROL, "/messages", roomId=room_id, text="first", parentId=root["id"])
    world.post(BOB, "/messages", roomId=room_id, text="later")
    enter(page, world, ALICE, "Project X")
    page.hover(".message.reply")
    page.click(".message.reply button:has-text('Reply')")
    send(page, "second")
    for _ in range(2):
        expect(page.locator(".message .body")).to_have_text(["root", "first", "second", "later"])
        page.reload()


def test_own_messages_are_edited_with_their_formatting_and_deleted(page: Page, world: World) -> None:
    room_id = world.room("Project X")
    enter(page, world, ALICE, "Project X")
    page.type("#message", "**hey** @Bo")
    page.press("#message", "Enter")
    page.type("#message", "a_b")
    page.press("#message", "Enter")
    expect(page.locator(".body strong")).to_have_text("hey")
    page.hover(".message")
    page.click(".message button:has-text('Edit')")
    expect(page.locator("#message")).to_have_value(r"**hey** @Bob Brown a\_b")
    page.press("#message", "End")
    page.type("#message", " again")
    page.press("#message", "Enter")
    expect(page.locator(".body")).to_have_text("hey Bob Brown a_b again")
    [message] = world.items(BOB, "/messages", roomId=room_id)
    assert message["mentionedPeople"] == [world.id(BOB)]
    page.hover(".message")
    page.click(".message button:has-text('Delete')")
    expect(page.locator(".message")).to_have_count(0)


def test_what_is_refused_comes_back_into_the_field(page: Page, world: World) -> None:
    enter(page, world, ALICE, "Project X")
    page.fill("#message", "x" * 7440)
    page.press("#message", "Enter")
    expect(page.locator("#problem")).to_contain_text("7439 bytes")
    expect(page.locator("#message")).to_have_value("x" * 7440)


def test_two_people_side_by_side(page: Page, world: World) -> None:
    page.goto(f"{world.url}/?as={ALICE}&beside={BOB}&beside=nobody@example.com&beside={BOB}&room={world.room('Launch')}")
    alice, bob = (page.frame_locator(f"iframe[title='Chat of {name}']") for name in ("Alice Adams", "Bob Brown"))
    expect(page.locator("iframe")).to_have_count(2)
    alice.locator("#message").fill("Hello Bob")
    alice.locator("#message").press("Enter")
    expect(bob.locator(f'.message[data-author="{ALICE}"] .body')).to_have_text("Hello Bob")
    expect(bob.locator("#title")).to_have_text("Launch")
    page.click("#who")
    page.click(f'[data-beside="{DAVE}"]')
    expect(page.locator("iframe")).to_have_count(3)
    page.click("a[aria-label='Close the chat of Alice Adams']")
    page.click("a[aria-label='Close the chat of Bob Brown']")
    expect(page.locator("#who")).to_contain_text("Dave Dunn")


def test_a_phone_shows_one_of_the_people_beside_each_other(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{world.url}/?as={ALICE}&beside={BOB}")
    expect(page.locator("iframe").nth(0)).to_be_visible()
    expect(page.locator("iframe").nth(1)).to_be_hidden()
    page.get_by_role("radio", name="Bob Brown").check()
    expect(page.locator("iframe").nth(0)).to_be_hidden()
    expect(page.frame_locator("iframe >> nth=1").locator("[data-room]")).to_have_count(3)


def test_who_one_is_changes_at_a_press_and_somebody_comes_beside(page: Page, world: World) -> None:
    enter(page, world, ALICE, "Launch")
    page.click("#who")
    expect(page.locator(f'[data-beside="{BOB}"]')).to_have_attribute("href", re.compile("room="))
    page.keyboard.press("Escape")
    expect(page.locator(".menu ul")).to_be_hidden()
    page.click("#who")
    page.click(f'[data-become="{CAROL}"]')
    expect(page.locator("#who")).to_contain_text("Carol Clark")


def test_six_tabs_at_once_can_all_write(page: Page, world: World) -> None:
    people = (ALICE, BOB, CAROL, ALICE, BOB, CAROL)
    tabs = [page, *(page.context.new_page() for _ in people[1:])]
    for tab, who in zip(tabs, people, strict=True):
        enter(tab, world, who, "Project X")
    for number, tab in enumerate(tabs):
        send(tab, f"from tab {number}")
    for tab in tabs:
        expect(tab.locator(".body")).to_have_text([f"from tab {number}" for number in range(6)])


def test_on_a_phone_rooms_and_room_are_two_views(page: Page, world: World) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    enter(page, world, ALICE)
    expect(page.locator("#first")).to_be_visible()
    page.click('[data-room="Launch"]')
    expect(page.locator("#message")).to_be_visible()
    expect(page.locator("#rooms")).to_be_hidden()
    page.click("#back")
    expect(page.locator("#rooms")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_page_says_when_the_simulator_does_not_answer(page: Page, world: World) -> None:
    enter(page, world, ALICE, "Launch")
    page.route("**/chat/changes*", lambda route: route.abort())
    world.post(BOB, "/messages", roomId=world.room("Launch"), text="anybody?")
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/chat/changes*")
    expect(page.locator("#offline")).to_be_hidden()


def test_signing_in_with_the_keyboard(page: Page, world: World) -> None:
    callback = "http://127.0.0.1:8000/oauth/callback"
    query = f"response_type=code&client_id=demo-client-id&redirect_uri={callback}&scope=spark:people_read&state=s"
    page.goto(f"{world.url}/v1/authorize?{query}")
    page.focus(f'[data-person="{ALICE}"]')
    page.keyboard.press("ArrowDown")
    expect(page.locator(f'[data-person="{BOB}"]')).to_be_checked()
    with page.expect_request(re.compile(re.escape(callback) + r"\?code=.+&state=s$")):  # there is no app to answer it
        page.click("button:has-text('Accept')")
