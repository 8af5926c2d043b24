"""Somebody else's link, somebody else's code: what is done wrong on purpose on the way of an authorization."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.models.token import Token
from app.models.user import User
from tests.authorizing import is_nobody_known, starts, way_back
from tests.people import Person
from tests.world import World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


# Somebody else's link


def test_who_follows_a_forwarded_link_connects_nothing(world: World, alice: Person, bob: Person) -> None:
    """Bob sends his link to Alice. She signs in as herself, and must not end up in his account."""
    bob.says("hello")
    link = bob.link()
    page = alice.browser.authorizes(link, alice)
    assert page.status_code == 403
    assert "This link is for somebody else" in page.text
    assert "Nothing was connected and nothing was stored" in page.text
    assert "don't use it" in page.text.replace("&#39;", "'")
    assert bob.name not in page.text and bob.email not in page.text
    assert is_nobody_known(world)
    assert alice.browser.opens("/account", allow_redirects=False).status_code == 302

    assert alice.browser.opens(link).status_code == 410  # burnt
    world.settle()
    told = [text for text in bob.hears() if "as another person" in text]
    assert len(told) == 1
    assert "Nothing was connected" in told[0] and "/init" in told[0]
    assert alice.name not in told[0] and alice.email not in told[0]
    assert alice.hears() == []


@sqlite
def test_a_link_of_somebody_who_is_connected_changes_nothing_either(world: World, alice: Person, bob: Person) -> None:
    bob.connects()
    with world.house.database.reading() as db:
        before = db.get(Token, bob.id).version
    bob.says("/init")
    assert alice.browser.authorizes(bob.link(), alice).status_code == 403
    with world.house.database.reading() as db:
        assert db.get(Token, bob.id).version == before
        assert db.get(User, alice.id) is None


# Somebody else's code


@sqlite
def test_a_strangers_code_pushed_into_a_browser(world: World, alice: Person, bob: Person) -> None:
    """Login CSRF: Bob lets Alice's browser end the flow he began. She would type her secrets into his account."""
    trap = way_back(bob, starts(bob))
    page = alice.browser.opens(trap)
    assert page.status_code == 400 and "/init" in page.text
    starts(alice)  # and no better with a flow of her own under way
    assert alice.browser.opens(trap).status_code == 400
    assert is_nobody_known(world)
    assert alice.browser.opens("/account", allow_redirects=False).status_code == 302


def swap_codes(bob: Person, alice: Person) -> requests.Response:
    """Bob has got hold of Alice's code, and ends his own flow with it."""
    mine, stolen = way_back(bob, starts(bob)), way_back(alice, starts(alice))
    query = {name: parse_qs(urlsplit(url).query)[name][0] for name, url in (("state", mine), ("code", stolen))}
    return bob.browser.opens("/oauth/callback", params=query)


@sqlite
def test_a_stolen_code_is_refused_by_pkce(world: World, alice: Person, bob: Person) -> None:
    page = swap_codes(bob, alice)
    assert page.status_code == 400 and "/init" in page.text
    assert is_nobody_known(world)


@sqlite
def test_a_stolen_code_is_refused_without_pkce_too(database_url: str, tmp_path: Path) -> None:
    """Should a provider ignore PKCE, the link is still pinned to a person."""
    with World(database_url, tmp_path, WEBEX_PKCE="off") as world:
        bob, alice = world.person("bob@example.com"), world.person("alice@example.com")
        assert swap_codes(bob, alice).status_code == 403
        assert is_nobody_known(world)


@sqlite
def test_pkce_and_state_are_really_sent(world: World, alice: Person) -> None:
    alice.says("hello")
    answer = alice.browser.opens(f"{alice.link()}/go", allow_redirects=False)
    asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
    assert asked["code_challenge_method"] == "S256" and len(asked["code_challenge"]) == 43
    assert len(asked["state"]) >= 20
    assert asked["redirect_uri"] == f"{world.app_url}/oauth/callback"
    assert asked["scope"].split() == list(world.house.config.webex_scopes)
    nonce = alice.link().rsplit("/", 1)[1]
    assert nonce not in answer.headers["Location"]


@sqlite
def test_a_callback_is_good_once(world: World, alice: Person, bob: Person) -> None:
    address = way_back(alice, starts(alice))
    assert alice.browser.opens(address).ok
    world.settle()
    said = alice.hears()
    for browser in (alice.browser, bob.browser):
        page = browser.opens(address)
        assert page.status_code == 400 and "/init" in page.text
    world.settle()
    assert alice.hears() == said
    assert alice.name in alice.browser.opens("/account").text


@sqlite
def test_a_callback_nobody_began(world: World) -> None:
    for query in ("", "?code=x", "?state=x", "?code=x&state=y", "?error=whatever", "?error=%00&state=%ff"):
        page = requests.get(f"{world.app_url}/oauth/callback{query}", timeout=5)
        assert page.status_code == 400, query
        assert "Nothing was connected and nothing was stored" in page.text and "/init" in page.text, query
