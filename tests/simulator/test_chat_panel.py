"""The inspector beside the chat: what it shows of the cloud, and what one can break with it."""

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.simulator.conftest import ALICE, BOB, BOT, Target, World

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("chat")]  # one browser for all of it


def open_panel(page: Page, world: World, *unfolded: str) -> None:
    page.goto(f"{world.url}/?as={ALICE}&room={world.room('Project X')}")
    expect(page.locator("#panel")).to_be_hidden()
    page.click("#open-panel")
    expect(page.locator("#panel-title")).to_be_focused()
    for name in unfolded:
        page.click(f"#panel summary:has-text('{name}')")


def test_webhooks_deliveries_and_calls_are_shown_as_they_come(page: Page, world: World, target: Target) -> None:
    world.post(BOT, "/webhooks", name="<b>army</b>", targetUrl=target.url, resource="messages", event="created", secret="s")
    gone = {"name": "gone", "targetUrl": "http://127.0.0.1:9/", "resource": "messages", "event": "all"}
    world.post(ALICE, "/webhooks", **gone)
    open_panel(page, world)
    hooks = page.locator('[data-place="webhooks"] li')
    expect(hooks.first).to_contain_text("<b>army</b> active messages:created")
    expect(hooks.first).to_contain_text(f"Army Knife · {target.url}")
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    deliveries = page.locator('[data-place="deliveries"] li')
    expect(deliveries).to_have_count(2)
    expect(deliveries.filter(has_text="<b>army</b>")).to_contain_text("204 messages:created")
    expect(deliveries.filter(has_text="gone")).to_contain_text("unreachable")
    calls = page.locator('[data-place="calls"] li')
    expect(calls.first).to_contain_text("200 POST /v1/messages Alice Adams")
    page.click("text=Send the last one again")
    expect(page.locator("#panel-said")).to_have_text("The last delivery is sent once more.")
    expect(deliveries).to_have_count(3)
    page.click("text=Clear the list")
    expect(page.locator('[data-place="calls"]')).to_contain_text("No call of the API yet.")


def test_faults_are_ordered_and_ended(page: Page, world: World, target: Target) -> None:
    open_panel(page, world, "Break something")
    calls = page.locator("#panel form").filter(has_text="Method")
    calls.get_by_label("What goes wrong").select_option("503 as HTML")
    calls.get_by_label("Path has").fill("/people")
    calls.get_by_label("Made by").select_option("Bob Brown")
    calls.get_by_role("button").click()
    expect(page.locator('[data-place="faults"]')).to_contain_text("503 as HTML any call /people · Bob Brown · once")
    assert world.call(ALICE, "GET", "/people/me").status_code == 200
    assert world.call(BOB, "GET", "/people/me").status_code == 503
    expect(page.locator('[data-place="faults"]')).to_contain_text("Nothing is broken")
    deliveries = page.locator("#panel form").filter(has_text="To webhooks of")
    deliveries.get_by_label("What goes wrong").select_option("Lost")
    deliveries.get_by_role("button").click()
    expect(page.locator('[data-place="faults"]')).to_contain_text("Lost")
    world.post(BOT, "/webhooks", name="n", targetUrl=target.url, resource="messages", event="created")
    world.post(ALICE, "/messages", toPersonEmail=BOT, text="hello")
    expect(page.locator('[data-place="deliveries"]')).to_contain_text("lost messages:created")
    calls.get_by_label("Path has").fill("(")
    calls.get_by_role("button").click()
    expect(page.locator("#panel-said")).to_contain_text("not a regular expression")
    calls.get_by_label("Path has").fill("/rooms")
    calls.get_by_role("button").click()
    page.click("text=End all faults")
    expect(page.locator('[data-place="faults"]')).to_contain_text("Nothing is broken")


def test_every_fault_of_the_forms_is_one(page: Page, world: World) -> None:
    open_panel(page, world)
    faults = page.evaluate("[...document.querySelectorAll('select[name=fault] option')].map(one => JSON.parse(one.value))")
    for fault in faults:
        assert requests.post(f"{world.url}/_sim/faults", json={"fault": fault}, timeout=5).status_code == 200
    page.click("#panel summary:has-text('Break something')")
    expect(page.locator('[data-place="faults"] li')).to_have_count(len(faults))


def test_the_clock_moves_and_grants_end(page: Page, world: World) -> None:
    before = world.sim("/clock", "GET")["now"]
    open_panel(page, world, "Clock and grants", "Switches")
    page.click("text=+ 14 days")
    expect(page.locator("#panel-said")).to_have_text("The clock moved 14 days.")
    assert world.sim("/clock", "GET")["now"] > before
    page.get_by_label("Whose grants to integrations").select_option("Bob Brown")
    for name in ("Let tokens expire", "Revoke"):
        page.get_by_role("button", name=name).click()
        expect(page.locator("#panel-said")).to_have_text("Done.")
    page.get_by_label("reorder deliveries").check()
    expect(page.locator("#panel-said")).to_have_text("reorder_deliveries is true.")
    page.get_by_label("duplicate deliveries").fill("2")
    page.get_by_label("duplicate deliveries").blur()
    page.get_by_label("rotate refresh token").select_option("new")
    expect(page.locator("#panel-said")).to_have_text("rotate_refresh_token is new.")
    switches = world.sim("/switches", "GET")
    assert (switches["reorder_deliveries"], switches["duplicate_deliveries"]) == (True, 2)
    page.get_by_label("access token life").fill("-1")
    page.get_by_label("access token life").blur()
    expect(page.locator("#panel-said.bad")).to_contain_text("access_token_life takes a number")


def test_escape_closes_the_panel_wherever_one_is_in_it(page: Page, world: World) -> None:
    open_panel(page, world, "Break something")
    page.focus("#panel input[name=path]")
    page.keyboard.press("Escape")
    expect(page.locator("#panel")).to_be_hidden()
    expect(page.locator("#open-panel")).to_be_focused()
    expect(page.locator("#open-panel")).to_have_attribute("aria-expanded", "false")


def test_people_side_by_side_share_one_panel(page: Page, world: World) -> None:
    page.goto(f"{world.url}/?as={ALICE}&beside={BOB}")
    page.click("#open-panel")
    expect(page.locator('[data-place="webhooks"]')).to_contain_text("Nobody has registered a webhook yet.")
    expect(page.frame_locator("iframe >> nth=0").locator("#panel")).to_have_count(0)
