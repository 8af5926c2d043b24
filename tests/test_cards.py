"""Cards: who may press what and when, what a press types, and how people's words look on a card."""

import html
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import outbox, texts
from app.delivery import OLDEST
from app.models import backlog, inbox
from app.webex import cards
from app.webex.markdown import escape, quote
from app.webex.runs import literal
from tests.people import Person
from tests.world import Clock, World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def shows(world: World, room: dict[str, str], *body: cards.Element) -> dict[str, Any]:
    """A card of the bot's in a room."""
    message = {"text": "a card", "attachments": [cards.attachment(cards.card(*body))], **room}
    shown: dict[str, Any] = world.bot.api("POST", "/messages", json=message)
    return shown


def presses(person: Person, message: dict[str, Any], **inputs: Any) -> list[str]:
    """Press, and tell what the bot says to this person because of it."""
    before = len(person.hears())
    person.api("POST", "/attachment/actions", json={"type": "submit", "messageId": message["id"], "inputs": inputs})
    person.world.settle()
    return person.hears()[before:]


def lines_of(part: Any) -> list[str]:
    """The words on a card as they are read, line by line."""
    if isinstance(part, list):
        return [shown for one in part for shown in lines_of(one)]
    if not isinstance(part, dict):
        return []
    if part.get("type") == "RichTextBlock":
        return ["".join(run["text"] for run in part["inlines"])]
    return [shown for value in part.values() for shown in lines_of(value)]


@SQLITE
def test_pressing_is_typing_once_for_each_press(world: World, alice: Person) -> None:
    """D-08: a press that is told of again changes nothing; a second press is another one."""
    alice.connects()
    card = shows(world, {"toPersonId": alice.id}, cards.buttons(cards.button("Add", "/todo")))
    assert presses(alice, card, command="/todo", argument=" buy milk \n")[0].startswith("Added **1**: buy milk")
    assert presses(alice, card, command="/todo", argument="buy milk")[0].startswith("Added **2**: buy milk")
    world.control("switches", duplicate_deliveries=2)
    assert len(presses(alice, card, command="/todo", argument="bread")) == 1
    world.control("switches", duplicate_deliveries=0)
    said = alice.hears()
    world.control("replay", last=6)
    world.settle()
    assert alice.hears() == said
    assert presses(alice, card, command="/todo", argument=["x"], other="y")[0].count("\n- ") == 3  # no text: the list
    assert presses(alice, card, command="/init")[0].startswith("You are connected already")


@SQLITE
def test_forged_inputs_type_nothing(world: World, alice: Person, bob: Person) -> None:
    """Who presses can type, too: what a forged press may do is what its sender may do, and every press is answered."""
    alice.connects()
    card = shows(world, {"toPersonId": alice.id}, cards.buttons(cards.button("List", "/todo")))
    for inputs in (
        {},
        {"argument": "/todo x"},
        {"command": "todo x"},
        {"command": " /todo x"},
        {"command": "/todo " + "x" * 10_000},
    ):
        assert presses(alice, card, **inputs) == [texts.UNKNOWN_BUTTON], inputs
    for wrong in (5, ["/todo x"], {"command": "/todo x"}, True, ""):
        assert presses(alice, card, command=wrong) == [texts.UNKNOWN_BUTTON], wrong
    assert presses(alice, card, command="/xyzzy")[0].startswith("I don't know that command")
    assert "nulbyte" in presses(alice, card, command="/todo", argument="nul\x00byte")[0]
    assert presses(alice, card, command="/todo\nclear")[0].startswith("Checked off 1 item")
    forged = presses(alice, card, command="/todo", argument="mine", personId=bob.id, roomId="x", takes="personId")
    assert forged[0].startswith("Added **1**: mine")


@SQLITE
def test_who_presses_where(database_url: str, tmp_path: Any) -> None:
    with World(database_url, tmp_path, GROUP_ROOMS="stay") as world:
        alice, bob, dave = (world.person(one) for one in ("alice@example.com", "bob@example.com", "dave@partner.example"))
        alice.connects()
        room = alice.api("POST", "/rooms", json={"title": "With the bot"})["id"]
        for member in (world.bot, bob):
            alice.api("POST", "/memberships", json={"roomId": room, "personId": member.id})
        world.settle()
        in_group = shows(world, {"roomId": room}, cards.buttons(cards.button("Add", "/todo")))
        for person in (alice, bob):
            assert presses(person, in_group, command="/todo", argument="seen by all") == []
        assert "empty" in alice.says("/todo")[0]

        hers = shows(world, {"toPersonId": alice.id}, cards.buttons(cards.button("Add", "/todo")))
        body = {"type": "submit", "messageId": hers["id"], "inputs": {"command": "/todo", "argument": "not his"}}
        headers = {"Authorization": f"Bearer {bob.token}"}
        answer = bob.session.post(f"{world.simulator.url}/v1/attachment/actions", json=body, headers=headers, timeout=5)
        assert answer.status_code == 404  # Webex does not let him; and were the delivery forged:
        data = {"id": "Y2lzY29zcGFyazovL3VzL0FUVEFDSE1FTlRfQUNUSU9OL3g", "roomId": hers["roomId"], "personId": alice.id}
        assert world.deliver("/bot", "not the secret", world.event("attachmentActions", data, actor=alice.id)) == 401
        assert "empty" in alice.says("/todo")[0]

        with world.deaf():  # somebody of whom no event ever told
            unknown = shows(world, {"toPersonId": dave.id}, cards.buttons(cards.button("Add", "/todo")))
        assert presses(dave, unknown, command="/todo", argument="x")[-1] == texts.NOT_CONNECTED
        alice.says("/delete DELETENOW")
        assert presses(alice, hers, command="/todo", argument="x") == [texts.NOT_CONNECTED]
        assert presses(alice, hers) == [texts.UNKNOWN_BUTTON]


@SQLITE
def test_a_press_of_long_ago_is_not_done_now(world: World, alice: Person, clock: Clock) -> None:
    """No time is signed with a delivery: one whose key was forgotten could be played again."""
    alice.connects()
    card = shows(world, {"toPersonId": alice.id}, cards.buttons(cards.button("Add", "/todo")))
    with world.deaf():
        body = {"type": "submit", "messageId": card["id"], "inputs": {"command": "/todo", "argument": "late"}}
        action = alice.api("POST", "/attachment/actions", json=body)
    clock.advance(OLDEST + 60.0)
    said = len(alice.hears())
    data = {"id": action["id"], "roomId": action["roomId"], "personId": alice.id, "messageId": card["id"]}
    assert world.deliver("/bot", world.bot_secret, world.event("attachmentActions", data, actor=alice.id)) == 204
    world.settle()
    assert alice.hears()[said:] == [texts.TOO_LATE]
    assert "empty" in alice.says("/todo")[-1]


@SQLITE
def test_webex_does_not_tell_what_was_pressed(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    card = shows(world, {"toPersonId": alice.id}, cards.buttons(cards.button("Add", "/todo")))
    body = {"type": "submit", "messageId": card["id"], "inputs": {"command": "/todo", "argument": "x"}}
    for fault, times, answer in (({"status": 503}, 3, "Added **1**: x"), ({"status": 404}, 3, "Added **2**: x")):
        said = len(alice.hears())
        world.fault("GET", "/attachment/actions/", times=times, **fault)
        alice.api("POST", "/attachment/actions", json=body)
        world.skip_pauses(clock)
        (heard,) = alice.hears()[said:]
        assert heard.startswith(answer)
    said = len(alice.hears())
    world.fault("GET", "/attachment/actions/", times=-1, status=404)
    alice.api("POST", "/attachment/actions", json=body)
    world.skip_pauses(clock)
    assert alice.hears()[said:] == [texts.UNPRESSED]
    assert len(alice.says("/todo")[0].splitlines()) == 4


@SQLITE
@pytest.mark.parametrize("failure", [{"drop": True}, {"lost_answer": True}, {"status": 500}], ids=lambda one: next(iter(one)))
def test_the_card_of_a_long_answer_comes_once_with_its_last_piece(
    world: World, alice: Person, clock: Clock, failure: dict[str, Any]
) -> None:
    """Each piece's call fails once, and the app is stopped in between."""
    alice.says("hello")
    said = len(alice.hears())
    rows = [f"row {number} {'x' * 60}" for number in range(250)]
    card = cards.card(cards.words("all of it"), cards.buttons(cards.button("Help", "/help")))
    world.fault("POST", "/messages$", by=world.bot, times=2, **failure)
    with world.house.database.transaction() as db:
        outbox.say_to(db, alice.id, "\n".join(rows), key="long", card=card)
    world.house.wake(alice.id)
    wait_until(lambda: len(world.look("faults")) == 0 or world.look("faults")[0]["times"] == 1)
    world.stop_app()
    world.start_app()
    clock.advance(60.0)
    world.queue.sweep()
    world.skip_pauses(clock)
    pieces = alice.bot_messages()[said:]
    assert "\n".join(str(piece["markdown"]) for piece in pieces).split("\n") == rows
    assert [bool(piece.get("attachments")) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    assert len(pieces) == 3
    assert "lists" in alice.presses("Help")[0] or "/help" in alice.presses("Help")[0]
    with world.house.database.reading() as db:
        assert not backlog.count_open(db, inbox.InboxRow)


def test_words_on_a_card_are_runs_of_text() -> None:
    shown = literal(
        cards.words(r"**bold \*x\*** and _it_ &lt;@all&gt; `a*b` [here](https://x.example/y_z_) snake_case_name 2 \* 3")
    )
    assert shown["type"] == "RichTextBlock"
    assert [{name: value for name, value in run.items() if name != "type"} for run in shown["inlines"]] == [
        {"text": "bold *x*", "weight": "Bolder"},
        {"text": " and "},
        {"text": "it", "italic": True},
        {"text": " <@all> "},
        {"text": "a*b", "fontType": "Monospace"},
        {"text": " "},
        {"text": "here", "selectAction": {"type": "Action.OpenUrl", "url": "https://x.example/y_z_"}},
        {"text": " snake_case_name 2 * 3"},
    ]
    lines = literal({"id": "quoted", **cards.words("- one\n\n> two  \n> \\- three\n")})
    assert (lines["type"], lines["id"], lines_of(lines)) == ("Container", "quoted", ["• one", "two", "- three"])
    assert lines_of(literal(cards.words(""))) == lines_of(literal(cards.words("****"))) == [" "]  # an empty run breaks a card
    whole = cards.card(cards.heading("**H** \\*"), cards.row("r", cards.button("B", "/x **y**")), cards.entry("**p**"))
    made = cards.attachment(whole)["content"]
    assert lines_of(made) == ["H *", "r"]
    assert made["body"][0]["inlines"][0] == {"type": "TextRun", "text": "H *", "weight": "Bolder", "size": "Medium"}
    assert made["body"][1]["columns"][1]["items"][0]["actions"][0]["data"] == {"command": "/x **y**"}
    assert made["body"][2]["placeholder"] == "**p**"
    assert whole["body"][0]["type"] == "TextBlock"  # what was given is not changed


FOREIGN = st.text(st.one_of(st.characters(exclude_categories=("Cs",)), st.sampled_from("\\*_`[]()<>&;#!|~- \n")), max_size=60)


@settings(max_examples=150, deadline=None)
@given(FOREIGN)
def test_what_people_wrote_is_shown_as_they_wrote_it(text: str) -> None:
    """Whatever it is, and whatever stands around it."""
    plain = html.unescape(re.sub(r"\\([\\`*_{}\[\]()#!|~])", r"\1", escape(text, 1_000)))
    for around in ("**{}**", "{}", "_{}_", "**a** {} _b_"):
        (shown,) = lines_of(literal(cards.words(around.replace("{}", escape(text, 1_000)))))
        expected = around.replace("**", "").replace("_", "").replace("{}", plain)
        assert shown.replace("• ", "- ", 1) == expected or shown == expected


@settings(max_examples=60, deadline=None)
@given(FOREIGN)
def test_quotes_on_a_card_have_the_lines_of_what_was_quoted(text: str) -> None:
    lines = [one for one in text.splitlines() if one.strip()] or [""]
    assert len(lines_of(literal(cards.words(quote(text))))) == len(lines)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["command", "argument", "takes", "x"]), st.one_of(st.none(), st.integers(), FOREIGN, st.lists(FOREIGN))
    )
)
def test_a_press_types_a_command_or_nothing(inputs: dict[str, Any]) -> None:
    words = cards.typed(inputs)
    assert words == "" or (words.startswith("/") and words.startswith(str(inputs["command"]).rstrip()))
