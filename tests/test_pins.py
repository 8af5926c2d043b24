"""/pin: a message counted back from the command, shown now or later, by id alone; and what was typed is removed from the room."""

import pytest
import requests

from tests.people import Person
from tests.test_reminders import it_is, listed, lives_in, rings
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
CARD = {"contentType": "application/vnd.microsoft.card.adaptive", "content": {"type": "AdaptiveCard", "version": "1.3"}}


def texts(person: Person, room: str = "Project X") -> list[str]:
    return [message.get("text", "") for message in person.reads(room)]


@SQLITE
def test_messages_are_pinned_by_their_distance(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """D-18: every form is confirmed with its number, and can be managed. The command's own message does not count."""
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 0)
    alice.connects()
    lives_in(alice, "Europe/Oslo")
    for words in ("first", "second", "third <b>"):
        bob.writes(words, room="Project X")

    (shown,) = alice.says("/pin", room="Project X")
    assert shown == (
        "**Pinned as 1**\n\n`/snooze 1 +1h` · `/reminders done 1`\n\n"
        f"**bob@example.com** in {alice.linked('Project X')}:\n\n> third &lt;b&gt;  "
    )
    assert "third" in str(alice.bot_messages()[-1]["attachments"])  # clients show the card, not the text beside it
    assert texts(alice) == ["first", "second", "third <b>"]  # what was typed is gone
    assert alice.presses("Snooze", until="+3h") == ["**1**: I'll remind you **today at 11:00** of _a message_."]

    assert alice.says("/pin 2 +2h call back", room="Project X") == [
        "**2**: I'll remind you **today at 10:00** of a message of **bob@example.com**, today at 08:00: call back"
    ]
    assert alice.says("/pin 3 every friday 9:00", room="Project X")[0].startswith(
        "**3**: I'll remind you **every Friday at 09:00**, first Fri 8 Jan at 09:00 of a message of"
    )
    assert alice.says("/PIN 0 tomorrow 9:00 buy milk", room="Project X") == [
        "**4**: I'll remind you **tomorrow at 09:00**: buy milk"
    ]
    assert alice.says("/pin +3d", room="Project X")[0].startswith("**5**: I'll remind you **Thu 7 Jan at 08:00** of a message")
    assert texts(alice) == ["first", "second", "third <b>"]
    assert listed(alice) == [
        "**1** today at 11:00: _a message_", "**2** today at 10:00: call back _(with a message)_",
        "**3** every Friday at 09:00, next Fri 8 Jan at 09:00: _a message_", "**4** tomorrow at 09:00: buy milk",
        "**5** Thu 7 Jan at 08:00: _a message_",
    ]  # fmt: skip

    it_is(clock, "Europe/Oslo", 2027, 1, 4, 10, 1)
    assert rings(alice) == [
        "**Reminder 2**: call back\n\n`/snooze 2 +1h` · `/reminders done 2`\n\n"
        f"**bob@example.com** in {alice.linked('Project X')}:\n\n> second  "
    ]
    card = str(alice.bot_messages()[-1]["attachments"])
    assert "call back" in card
    assert "second" in card
    assert alice.presses("Done")[0].startswith("Done:\n\n- ✓ call back")
    with world.house.database.reading() as db:
        kept = [tuple(row) for row in db.connection().exec_driver_sql("SELECT * FROM reminder")]
    assert not any(word in str(kept) for word in ("second", "third", "first"))

    # In the bot's own room the answers of the bot are messages, too, and nothing is removed.
    alice.writes("remember this")
    world.settle()
    assert "> I understand commands" in alice.says("/pin")[0]
    assert "> remember this" in alice.says("/pin 4")[0]
    assert alice.says("/pin 1 +1h x")[0].endswith(": x")


@SQLITE
def test_what_cannot_be_pinned_is_answered_and_the_command_stays(world: World, alice: Person, bob: Person) -> None:
    """D-06, D-19: out of range, `+h`, `+1.5h`, `+2y` and the like are answered; what was typed is removed after success only."""
    alice.connects()
    bob.writes("the only one", room="Launch")
    before = texts(alice, "Launch")
    answers = {
        "/pin 2": "only 1 before yours", "/pin 50": "before yours", "/pin 51": "50 messages at most",
        "/pin 0": "a time and a text",
        "/pin 0 +2h": "of what shall I remind you", "/pin +h": "It stands before your comment",
        "/pin 1 +2y x": "I count in minutes",
        "/pin word": "It stands before your comment", "/pin 1 call back": "It stands before", "/pin -1": "Usage: `/pin`",
        "/pin 1 +9999d": "further ahead", "/pin 1 today 0:00 x": "That time has passed",
        "/pin 1 " + "+1h " + "x" * 1_001: "1001 char",
        "/pin 99999999999": "I can't read that", "/pin 1.5": "I can't read that", "/pin ١": "I can't read that",
    }  # fmt: skip
    for typed, expected in answers.items():
        (answer,) = alice.says(typed, room="Launch")
        assert expected in answer, typed
        assert texts(alice, "Launch") == [*before, typed]
        alice.api("DELETE", f"/messages/{alice.reads('Launch')[-1]['id']}")
    assert "no reminders" in alice.says("/reminders")[0]
    assert "today at" in alice.says("/pin 1 +1.5h call back", room="Launch")[0]  # one and a half hours are a time
    assert texts(alice, "Launch") == before
    room = alice.api("POST", "/rooms", json={"title": "Empty"})["id"]
    assert "none before yours" in alice.says("/pin", room="Empty")[0]
    alice.api("DELETE", f"/rooms/{room}")

    # A Webex that fails in the middle: nothing is pinned, or all of it.
    for failure in ({"status": 403}, {"status": 404}, {"status": 500}):
        world.fault("GET", "/messages$", **failure)
        (answer,) = alice.says("/pin", room="Launch")
        assert f"Webex answered {failure['status']}, so nothing was changed" in answer
        assert texts(alice, "Launch") == [*before, "/pin"]
        alice.api("DELETE", f"/messages/{alice.reads('Launch')[-1]['id']}")


@SQLITE
def test_a_pin_stands_even_if_its_command_can_not_be_removed(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """D-06: Webex refuses, is unwell, or the person took it back first; nobody is told that it was removed."""
    alice.connects()
    bob.writes("one", room="Project X")
    for number, failure in enumerate(({"status": 403}, {"status": 500}, {"drop": True}), 1):
        world.fault("DELETE", "/messages/", times=6, **failure)
        said = len(alice.hears())
        alice.writes("/pin 1 +2h look", room="Project X")
        world.skip_pauses(clock)
        (answer,) = alice.hears()[said:]
        assert answer.startswith(f"**{number}**: I'll remind you")
        assert texts(alice)[-1] == "/pin 1 +2h look"
        requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    world.fault("DELETE", "/messages/", lost_answer=True, times=2)  # gone, and we don't know it
    kept = len(texts(alice))
    alice.writes("/pin 1 +2h look", room="Project X")
    world.skip_pauses(clock)
    assert alice.hears()[-1].startswith("**4**")
    assert len(texts(alice)) == kept

    # Delivered again, with the message gone: one reminder, one answer.
    heard = alice.hears()
    world.control("replay", last=6)
    world.settle()
    assert alice.hears() == heard
    assert len(listed(alice)) == 4


@SQLITE
def test_files_cards_and_messages_that_are_gone(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """D-19: what has no text can be pinned, too. D-18: the comment outlives its message."""
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 0)
    alice.connects()
    room = bob.room("Project X")
    upload = {"files": ("plan.txt", b"the plan", "text/plain")}
    bob.api("POST", "/messages", data={"roomId": room}, files=upload)
    assert "_Attached: plan.txt_" in alice.says("/pin", room="Project X")[0]
    bob.api("POST", "/messages", json={"roomId": room, "attachments": [CARD]})
    assert "_a message without text_" in alice.says("/pin", room="Project X")[0]
    alice.says("/pin 2 +1h read the plan", room="Project X")
    gone = bob.writes("soon gone", room="Project X")
    alice.says("/pin 1 +1h answer Bob", room="Project X")
    alice.says("/pin 1 +1h", room="Project X")
    bob.api("DELETE", f"/messages/{gone['id']}")
    clock.advance(3_660)
    plan, answered, bare = rings(alice)
    assert plan.startswith("**Reminder 3**: read the plan")
    assert plan.endswith("_Attached: plan.txt_")
    lost = "A message can't be shown any more: it was deleted, or you left its room."
    assert answered == f"**Reminder 4**: answer Bob\n\n`/snooze 4 +1h` · `/reminders done 4`\n\n{lost}"
    assert bare.endswith(lost)
    assert lost in str(alice.bot_messages()[-1]["attachments"])


@SQLITE
def test_a_reminder_arrives_whatever_webex_says_of_its_message(
    world: World, alice: Person, bob: Person, clock: Clock
) -> None:  # fmt: skip
    """D-02, D-18: without access, refused, or unwell for long, the person's own words arrive, and once."""
    alice.connects()
    bob.writes("the source", room="Project X")
    for words in ("refused", "unwell", "soon well", "without access"):
        alice.says(
            f"/pin 1 +{ {'refused': 1, 'unwell': 2, 'soon well': 3, 'without access': 4}[words] }h {words}", room="Project X"
        )
    alice.says("/remind +4h my own words")
    said = len(alice.hears())
    for failure, times in (({"status": 403}, 1), ({"status": 500}, 50), ({"status": 503}, 4)):
        world.fault("GET", "/messages/", times=times, **failure)
        clock.advance(3_601)
        world.queue.ring()
        world.skip_pauses(clock)
        requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    refused, unwell, well = alice.hears()[said:]
    assert refused.startswith("**Reminder 1**: refused")
    assert refused.endswith("The message can't be shown: Webex answered 403.")
    assert unwell.endswith("The message can't be shown: Webex answered 500.")
    assert well.endswith("> the source  ")

    world.control("revoke", person=alice.email)
    clock.advance(3_601)
    world.queue.ring()
    world.skip_pauses(clock)
    news = alice.hears()[said + 3 :]
    assert sum("my own words" in heard for heard in news) == 1
    (late,) = [heard for heard in news if "without access" in heard]
    assert "Webex no longer lets me act for you: type `/init`" in late
    assert "no longer lets me" in alice.says("/pin")[0]
    assert "**6**: I'll remind you" in alice.says("/remind +2h still there")[0]
