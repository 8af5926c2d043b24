"""Every page of the site, each as somebody gets it: for checks that hold for all of them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import requests

from app.models import user
from tests.people import Browser, Person
from tests.world import World

ADMIN = "alice@example.com"


@dataclass(frozen=True)
class Page:
    """:ivar path: under which it can be asked for again; empty if it is an answer that comes once
    :ivar browser: whose page it is
    """

    name: str
    status: int
    html: str
    browser: Browser
    path: str = ""


def every_page(world: World) -> list[Page]:
    """Walk through a world in which Alice is the admin, and keep what was seen.

    Alice has a full account, Bob an empty one, Carol paused hers, Dave, of another organisation, comes by links, and Frank
    leaves. What has a path is still there under it afterwards.
    """
    alice, bob, carol, dave = (
        world.person(email) for email in (ADMIN, "bob@example.com", "carol@example.com", "dave@partner.example")
    )
    return [
        *_on_the_way_in(world, alice, dave),
        *_accounts(world, alice, bob, carol),
        *_joining(world, alice, dave),
        *_admin(world, alice),
        *_notices(world, alice),
        *_leaving(_newcomer(world, "frank")),
    ]


def _page(name: str, browser: Browser, answer: requests.Response, status: int = 200, path: str = "") -> Page:
    assert answer.status_code == status, (name, answer.status_code, answer.text)
    return Page(name, status, answer.text, browser, path)


def _opened(name: str, browser: Browser, path: str, status: int = 200) -> Page:
    return _page(name, browser, browser.opens(path), status, path)


def _on_the_way_in(world: World, alice: Person, dave: Person) -> Iterator[Page]:
    guest = Browser(world)
    yield _opened("home", guest, "/")
    alice.says("hello")
    link = alice.link()
    yield _opened("authorize", guest, _newcomer(world, "erin").link().removeprefix(world.app_url))
    yield _page("denied", guest, alice.browser.authorizes(link, alice, "deny"))
    world.fault("POST", "/access_token$", times=4, status=503)
    yield _page("webex-down", guest, alice.browser.authorizes(link, alice), 502)
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    yield _opened("sign-in-mismatch", guest, "/oauth/callback?code=x&state=y", 400)
    yield _page("wrong-person", guest, dave.browser.authorizes(link, dave), 403)
    yield _opened("expired", guest, link.removeprefix(world.app_url), 410)
    yield _page("unknown-person", guest, dave.browser.signs_in(dave.browser.opens("/login"), dave), 403)
    alice.connects()
    yield _opened("connected", alice.browser, "/account/connected")
    yield _opened("home-signed-in", alice.browser, "/")


def _accounts(world: World, alice: Person, bob: Person, carol: Person) -> Iterator[Page]:
    bob.connects()
    yield _opened("account-empty", bob.browser, "/account")
    carol.connects()
    carol.says("/pause")
    yield _opened("account-paused", carol.browser, "/account")
    with world.house.database.transaction() as db:
        user.change(db, carol.id, status=user.REAUTHORIZE)
    yield _opened("account-no-access", carol.browser, "/account")
    for words in (
        "/todo buy milk", "/todo send the offer to Dave by fri 14:00", "/todo a <b>word</b> & more", "/tom ship it",
        "/tom then rest", "/tom audience rooms", "/remind tomorrow 9:00 call Dave", "/remind every weekday 8:30 stand-up",
        "/track bob@example.com bob", "/track store carol@example.com carol", "/autoreply Back on Monday. until mon 9:00",
        "/manageteam add sales bob@example.com carol@example.com", "/mentionalert on", "/quiet 22:00-7:00",
        "/todo reminder on 9:00",
    ):  # fmt: skip
        alice.writes(words)
    world.settle()
    alice.says("/makepublic uses 10", room="Project X")
    world.house.tools.tally.flush()
    yield _opened("account", alice.browser, "/account")
    did = alice.browser.posts("/account/do", data={"deed": "todo add", "part": "todo", "text": "from the page", "by": ""})
    yield _page("account-answer", alice.browser, did)
    did = alice.browser.posts("/account/do", data={"deed": "joinlink new", "part": "joinlinks", "number": "1"})
    yield _page("account-qr", alice.browser, did)
    yield _opened("delete-ask", alice.browser, "/account/delete")


def _joining(world: World, alice: Person, dave: Person) -> Iterator[Page]:
    (said,) = alice.says("/makepublic", room="Project X")
    found = re.search(r"/join/([\w-]+)", said)
    assert found
    code, browser = found[1], dave.browser
    yield _opened("join", browser, f"/join/{code}")
    yield _opened("join-qr", browser, f"/join/{code}/qr")
    asked = browser.signs_in(browser.opens(f"/join/{code}/go"), dave)
    yield _page("join-ask", browser, asked)
    token = re.search(r'name="token" value="([^"]+)"', asked.text)
    assert token
    yield _page("join-declined", browser, browser.posts("/join", data={"answer": "no", "token": token[1]}))
    asked = browser.signs_in(browser.opens(f"/join/{code}/go"), dave)
    token = re.search(r'name="token" value="([^"]+)"', asked.text)
    assert token
    yield _page("joined", browser, browser.posts("/join", data={"answer": "join", "token": token[1]}))
    yield _page("join-unknown", browser, browser.signs_in(browser.opens("/join/unknown/go"), dave), 410)
    yield _opened("join-nothing-open", Browser(world), "/join", 410)


def _admin(world: World, alice: Person) -> Iterator[Page]:
    alice.says("/admin announce Hello.")
    alice.presses("Do it")
    world.fault("POST", "/messages$", by=world.bot, times=1, status=403)
    alice.says("/me")
    yield _opened("admin", alice.browser, "/admin")


def _notices(world: World, alice: Person) -> Iterator[Page]:
    guest = Browser(world)
    yield _opened("nothing-here", guest, "/nothing/here", 404)
    yield _page("not-allowed", guest, guest.posts("/account/do", headers={"Origin": "https://evil.example"}), 403)
    yield _opened("no-file", alice.browser, "/files/x", 404)


def _leaving(frank: Person) -> Iterator[Page]:
    frank.connects()
    yield _page("deleted", frank.browser, frank.browser.posts("/account/delete"))


def _newcomer(world: World, name: str) -> Person:
    world.control("people", email=f"{name}@example.com", displayName=name.capitalize())
    newcomer = world.person(f"{name}@example.com")
    newcomer.says("hello")
    return newcomer
