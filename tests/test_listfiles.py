"""Files of a room: the list, its filters, and what Webex may do in the middle of it."""

import csv
import io
import re
from typing import Any

import pytest

from app.commands import files
from app.commands.file_filter import read, shown_size
from app.errors import UsageError, UserError
from app.language import speaking
from app.simulator import messages
from app.simulator.contents import Upload
from app.simulator.drafts import Draft
from app.webex.files import File, content_id, described, file_name
from app.zones import zone
from tests.people import Person
from tests.test_one_room import file_of, texts_in
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
NOW, OSLO = 1_796_000_000.0, zone("Europe/Oslo")


def attach(
    person: Person, name: str, data: bytes, room: str = "Project X", kind: str = "application/octet-stream"
) -> dict[str, Any]:
    sent: dict[str, Any] = person.api(
        "POST", "/messages", data={"roomId": person.room(room)}, files={"files": (name, data, kind)}
    )
    return sent


def fill(world: World, title: str, count: int, every: int = 1) -> None:
    """So many messages of Bob's, every so many-th of them with a file."""
    cloud, bob = world.simulator.cloud, world.simulator.cloud.person_by_email("bob@example.com")
    assert bob
    with world.deaf(), cloud.lock:
        room = next(one for one in cloud.rooms.values() if one.title == title)
        for number in range(count):
            upload = [Upload(f"report {number:04}.pdf", "application/pdf", b"x" * number)] if number % every == 0 else []
            messages.post(cloud, bob, room, Draft(text=f"message {number}", files=upload))


def names(answer: str) -> list[str]:
    return re.findall(r"\[([^\]]+)\]\(", answer)


def test_a_list_with_links_and_its_filters(world: World, alice: Person, bob: Person) -> None:
    """D-29: one list. Sizes, ages, types and senders can be asked for."""
    alice.connects()
    attach(bob, "plan.pdf", b"x" * 1_234_567, kind="application/pdf")
    attach(alice, "notes [x](y).txt", b"x" * 11, kind="text/plain")
    attach(bob, "data.csv", b"x" * 50_000)
    (answer,) = alice.says("/listfiles", room="Project X")
    head, _, *rows = answer.splitlines()
    assert head == "**3 files** in **Project X**, newest first, times in Europe/Oslo."
    link = rf"\[data\.csv\]\({world.app_url}/files/[\w-]+\)"
    assert re.fullmatch(rf"- [\d-]{{10}} \d\d:\d\d, bob@example\.com: {link}, 50 kB, application/octet-stream", rows[0])
    assert r"[notes \[x\]\(y\).txt](" in rows[1]
    assert rows[2].endswith(", 1.23 MB, application/pdf")
    assert "/listfiles" not in texts_in(alice, "Project X")
    for filters, wanted in {
        ">1MB": ["plan.pdf"], "<100kB > 20 b": ["data.csv"], "pdf": ["plan.pdf"], "*.CSV, .pdf": ["data.csv", "plan.pdf"],
        "from bob@example.com last 2h": ["data.csv", "plan.pdf"], "since 2026-01-01 <1k": [r"notes \[x\]\(y\).txt"],
        "in Project X": ["data.csv", r"notes \[x\]\(y\).txt", "plan.pdf"],
    }.items():  # fmt: skip
        (answer,) = alice.says(f"/listfiles {filters}", room="Launch" if " in " in f" {filters}" else "Project X")
        assert re.findall(r"\[((?:\\.|[^\]\\])+)\]\(", answer) == wanted, filters
    assert alice.says("/listfiles docx from me in Project X") == ["There are no files of type docx, from you in **Project X**."]
    assert alice.says("/listfiles what ever it is!")[0].startswith("Usage: `/listfiles")
    attach(bob, "=cmd().xlsx", b"x")
    alice.says("/listfiles csv", room="Project X")
    name, text = file_of(alice, alice.bot_messages()[-1])
    table = list(csv.DictReader(io.StringIO(text)))
    assert name == "Files of Project X.csv"
    assert [row["Name"] for row in table] == ["'=cmd().xlsx", "data.csv", "notes [x](y).txt", "plan.pdf"]
    assert (table[3]["Bytes"], table[3]["Type"], table[3]["Sender"]) == ("1234567", "application/pdf", "bob@example.com")
    assert table[3]["Link"].startswith(f"{world.app_url}/files/")


@SQLITE
def test_a_thousand_files_on_all_pages(world: World, alice: Person) -> None:
    """D-29: the paging state is nobody else's: all files are found, each asked about once. D-30: they come as a file."""
    alice.connects()
    fill(world, "Project X", 1_000)
    world.forget_calls()
    looking, answer = alice.says("/listfiles <1GB", room="Project X")
    assert looking == "Asking Webex about 1,000 files …"
    assert answer.startswith("**1000 files** smaller than 1 GB in **Project X**")
    _, text = file_of(alice, alice.bot_messages()[-1])
    listed = re.findall(r"report (\d{4})\.pdf \(http", text)
    assert listed == [f"{number:04}" for number in reversed(range(1_000))]
    calls = [call["method"] for call in world.look("calls")]
    assert calls.count("HEAD") <= 1_000


@SQLITE
def test_it_stops_somewhere_and_says_so(world: World, alice: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    alice.connects()
    monkeypatch.setattr(files, "MOST_MESSAGES", 250)
    fill(world, "Project X", 300, every=100)
    (answer,) = alice.says("/listfiles", room="Project X")
    assert names(answer) == ["report 0200.pdf", "report 0100.pdf"]
    assert "I looked through the newest 250 messages, back to 20" in answer
    assert "older files are not listed" in answer

    # and not where nothing is left out, nor where Webex fails at once
    monkeypatch.setattr(files, "MOST_MESSAGES", 2_000)
    (answer,) = alice.says("/listfiles last 1h", room="Project X")
    assert names(answer) == ["report 0200.pdf", "report 0100.pdf", "report 0000.pdf"]
    assert "not listed" not in answer
    world.fault("GET", "/messages$", by=alice, status=403)
    assert "Webex answered 403" in alice.says("/listfiles", room="Project X")[0]
    assert "/listfiles" in texts_in(alice, "Project X")


@SQLITE
def test_pages_that_fail_in_the_middle_are_said_to_be_missing(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice.connects()
    fill(world, "Project X", 120, every=10)
    original = type(alice.world.house.tools.people.acting_as(alice.id)).iterate_messages

    def iterate(webex: Any, room_id: str, **params: Any) -> Any:
        for number, message in enumerate(original(webex, room_id, **params), start=1):
            if number == 100:  # the next one is on the second page
                world.fault("GET", "/messages$", by=alice, times=2, status=503)
            yield message

    monkeypatch.setattr("app.webex.client.WebexClient.iterate_messages", iterate)
    (answer,) = alice.says("/listfiles", room="Project X")
    assert len(names(answer)) == 9  # of the newest hundred messages, the command among them
    assert "**Not all of it**: Webex answered 503 after 100 messages, so files before 20" in answer


@SQLITE
def test_each_file_that_webex_does_not_give_is_told_as_it_is(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    said = {
        423: "Webex still scans it for malware; try again in a moment", 410: "Webex found malware in it and does not give it out",
        428: "Webex could not scan it for malware", 404: "it is gone",
        403: "Webex does not let you read it", 503: "Webex answered 503",
    }  # fmt: skip
    for status in said:
        sent = attach(bob, f"{status}.pdf", b"x" * 2_000)
        world.fault("HEAD", content_id(sent["files"][0]), by=alice, times=-1, status=status)
    sent = attach(bob, "lost.pdf", b"x")
    world.fault("HEAD", content_id(sent["files"][0]), by=alice, times=-1, drop=True)
    sent = attach(bob, "slow down.pdf", b"x" * 1_500)
    world.fault("HEAD", content_id(sent["files"][0]), by=alice, times=3, retry_after=0.1)
    (answer,) = alice.says("/listfiles >1kB", room="Project X")
    rows = answer.splitlines()[2:]
    assert "**8 files** larger than 1 kB" in answer
    assert "Of 7 I could not find out name and size, so I can't tell whether they are meant." in answer
    assert "[slow down.pdf](" in rows[0]
    assert rows[0].endswith(", 1.5 kB, application/octet-stream")
    assert rows[1].endswith("_Webex did not answer_")
    for row, (status, words) in zip(rows[2:], reversed(said.items()), strict=True):
        assert row.endswith(f"_{words}_"), row
        assert ("](" in row) is (status not in (410, 404, 403)), row


def test_filters_as_people_type_them() -> None:
    def wanted(words: str) -> Any:
        return read(words, NOW, OSLO)

    assert (wanted(">1MB").least, wanted("> 1,5 mb").least, wanted("<100kB").most) == (1e6, 1.5e6, 1e5)
    assert wanted("last 30d").since == NOW - 30 * 86_400
    assert wanted("since 2026-01-01").since == 1_767_222_000.0  # midnight in Oslo
    assert wanted("pdf *.docx .x csv").types == ("pdf", "docx", "x")
    assert (wanted("csv").is_csv, wanted("*.csv").is_csv, wanted("FROM Bob@Example.com").sender) == (
        True,
        False,
        "bob@example.com",
    )
    assert wanted("pdf in The Room, in Oslo").room == "The Room, in Oslo"
    for wrong in (
        "from bob",
        "since yesterday",
        "last week",
        ">big",
        "something",
        "in",
        "<script>",
        "*.",
        "last 3 years",
    ):
        with pytest.raises(UsageError):
            wanted(wrong)
    for impossible in ("since 2026-02-30", "since 2099-01-01", ">2MB <1MB", "since 0000-01-01"):
        with pytest.raises(UserError):
            wanted(impossible)
    assert not wanted(">1k").takes_file(File("a", None, ""))
    assert wanted("pdf").takes_file(File("noname", None, "application/pdf"))
    assert [shown_size(n) for n in (0, 999, 1_000, 1_234_567, 5 * 10**9)] == ["0 bytes", "999 bytes", "1 kB", "1.23 MB", "5 GB"]
    with speaking("de"):
        assert (shown_size(1_234_567), wanted("last 3d from me").told) == ("1,23 MB", ("aus den letzten 3 Tagen", "von dir"))


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('attachment; filename="a\\"b;c.txt"', 'a"b;c.txt'),
        ("attachment; filename=\"h?.txt\"; filename*=UTF-8''h%C3%A4.txt", "hä.txt"),
        ('attachment; filename="häuser.txt"'.encode().decode("latin-1"), "häuser.txt"), ("", ""), ("attachment", ""),
    ],
)  # fmt: skip
def test_names_of_files_as_headers_tell_them(disposition: str, name: str) -> None:
    assert file_name(disposition) == name


def test_headers_that_tell_nothing() -> None:
    assert described({"Content-Length": "-1", "Content-Type": "<b>"}) == File("", None, "")
    assert described({"Content-Length": "12", "Content-Type": "Text/HTML; charset=x"}) == File("", 12, "text/html")
    assert content_id("https://elsewhere.example/v1/contents/abc/?x=1") == "abc"
