"""Whatever is typed is answered: hundreds of strings at every command, and what must be true whatever they were.

Most of them are put before the commands directly, since what else happens on their way takes no notice of the words; some
travel the whole road. `TYPED_SEED` and `TYPED_COUNT` in the environment choose other and more strings.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import Base, line, token
from app.models.token import Token
from app.webex.markdown import MAX_BYTES
from tests.desk import Desk, Said
from tests.people import Person
from tests.typed import strings
from tests.world import World, wait_until

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

# What they do outlasts the answer, so they are typed last, in their own turn.
OF_CONSEQUENCE = ("/delete", "/pause", "/disable", "/resume", "/enable")
WHOLE_ROAD = 50  # strings that travel all of it
OUR_FAULT = "Something went wrong on my side"
MAX_CARD = 20_000  # bytes; Webex takes some more


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    with World(database_url, tmp_path, ADMINS="alice@example.com", HTTP_RETRIES="0") as made:
        yield made


def clear(world: World) -> None:
    """Leave of what is to be said one in twenty, and whatever is long, so that Webex gets to see it."""
    with world.house.database.transaction() as db:
        db.execute(text("DELETE FROM inbox WHERE state = 1"))
        db.execute(text("DELETE FROM outbox WHERE state = 0 AND id % 20 <> 0 AND length(body) < 7000"))


def wrong(said: Said, known: dict[str, str]) -> str:
    """What is wrong with the answers to some words, "" if nothing is."""
    if not said:
        return "silence"
    everything = json.dumps(said, ensure_ascii=False)
    leaked = [name for name, secret in known.items() if secret in everything]
    for one in said:
        words = one.get("markdown", "a quotation")
        if leaked or words.startswith("/") or OUR_FAULT in words or not words.strip() or len(words.encode()) > MAX_BYTES:
            return f"{leaked} {words[:200]!r}"
        if len(json.dumps(one.get("card"))) > MAX_CARD:
            return "a card that Webex does not take"
    return ""


def fails(desk: Desk, known: dict[str, str], person: Person, words: str) -> bool:
    return bool(wrong(desk.types(person, words), known))


def shrunk(is_bad: Callable[[str], bool], words: str) -> str:
    """A shorter string that is bad as well, typed alone."""
    if not is_bad(words):
        return f"{words!r} (after what was typed before)"
    size = len(words) // 2
    while size:
        shorter = [words[:start] + words[start + size :] for start in range(0, len(words), size)]
        found = next((one for one in shorter if one.strip() and is_bad(one)), None)
        words, size = (found, min(size, len(found) // 2)) if found else (words, size // 2)
    return repr(words)


def secrets_of(world: World, *people: Person) -> dict[str, str]:
    """Every secret there is, by a name for it."""
    vault = world.house.accounts.vault
    found = {"client secret": "demo-client-secret", "bot token": "demo-bot-token", "bot's secret": world.bot_secret}
    found |= json.loads((world.folder / "keys.json").read_text())
    found["sealing key"] = found["TOKEN_KEYS"].partition(":")[2]
    for person in people:
        path, secret = world.hook_of(person)
        found |= {f"{person.name}'s path": path, f"{person.name}'s secret": secret, f"{person.name}'s own token": person.token}
        with world.house.database.reading() as db:
            row = db.get(Token, person.id)
        if row:
            tokens = {"access": token.open_access(vault, row), "refresh": token.open_refresh(vault, row)}
            found |= {f"{person.name}'s {name}": value for name, value in tokens.items()}
    return found


def rows_of(world: World, person: Person) -> dict[str, list[Any]]:
    """Everything stored about a person, but when they were last heard of and their webhooks last looked at."""
    found = {}
    with world.house.database.reading() as db:
        for name, table in Base.metadata.tables.items():
            if "person_id" in table.c:
                rows = db.execute(table.select().where(table.c.person_id == person.id)).mappings()
                found[name] = [
                    {key: value for key, value in row.items() if key not in ("last_event_at", "seen_at")} for row in rows
                ]
    return found


def unsound(db: Session) -> list[str]:
    """What is wrong with the tables."""
    found = [str(row) for pragma in ("foreign_key_check", "integrity_check") for row in db.execute(text(f"PRAGMA {pragma}"))]
    for name, table in Base.metadata.tables.items():
        if {"person_id", "number"} <= set(table.c.keys()):
            doubled = text(f"SELECT person_id, number FROM {name} GROUP BY 1, 2 HAVING count(*) > 1")
            found += [f"{name} {row}" for row in db.execute(doubled)]
    return [problem for problem in found if problem != "('ok',)"]


def test_whatever_is_typed_is_answered_and_breaks_nothing(
    world: World,
    alice: Person,
    bob: Person,
    carol: Person,
    dave: Person,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """D-21, D-42, S-02: never silence, never a failure of ours, never a secret, never a command as an answer.

    Alice is the admin, Bob connected as well, Dave has no account; Carol has one and types nothing.
    """
    for person in (alice, bob, carol):
        person.connects()
    dave.says("hello")
    known = secrets_of(world, alice, bob, carol, dave)
    before = rows_of(world, carol)
    every = strings()
    grave = [words for words in every if words.lower().split()[0] in OF_CONSEQUENCE]
    calm = [words for words in every if words not in set(grave)]

    world.queue.stop()
    desk = Desk(world)
    turns = [((alice, bob, dave)[number % 3], words) for number, words in enumerate(calm)]
    for typist, words in [*turns, *((bob, words) for words in [*grave, "/delete DELETENOW", *calm[:40]])]:
        if trouble := wrong(desk.types(typist, words), known):
            pytest.fail(f"{typist.name} typed {shrunk(partial(fails, desk, known, typist), words)}: {trouble}")
    assert rows_of(world, carol) == before
    clear(world)

    world.stop_app()
    world.start_app()
    world.settle()
    heard = {person: len(everything(person)) for person in (alice, dave)}
    some = [words for words in calm if "\ud800" not in words][:: max(1, len(calm) // WHOLE_ROAD)]
    for number, words in enumerate(some):
        (alice, dave)[number % 2].writes(words)
    wait_until(world.is_idle, patience=120.0)  # many commands, perhaps on a busy machine
    world.settle()
    for number, (person, already) in enumerate(heard.items()):
        assert len(everything(person)) - already >= len(some[number::2]), "somebody was not answered"

    assert {item["status"] for item in world.look("deliveries")} == {204}
    assert [call for call in world.look("calls") if (call["status"] or 0) >= 500] == []
    assert rows_of(world, carol) == before
    with world.house.database.reading() as db:
        assert unsound(db) == []
        refused = f"SELECT kind, error FROM outbox WHERE state = {line.DEAD} AND error <> 'NotFound'"
        assert db.execute(text(refused)).fetchall() == []
    logged = "".join(capfd.readouterr()) + caplog.text
    assert [name for name, secret in known.items() if secret in logged] == []


def everything(person: Person) -> list[dict[str, Any]]:
    """All that the bot said 1:1, however long ago."""
    room = person.bot_messages()[0]["roomId"]
    items = person.api("GET", "/messages", params={"roomId": room, "max": 1_000})["items"]
    return [message for message in items if message["personId"] != person.id]
