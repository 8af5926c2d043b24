"""Adaptive Cards in the chat page: what is drawn of them, and what a press of Submit sends."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Locator, Page, expect

from app.simulator import chat_cards
from app.simulator.application import create_application
from app.simulator.cloud import Cloud
from tests.simulator.conftest import ALICE, BOT, Target, World

CARD: dict[str, Any] = {
    "type": "AdaptiveCard",
    "version": "1.3",
    "body": [
        {"type": "TextBlock", "text": "Add a **todo**"},
        {
            "type": "Input.Text", "id": "what", "label": "What", "isRequired": True, "regex": "^[a-z]+$",
            "errorMessage": "One word",
        },
        {"type": "Input.Toggle", "id": "soon", "title": "Soon", "value": "true"},
        {
            "type": "Input.ChoiceSet", "id": "tags", "label": "Tags", "isMultiSelect": True, "value": "w",
            "choices": [{"title": "Home", "value": "h"}, {"title": "Work", "value": "w"}],
        },
        {"type": "TextBlock", "id": "secret", "text": "found", "isVisible": False},
    ],
    "actions": [
        {"type": "Action.Submit", "title": "Add", "data": {"do": "add"}},
        {
            "type": "Action.ShowCard", "title": "More",
            "card": {"type": "AdaptiveCard", "body": [{"type": "Input.Number", "id": "count", "label": "Count", "value": 2}],
                     "actions": [{"type": "Action.Submit", "title": "Add many"}]},
        },
        {"type": "Action.ToggleVisibility", "title": "Look", "targetElements": ["secret"]},
        {"type": "Action.OpenUrl", "title": "Docs", "url": "https://example.com/docs"},
    ],
}  # fmt: skip


@pytest.fixture
def card(page: Page, world: World, target: Target) -> Locator:
    world.post(BOT, "/webhooks", name="n", targetUrl=target.url, resource="attachmentActions", event="created")
    attachments = [{"contentType": "application/vnd.microsoft.card.adaptive", "content": CARD}]
    world.post(BOT, "/messages", toPersonEmail=ALICE, text="fallback", attachments=attachments)
    page.goto(f"{world.url}/?as={ALICE}")
    page.click('[data-room="Army Knife"]')
    return page.locator(".card")


def presses(world: World, target: Target) -> list[Any]:
    """What the bot reads of the presses it was told of."""
    world.drain()
    ids = [json.loads(body)["data"]["id"] for body in target.bodies()]
    return [world.get(BOT, f"/attachment/actions/{one}")["inputs"] for one in ids]


@pytest.mark.browser
@pytest.mark.xdist_group("chat")
def test_a_card_is_filled_in_and_submitted(card: Locator, world: World, target: Target) -> None:
    expect(card.locator("strong")).to_have_text("todo")
    card.get_by_role("button", name="Add", exact=True).click()
    assert card.get_by_label("What").evaluate("one => one.validationMessage") == "One word"
    card.get_by_label("What").fill("Milk!")
    card.get_by_role("button", name="Add", exact=True).click()
    assert presses(world, target) == []
    card.get_by_label("What").fill("milk")
    card.get_by_label("Home").check()
    card.get_by_role("button", name="Add", exact=True).click()
    expect(card.locator(".sent")).to_have_text("Sent: Add")
    assert presses(world, target) == [{"what": "milk", "soon": "true", "tags": "h,w", "do": "add"}]


@pytest.mark.browser
@pytest.mark.xdist_group("chat")
def test_cards_fold_out_and_send_what_is_in_them_too(card: Locator, world: World, target: Target) -> None:
    more = card.get_by_role("button", name="More")
    expect(card.get_by_label("Count")).to_be_hidden()
    more.press("Enter")
    expect(more).to_have_attribute("aria-expanded", "true")
    card.get_by_label("What").fill("milk")
    card.get_by_label("Soon").uncheck()
    card.get_by_role("button", name="Add many").click()
    expect(card.locator(".sent")).to_have_text("Sent: Add many")
    assert presses(world, target) == [{"what": "milk", "soon": "false", "tags": "w", "count": "2"}]
    more.click()
    expect(card.get_by_label("Count")).to_be_hidden()
    card.get_by_role("button", name="Look").click()
    expect(card.get_by_text("found")).to_be_visible()
    expect(card.get_by_role("link", name="Docs")).to_have_attribute("href", "https://example.com/docs")


APPLICATION = create_application(Cloud())


def drawn(content: Any) -> str:
    with APPLICATION.app_context():
        return chat_cards.html(content)


def test_everything_in_a_card_stays_text() -> None:
    evil = "\"'><script>alert(1)</script>"
    html = drawn({
        "body": [
            {"type": "TextBlock", "text": f"**{evil}** [x](javascript:alert(1)) [{evil}](https://example.com/{evil})"},
            {"type": "Input.Text", "id": evil, "label": evil, "value": evil, "placeholder": evil, "regex": evil, "style": evil},
            {"type": "Image", "url": f"data:image/png;base64,{evil}", "altText": evil, "size": evil},
            {"type": "Image", "url": "https://elsewhere.example/x.png", "altText": "chart"},
            {"type": "Column", "id": evil}, {"type": evil, "id": evil, "spacing": evil},
        ],
        "actions": [{"type": "Action.OpenUrl", "url": "javascript:alert(1)", "title": evil},
                    {"type": "Action.Submit", "title": evil, "data": {evil: evil}, "style": evil}],
    })  # fmt: skip
    assert "<script" not in html
    assert 'href="javascript' not in html
    assert 'src="https:' not in html
    assert html.count("data-given='") == html.count("data-given=") == 1


TYPES = (
    "TextBlock RichTextBlock Image ImageSet Container ColumnSet FactSet ActionSet Input.Text Input.Toggle Input.ChoiceSet "
    "Input.Number Action.Submit Action.OpenUrl Action.ShowCard Action.ToggleVisibility auto 10px 1e9"
)
NAMES = (
    "type id text items columns facts actions inlines images choices card body selectAction width value url title style "
    "size data targetElements isMultiSelect maxLength min regex valueOn label isVisible"
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(TYPES.split()) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES.split()), inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=60, deadline=None)
@given(ANYTHING, ANYTHING)
def test_a_senseless_card_harms_nobody(body: Any, actions: Any) -> None:
    assert drawn({"body": body, "actions": actions}).startswith("<form")
    assert drawn({"body": [body], "actions": [actions]}).startswith("<form")


def test_nesting_has_an_end() -> None:
    content: dict[str, Any] = {"type": "Container", "items": []}
    for _ in range(90):
        content = {"type": "Container", "items": [content]}
    assert drawn({"body": [content]}).count("box") == chat_cards.MAX_DEPTH
