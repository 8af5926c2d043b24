"""What every command asks: calls to Webex and statements to the database, from the webhook to the answer, counted exactly.

Typed for real against the simulated Webex. What the app asks by the clock (sweeps, leases, alarms) is left out.
"""

import re
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event as sa_event

from app.commands import registry
from app.models import Database, schema
from tests.people import Person
from tests.world import World

# Every command, in an order in which each finds what it is about; the second part is the room. Braces stand for what an
# earlier answer told.
TYPED: tuple[tuple[str, str], ...] = (
    ("/help", ""), ("/init", ""), ("/me", ""), ("/privacy", ""), ("/why", ""), ("/export", ""), ("/timezone Europe/Oslo", ""),
    ("/language en", ""), ("/announcements on", ""), ("/todo buy milk", ""), ("/todo", ""), ("/todo buy bread", "Project X"), ("/done 1", ""),
    ("/remind +2h call back", ""), ("/reminders", ""), ("/snooze 1 +1h", ""), ("/pin 0 +2h look again", "Project X"),
    ("/pin", "Project X"), ("/track bob@example.com bob", ""), ("/trackers", ""), ("/get bob", ""), ("/untrack bob", ""),
    ("/mentionalert on", ""), ("/roomalert on", ""), ("/quiet 22:00-07:00", ""), ("/autoreply I am away", ""), ("/autoreply off", ""),
    ("/tom finish the plan", ""), ("/tom", ""), ("/listroom", "Project X"), ("/listmembers", "Project X"),
    ("/listfiles", "Project X"), ("/countrooms", ""), ("/checkmember bob@example.com", ""), ("/makepublic", "Project X"),
    ("/joinlinks", ""), ("/join {link}", ""), ("/makeprivate", "Project X"), ("/listwebhooks", ""), ("/deletewebhook 1", ""),
    ("/cleanwebhooks", ""), ("/manageteam add crew bob@example.com", ""), ("/manageteam", ""), ("/team verify crew", "Project X"),
    ("/addmember dave@partner.example", "Project X"), ("/cancel {plan}", ""), ("/addmember dave@partner.example", "Project X"),
    ("/confirm {plan}", ""), ("/receipt", ""), ("/retry {plan}", ""), ("/undo {plan}", ""),
    ("/deletemember carol@example.com", "Project X"), ("/copyroom Copy", "Project X"), ("/support How are you?", ""),
    ("/reply 1 Fine", ""), ("/admin stats", ""), ("/recommend carol@example.com", ""), ("/recommendations", ""), ("/pause", ""),
    ("/resume", ""), ("/delete", ""),
)  # fmt: skip
TOLD = {"plan": re.compile(r"/confirm (\w+)"), "link": re.compile(r"join (\S{8,})")}


@contextmanager
def _statements(database: Database) -> Iterator[Counter[str]]:
    """By the first word; those of the clock's threads are left out."""
    found: Counter[str] = Counter()

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not threading.current_thread().name.startswith(("every-", "routing", "bot", "MainThread")):
            found[statement.split(None, 1)[0].upper()] += 1

    engines = {database.engine, database.reader}
    for engine in engines:
        sa_event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in engines:
        sa_event.remove(engine, "before_cursor_execute", note)


def measure(folder: Path) -> list[dict[str, Any]]:
    """A row for each thing typed: words, room, calls, statements."""
    url = f"sqlite:///{folder}/counts.db"
    database = Database(url)
    schema.migrate(database)
    database.close()
    with World(url, folder, ADMINS="alice@example.com") as world:
        alice, bob = (world.person(f"{name}@example.com") for name in ("alice", "bob"))
        alice.connects()
        bob.connects()
        bob.writes("the plan is late", room="Project X")
        world.settle()
        told: dict[str, str] = dict.fromkeys(TOLD, "none")
        return [_counted(world, alice, words, room, told) for words, room in TYPED]


def _counted(world: World, alice: Person, words: str, room: str, told: dict[str, str]) -> dict[str, Any]:
    before = {message["id"] for message in alice.bot_messages()}
    world.forget_calls()
    with _statements(world.house.database) as asked:
        alice.writes(words.format(**told), room or None)
        world.settle()
        calls = [f"{one['method']} /{one['path'].removeprefix('/v1/').split('/')[0]}" for one in world.look("calls")]
    calls = calls[calls.index("POST /messages") + 1 :]  # up to there it is the person, who types
    said = [message.get("markdown", message.get("text", "")) for message in alice.bot_messages() if message["id"] not in before]
    for name, pattern in TOLD.items():
        told[name] = next((found[1] for text in reversed(said) if (found := pattern.search(text))), told[name])
    counted = {"reads": asked["SELECT"], "writes": asked["INSERT"] + asked["UPDATE"] + asked["DELETE"]}
    return {"words": words, "room": room, "calls": dict(Counter(calls)), **counted}


def missing() -> list[str]:
    """Commands of which nothing was typed."""
    typed = {words.split()[0] for words, _ in TYPED}
    return [one.name for one in registry.all_commands() if not typed & set(one.names)]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        for row in measure(Path(place)):
            print(row)
        print(missing())
