"""Every call that a command makes to Webex, and everything that can go wrong with it (`tests.calls_of_commands`).

Whatever it is: one answer, which is true; nothing half done, nothing lost that the person typed; and typed again, it works.
`FAULTS=all` in the environment lets each call of each form of each command meet everything.
"""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import text

from app.models import Base, line, now
from app.plans import run, turns
from app.web import files as pages
from app.webex.files import content_id
from tests.calls_of_commands import CASES, NOT_SURE, TROUBLE, WORKS, Ask, Case, Work
from tests.databases import Databases
from tests.desk import Desk
from tests.people import Person
from tests.test_join_links import asks as is_asked_to_join
from tests.test_join_links import code_of, token_in
from tests.test_listfiles import attach
from tests.world import Clock, World, wait_until

OURS = (
    "todo", "alarm", "reminder", "plan", "plan_item", "team", "team_member", "join_link", "join_use", "tries", "top_subscription",
)  # fmt: skip
TABLES = [table for table in Base.metadata.sorted_tables if table.name in OURS]
OUR_FAULT = ("Something went wrong on my side", "something went wrong on my side", "Traceback")
HASTE, LESS_HASTE = 0.2, 0.4  # seconds in which Webex has to answer while it is too slow; the latter is more than a first pause
REPEATED = ("GET", "HEAD", "PUT", "DELETE")  # calls that the client makes again by itself
LASTING = 50  # requests that something meets which does not pass
Said = list[tuple[str, str, dict[str, Any]]]


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong with a call.

    :ivar times: how many requests it meets
    :ivar passes: with which methods nobody notices it
    """

    name: str
    what: dict[str, Any]
    times: int = 1
    passes: tuple[str, ...] = ()

    def means(self, ask: Ask) -> bool:
        """Whether it is one of its own for this call: what changes nothing has no lost answers, and what is not repeated meets
        nothing twice."""
        is_lost = "lost_answer" in self.what and ask.method in ("GET", "HEAD")
        is_twofold = self.name.endswith("once") and ask.method not in REPEATED
        return not is_lost and not is_twofold and self.what.get("status") != (ask.told_by or "none")


HTML = {"status": 502, "body": "<html><body><h1>502 Bad Gateway</h1></body></html>"}
FAULTS = (
    *(Fault(str(status), {"status": status}) for status in (403, 404, 409, 423, 500)),
    Fault("429 with Retry-After", {"retry_after": 0.01}, passes=(*REPEATED, "POST")),
    Fault("429 without", {"retry_after": None}, passes=(*REPEATED, "POST")),
    Fault("502 once", HTML, passes=REPEATED),
    Fault("502", HTML, times=2),
    Fault("dropped", {"drop": True}, times=2),
    Fault("slow", {"slow": True}, times=2),
    Fault("answer lost once", {"lost_answer": True}, passes=("PUT",)),
    Fault("answers lost", {"lost_answer": True}, times=2),
)
FEW = tuple(one for one in FAULTS if one.name in ("403", "429 without", "500", "dropped", "answers lost"))
FEW = FAULTS if os.environ.get("FAULTS") == "all" else FEW
LOST = Fault("lost for some time", {"lost_answer": True}, times=2)
STAYING = tuple(
    replace(one, name=f"{one.name} for long", times=LASTING) for one in FAULTS if one.name in ("502", "slow", "answers lost")
)


class Stage:
    """A world in which nothing is delivered and no worker works: commands are put before it, and plans worked off, from here."""

    def __init__(self, world: World, clock: Clock) -> None:
        self.world, self.clock = world, clock
        self.cloud = world.simulator.cloud  # its controls are used all the time, so not over HTTP
        names = ("alice@example.com", "bob@example.com", "carol@example.com", "dave@partner.example", world.bot.email)
        self.people = {email.partition("@")[0].removesuffix("knife"): world.person(email) for email in names}
        self.alice = self.people["alice"]
        self._fill()
        world.stop_app()
        world.with_queue = False
        world.start_app()
        world.control("switches", lose_deliveries=-1)
        assert world.house.bot.me.id  # asked once in the life of a process
        self.desk = Desk(world)
        code = code_of(self.types("/makepublic uses 3", "Project X")[-1][2]["markdown"])
        self.names = {"room": self.alice.room("Project X"), "launch": self.alice.room("Launch"), "code": code}
        self.before = self.stored()

    def _fill(self) -> None:
        """People, rooms, lists and messages for the commands to be about."""
        alice, bob, carol = self.alice, self.people["bob"], self.people["carol"]
        for person in (alice, bob, carol):
            person.connects()
        self.world.control("people", email="erin@example.com", displayName="Erin")
        alice.api("POST", "/rooms", json={"title": "Locked", "isLocked": True})
        alice.says("/manageteam add crew alice@example.com,bob@example.com,dave@partner.example")
        alice.says("/team link source", room="Launch")
        for person, words in (
            (bob, "/tom offer"), (bob, "/tom audience rooms"), (carol, "/tom holidays"), (carol, "/tom audience org"),
            (carol, "/announcements off"),
        ):  # fmt: skip
            person.says(words)
        bob.writes("the plan is late", room="Project X")
        self.file = attach(bob, "plan.pdf", b"%PDF", kind="application/pdf")
        bob.api("POST", "/messages", json={"toPersonEmail": alice.email, "text": "hi"})
        self.typed = {title: alice.writes("so it was typed", room=title) for title in ("Project X", "Locked", "Bob Brown")}
        self.world.settle()

    def types(self, words: str, room: str = "", who: str = "alice") -> Said:
        """What is put in line to be said, to anybody: whom to, how, and what."""
        where: dict[str, Any] = {}
        if room:
            sent = self.typed[room]
            where = {"in_bot_room": False, "room_id": sent["roomId"], "message_id": sent["id"], "is_direct": room == "Bob Brown"}
        self.desk.put(self.people[who], words, **where)
        return self.take()

    def take(self) -> Said:
        rows = text("SELECT line, kind, body FROM outbox WHERE state = 0 ORDER BY id")
        with self.world.house.database.transaction() as db:
            said = [(row.line, row.kind, json.loads(row.body)) for row in db.execute(rows)]
            db.execute(text("DELETE FROM outbox WHERE state = 0"))
        return said

    def stored(self) -> dict[str, list[tuple[Any, ...]]]:
        """What is kept of what people did. It is asked all the time, so the driver is asked."""
        with closing(self.world.house.database.reader.raw_connection()) as connection:
            return {name: connection.cursor().execute(f"SELECT * FROM {name}").fetchall() for name in OURS}

    def changed(self) -> set[str]:
        """The tables that are not as they were before; who tried nothing wrong has no tries."""
        is_now = self.stored()
        return {name for name, rows in self.before.items() if rows != [row for row in is_now[name] if name != "tries" or row[-1]]}

    def restore(self) -> None:
        """Keep what was kept before, and nothing else."""
        if not self.changed():
            return
        with self.world.house.database.transaction() as db:
            for table in reversed(TABLES):
                db.execute(table.delete())
            for table in TABLES:
                for row in self.before[table.name]:
                    db.execute(table.insert().values(row))

    # What goes wrong
    def breaks(self, ask: Ask, fault: Fault, after: int = 0) -> None:
        """:param after: how many such calls get through before"""
        is_single = fault.times == 1 or (fault.times == 2 and ask.method not in REPEATED)
        times = 1 if is_single else fault.times * ask.count
        what, waits = fault.what, LESS_HASTE if ask.method == "POST" else HASTE
        if "slow" in what:
            what = {"slow": 1.5 * waits + 0.2}
            self._waits(waits)
        for many, one in ((after, {"slow": 0}), (times, what)):
            order = {"method": ask.method, "path": ask.path, "times": many, "fault": one}
            self.cloud.faults.add(order, self.people[ask.by].id)

    def _waits(self, seconds: float) -> None:
        self.world.house.http.timeout = (min(seconds, 5.0), seconds)

    def catches_up(self) -> None:
        """Wait until Webex has done what nobody waits for any more."""
        wait_until(lambda: not self.cloud.calls.under_way)

    def mends(self) -> int:
        """:returns: how many requests the faults would have met yet"""
        self.catches_up()
        left = sum(int(one["times"]) for one in self.cloud.faults.listed())
        self.cloud.faults.clear()
        self._waits(5.0)
        return left

    def calls(self) -> list[tuple[str, str]]:
        """Who asked Webex what, in order, since it was last forgotten."""
        names = {person.id: name for name, person in self.people.items()}
        return [(names[call["by"]], shape(call)) for call in self.cloud.calls.listed()]


def shape(call: dict[str, Any]) -> str:
    """A call as the table names it."""
    path = re.sub(r"(?<=/)[A-Za-z0-9_=-]{30,}", "*", call["path"].removeprefix("/v1"))
    return f"{call['method']} {path}"


@pytest.fixture(scope="module")
def stage(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """One for all: each test leaves it as it was."""
    settings = {"ADMINS": "alice@example.com", "HTTP_TIMEOUT": "5s", "RETRY_AFTER_CAP": "0.02s"}
    with pytest.MonkeyPatch.context() as patch, databases.fresh("sqlite") as url:
        clock = Clock()
        patch.setattr(time, "time", clock)
        with World(url, tmp_path_factory.mktemp("stage"), **settings) as world:
            yield Stage(world, clock)


def answer(said: Said, person: Person) -> str:
    """All that a person is told; of a file also what stands in it."""
    mine = [content for to, kind, content in said if to == person.id and kind != "removal"]
    return "\n".join(one.get("before", "") + one.get("markdown", "") + "\n" + one.get("text", "") for one in mine).strip()


def wrong_with(stage: Stage, case: Case, said: Said, wanted: str, *, is_done: bool) -> Iterator[str]:
    """What is wrong with the answers to a command, and with what was stored.

    :param wanted: the whole answer, as a pattern
    """
    heard = answer(said, stage.people[case.who])
    told = [kind for to, kind, _ in said if to == stage.people[case.who].id]
    if not re.fullmatch(wanted, heard, re.S) or any(words in heard for words in OUR_FAULT):
        yield f"said {heard!r}, not {wanted!r}"
    if len(told) - told.count("removal") != 1:
        yield f"said {told}"
    if ("removal" in told) is not (is_done and case.tidies):
        yield "removed what was typed" if "removal" in told else "left what was typed"
    changes = stage.changed()
    if changes != (case.changes if is_done else set()) and not re.fullmatch(NOT_SURE, heard):
        yield f"changed {changes}"
    if case.who == "dave" and not re.fullmatch(NOT_SURE, heard) and ("dave@partner.example" in members(stage)) is not is_done:
        yield "is not in the room" if is_done else "is in the room"


def members(stage: Stage, room_id: str = "") -> dict[str, str]:
    """Who is in a room, as Webex shows it: the ids of memberships, by address."""
    where = {"roomId": room_id or stage.names["room"]}
    return {one["personEmail"]: one["id"] for one in stage.alice.api("GET", "/memberships", params=where)["items"]}


def clears(stage: Stage) -> None:
    """All is as it was before."""
    stage.restore()
    found = members(stage)
    for email in ("dave@partner.example", "erin@example.com"):
        if email in found:
            stage.alice.api("DELETE", f"/memberships/{found[email]}")


def plays(stage: Stage, case: Case) -> Said:
    stage.cloud.calls.clear()
    said = stage.types(case.typed.format_map(stage.names), case.room, case.who)
    stage.catches_up()
    stage.called = stage.calls()
    return said


def test_a_command_whose_call_fails_says_so_and_does_nothing(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    """D-06, D-25, D-39: each call of each command, and each thing that may become of it."""
    wrong: list[str] = []
    met: set[tuple[str, Ask]] = set()
    for case in CASES:
        said = plays(stage, case)
        found = [*wrong_with(stage, case, said, case.says, is_done=True)]
        if stage.called != [(ask.by, ask.call) for ask in case.asks for _ in range(ask.count)]:
            found.append(f"called {stage.called}")
        ends(stage, case)
        wrong += [f"{case.typed}: {one}" for one in found]
        for number, fault in [] if found else cells_of(case, met):
            where = f"{case.typed}, {case.asks[number].call} ({number}) {fault.name}"
            wrong += [f"{where}: {one}" for one in meets(stage, case, number, fault)]
    assert wrong == [], "\n".join(wrong)


def cells_of(case: Case, met: set[tuple[str, Ask]]) -> Iterator[tuple[int, Fault]]:
    """A call and what becomes of it: everything, and where the same call fails in the same way, one fault of each kind.

    :param met: calls that met everything; by the command's word, if it says something of its own about them
    """
    for number, ask in enumerate(case.asks):
        key = ("" if ask.fails == TROUBLE and not ask.part else case.typed.split()[0], ask)
        yield from ((number, fault) for fault in (FEW if key in met else FAULTS) if fault.means(ask))
        met.add(key)


def meets(stage: Stage, case: Case, number: int, fault: Fault) -> Iterator[str]:
    """What is wrong with a command of which one call goes wrong, and with the same typed again."""
    ask = case.asks[number]
    alike = sum(one.by == ask.by and one.call == ask.call for one in case.asks[:number])
    stage.breaks(ask, fault, after=alike)
    said = plays(stage, case)
    if stage.mends():
        yield "the fault met nothing"
    if unknown := set(stage.called) - {(one.by, one.call) for one in case.asks}:
        yield f"called {unknown}"
    is_part = bool(ask.part and re.fullmatch(ask.part, answer(said, stage.people[case.who]), re.S))
    if ask.method in fault.passes:
        yield from wrong_with(stage, case, said, case.says, is_done=True)
    else:
        yield from wrong_with(stage, case, said, ask.part if is_part else ask.fails, is_done=is_part)
        if not is_part and (ask.method == "POST" or fault is FAULTS[0]):
            yield from (f"typed again: {one}" for one in wrong_with(stage, case, plays(stage, case), case.says, is_done=True))
    ends(stage, case)


def ends(stage: Stage, case: Case) -> None:
    if case.who == "dave":
        clears(stage)
    stage.restore()


class Run:
    """A plan that is confirmed, and worked off until there is nothing left to do."""

    def __init__(self, stage: Stage, work: Work, number: int) -> None:
        self.stage, self.work, self.number = stage, work, number
        is_copy = work.room == "Copy"
        self.code = self._code(stage.types(work.typed.format(number=number), "Project X" if is_copy else ""))
        if work.undoes:
            self.types(f"/confirm {self.code}")
            self.drains()
            self.receipt = self._receipt()

    def types(self, words: str) -> str:
        return answer(self.stage.types(words), self.stage.alice)

    def _code(self, said: Said) -> str:
        return answer(said, self.stage.alice).split("`/confirm ")[1].split("`")[0]

    def begins(self) -> None:
        if not self.work.undoes:
            self.types(f"/confirm {self.code}")
            return
        said = self.stage.types(f"/undo {self.code}")
        heard = answer(said, self.stage.alice)
        if "Nothing is done yet" in heard:
            self.code = self._code(said)
            self.types(f"/confirm {self.code}")
        else:
            self.code = re.findall(r"`/cancel (\w+)`", heard)[0]

    def drains(self, *, patiently: bool = True) -> None:
        """:param patiently: else all of the time for which a plan waits passes at the first pause"""
        house, queue = self.stage.world.house, turns.line_of(self.stage.alice.id)
        next_due = text(f"SELECT min(due) FROM inbox WHERE state = {line.WAITING} AND line = :line")
        while True:
            house.inbox.drain(queue)
            with house.database.reading() as db:
                due = db.scalar(next_due, {"line": queue})
            if due is None:
                return
            if due - now() >= 0.8 * house.http.timeout[1]:
                self.stage.catches_up()  # it takes no longer than it was waited for
            self.stage.clock.advance(max(0.0 if patiently else run.OUTAGE, due - now() + 0.001))
            patiently = True

    def _receipt(self) -> str:
        heard = [content["markdown"] for _, kind, content in self.stage.take() if kind != "progress"]
        assert len(heard) == 1, heard
        return str(heard[0])

    def ends(self, *, patiently: bool = True) -> str:
        self.drains(patiently=patiently)
        return self._receipt()

    def is_so(self) -> list[bool]:
        """Of each step, whether what it does is so, as Webex shows it."""
        rooms = self._copies() if self.work.room == "Copy" else []
        assert len(rooms) <= 1, "twice"
        is_there = bool(rooms) or self.work.room != "Copy"
        inside = members(self.stage, rooms[0]["id"] if rooms else "") if is_there else {}
        return [self._is_so(ask, rooms, inside) for ask in self.work.asks]

    def _is_so(self, ask: Ask, rooms: list[dict[str, Any]], inside: dict[str, str]) -> bool:
        match ask.call:
            case "POST /memberships":
                return ask.fails in inside
            case "DELETE /memberships/*":
                return ask.fails not in inside
            case "PUT /rooms/*":
                return any(room["isLocked"] for room in rooms)
            case "DELETE /rooms/*":
                return not rooms
            case "POST /rooms":
                return bool(rooms)
            case _:
                return self._is_told(ask)

    def _copies(self) -> list[dict[str, Any]]:
        found = self.stage.alice.api("GET", "/rooms", params={"max": 200})["items"]
        return [room for room in found if room["title"] == self.work.room]

    def _is_told(self, ask: Ask) -> bool:
        who = next(person for person in self.stage.people.values() if person.email[0] == ask.fails[0])
        count = sum(f"Hold on {self.number}." in heard for heard in who.hears())
        assert count <= 1, "twice"
        return count == 1

    def clears(self) -> None:
        if self.work.room != "Copy":
            clears(self.stage)
            return
        self.stage.restore()
        for room in self._copies():
            self.stage.alice.api("DELETE", f"/rooms/{room['id']}")


def untrue(run: Run, receipt: str) -> Iterator[str]:
    """What a receipt says that is not so."""
    if any(words in receipt for words in OUR_FAULT):
        yield receipt
    for ask, is_so in zip(run.work.asks, run.is_so(), strict=True):
        row = next(row for row in receipt.splitlines() if ask.fails in row and row.startswith("- "))
        claims = row.startswith("- ✓") or (row.endswith((" already", " any more")) and not row.startswith("- ✗"))
        if claims is not is_so and "may be done" not in row:
            yield f"{row!r} is not true"


def test_a_step_of_a_plan_that_fails_is_told_as_it_is(stage: Stage) -> None:
    """D-25, D-39: each call of each step, and each thing that may become of it; what waits is done later, and never twice."""
    wrong: list[str] = []
    met: set[str] = set()
    number = 0
    alice = stage.alice
    alice.api("PUT", f"/rooms/{stage.names['room']}", json={"title": "Project X", "isLocked": True})  # so that its copy is locked
    for work in WORKS:
        run = Run(stage, work, number)
        stage.cloud.calls.clear()
        run.begins()
        receipt = run.ends()
        made = stage.calls()
        if made != [(ask.by, ask.call) for ask in work.asks] or f"{len(work.asks)} done." not in receipt:
            wrong.append(f"{work.typed}: called {made}, said {receipt}")
        wrong += untrue(run, receipt)
        run.clears()
        for index, fault, look in cells(work, met):
            number += 1
            where = f"{work.typed} {'undone' if work.undoes else ''}, {(look or work.asks[index]).call} ({index}) {fault.name}"
            wrong += [f"{where}: {one}" for one in meets_in_plan(Run(stage, work, number), index, fault, look)]
    alice.api("PUT", f"/rooms/{stage.names['room']}", json={"title": "Project X", "isLocked": False})
    assert wrong == [], "\n".join(wrong)


def cells(work: Work, met: set[str]) -> Iterator[tuple[int, Fault, Ask | None]]:
    """A call, what becomes of it, and perhaps the look whether it was done to which it happens instead.

    :param met: calls that met everything
    """
    for index, ask in enumerate(work.asks):
        yield from ((index, fault, None) for fault in (FEW if ask.call in met else FAULTS) if fault.means(ask))
        if ask.call not in met:
            yield from ((index, fault, None) for fault in STAYING)
            yield from ((index, fault, look) for look in ask.looks for fault in FEW if fault.means(look))
        met.add(ask.call)


def meets_in_plan(run: Run, index: int, fault: Fault, look: Ask | None) -> Iterator[str]:
    """What is wrong with a plan of which one call goes wrong, or the look whether it was done."""
    stage, ask = run.stage, run.work.asks[index]
    alike = sum(one.by == ask.by and one.call == ask.call for one in run.work.asks[:index])
    stage.breaks(ask, LOST if look else fault, after=alike)
    if look:
        stage.breaks(look, fault)
    stage.cloud.calls.clear()
    run.begins()
    receipt = run.ends(patiently=fault not in STAYING)
    if stage.mends() and fault not in STAYING and not look:
        yield "the fault met nothing"
    known = {(one.by, one.call) for ask in run.work.asks for one in (ask, *ask.looks)}
    if unknown := set(stage.calls()) - known:
        yield f"called {unknown}"
    yield from untrue(run, receipt)
    is_passing = "status" not in fault.what or fault.what["status"] >= 500
    if is_passing and fault not in STAYING and f"{len(run.work.asks)} done." not in receipt:
        yield f"was not done later: {receipt}"
    if "skipped" in receipt and ("lost_answer" in fault.what or "slow" in fault.what):
        yield f"takes its own doing for somebody else's: {receipt}"
    if "✗" in receipt:
        run.types(f"/retry {run.code}")
        receipt = run.ends()
        yield from (f"tried again: {one}" for one in untrue(run, receipt))
        if not all(run.is_so()):
            yield f"not even when it was tried again: {receipt}"
    run.clears()


def test_pages_that_ask_webex_tell_what_it_answers(stage: Stage) -> None:
    """D-33, D-50: a file that streams, and the page by which somebody joins: no untrue status, and no half a file."""
    alice, dave, wrong = stage.alice, stage.people["dave"], []
    link = stage.world.house.tools.file_links.to(alice.id, content_id(stage.file["files"][0]))
    contents = Ask("alice", "GET /contents/*")
    said = {403: 404, 404: 404, 423: 503}
    for fault in [one for one in FAULTS if one.means(contents)]:
        stage.breaks(contents, fault)
        page = alice.browser.opens(link)
        stage.mends()
        passes = "GET" in fault.passes
        wanted = 200 if passes else said.get(fault.what.get("status", 0), 502)
        if page.status_code != wanted or (page.content == b"%PDF") is not passes:
            wrong.append(f"file, {fault.name}: {page.status_code} {page.text[:200]}")
        if (again := alice.browser.opens(link)).content != b"%PDF":
            wrong.append(f"file, {fault.name}, again: {again.status_code}")
    wait_until(lambda: pages._downloads._value == pages.AT_ONCE)

    page = is_asked_to_join(dave, stage.names["code"])
    form = {"answer": "join", "token": token_in(page)}
    room, inside, let_in = Ask("alice", "GET /rooms/*"), Ask("alice", "GET /memberships"), Ask("alice", "POST /memberships")
    ways: tuple[tuple[str, Callable[[], Any], tuple[Ask, ...]], ...] = (
        ("question", lambda: dave.browser.opens("/join"), (room, inside)),
        ("answer", lambda: dave.browser.posts("/join", data=form), (room, inside, let_in)),
    )
    for name, act, asks in ways:
        for ask in asks:
            for fault in [one for one in FAULTS if one.means(ask)]:
                stage.breaks(ask, fault)
                page = act()
                stage.mends()
                passes, is_in = ask.method in fault.passes, dave.email in members(stage)
                claims = "You&#39;re in Project X" in page.text
                if page.status_code != (200 if passes else 502) or (claims and not is_in):
                    wrong.append(f"{name}, {ask.call} {fault.name}: {page.status_code} {page.text[:300]}")
                if is_in and not claims and "it does no harm" not in page.text:
                    wrong.append(f"{name}, {ask.call} {fault.name}: is in, and told nothing of it")
                if (again := act()).status_code != 200:
                    wrong.append(f"{name}, {ask.call} {fault.name}, again: {again.status_code}")
                clears(stage)
    stage.take()
    assert wrong == [], "\n".join(wrong)


def test_the_road_of_a_command_does_not_lose_it(stage: Stage) -> None:
    """D-06, D-39: what was typed is read, answered once and removed, whatever Webex does meanwhile; what it refuses stays."""
    alice, wrong = stage.alice, []
    read, said = Ask("alice", "GET /messages/*"), Ask("army", "POST /messages")
    removed = Ask("alice", "DELETE /messages/*")
    roads = (("/listroom", "**Project X**", (read, said, removed)), ("/pin 3", "> the plan is late", (read, said, removed)))
    for typed, wanted, asks in roads:
        faults = FAULTS if typed == "/listroom" else FEW
        for ask, fault in [(ask, fault) for ask in asks for fault in faults if fault.means(ask)]:
            is_final = fault.what.get("status") in (403, 404, 409)
            if ask is said and is_final:
                continue  # who can't be spoken to can't be told so; `tests.test_outbox`
            stage.breaks(ask, fault)
            heard, is_left = travels(stage, typed)
            stage.mends()
            if len(heard) != 1 or wanted not in heard[0]:
                wrong.append(f"{typed}, {ask.call} {fault.name}: {heard}")
            if is_left is not (ask is removed and is_final):
                wrong.append(f"{typed}, {ask.call} {fault.name}: {'left' if is_left else 'removed'}")
            for one in alice.reads("Project X"):
                if one.get("text") == typed:
                    alice.api("DELETE", f"/messages/{one['id']}")
    with stage.world.house.database.reading() as db:
        assert not db.execute(text(f"SELECT error FROM inbox WHERE receiver <> 'bot' AND state <> {line.DONE}")).all()
        assert not db.execute(text(f"SELECT kind, error FROM outbox WHERE state <> {line.DONE}")).all()
    stage.restore()
    assert wrong == [], "\n".join(wrong)


def travels(stage: Stage, typed: str) -> tuple[list[str], bool]:
    """Type something in a room and let it go its whole way: what is heard, and whether it still stands there."""
    alice, house = stage.alice, stage.world.house
    stage.world.control("switches", lose_deliveries=0)
    sent = alice.writes(typed, room="Project X")
    stage.world.drain()
    stage.world.control("switches", lose_deliveries=-1)
    waiting = (
        "SELECT due FROM inbox WHERE state = 0 AND line = :line UNION ALL SELECT due FROM outbox WHERE state = 0 AND line = :line"
    )
    while True:
        house.inbox.drain(alice.id)
        with house.database.reading() as db:
            due = db.scalar(text(f"SELECT min(due) FROM ({waiting})"), {"line": alice.id})
        if due is None:
            break
        stage.catches_up()
        stage.clock.advance(max(0.0, due - now() + 0.001))
    heard = [one["markdown"] for one in alice.bot_messages() if one["created"] >= sent["created"]]
    return heard, any(one["id"] == sent["id"] for one in alice.reads("Project X"))
