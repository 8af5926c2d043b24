"""Join links: by chat or by the page, by whom Webex says it is, as long and as often as the owner wants (S-12)."""

import re

import pytest
import requests

from app.models import join_link
from tests.world import Clock, Person, World

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def members(asker: Person, title: str) -> set[str]:
    found = asker.api("GET", "/memberships", params={"roomId": asker.room(title)})["items"]
    return {member["personEmail"] for member in found}


def code_of(answer: str) -> str:
    return re.findall(r"`join ([\w-]+)`", answer)[0]


def test_somebody_joins_by_writing_to_the_bot_and_the_owner_is_told(world: World, alice: Person, dave: Person) -> None:
    """D-12: a link needs nothing of a room but the room."""
    alice.connects()
    (made,) = alice.says("/makepublic uses 1", room="Project X")
    assert "for 1 more person" in made
    assert [message["text"] for message in alice.reads("Project X")] == ["/makepublic uses 1"], "nothing is posted in the room"
    code = code_of(made)
    assert dave.says("hello")  # he was never here before, and needs no account
    assert dave.says(f"join {code}") == ["You're in **Project X** now."]
    assert dave.email in members(alice, "Project X")
    assert alice.hears()[-1] == "**Dave Dunn** (dave@partner.example) joined **Project X** by your link. It is used up now."
    assert dave.says(f"/JOIN {code}") == ["You're in **Project X** now."]  # again: nothing is counted twice
    said = len(alice.hears())

    world.control("people", email="erin@partner.example", displayName="Erin")
    erin = world.person("erin@partner.example")
    erin.says("hello")
    (refused,) = erin.says(f"join {code}")
    assert "does not work" in refused
    assert [refused] == erin.says("join nonsense-that-never-was"), "one answer for every link that does not work"
    assert erin.email not in members(alice, "Project X")
    assert len(alice.hears()) == said


@SQLITE
def test_a_link_ends_for_good(alice: Person, carol: Person, dave: Person, clock: Clock) -> None:
    """D-32: ending what is not there is answered. S-12: a new link is another one."""
    alice.connects()
    assert "You have no link to **Project X**" in alice.says("/makeprivate", room="Project X")[0]
    first = code_of(alice.says("/makepublic", room="Project X")[0])
    second = code_of(alice.says("/makepublic until +2h for partner.example", room="Project X")[0])
    assert first != second
    dave.says("hello")
    carol.says("hello")
    assert "does not work" in dave.says(f"join {first}")[0]
    assert "does not work" in carol.says(f"join {second}")[0], "her address is of another domain"
    (listed,) = alice.says("/joinlinks")
    assert "to **Project X**" in listed
    assert "for addresses of partner.example" in listed
    assert "Nobody can join" in alice.says("/makeprivate", room="Project X")[0]
    assert "does not work" in dave.says(f"join {second}")[0]
    third = code_of(alice.says("/makepublic until +2h", room="Project X")[0])
    clock.advance(2 * 3_600 + 1)
    assert "does not work" in dave.says(f"join {third}")[0]
    assert dave.email not in members(alice, "Project X")
    assert "You have no join links" in alice.says("/joinlinks")[0]


@SQLITE
def test_the_page_tells_nothing_and_lets_in_whom_webex_names(world: World, alice: Person, dave: Person) -> None:
    """D-33, S-05: the page is the same for every code; reading it changes nothing; the tokens of a joiner are not kept."""
    alice.connects()
    code = code_of(alice.says("/makepublic", room="Project X")[0])
    pages = [dave.browser.opens(f"/join/{one}") for one in (code, "unknown-code")]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].text.replace(code, "unknown-code") == pages[1].text
    assert "Project X" not in pages[0].text
    assert dave.email not in members(alice, "Project X")

    denied = dave.browser.signs_in(dave.browser.opens(f"/join/{code}/go"), dave, decision="deny")
    assert "You said no" in denied.text
    done = dave.browser.signs_in(dave.browser.opens(f"/join/{code}/go"), dave)
    assert "You&#39;re in Project X" in done.text
    assert dave.email in members(alice, "Project X")
    with world.house.database.reading() as db:
        assert not world.house.tools.people.tokens.database.is_sqlite or join_link.of(db, dave.id) == []
    assert dave.browser.opens("/account", allow_redirects=False).status_code == 302, "joining signs nobody in"
    failed = dave.browser.signs_in(dave.browser.opens("/join/unknown-code/go"), dave)
    assert failed.status_code == 410


@SQLITE
def test_wrong_options_and_rooms_in_which_it_cannot_work(world: World, alice: Person, bob: Person, dave: Person) -> None:
    alice.connects()
    bob.connects()
    for words in ("please", "uses many", "uses 0", "uses -1", "for", "for nowhere", "uses 1 uses 2", "until"):
        (refused,) = alice.says(f"/makepublic {words}", room="Project X")
        assert "`/makepublic`" in refused or "as a time" in refused, words
    assert "Type this in a group room" in alice.says("/makepublic")[0]
    alice.api("PUT", f"/rooms/{alice.room('Project X')}", json={"title": "Project X", "isLocked": True})
    assert "you are no moderator" in bob.says("/makepublic", room="Project X")[0]
    code = code_of(alice.says("/makepublic", room="Project X")[0])
    world.fault("POST", "/memberships$", by=alice, status=403)
    dave.says("hello")
    assert "Webex did not let you in" in dave.says(f"join {code}")[0]
    assert "wanted to join by your link" in alice.hears()[-1]
    assert dave.says(f"join {code}") == ["You're in **Project X** now."]
    assert dave.says("join")[0].startswith("I understand commands")
    assert dave.says("/join")[0].startswith("Usage: `/join <code>`")


@SQLITE
def test_a_use_is_for_somebody_new_and_trouble_is_nobodys_fault(world: World, alice: Person, bob: Person, dave: Person) -> None:
    alice.connects()
    code = code_of(alice.says("/makepublic uses 1", room="Project X")[0])
    said = len(alice.hears())
    bob.says("hello")
    assert bob.says(f"join {code}") == ["You're in **Project X** now."]  # he was before, and takes nobody's place
    dave.says("hello")
    world.fault("GET", "/rooms/", by=alice, times=4, status=503)
    assert "Please try again" in dave.says(f"join {code}")[0]
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    assert len(alice.hears()) == said, "nothing to tell her, and nobody to blame"
    assert dave.says(f"join {code}") == ["You're in **Project X** now."]
    assert "It is used up now" in alice.hears()[-1]
