"""A day of fifty people on which Webex does everything wrong that it can: each command is answered once, or refused with a
reason; nobody's access is lost; and the ledger agrees with what Webex says that it delivered.
"""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app.models import heartbeat, ledger, now
from app.texts import ACCESS_ENDED
from tests.people import Person
from tests.world import Clock, World

PEOPLE, GROUPS = 50, 5
HOUR = 3_600.0
FAULTY_ANSWERS: list[dict[str, Any]] = [
    {"retry_after": "0"},
    {"retry_after": None},
    {"retry_after": "rand(30),add(30)"},
    {"status": 502},
    {"status": 503, "body": "<html>Service Unavailable</html>", "headers": {"Content-Type": "text/html"}},
    {"drop": True},
    {"bad_json": True},
    {"slow": 0.2},
]
TODO = text("SELECT person_id, text FROM todo")


class Day:
    """Fifty people in five rooms, the bot, and what each of them typed."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world = world
        self.clock = clock
        self.people = [self._person(number) for number in range(PEOPLE)]
        self.rooms = [self._room(number) for number in range(GROUPS)]
        self.typed: dict[str, list[str]] = defaultdict(list)  # todo items, by person id
        self.refused: dict[str, list[str]] = defaultdict(list)
        self.reminders: dict[str, list[str]] = defaultdict(list)
        self.news: dict[str, list[str]] = defaultdict(list)
        self.counter = 0

    def _person(self, number: int) -> Person:
        email = f"p{number:02}@example.com"
        found = self.world.control("people", email=email, displayName=f"Person {number:02}")
        return Person(self.world, found)

    def _room(self, number: int) -> str:
        first, *others = self.people[number::GROUPS]
        room: str = first.api("POST", "/rooms", json={"title": f"Group {number}"})["id"]
        for other in others:
            first.api("POST", "/memberships", json={"roomId": room, "personId": other.id})
        return room

    def room_of(self, person: Person) -> str:
        return self.rooms[self.people.index(person) % GROUPS]

    def connect(self) -> None:
        for person in self.people:
            person.writes("hello")
        self.world.settle()
        for person in self.people:
            person.browser.authorizes(person.link(), person)
        self.world.settle()

    def types(self, person: Person, in_room: bool = False, is_refused: bool = False) -> None:
        """Type a command of which there is no second one, 1:1 or in the person's group room."""
        self.counter += 1
        item = f"item-{self.counter:04}"
        (self.refused if is_refused else self.typed)[person.id].append(item)
        self._write(person, f"/todo {item}", in_room)

    def is_reminded(self, person: Person) -> None:
        self.counter += 1
        self.reminders[person.id].append(f"call-{self.counter:04}")
        self._write(person, f"/remind +30m call-{self.counter:04}", in_room=False)

    def tells_news(self, person: Person, tracker: Person) -> None:
        self.counter += 1
        self.news[tracker.id].append(f"news-{self.counter:04}")
        self._write(person, f"news-{self.counter:04}", in_room=True)

    def _write(self, person: Person, words: str, in_room: bool) -> None:
        to = {"roomId": self.room_of(person)} if in_room else {"toPersonEmail": self.world.bot.email}
        person.api("POST", "/messages", json={"text": words, **to})

    def everybody_types(self, first: int = 0) -> None:
        """Half of them to the bot, half in their rooms; who does which changes. Those who are tracked write to the bot."""
        self.counter += 1
        for number, person in enumerate(self.people[first:]):
            self.types(person, in_room=person not in self.people[10:20] and (number + self.counter) % 2 == 0)

    def an_hour_passes(self) -> None:
        """As the clock of an installation has it: alarms ring, webhooks are seen to, and the heart beats all the time."""
        self.world.settle()
        self.clock.advance(HOUR)
        with self.world.house.database.transaction() as db:
            heartbeat.beat(db.connection(), heartbeat.SERVING, now())
        self.world.queue.ring()
        self.world.queue.repair()
        self.world.settle()

    def fault(self, method: str, path: str, what: dict[str, Any], by: Person | None = None, times: int = 1) -> None:
        self.world.fault(method, path, by=by, times=times, **what)

    def heard(self, person: Person) -> list[str]:
        """Everything the bot said to somebody."""
        rooms = person.api("GET", "/rooms", params={"type": "direct", "max": 100})["items"]
        room = next(room["id"] for room in rooms if room["title"] == "Army Knife")
        found = person.api("GET", "/messages", params={"roomId": room, "max": 1_000})["items"]
        return [message.get("markdown") or message.get("text", "") for message in found if message["personId"] != person.id]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_day_of_fifty_people(database_url: str, tmp_path: Path, clock: Clock) -> None:
    with World(database_url, tmp_path, LOG_LEVEL="error") as world:
        day = Day(world, clock)
        day.connect()
        world.queue.repair()
        morning(day)
        faults_of_calls(day)
        faults_of_deliveries(day)
        ends_of_access(day)
        webhooks_switched_off(day)
        the_app_is_down(day)
        day.an_hour_passes()
        assert world.look("faults") == [], "everything that was to go wrong did"
        everything_was_answered_once(day)
        everybody_is_still_connected(day)
        the_ledger_adds_up(day)


def morning(day: Day) -> None:
    """Ten people track somebody of their group, and reminders are set."""
    for tracker, tracked in zip(day.people[:10], day.people[10:20], strict=True):
        tracker.writes(f"/track {tracked.email} colleague")
    day.world.settle()
    for tracker, tracked in zip(day.people[:10], day.people[10:20], strict=True):
        day.tells_news(tracked, tracker)
    for person in day.people[20:40]:
        day.is_reminded(person)
    day.an_hour_passes()


def faults_of_calls(day: Day) -> None:
    """429 in three forms, 5xx as JSON and HTML, dropped, slow, cut off; and answers that got lost after the deed."""
    bot = day.world.bot
    for what in FAULTY_ANSWERS:
        day.fault("GET", "/messages/", what, by=bot, times=2)
        day.fault("GET", "/messages/", what, by=day.people[7])
        day.fault("POST", "/messages$", what, by=bot, times=2)
    day.fault("POST", "/messages$", {"lost_answer": True}, by=bot, times=3)
    for person in day.people[20:30]:
        day.is_reminded(person)
    day.everybody_types()
    for _ in FAULTY_ANSWERS:
        day.types(day.people[7], in_room=True)
    day.an_hour_passes()


def faults_of_deliveries(day: Day) -> None:
    """Twice, out of order, late; and to the bot also not at all, tampered with and unsigned, which comes to the same."""
    for trouble in ("duplicated", "reordered", "delayed"):
        for path in ("/bot$", "/hooks/"):
            day.fault("*", path, {"delivery": trouble, "seconds": 0.3}, times=4)
    for trouble in ("lost", "tampered", "unsigned"):
        day.fault("*", "/bot$", {"delivery": trouble}, times=3)
    for tracker, tracked in zip(day.people[:10], day.people[10:20], strict=True):
        day.tells_news(tracked, tracker)
    day.everybody_types()
    day.an_hour_passes()


def ends_of_access(day: Day) -> None:
    """Access tokens end, which nobody notices; two people take their permission back, and are told, and come again."""
    leavers = day.people[40:42]
    for person in day.people[:10]:
        day.world.control("expire", person=person.email)
    for person in leavers:
        day.world.control("revoke", person=person.email)
        day.types(person, in_room=True, is_refused=True)
    for person in day.people[:10]:
        day.types(person, in_room=True)
    day.world.settle()
    for person in leavers:
        assert ACCESS_ENDED in day.heard(person)
        person.connects()
    day.everybody_types(first=35)
    day.an_hour_passes()


def webhooks_switched_off(day: Day) -> None:
    """As a hundred failures would: the bot's, and those of ten people. What they type is found when they are mended."""
    cloud = day.world.simulator.cloud
    deaf = {day.world.bot.id, *(person.id for person in day.people[:10])}
    with cloud.lock:
        for hook in cloud.webhooks.values():
            if hook.created_by in deaf:
                hook.status, hook.disabled_at = "inactive", cloud.clock.now()
    day.everybody_types()
    day.an_hour_passes()
    assert {hook.status for hook in cloud.webhooks.values()} == {"active"}


def the_app_is_down(day: Day) -> None:
    """Nobody takes deliveries for an hour, and Webex repeats none of them."""
    world = day.world
    with world.deaf():
        world.stop_app()
        day.everybody_types()
        day.clock.advance(HOUR)
    world.start_app()
    day.everybody_types(first=35)
    world.settle()


def everything_was_answered_once(day: Day) -> None:
    items: dict[str, Counter[str]] = defaultdict(Counter)
    with day.world.house.database.reading() as db:
        for person_id, item in db.execute(TODO):
            items[person_id][item] += 1
    for person in day.people:
        said = day.heard(person)
        assert items[person.id] == Counter(day.typed[person.id]), f"{person.email}: each command had its effect once"
        answers = Counter(words.partition("\n")[0].rpartition(": ")[2] for words in said if words.startswith("Added **"))
        assert answers == Counter(day.typed[person.id]), f"{person.email}: and one answer"
        rung = Counter(word for word in day.reminders[person.id] for words in said if word in words and "remind you" not in words)
        assert rung == Counter(day.reminders[person.id]), f"{person.email}: each reminder rang once"
        assert Counter(word for word in day.news[person.id] for words in said if word in words) == Counter(day.news[person.id])
        assert bool(day.refused[person.id]) is (ACCESS_ENDED in said), f"{person.email}: who was refused knows why"
    assert sum(map(len, day.typed.values())) > 4 * PEOPLE


def everybody_is_still_connected(day: Day) -> None:
    for person in day.people:
        assert day.world.house.tools.people.acting_as(person.id).get_me().id == person.id
    assert len([hook for hook in day.world.simulator.cloud.webhooks.values() if hook.status != "active"]) == 0


def the_ledger_adds_up(day: Day) -> None:
    """What Webex delivered and was acknowledged is what was heard. Of it, what was typed to the bot was dropped at the person's
    own ear, and all else was used.
    """
    world = day.world
    world.house.tools.tally.flush()
    owners = {hook.id: hook.created_by for hook in world.simulator.cloud.webhooks.values()}
    bot_rooms = {person.id: bot_room(day, person) for person in day.people}
    heard: Counter[str] = Counter()
    dropped: Counter[str] = Counter()
    for attempt in world.look("deliveries"):
        owner = owners[attempt["webhookId"]]
        if attempt["status"] == 204 and owner in bot_rooms:
            heard[owner] += 1
            message = world.simulator.cloud.messages.get(attempt["dataId"])  # commands in group rooms are removed when done
            dropped[owner] += message is not None and message.room_id == bot_rooms[owner]
    for person in day.people:
        with world.house.database.reading() as db:
            sums = ledger.sums(db, person.id, 2)
        assert (sums[ledger.HEARD], sums[ledger.DROPPED]) == (heard[person.id], dropped[person.id]), person.email


def bot_room(day: Day, person: Person) -> str:
    with day.world.house.database.reading() as db:
        return str(db.scalar(text("SELECT room_id FROM contact WHERE person_id = :who"), {"who": person.id}))
