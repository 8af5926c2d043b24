"""Join links: by chat or by the page, by whom Webex says it is, as long and as often as the owner wants (S-12)."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.models import Database, tries, user
from tests.people import Person
from tests.world import Clock, World

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
def test_the_owner_is_told_in_their_own_language_and_not_in_that_of_who_joins(alice: Person, dave: Person) -> None:
    alice.connects()
    alice.says("/language de")
    code = code_of(alice.says("/makepublic uses 1", room="Project X")[0])
    dave.says("hello")
    assert dave.says(f"join {code}") == ["You're in **Project X** now."]
    joined = "**Dave Dunn** (dave@partner.example) ist über deinen Link in den Raum **Project X** gekommen."
    assert alice.hears()[-1] == f"{joined} Der Link ist jetzt aufgebraucht."


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
def test_the_pages_tell_little_and_change_nothing(world: World, alice: Person, bob: Person, dave: Person) -> None:
    """D-33, S-04, S-05, S-17: the page is the same for every code; the question needs a sign-in, of which no token is kept."""
    alice.connects()
    code = code_of(alice.says("/makepublic", room="Project X")[0])
    pages = [dave.browser.opens(f"/join/{one}") for one in (code, "unknown-code")]
    assert [page.status_code for page in pages] == [200, 200]
    assert pages[0].text.replace(code, "unknown-code") == pages[1].text
    assert "Project X" not in pages[0].text
    assert dave.email not in members(alice, "Project X")

    denied = dave.browser.signs_in(dave.browser.opens(f"/join/{code}/go"), dave, decision="deny")
    assert "You said no" in denied.text
    asked = dave.browser.signs_in(dave.browser.opens(f"/join/{code}/go"), dave)
    assert (asked.status_code, asked.url) == (200, f"{world.app_url}/join")
    for words in ("Join Project X?", alice.name, f"{dave.name} ({dave.email})", "You are not in yet", "Sign in as somebody else"):
        assert words in asked.text, words
    assert dave.browser.opens("/join").text == asked.text, "reading it again changes nothing"
    assert dave.email not in members(alice, "Project X")
    with world.house.database.reading() as db:
        assert user.find(db, dave.id) is None
    assert dave.browser.opens("/account", allow_redirects=False).status_code == 302, "this signs nobody in"
    failed = bob.browser.signs_in(bob.browser.opens("/join/unknown-code/go"), bob)
    assert failed.status_code == 410 and "does not work" in failed.text


def token_in(page: requests.Response) -> str:
    return re.findall(r'name="token" value="([\w-]+)"', page.text)[0]


@SQLITE
def test_only_the_answer_of_whoever_was_asked_lets_in_and_once(
    world: World, alice: Person, bob: Person, carol: Person, dave: Person, clock: Clock
) -> None:
    """Forged, foreign, late and outdated answers; a No; a double click, a reload, and who is signed in already."""
    alice.connects()
    code = code_of(alice.says("/makepublic uses 2", room="Project X")[0])
    alice.api("POST", "/rooms", json={"title": "Guests"})
    other = code_of(alice.says("/makepublic", room="Guests")[0])
    carol.says("hello")
    yes = {"answer": "join", "token": token_in(asks(dave, code))}
    newer = token_in(asks(dave, code))
    assert newer != yes["token"]
    forged: list[tuple[Person, dict[str, str], dict[str, str], int]] = [
        (dave, {"answer": "join"}, {}, 410),
        (dave, {"answer": "join", "token": "nonsense"}, {}, 410),
        (dave, yes, {}, 410),  # of a tab that was opened before
        (dave, {"answer": "join", "token": newer}, {"Origin": "https://evil.example"}, 403),
        (dave, {"answer": "join", "token": newer}, {"Sec-Fetch-Site": "cross-site"}, 403),
        (carol, {"answer": "join", "token": newer}, {}, 410),  # in a browser in which nobody was asked
    ]
    for person, form, headers, status in forged:
        assert person.browser.posts("/join", data=form, headers=headers).status_code == status, (form, headers)
    assert dave.browser.opens("/join", params={"answer": "join", "token": newer}).status_code == 200  # a GET only asks
    assert "You did not join" in dave.browser.posts("/join", data={"answer": "no", "token": newer}).text
    assert dave.browser.posts("/join", data={"answer": "join", "token": newer}).status_code == 410
    yes = {"answer": "join", "token": token_in(asks(dave, code))}
    clock.advance(601)
    assert dave.browser.posts("/join", data=yes).status_code == 410
    assert dave.email not in members(alice, "Project X")

    yes = {"answer": "join", "token": token_in(asks(dave, code))}
    world.fault("POST", "/memberships$", by=alice, times=1, lost_answer=True)
    unsure = dave.browser.posts("/join", data=yes)
    assert unsure.status_code == 502 and "it does no harm" in unsure.text
    assert "You&#39;re in Project X" in dave.browser.opens("/join").text, "which is asked from Webex"
    with ThreadPoolExecutor(4) as clicks:
        pages = list(clicks.map(lambda _: dave.browser.posts("/join", data=yes), range(4)))
    assert [(page.status_code, "You&#39;re in Project X" in page.text) for page in pages] == [(200, True)] * 4
    world.settle()
    told = [heard for heard in alice.hears() if "joined **Project X** by your link" in heard]
    assert told == [f"**{dave.name}** ({dave.email}) joined **Project X** by your link. It can be used 1 more time."]
    assert members(alice, "Project X") >= {dave.email}

    bob.connects()
    asked = bob.browser.opens(f"/join/{other}/go")
    assert "Join Guests?" in asked.text and f"{bob.name} ({bob.email})" in asked.text
    elsewhere = bob.browser.opens(f"/join/{other}/go?other=1", allow_redirects=False).headers["Location"]
    assert elsewhere.startswith(world.simulator.url)
    assert "You&#39;re in Guests" in bob.browser.posts("/join", data={"answer": "join", "token": token_in(asked)}).text
    assert bob.browser.opens("/account").url.endswith("/account"), "and he is signed in as before"
    assert "nothing to join" in bob.browser.opens(f"/join/{code}/go").text, "he was in that room before"
    asked = asks(carol, other)
    alice.says("/makeprivate", room="Guests")
    ended = carol.browser.posts("/join", data={"answer": "join", "token": token_in(asked)})
    assert ended.status_code == 410 and "does not work" in ended.text


def asks(person: Person, code: str) -> requests.Response:
    """As far as the question."""
    return person.browser.signs_in(person.browser.opens(f"/join/{code}/go"), person)


@SQLITE
def test_nobody_can_go_on_guessing(world: World, alice: Person, bob: Person, dave: Person, clock: Clock) -> None:
    """In the chat and on the page together; what is right, or wrong, makes no difference then; and it ends by itself."""
    alice.connects()
    code = code_of(alice.says("/makepublic", room="Project X")[0])
    dave.says("hello")
    for number in range(tries.MOST - 2):
        dave.writes(f"join wrong-{number}")
    world.settle()
    assert asks(dave, code).status_code == 200, "a right one within the limit is no wrong try"
    assert asks(dave, "wrong-page").status_code == 410
    assert "does not work" in dave.says("join wrong-again")[0]
    refusals = [dave.says(f"join {one}")[0] for one in (code, "wrong")]
    assert refusals[0] == refusals[1]
    assert f"You tried {tries.MOST} codes that did not work" in refusals[0] and "in 15 minutes" in refusals[0]
    pages = [asks(dave, one) for one in (code, "wrong")]
    assert [page.status_code for page in pages] == [429, 429] and pages[0].text == pages[1].text
    assert 800 < int(pages[0].headers["Retry-After"]) <= 900
    assert dave.email not in members(alice, "Project X")
    dave.says("/delete DELETENOW")
    assert "Please try again in" in dave.says(f"join {code}")[-1], "to be forgotten is no way around it"
    assert asks(bob, code).status_code == 200
    clock.advance(tries.WITHIN)
    assert dave.says(f"join {code}")[-1] == "You're in **Project X** now."


def test_processes_count_tries_together(database_url: str, migrate: Callable[[str], None]) -> None:
    """Of many tries at once no more get by than may."""
    migrate(database_url)
    processes = [Database(database_url) for _ in range(2)]

    def attempt(number: int) -> bool:
        with processes[number % 2].transaction() as db:
            return tries.take(db, "code", "dave") is None

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(40))) == tries.MOST
    with processes[0].transaction() as db:
        tries.give_back(db, "code", "dave")
    assert [attempt(0), attempt(1)] == [True, False]
    for database in processes:
        database.write(tries.purge)
        database.close()


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
