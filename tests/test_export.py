"""/export and GET /account/export: everything about the person who signs in, nothing about anybody else, no secret."""

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from app import export
from app.models import token, topofmind
from app.models.token import Token
from tests.people import Browser, Person
from tests.world import World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FORMULA = '=HYPERLINK("http://evil.example","x")'


def opened(content: bytes) -> dict[str, str]:
    """The files of a zip, as text."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def table(files: dict[str, str], name: str) -> list[dict[str, str]]:
    text = files[name]
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def secrets_of(world: World, person: Person) -> list[str]:
    """Tokens, keys, and what opens a door, in every form in which they might stand somewhere."""
    with world.house.database.reading() as db:
        row = db.get_one(Token, person.id)
    vault = world.house.accounts.vault
    path, secret = world.hook_of(person)
    keys = [world.environment()[name] for name in ("SECRET_KEY", "TOKEN_KEYS", "HOOK_KEY")]
    sealed = [form for value in (row.access, row.refresh) for form in (value.hex(), repr(value)[2:40])]
    cookie = person.browser.session.cookies["session"]
    opens = [
        token.open_access(vault, row),
        token.open_refresh(vault, row),
        path,
        secret,
        cookie,
        person.token,
        "demo-client-secret",
    ]
    return [*keys, *sealed, *opens]


def uses_everything(alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/timezone Oslo")
    alice.says(f"/todo {FORMULA}")
    alice.says('/todo Ünï 👩‍👩‍👧, "quoted"\nand a second line')
    alice.says("/done 2")
    alice.says("/track bob@example.com bob")
    alice.says("/track store")
    bob.says("a text of Bob's", room="Project X")
    with alice.world.house.database.transaction() as db:
        topofmind.write(db, alice.id, ["-1 first", "second"])


def test_everything_is_in_the_zip_and_nothing_else(world: World, alice: Person, bob: Person) -> None:
    assert "haven't connected" in alice.says("/export")[-1]
    uses_everything(alice, bob)
    bob.connects()
    bob.says("/todo a secret of Bob's")
    (answer,) = alice.says("/export")
    assert f"({world.app_url}/account/export)" in answer
    assert "2 todo items, 1 top-of-mind list, 2 top-of-mind items, 1 tracked person, 1 kept message id" in answer
    assert alice.says("/export all")[0].startswith("Usage: `/export`")

    page = alice.browser.opens("/account/export", allow_redirects=False)
    assert page.status_code == 200
    assert page.headers["Content-Type"] == "application/zip"
    assert page.headers["Content-Disposition"].startswith('attachment; filename="army-knife-20')
    assert page.headers["Cache-Control"] == "no-store"
    files = opened(page.content)
    everything: dict[str, Any] = json.loads(files["everything.json"])
    assert everything["about"] == "Alice Adams (alice@example.com)"
    first, second = everything["todo"]
    assert (first["text"], first["done_at"]) == (FORMULA, None)
    assert second["text"] == 'Ünï 👩‍👩‍👧, "quoted"\nand a second line'
    assert second["done_at"].endswith("+00:00") and second["created"] <= second["done_at"]
    assert everything["account"][0]["timezone"] == "Europe/Oslo"
    assert [row["text"] for row in everything["top_of_mind_items"]] == ["-1 first", "second"]
    assert {row["what"] for row in everything["decisions"]} >= {"ran", "tracked kept"}

    rows = table(files, "todo.csv")
    assert [row["text"] for row in rows] == [f"'{FORMULA}", second["text"]]
    assert rows[1]["done at"] == second["done_at"]
    assert [row["text"] for row in table(files, "top_of_mind_items.csv")] == ["'-1 first", "second"]
    assert table(files, "tracked_people.csv")[0]["nickname"] == "bob"
    assert set(files) == {
        "README.txt",
        "everything.json",
        *(f"{name}.csv" for name in everything if name not in ("about", "made_at")),
    }
    for words in ("Alice Adams (alice@example.com)", "todo.csv                         2", "UTC", "apostrophe", "theirs"):
        assert words in files["README.txt"], words

    whole = "\n".join(files.values())
    assert "a text of Bob's" not in whole and "a secret of Bob's" not in whole
    assert [secret for secret in secrets_of(world, alice) if secret in whole] == []


@SQLITE
def test_who_is_not_signed_in_signs_in_first_and_comes_back(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/todo mine")
    bob.connects()
    browser = Browser(world)
    answer = browser.opens("/account/export", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login?to=export")
    back = browser.signs_in(browser.opens("/account/export"), alice)
    assert back.headers["Content-Type"] == "application/zip"
    assert "mine" in opened(back.content)["everything.json"]
    # Whoever else opens the link gets their own.
    theirs = bob.browser.opens("/account/export")
    assert "mine" not in opened(theirs.content)["everything.json"]

    for path in ("/login", "/login?to=https://evil.example/", "/login?to=//evil.example", "/login?to=web.home", "/login?to="):
        plain = Browser(world)
        plain.signs_in(plain.opens("/account/export"), alice, decision="deny")  # what was wanted then is forgotten
        landed = plain.signs_in(plain.opens(path), alice)
        assert landed.url == f"{world.app_url}/account", path

    carol = world.person("carol@example.com")
    stranger = Browser(world)
    assert stranger.signs_in(stranger.opens("/account/export"), carol).status_code == 403
    assert stranger.opens("/account/export", allow_redirects=False).status_code == 302
    for method in ("POST", "PUT", "DELETE"):
        headers = {"Origin": world.app_url}
        assert (
            alice.browser.session.request(method, f"{world.app_url}/account/export", headers=headers, timeout=5).status_code
            == 405
        )

    alice.says("/pause")
    assert "Download everything" in alice.says("/export")[0]
    world.control("revoke", person=alice.email)  # what is kept can be taken along without access to Webex, too
    assert "mine" in opened(alice.browser.opens("/account/export").content)["everything.json"]
    alice.says("/delete DELETENOW")
    assert alice.browser.opens("/account/export", allow_redirects=False).status_code == 302


def test_cells_that_spreadsheets_would_run_are_defused() -> None:
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1"):
        assert export.defused(text) == f"'{text}"
    for value in ("plain", "1=1", "", "'=1", 7, -7, None, True):
        assert export.defused(value) == value


def test_times_and_names_are_those_that_people_read() -> None:
    rows = {"tracked_people": [{"vip_person_id": "p", "digest_at": 545, "at": 1_700_000_000.5}], "todo": []}
    files = dict(export.files("Alice", rows, 1_800_000_000.0))
    assert json.loads(files["everything.json"])["tracked_people"] == [
        {"person_id": "p", "digest_at": "09:05", "time": "2023-11-14T22:13:20+00:00"}
    ]
    assert files["tracked_people.csv"].splitlines()[0] == "\ufeffperson id,digest at,time"
    assert "todo.csv" not in files
    assert len(b"".join(export.zipped("Alice", {}, 1_800_000_000.0))) > 500
