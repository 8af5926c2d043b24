"""/track digest, /get while it is under way, files by name, and the card of /trackers."""

import pytest
import requests

from app.showing import room_link
from app.webex.files import file_name
from app.webex.ids import uuid_of
from app.webex.markdown import escape, fingerprint, letters
from tests.people import PATIENCE, Person
from tests.test_quiet import at, told
from tests.test_tracking import writes
from tests.world import Clock, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def shares(speaker: Person, *names: str, text: str = "", room: str = "Project X") -> None:
    """Write messages with a file each; only the last stays without a wait."""
    for name in names:
        form = {"roomId": (None, speaker.room(room)), "files": (name, b"content", "application/octet-stream")}
        if text:
            form["text"] = (None, text)
        headers = {"Authorization": f"Bearer {speaker.token}"}
        url = f"{speaker.world.simulator.url}/v1/messages"
        assert requests.post(url, files=form, headers=headers, timeout=PATIENCE).ok


def test_a_digest_each_day_at_a_time(world: World, alice: Person, bob: Person, carol: Person, clock: Clock) -> None:
    """D-43: a message that is only a file is one. D-15: an address that changes changes nothing."""
    at(clock, 12)
    alice.connects()
    alice.says("/track bob@example.com bob")
    alice.says("/track carol@example.com carol")
    assert alice.says("/track digest 17:00 bob") == [
        "From now on **bob** is tracked by digest: I show each day at 17:00 what was written; `/get bob` shows it earlier."
    ]
    assert told(alice, writes(bob, "one")) == []
    assert len(told(alice, writes(carol, "at once"))) == 1
    world.simulator.cloud.people[bob.id].email = "robert@example.com"
    assert told(alice, lambda: shares(bob, "plan.pdf")) == []
    assert "- **bob** (bob@example.com) digest at 17:00, 2 messages kept" in alice.says("/trackers")[0]
    said = len(alice.hears())
    at(clock, 17)
    clock.advance(1.0)
    world.queue.ring()
    world.settle()
    heading, first, second = alice.hears()[said:]
    assert heading == "**Your digest**: 2 messages of **bob**:"
    assert first == f"**bob** (robert@example.com) in {alice.linked('Project X')}:\n\n> one  "
    assert second.endswith("_Attached: plan.pdf_")
    clock.advance(86_400.0)
    assert told(alice, world.queue.ring) == []  # nothing kept: silence
    assert told(alice, writes(bob, "two")) == []
    clock.advance(5 * 86_400.0)
    world.queue.ring()
    world.settle()
    assert [line for line in alice.hears() if "two" in line] == [alice.hears()[-1]]  # once, after days away

    assert "everybody you track is tracked by digest" in alice.says("/track digest 5pm")[0]
    assert "as **dave**, by digest: I show each day at 17:00" in alice.says("/track dave@partner.example dave")[0]
    assert "**carol** is tracked live" in alice.says("/track live carol")[0]
    alice.says("/untrack dave")
    assert told(alice, writes(bob, "three")) == []
    world.control("revoke", person=alice.email)
    said = len(alice.hears())
    clock.advance(86_400.0)
    world.queue.ring()
    world.settle()
    (ended,) = alice.hears()[said:]
    assert "no longer lets me act for you" in ended
    assert "1 message kept" in alice.says("/trackers")[0]
    for words in ("digest", "digest bob", "digest 25:00 bob", "digest 17:00 nobody", "digest 17:00 bob carol"):
        (refused,) = alice.says(f"/track {words}")
        assert "can't do that" in refused  # no access
    alice.connects()
    assert "Usage: `/track" in alice.says("/track digest")[0]
    for words in ("digest bob", "digest 25:00 bob", "digest 17:00 bob carol"):
        assert "Usage: `/track" in alice.says(f"/track {words}")[0] or "no time of day" in alice.hears()[-1], words
    assert "track nobody of that name" in alice.says("/track digest 17:00 nobody")[0]


@SQLITE
def test_get_while_get_is_under_way_and_after_a_revocation(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """D-11: a kept message is shown once, also when Webex asks for patience in between; and none is announced in vain."""
    alice.connects()
    alice.says("/track bob@example.com bob")
    alice.says("/track store")
    for number in range(3):
        assert told(alice, writes(bob, f"number {number}")) == []
    said = len(alice.hears())
    world.fault("POST", "/messages$", by=world.bot, retry_after=0.3, times=4)
    alice.writes("/get bob")
    alice.writes("/get all")
    world.skip_pauses(clock)
    answers = alice.hears()[said:]
    assert answers[0] == "3 messages of **bob**:"
    assert [sum(f"number {number}" in text for text in answers) for number in range(3)] == [1, 1, 1]
    assert answers[4:] == ["3 messages of the people you track are on the way to you already."]
    assert told(alice, writes(bob, "and another")) == []
    world.control("revoke", person=alice.email)
    (ended,) = alice.says("/get bob")
    assert "no longer lets me act for you" in ended
    alice.connects()
    heading, message = alice.says("/get bob")
    assert heading == "1 message of **bob**:" and "and another" in message


@SQLITE
def test_the_card_of_the_trackers(alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    (listed,) = alice.says("/trackers")
    assert "with your own rights only: you are shown nothing that you could not read yourself" in listed
    assert "tracked in store" in alice.presses("Store")[0]
    assert told(alice, writes(bob, "kept")) == []
    alice.says("/trackers")
    assert "> kept" in alice.presses("Get")[1]
    assert "tracked live" in alice.presses("Live")[0]
    assert "no longer track **bob**" in alice.presses("Untrack")[0]


@SQLITE
def test_files_are_named_as_far_as_webex_tells(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    alice.connects()
    alice.says("/track bob@example.com bob")
    names = {"a_b*[c].pdf": "a\\_b\\*\\[c\\].pdf", "Ünï 👩.txt": "Ünï 👩.txt"}
    for name, shown in names.items():
        (said,) = told(alice, lambda name=name: shares(bob, name, text="look"))
        assert f"_Attached: {shown}_\n\n> look  " in said, name
    for switch in ("scanning", "infected", "unscannable"):
        world.control("switches", content_scan=switch)
        (said,) = told(alice, lambda: shares(bob, "x.pdf"))
        assert said.endswith("_1 file attached_"), switch
    world.control("switches", content_scan="ready")
    world.fault("HEAD", "/contents/", by=alice, status=503, times=2)
    (said,) = told(alice, lambda: shares(bob, "x.pdf"))
    assert said.endswith("_1 file attached_")
    world.fault("HEAD", "/contents/", by=alice, status=410)
    world.fault("POST", "/messages$", by=world.bot, lost_answer=True)
    before = len(alice.hears())
    shares(bob, "named with the second attempt.pdf")
    world.skip_pauses(clock)
    assert [text[-17:] for text in alice.hears()[before:]] == ["_1 file attached_"]  # recognised, and not said again


def test_names_ids_and_links_of_any_form() -> None:
    """D-31: ids are opaque; one that does not decode gets no link."""
    uuid = "94a7c8c9-d3e7-5398-a5b4-4a83215dfd59"
    room = "Y2lzY29zcGFyazovL3VzL1JPT00vOTRhN2M4YzktZDNlNy01Mzk4LWE1YjQtNGE4MzIxNWRmZDU5"
    for given in (room, f"{room}=", f"{room}===", uuid, uuid.upper()):
        assert uuid_of(given) == uuid, given
    person = "Y2lzY29zcGFyazovL3VzL1BFT1BMRS85NGE3YzhjOS1kM2U3LTUzOTgtYTViNC00YTgzMjE1ZGZkNTk"
    for given in ("", "opaque", "%%%", "ü", room[:-4], person, "=", room + "AAAA"):
        assert uuid_of(given) == "", given
        assert room_link("webexteams://im?space={room}", given) == ""
    assert room_link("https://example.com/{room}", room) == f"https://example.com/{uuid}"
    names = {
        "": "", "attachment": "", 'attachment; filename="a.pdf"': "a.pdf", "attachment; filename=a.pdf": "a.pdf",
        "attachment; filename*=UTF-8''%C3%BC.txt": "ü.txt", 'attachment; filename="\u00c3\u00bc.txt"': "ü.txt",
        'attachment; filename="a\r\nSet-Cookie: b"': "", 'attachment; filename="x\\"y.txt"': 'x"y.txt', ";;;=": "",
    }  # fmt: skip
    names["attachment; filename=x.txt; filename*=utf-8''%ff.txt"] = "\ufffd.txt"
    for header, name in names.items():
        assert file_name(header) == name, header
    title = escape("a [b] (c) \\ d")
    assert fingerprint(f"in [**{title}**](webexteams://im?space={uuid}): x") == letters("in a [b] (c) \\ d: x")
