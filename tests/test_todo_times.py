"""What the clock and the cards do for the todo list: due dates, alerts, the daily reminder, buttons."""

import json
import time
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.models import alarm, todo, user
from app.webex import cards
from tests.people import Person
from tests.test_todo import items
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
MONDAY = datetime(2027, 3, 1, 8, 0, tzinfo=UTC).timestamp()
HOUR, DAY = 3_600.0, 86_400.0


def be_at(clock: Clock, moment: float) -> None:
    clock.advance(moment - time.time())


def in_zone(world: World, person: Person, zone: str) -> None:
    with world.house.database.transaction() as db:
        user.change(db, person.id, timezone=zone)


def rings(world: World, person: Person) -> list[str]:
    """What the clock makes the bot say."""
    before = len(person.hears())
    world.queue.ring()
    world.settle()
    return person.hears()[before:]


def count_alarms(world: World, person: Person) -> int:
    with world.house.database.reading() as db:
        return sum(len(alarm.of(db, person.id, kind)) for kind in ("todo", "todo due", "tom"))


def test_due_dates_are_told_once_and_shown_in_my_zone(world: World, alice: Person, clock: Clock) -> None:
    alice.connects()
    in_zone(world, alice, "Europe/Oslo")
    be_at(clock, MONDAY)
    alice.says("/todo water the plants")
    assert "Added **2**: call Dave, due tomorrow at 09:00" in alice.says("/todo call Dave by tomorrow")[0]
    (added,) = alice.says("/todo stand by me by the fire BY  fri 14:00")
    assert added.startswith("Added **3**: stand by me by the fire, due Fri 5 Mar at 14:00")
    assert items(added) == [
        "**2** call Dave, due tomorrow at 09:00",
        "**3** stand by me by the fire, due Fri 5 Mar at 14:00",
        "**1** water the plants",
    ]
    assert "**1** is due today at 10:00. I'll tell you then." in alice.says("/todo due 1 10:00")[0]  # 9:00 in UTC

    be_at(clock, MONDAY + HOUR - 1)
    assert rings(world, alice) == []
    be_at(clock, MONDAY + HOUR + 1)
    (told,) = rings(world, alice)
    assert told.startswith("**Due now:** water the plants")
    assert "`/done 1`" in told
    assert rings(world, alice) == []
    assert items(alice.says("/todo")[0])[0] == "**1** water the plants, **overdue**: it was due today at 10:00"
    assert "**1** is due tomorrow at 09:00" in alice.presses("Tomorrow")[0]
    assert "is no longer due" in alice.says("/todo due 2 never")[0]

    be_at(clock, MONDAY + DAY + HOUR)
    (told,) = rings(world, alice)  # 1, and not 2
    assert "**It was due today at 09:00:** water the plants" in told  # late, and says so
    assert "✓ water the plants" in alice.presses("Done")[0]
    assert alice.says("/done 3")[0].startswith("Done:")
    be_at(clock, MONDAY + 5 * DAY)
    assert rings(world, alice) == []  # done in time
    (back,) = alice.says("/todo undo")
    assert items(back)[0] == "**3** stand by me by the fire, **overdue**: it was due Fri 5 Mar at 14:00"
    assert rings(world, alice) == []
    alice.says("/todo due 3 +1h")
    alice.says("/done 3")
    alice.says("/todo undo")
    clock.advance(HOUR + 1)
    assert len(rings(world, alice)) == 1  # set again with the undo
    alice.says("/todo due 2 +1h")
    alice.says("/todo clear")
    clock.advance(2 * HOUR)
    assert rings(world, alice) == []
    assert count_alarms(world, alice) == 0


@SQLITE
def test_words_that_are_no_time_stay_words(world: World, alice: Person, clock: Clock) -> None:
    """D-21: wrong input is answered by the usage, or by what is wrong with it; nothing is changed."""
    alice.connects()
    be_at(clock, MONDAY)
    for words in (
        "stand by me",
        "walk by 25:00",
        "pay by every friday",
        "be back by yesterday",
        "by tomorrow",
        "sort by",
        "done by 7:00 sharp",
    ):
        assert alice.says(f"/todo {words}")[0].splitlines()[0].endswith(f": {words}"), words
    assert alice.says('/todo "pay by friday"')[0].splitlines()[0].endswith(": pay by friday")
    before = items(alice.says("/todo")[0])
    for words in ("due", "due 1", "due milk tomorrow", "due 1 2 tomorrow", "reminder maybe", "reminder off now", "help"):
        assert alice.says(f"/todo {words}")[0].startswith(("Usage:", "I can't read that as a time")), words
    assert "no open item **99**" in alice.says("/todo due 99 tomorrow")[0]
    assert "can't read that as a time" in alice.says("/todo due 1 someday")[0]
    assert "has passed" in alice.says("/todo due 1 2020-01-01")[0]
    assert "single time" in alice.says("/todo due 1 every day")[0]
    assert "no time of day" in alice.says("/todo reminder on 25:99")[0]
    assert "can't read that as a time" in alice.says("/todo reminder on someday")[0]
    assert "can't read that as a time" in alice.says("/todo reminder on weekday 9:00 please")[0]
    assert "no reminder of your todo list" in alice.says("/todo reminder off")[0]
    assert items(alice.says("/todo")[0]) == before
    assert count_alarms(world, alice) == 0


@SQLITE
def test_the_daily_reminder_follows_my_clock_and_never_comes_in_a_burst(world: World, alice: Person, clock: Clock) -> None:
    """D-04, D-09, D-23: one notice after a year of downtime; the day on which clocks change; gone with the account."""
    alice.connects()
    in_zone(world, alice, "Europe/Oslo")
    be_at(clock, MONDAY)
    assert "I don't remind you" in alice.says("/todo reminder")[0]
    (said,) = alice.says("/todo reminder on 9:30")
    assert "every day at 09:30 (Europe/Oslo)" in said
    assert "next today at 09:30" in said
    assert "every day at 09:30" in alice.says("/todo reminder")[0]
    be_at(clock, MONDAY + HOUR)
    assert rings(world, alice) == []  # nothing is on the list
    alice.says("/todo <b>milk</b>")
    be_at(clock, MONDAY + 2 * DAY)
    (told,) = rings(world, alice)  # that of Tuesday; the next comes today, half an hour later
    assert items(told) == ["**1** &lt;b&gt;milk&lt;/b&gt;"]
    assert rings(world, alice) == []
    assert "next today at 09:30" in alice.says("/todo reminder")[0]

    clock.advance(366 * DAY)
    assert len(rings(world, alice)) == 1
    assert rings(world, alice) == []
    change = datetime(2028, 3, 25, 12, 0, tzinfo=ZoneInfo("Europe/Oslo")).timestamp()  # clocks change in the night after it
    be_at(clock, change)
    rings(world, alice)
    be_at(clock, change + 20.4 * HOUR)
    assert rings(world, alice) == []
    be_at(clock, change + 20.6 * HOUR)  # 9:30 of summer time comes after 20.5 hours
    assert len(rings(world, alice)) == 1

    assert "every weekday at 08:00" in alice.says("/todo reminder on weekday 8:00")[0]
    assert "every Friday at 14:00" in alice.says("/todo reminder on every fri 14:00")[0]
    assert "every day at 09:00" in alice.says("/todo reminder on")[0]
    assert "no longer remind you" in alice.says("/todo reminder off")[0]
    assert count_alarms(world, alice) == 0
    alice.says("/todo reminder on 9:00")
    alice.says("/delete DELETENOW")
    assert count_alarms(world, alice) == 0
    clock.advance(10 * DAY)
    assert rings(world, alice) == []


@SQLITE
def test_the_card_says_all_and_its_buttons_mean_the_items_they_show(world: World, alice: Person) -> None:
    alice.connects()
    alice.says("/todo *milk*")
    assert items(alice.presses("Add", argument="bread by tomorrow 9:00")[0])[1:] == ["**1** \\*milk\\*"]
    card = alice.bot_messages()[-1]["attachments"][0]["content"]
    shown = texts_of(card)
    assert shown[0] == "Added 2: bread, due tomorrow at 09:00"
    assert shown[1:] == ["Todo list", "2 bread, due tomorrow at 09:00", "1 *milk*"]
    assert "✓ \\*milk\\*" in alice.presses("Done")[0]  # the button of the last row
    old = alice.bot_messages()[-2]

    # What stands in the card's input belongs to "Add" alone.
    data = {"command": "/done 2", "new": "typed meanwhile"}
    press(alice, old, data)
    assert "✓ bread" in alice.hears()[-1]
    alice.says("/todo eggs")  # the list was empty: numbers begin again
    of_milk = next(data for data in buttons_of(old["attachments"][0]["content"]) if data["command"].startswith("/done 1"))
    press(alice, old, of_milk)
    assert "earlier list" in alice.hears()[-1]
    assert items(alice.says("/todo")[0]) == ["**1** eggs"]
    with world.house.database.transaction() as db:
        for number in range(2, 41):
            todo.add(db, alice.id, f"thing {number} {'*' * 180}")
    alice.says("/todo")
    long = alice.bot_messages()[-1]["attachments"][0]["content"]
    assert len([one for one in buttons_of(long) if one["command"].startswith("/done")]) == cards.MAX_ROWS
    assert texts_of(long)[-1] == "… and 16 more."
    assert len(json.dumps(long)) < 20_000


def press(person: Person, message: dict[str, Any], data: dict[str, Any]) -> None:
    person.api("POST", "/attachment/actions", json={"type": "submit", "messageId": message["id"], "inputs": data})
    person.world.settle()


def texts_of(card: Any) -> list[str]:
    """The words on a card, from top to bottom."""
    if isinstance(card, list):
        return [text for part in card for text in texts_of(part)]
    if not isinstance(card, dict):
        return []
    if card.get("type") == "RichTextBlock":
        return ["".join(run["text"] for run in card["inlines"])]
    return [text for part in card.values() for text in texts_of(part)]


def buttons_of(card: Any) -> list[dict[str, Any]]:
    if isinstance(card, list):
        return [data for part in card for data in buttons_of(part)]
    if not isinstance(card, dict):
        return []
    own = [card["data"]] if card.get("type") == "Action.Submit" else []
    return own + [data for part in card.values() for data in buttons_of(part)]
