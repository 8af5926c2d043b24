"""Moving on to a newer sealing key, while the app is serving."""

import base64
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection, event

from app.cli.keys import rotate
from app.models import token, user
from app.models.token import TokenSet
from app.vault import Undecryptable, Vault
from tests.people import Person
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def _with_a_newer_key_in_front(world: World) -> str:
    file = world.folder / "keys.json"
    keys = json.loads(file.read_text())
    older = keys["TOKEN_KEYS"]
    keys["TOKEN_KEYS"] = f"k2:{base64.b64encode(os.urandom(32)).decode()},{older}"
    file.write_text(json.dumps(keys))
    return str(keys["TOKEN_KEYS"].split(",")[0])


def test_after_a_rotation_the_older_key_may_go(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    bob.connects()
    world.stop_app()
    newest = _with_a_newer_key_in_front(world)
    world.start_app()

    runner = world.app.test_cli_runner()
    assert runner.invoke(rotate).output == "4 values were sealed with the newest key.\n"
    assert runner.invoke(rotate).output == "0 values were sealed with the newest key.\n"
    with world.house.database.reading() as db:
        row = token.find(db, alice.id)
    assert row is not None
    assert token.open_access(Vault(newest), row)
    assert "works" in alice.says("/me")[0]


def test_with_the_older_key_missing_nothing_is_changed(world: World, alice: Person) -> None:
    alice.connects()
    world.stop_app()
    newest = _with_a_newer_key_in_front(world)
    world.settings["TOKEN_KEYS"] = newest
    world.start_app()

    answer = world.app.test_cli_runner().invoke(rotate)
    assert answer.exit_code == 1
    assert "Before it, 0 values were sealed" in answer.output
    with world.house.database.reading() as db:
        row = token.find(db, alice.id)
    assert row is not None
    with pytest.raises(Undecryptable):
        token.open_access(Vault(newest), row)


def _a_crowd(world: World, size: int) -> list[str]:
    """Accounts with tokens; their ids, in the order in which they are sealed anew."""
    ids = [f"person-{number:03}" for number in range(size)]
    with world.house.database.transaction() as db:
        for person_id in ids:
            user.save(db, person_id=person_id, email="", display_name=person_id, opaque=person_id, timezone="UTC")
            token.save(db, world.house.accounts.vault, person_id, TokenSet(f"access of {person_id}", 60.0, "refresh"))
    return ids


def _open(world: World, ids: list[str], vault: Vault) -> list[str]:
    with world.house.database.reading() as db:
        rows = [token.find(db, person_id) for person_id in ids]
    return [token.open_access(vault, row) for row in rows if row]


def test_many_are_sealed_anew_in_several_transactions_and_the_app_goes_on_in_between(world: World) -> None:
    ids = _a_crowd(world, 250)
    world.stop_app()
    newest = _with_a_newer_key_in_front(world)
    world.start_app()
    seen: list[int] = []

    def newly_sealed(_connection: Connection) -> None:
        with closing(sqlite3.connect(world.database_url.removeprefix("sqlite:///"))) as database:
            seen.append(database.execute("select count(*) from token where instr(access, 'k2') = 3").fetchone()[0])

    event.listen(world.house.database.engine, "commit", newly_sealed)  # heard just before each commit
    assert world.app.test_cli_runner().invoke(rotate).output == "500 values were sealed with the newest key.\n"
    event.remove(world.house.database.engine, "commit", newly_sealed)
    assert {0, 100, 200} <= set(seen), "others see what was done so far"
    assert _open(world, ids, Vault(newest)) == [f"access of {person_id}" for person_id in ids]


def test_a_rotation_that_ends_halfway_leaves_all_readable_and_another_finishes(world: World) -> None:
    ids = _a_crowd(world, 250)
    world.stop_app()
    _with_a_newer_key_in_front(world)
    world.start_app()
    vault = world.house.accounts.vault
    lost = Vault(f"lost:{base64.b64encode(os.urandom(32)).decode()}")
    with world.house.database.transaction() as db:
        token.save(db, lost, ids[150], TokenSet("of a key that is gone", 60.0))
    runner = world.app.test_cli_runner()
    assert "Before it, 200 values were sealed" in runner.invoke(rotate).output
    assert len(_open(world, ids[:150] + ids[151:], vault)) == 249

    with world.house.database.transaction() as db:
        token.save(db, vault, ids[150], TokenSet("authorized again", 60.0))
    assert runner.invoke(rotate).output == "298 values were sealed with the newest key.\n"


def test_what_was_deleted_leaves_the_disk(world: World, alice: Person, tmp_path: Path) -> None:
    """SQLite's log keeps old values until it is written over; after /delete nothing of a todo may be found."""
    alice.connects()
    alice.says("/todo canary-in-the-list")
    alice.says("/delete DELETENOW")
    world.queue.renew()
    path = world.database_url.removeprefix("sqlite:///")
    files = [*map(Path, (path, f"{path}-wal")), *world.folder.glob("queue.db*")]
    for trace in (b"canary-in-the-list", alice.id.encode()):
        assert [file.name for file in files if trace in file.read_bytes()] == []
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("select count(*) from user_account").fetchone() == (0,)


def test_a_person_whose_webhooks_webex_refuses_is_told(world: World, alice: Person) -> None:
    alice.says("hello")
    world.control("faults", method="POST", path="/v1/webhooks$", by=alice.id, times=-1, fault={"status": 403})
    alice.browser.authorizes(alice.link(), alice)
    world.settle()
    assert "Webex has not let me listen yet" in alice.hears()[-1]
    assert not any("You're connected, Alice" in words for words in alice.hears())
