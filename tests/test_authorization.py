"""The way of a link from the chat through the browser and back."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.models import invitation
from app.models.invitation import Invitation
from app.models.user import User
from tests.authorizing import count, is_nobody_known
from tests.people import Person
from tests.world import Clock, World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# The link itself


@sqlite
def test_a_link_preview_changes_nothing(world: World, alice: Person) -> None:
    """Chat clients and mail scanners open every link they see."""
    alice.says("hello")
    link = alice.link()
    world.forget_calls()
    for method in ("GET", "HEAD", "GET"):
        answer = requests.request(method, link, timeout=5)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
    requests.get(f"{link}/go", allow_redirects=False, timeout=5)
    assert requests.post(link, timeout=5, headers={"Origin": world.app_url}).status_code == 405
    assert count(world, Invitation) == 1 and is_nobody_known(world)
    assert world.look("calls") == []
    assert "You’re connected" in alice.browser.authorizes(link, alice).text


@sqlite
def test_only_the_newest_link_counts_and_only_once(world: World, alice: Person) -> None:
    alice.says("hello")
    old = alice.link()
    alice.says("/init")
    new = alice.link()
    assert new != old
    for page in (alice.browser.opens(old), alice.browser.opens(f"{old}/go")):
        assert page.status_code == 410 and "/init" in page.text
    assert alice.browser.authorizes(new, alice).ok
    for page in (alice.browser.opens(new), alice.browser.opens(f"{new}/go")):
        assert page.status_code == 410 and "This link has expired" in page.text
    assert alice.browser.opens(f"{world.app_url}/authorize/never-issued").status_code == 410


@sqlite
def test_a_link_works_for_ten_minutes(clock: Clock, world: World, alice: Person) -> None:
    alice.says("hello")
    clock.advance(invitation.LIFE - 30)
    assert alice.browser.opens(alice.link()).ok
    sign_in = alice.browser.opens(f"{alice.link()}/go")
    clock.advance(31)
    assert alice.browser.opens(alice.link()).status_code == 410
    page = alice.browser.signs_in(sign_in, alice)  # she took too long on Webex's page
    assert page.status_code == 410 and "/init" in page.text
    assert is_nobody_known(world)


@sqlite
def test_two_browsers_cannot_both_use_a_link(world: World, alice: Person, bob: Person) -> None:
    alice.says("hello")
    pages = [browser.opens(f"{alice.link()}/go") for browser in (alice.browser, bob.browser)]
    assert alice.browser.signs_in(pages[0], alice).ok
    assert bob.browser.signs_in(pages[1], alice).status_code == 410


@sqlite
def test_no_link_is_ever_said_in_a_group(database_url: str, tmp_path: Path) -> None:
    with World(database_url, tmp_path, GROUP_ROOMS="stay") as world:
        alice = world.person("alice@example.com")
        alice.api("POST", "/memberships", json={"roomId": alice.room("Project X"), "personEmail": world.bot.email})
        world.settle()
        alice.says("", room="Project X", markdown=f"<@personId:{world.bot.id}|Army Knife> /init")
        alice.connects()
        answers = alice.says("/init", room="Project X")
        assert len(answers) == 1 and "/authorize/" not in answers[0]  # from her own room: told where to type it
        words = " ".join(str(message) for message in alice.reads("Project X"))
        assert "/authorize/" not in words
        assert "direct message" in words  # the bot did speak there


# What the person decides, and what Webex does


@sqlite
def test_saying_no(world: World, alice: Person) -> None:
    alice.says("hello")
    page = alice.browser.authorizes(alice.link(), alice, decision="deny")
    assert page.status_code == 200
    assert "You said no" in page.text and "nothing was stored" in page.text and "/init" in page.text
    assert is_nobody_known(world)
    assert alice.browser.authorizes(alice.link(), alice).ok  # thinking again is allowed


SPARK = {"message": "The request could not be understood.", "errors": [{"description": "bad code"}], "trackingId": "ROUTER_1"}
OUTAGES = {
    "the token endpoint is unwell": ("POST", "/access_token$", {"status": 503}),
    "it answers something else": ("POST", "/access_token$", {"status": 500, "body": "<html>Internal Error</html>"}),
    "it limits us": ("POST", "/access_token$", {"retry_after": 60}),
    "it hangs up": ("POST", "/access_token$", {"drop": True}),
    "its answer is lost": ("POST", "/access_token$", {"lost_answer": True}),
    "it says no JSON": ("POST", "/access_token$", {"bad_json": True}),
    "it says HTML": ("POST", "/access_token$", {"status": 200, "body": "<html>Welcome</html>"}),
    "it says a list": ("POST", "/access_token$", {"status": 200, "body": []}),
    "it says nothing": ("POST", "/access_token$", {"status": 200, "body": {}}),
    "it gives an empty token": ("POST", "/access_token$", {"status": 200, "body": {"access_token": "", "expires_in": 9}}),
    "it does not know us": ("POST", "/access_token$", {"status": 401, "body": {"error": "invalid_client"}}),
    "it does not know us, in its own words": ("POST", "/access_token$", {"status": 401, "body": SPARK}),
    "nobody says who it is": ("GET", "/people/me$", {"status": 500}),
    "people/me hangs up": ("GET", "/people/me$", {"drop": True}),
    "people/me says no JSON": ("GET", "/people/me$", {"bad_json": True}),
    "people/me says nothing": ("GET", "/people/me$", {"status": 200, "body": {}}),
    "people/me refuses": ("GET", "/people/me$", {"status": 401}),
}


@sqlite
def test_webex_fails_in_the_middle(world: World, alice: Person) -> None:
    """Whatever goes wrong, she gets a page that says what to do, nothing is stored, and the link stays good."""
    alice.says("hello")
    for what, (method, path, fault) in OUTAGES.items():
        world.fault(method, path, times=2 if method == "GET" else 1, **fault)
        page = alice.browser.authorizes(alice.link(), alice)
        assert page.status_code == 502, what
        assert "Webex did not answer" in page.text and 'href="/login/again"' in page.text, what
        assert is_nobody_known(world), what
        requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    assert "You’re connected" in alice.browser.signs_in(alice.browser.opens("/login/again"), alice).text
    again = alice.browser.signs_in(alice.browser.opens("/login/again"), alice)
    assert again.url == f"{world.app_url}/account", "with nothing to try again it is a sign-in"


@sqlite
def test_webex_refuses_the_code(world: World, alice: Person) -> None:
    alice.says("hello")
    for body in (SPARK, {"error": "invalid_grant"}, {"error": ["odd"]}, "<html>no</html>"):
        world.fault("POST", "/access_token$", status=400, body=body)
        page = alice.browser.authorizes(alice.link(), alice)
        assert page.status_code == 400, body
        assert "The sign-in did not work" in page.text and "/init" in page.text, body
        assert is_nobody_known(world), body


@sqlite
def test_the_cookie_does_not_grow(world: World, alice: Person) -> None:
    """Authlib adds to it with every start; past 4,093 bytes browsers drop it, and nobody could sign in any more."""
    alice.says("hello")
    sizes = []
    for _ in range(12):
        alice.browser.opens(f"{alice.link()}/go")
        alice.browser.opens("/login", allow_redirects=False)
        sizes.append(len(alice.browser.session.cookies["session"]))
    assert max(sizes) < 900
    assert alice.browser.authorizes(alice.link(), alice).ok


# Coming back


@sqlite
def test_signing_in_without_a_link(world: World, alice: Person, bob: Person) -> None:
    page = bob.browser.signs_in(bob.browser.opens("/login"), bob)
    assert page.status_code == 403
    assert "You are not connected yet" in page.text and "Nothing was stored" in page.text
    assert is_nobody_known(world)

    alice.connects()
    said = alice.hears()
    again = bob.browser  # another browser of hers
    page = again.signs_in(again.opens("/login"), alice)
    assert page.ok and urlsplit(page.url).path == "/account"
    assert alice.name in page.text
    world.settle()
    assert alice.hears() == said  # nobody is welcomed twice


@sqlite
def test_authorizing_again_keeps_everything(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    alice.says("/todo buy milk")
    alice.says("/track bob@example.com bob")
    alice.says("/track store")
    answer = alice.says("/init")[0]
    assert "You are connected already" in answer
    alice.browser.authorizes(alice.link(), alice)
    world.settle()
    assert "buy milk" in alice.says("/todo")[0]
    assert "**bob** (bob@example.com) store" in alice.says("/trackers")[0]
    bob.says("still there?", room="Project X")
    assert "still there?" in alice.says("/get bob")[1]
    assert count(world, User) == 1


# Where the browser may be sent


@sqlite
def test_nobody_decides_where_the_browser_goes_but_us(world: World, alice: Person) -> None:
    alice.says("hello")
    evil = "https://evil.example"
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    address = f"{alice.link()}/go?next={evil}&redirect_uri={evil}"
    answer = requests.get(address, headers=headers, allow_redirects=False, timeout=5)
    location = answer.headers["Location"]
    assert location.startswith(world.house.config.webex_authorize_url)
    assert parse_qs(urlsplit(location).query)["redirect_uri"] == [f"{world.app_url}/oauth/callback"]
    assert "evil" not in location
    for path in ("/account", "/account?next=//evil.example"):
        answer = requests.get(f"{world.app_url}{path}", headers=headers, allow_redirects=False, timeout=5)
        assert answer.headers["Location"] == "/login"
    assert "evil" not in requests.get(f"{world.app_url}/", headers=headers, timeout=5).text


PAGES: dict[str, Callable[[Person], str]] = {
    "the link's page": lambda person: person.link(),
    "an expired link": lambda person: f"{person.world.app_url}/authorize/unknown",
    "the callback": lambda person: f"{person.world.app_url}/oauth/callback?code=CODE-IN-URL&state=STATE-IN-URL",
}


@sqlite
def test_pages_on_the_way_repeat_nothing_of_their_address(world: World, alice: Person) -> None:
    alice.says("hello")
    for name, address in PAGES.items():
        page = requests.get(address(alice), timeout=5)
        assert page.headers["Referrer-Policy"] == "same-origin", name
        assert page.headers["Cache-Control"] == "no-store", name
        assert "CODE-IN-URL" not in page.text and "STATE-IN-URL" not in page.text, name
