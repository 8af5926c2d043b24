"""/remind, /reminders and /snooze: numbers, times on people's own clocks, alerts with buttons, and every wrong word answered."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.commands.reminder_cards import LONGEST
from app.commands.reminders import MOST
from app.models import alarm, reminder, user
from tests.people import Person
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
DAY = 86_400.0


def lives_in(person: Person, zone: str) -> None:
    with person.world.house.database.transaction() as db:
        user.change(db, person.id, timezone=zone)


def it_is(clock: Clock, zone: str, *moment: int) -> None:
    """Set the clock, ahead of what it was."""
    ahead = datetime(*moment, tzinfo=ZoneInfo(zone)).timestamp() - clock()  # type: ignore[misc, arg-type]
    assert ahead > 0
    clock.advance(ahead)


def rings(person: Person) -> list[str]:
    """What the bot tells a person because of what is due."""
    before = {message["id"] for message in person.bot_messages()}
    person.world.queue.ring()
    person.world.settle()
    return [message["markdown"] for message in person.bot_messages() if message["id"] not in before]


def listed(person: Person) -> list[str]:
    return [line.removeprefix("- ") for line in person.says("/reminders")[0].splitlines() if line.startswith("- ")]


def test_a_reminder_from_its_setting_to_its_end(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """D-18: a reminder is confirmed with its number, listed, snoozed, done, deleted and brought back; also in the bot's room."""
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 8, 0)  # a Monday
    alice.connects()
    lives_in(alice, "Europe/Oslo")
    assert "`/remind <time> <text>` sets one" in alice.says("/reminders")[0]
    assert alice.says("/remind +2h call Bob") == ["**1**: I'll remind you **today at 10:00**: call Bob"]
    assert alice.says("/remind every weekday 9:00 stand-up", room="Project X") == [
        "**2**: I'll remind you **every weekday at 09:00**, first today at 09:00: stand-up"
    ]
    assert alice.reads("Project X")[-1]["text"] == "/remind every weekday 9:00 stand-up"  # only /pin removes what was typed
    assert listed(alice) == [
        "**1** today at 10:00: call Bob",
        "**2** every weekday at 09:00, next today at 09:00: stand-up",
    ]
    assert rings(alice) == []

    it_is(clock, "Europe/Oslo", 2027, 1, 4, 9, 0)
    assert rings(alice) == [
        "**Reminder 2**: stand-up\n\n_It comes every weekday at 09:00, next tomorrow at 09:00._\n\n"
        "`/snooze 2 +1h` · `/reminders done 2` · `/reminders delete 2` ends it"
    ]
    assert rings(alice) == []
    assert alice.presses("Snooze", until="+10m") == [
        "**2**: I'll remind you **today at 09:10** of stand-up. Then it goes on every weekday at 09:00."
    ]
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 9, 11)
    assert "next tomorrow at 09:00" in rings(alice)[0]
    assert alice.presses("Done") == ["Done:\n\n- ✓ stand-up. It comes again tomorrow at 09:00; `/reminders delete 2` ends it"]

    it_is(clock, "Europe/Oslo", 2027, 1, 4, 10, 1)
    assert rings(alice) == ["**Reminder 1**: call Bob\n\n`/snooze 1 +1h` · `/reminders done 1`"]
    assert listed(alice)[0] == "**1** rang today at 10:01: call Bob"
    assert alice.presses("Snooze", argument="+1h") == ["**1**: I'll remind you **today at 11:01** of call Bob."]
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 11, 2)
    assert len(rings(alice)) == 1
    assert alice.says("/snooze 2 hours") == ["**1**: I'll remind you **today at 13:02** of call Bob."]  # which rang last
    assert alice.says("/REMINDERS Done 1")[0].startswith("Done:\n\n- ✓ call Bob")
    assert alice.says("/reminders undo")[0].startswith("Back again: **1**.")
    assert listed(alice)[0] == "**1** today at 13:02: call Bob"  # as it was before

    assert alice.says("/reminders delete 2, 1")[0].startswith("Deleted:\n\n- stand-up\n- call Bob")
    it_is(clock, "Europe/Oslo", 2027, 1, 4, 13, 30)
    assert rings(alice) == []
    said = len(alice.hears())
    alice.says("/reminders undo")
    rings(alice)
    answer, late = alice.hears()[said:]
    assert answer.startswith("Back again: **1**, **2**.")
    assert late.startswith("**Reminder 1**: call Bob\n\n_Late: it was due today at 13:02._")  # what should have rung meanwhile
    assert alice.presses("Stop")[0].startswith("Deleted:\n\n- stand-up")
    assert alice.says("/reminders clear") == ["Deleted all 1 reminder. `/reminders undo` takes it back."]
    assert alice.says("/remind done 1")[0].startswith("You have no reminder **1**")

    # Numbers go on, so that a button of an old card never means another reminder.
    assert alice.says("/remind +1h new")[0].startswith("**3**")
    assert alice.presses("Done")[0].startswith("You have no reminder **1**")
    bob.connects()
    assert bob.says("/remind +1h mine")[0].startswith("**1**")
    assert bob.says("/reminders done 3")[0].startswith("You have no reminder **3**")


@SQLITE
def test_every_wrong_word_is_answered_and_changes_nothing(alice: Person) -> None:
    """D-21: usage, or a sentence that says what is wrong and what to type instead."""
    assert "haven't connected" in alice.says("/remind +2h call Bob")[-1]
    assert "haven't connected" in alice.says("/reminders")[-1]
    alice.connects()
    answers = {
        "/remind": "Usage: `/remind <time> <text>`", "/remind call Bob +2h": "The time comes first: `/remind +2h call Bob`.",
        "/remind +2h": "And of what shall I remind you?", "/remind +h x": "The time comes first", "/remind +2y x": "I count in",
        "/remind tomorrow 25:00 x": "I can't read that as a time", "/remind 2020-01-01 8:00 x": "That time has passed.",
        "/remind 2999-01-01 x": "further ahead than I plan", "/remind done": "Usage: `/remind",
        "/remind done 7": "no reminder **7**",
        "/remind +2h " + "x" * (LONGEST + 1): f"{LONGEST + 1} characters long", "/remind 2027-02-30 x": "no such date",
        "/reminders please": "Usage: `/reminders`", "/reminders done": "Usage: `/reminders`",
        "/pins delete x": "Usage: `/reminders`",
        "/reminders done 1 x": "Usage:", "/reminders done -1": "Usage:", "/reminders delete 99999999": "Usage:",
        "/reminders delete 1 2": "no reminder **1**, **2**", "/reminders undo": "nothing to take back",
        "/reminders undo it": "Usage:", "/reminders clear": "You have no reminders.", "/reminders clear all": "Usage:",
        "/snooze": "Usage: `/snooze", "/snooze 3": "And until when?", "/snooze 3 +1h": "no reminder **3**",
        "/snooze +1h": "No reminder rang lately", "/snooze 3 later": "I can't read that", "/snooze soon": "I can't read that",
        "/snooze 3 every day 9:00": "I need a single time", "/reminders snooze": "Usage:",
        "/reminders snooze 1 today 0:00": "passed",
    }  # fmt: skip
    for typed, expected in answers.items():
        (answer,) = alice.says(typed)
        assert expected in answer, typed
    assert "no reminders" in alice.says("/pins")[0]


@SQLITE
def test_words_lists_and_limits(world: World, alice: Person) -> None:
    """D-30: a long list arrives in pieces, in order. What people type is shown as they typed it."""
    alice.connects()
    evil = "<@all> [click](javascript:alert(1)) **b** `c` <b>d</b> &lt; \\_e\\_"
    alice.says(f"/remind tomorrow 9:00 {evil}")
    assert alice.bot_messages()[-1]["text"].endswith(evil)
    assert "<a " not in alice.bot_messages()[-1]["html"]
    alice.says("/remind +2h\ntwo\nlines")
    assert listed(alice)[1].endswith(": two lines")
    lives_in(alice, "UTC")  # as where Webex tells no zone
    assert "(UTC; `/timezone` sets yours)" in alice.says("/remind +3h x")[0]
    with world.house.database.transaction() as db:
        for number in range(4, MOST + 1):
            row = reminder.add(db, alice.id, f"thing {number}")
            alarm.set_to(db, alice.id, reminder.KIND, 4e9, subject=row.id)
    (refused,) = alice.says("/remind +2h one more")
    assert f"You have {MOST} reminders" in refused
    assert f"You have {MOST} reminders" in alice.says("/pin")[0]
    pieces = alice.says("/reminders")
    assert len(pieces) > 3
    numbers = [line.split()[1] for piece in pieces for line in piece.splitlines() if line.startswith("- ")]
    assert numbers == [f"**{number}**" for number in range(1, MOST + 1)]
    assert all("attachments" not in message for message in alice.bot_messages()[-len(pieces) :])  # it would hide the text
    assert alice.says("/reminders clear")[0].startswith(f"Deleted all {MOST} reminders")
    assert "no reminders" in alice.says("/reminders")[0]


@SQLITE
def test_what_is_over_is_forgotten(world: World, alice: Person, clock: Clock) -> None:
    """Texts after a day, numbers when no card in the room can mean them any more."""
    alice.connects()
    for words in ("/remind +1h rang", "/remind +2d removed", "/remind every day 9:00 again"):
        alice.says(words)
    alice.says("/reminders delete 2")
    clock.advance(DAY + 60)
    assert "**Reminder 1**: rang" in "".join(rings(alice))
    assert "nothing to take back" in alice.says("/reminders undo")[0]
    world.queue.purge()
    assert kept(world) == [(1, "rang"), (2, ""), (3, "again")]
    clock.advance(31 * DAY)
    world.queue.purge()
    assert kept(world) == [(3, "again")]
    assert "**Reminder 3**: again" in "".join(rings(alice))
    assert alice.says("/remind +1h new")[0].startswith("**4**")
    alice.says("/delete DELETENOW")
    assert kept(world) == []


def kept(world: World) -> list[tuple[object, ...]]:
    with world.house.database.reading() as db:
        return [tuple(row) for row in db.execute(text("SELECT number, text FROM reminder ORDER BY number"))]
