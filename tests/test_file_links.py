"""Links to files: streamed through the app, for the signed-in person alone."""

import re
from typing import Any

import pytest
import requests
from sqlalchemy import text

from app.web import files as pages
from app.webex.files import content_id
from tests.people import Person
from tests.test_listfiles import attach
from tests.world import World, wait_until

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def link_of(person: Person, sent: dict[str, Any]) -> str:
    """The path of a file's link, as /listfiles makes it."""
    world = person.world
    return world.house.tools.file_links.to(person.id, content_id(sent["files"][0])).removeprefix(world.app_url)


def test_a_file_goes_to_its_reader_and_to_nobody_else(world: World, alice: Person, bob: Person, dave: Person) -> None:
    """S-18, D-50, S-05: the link works, holds neither token nor ids, and is worth nothing to others."""
    alice.connects()
    bob.connects()
    sent = attach(bob, "../..\\p\u202elan\r\n.pdf.exe", b"up and away" * 20_000, kind="text/html")
    (answer,) = alice.says("/listfiles", room="Project X")
    (link,) = re.findall(r"\]\((http[^)]+)\)", answer)
    assert content_id(sent["files"][0]) not in link
    assert alice.id not in link

    got = alice.browser.opens(link)
    assert (got.status_code, got.content) == (200, b"up and away" * 20_000)
    assert got.headers["Content-Length"] == "220000"
    assert got.headers["Content-Type"] == "application/octet-stream"
    assert got.headers["Content-Disposition"].startswith('attachment; filename="_..p_lan_0D_0A.pdf.exe";')
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert got.headers["Cache-Control"] == "no-store"
    assert "sandbox" in got.headers["Content-Security-Policy"]
    access, _ = world.house.tools.people.tokens.access(alice.id)
    assert access not in str(got.headers) + got.url + str(alice.browser.session.cookies)
    assert alice.browser.session.head(link).status_code == 200

    assert bob.browser.opens(link).status_code == 404, "signed in as somebody else, though in the same room"
    for wrong in (link[:-3], f"{link}AA", f"{world.app_url}/files/x", f"{world.app_url}/files/{'A' * 3_000}"):
        assert alice.browser.opens(wrong).status_code == 404, wrong
    alice.api("DELETE", f"/memberships/{_membership(alice)}")
    gone = alice.browser.opens(link)
    assert (gone.status_code, "This file is gone" in gone.text) == (404, True)


def _membership(person: Person) -> str:
    members = person.api("GET", "/memberships", params={"roomId": person.room("Project X"), "personEmail": person.email})
    return str(members["items"][0]["id"])


def test_who_is_not_signed_in_signs_in_and_gets_it(world: World, alice: Person, bob: Person, dave: Person) -> None:
    alice.connects()
    link = link_of(alice, attach(bob, "plan.pdf", b"plan"))
    alice.browser.posts("/account/sign-out")
    page = alice.browser.opens(link)
    assert "/v1/authorize" in page.url
    assert alice.browser.signs_in(page, alice).content == b"plan"
    alice.browser.posts("/account/sign-out")
    assert alice.browser.signs_in(alice.browser.opens("/login"), alice).url.endswith("/account"), "once"
    elsewhere = alice.browser.signs_in(alice.browser.opens("/login?file=//evil.example/x"), alice)
    assert elsewhere.url == f"{world.app_url}/account"
    stranger = dave.browser.signs_in(dave.browser.opens(link), dave)
    assert (stranger.status_code, "not connected yet" in stranger.text) == (403, True)


@SQLITE
def test_what_webex_says_of_a_file_is_said_on_the_page(world: World, alice: Person, bob: Person) -> None:
    alice.connects()
    link = link_of(alice, attach(bob, "plan.pdf", b"plan"))
    for fault, status, words in (
        ({"status": 423}, 503, "looks for malware"), ({"status": 410}, 410, "is infected"), ({"status": 403}, 404, "is gone"),
        ({"status": 404}, 404, "is gone"), ({"retry_after": 0}, 502, "Webex did not"), ({"status": 503}, 502, "Webex did not"),
        ({"drop": True}, 502, "Webex did not"), ({"status": 428}, 409, "was not scanned"),
    ):  # fmt: skip
        world.fault("GET", "/contents/", by=alice, times=2 if status == 502 else 1, **fault)
        page = alice.browser.opens(link)
        assert (page.status_code, words in page.text) == (status, True), (fault, page.text)
        requests.delete(f"{world.simulator.url}/_sim/faults", timeout=20)
    world.control("switches", content_scan="unscannable")
    link = link_of(alice, attach(bob, "secret.zip", b"zip"))
    assert f"{link}?anyway=1" in alice.browser.opens(link).text
    assert alice.browser.opens(f"{link}?anyway=1").content == b"zip"
    with world.house.database.transaction() as db:
        db.execute(text("UPDATE token SET status = 'reauthorize'"))
    page = alice.browser.opens(link)
    assert (page.status_code, "no longer lets me act for you" in page.text) == (403, True)


@SQLITE
def test_a_large_file_is_never_held_whole_and_many_wait(world: World, alice: Person, bob: Person) -> None:
    """Other threads stay free for Webex's deliveries; what was broken off gives its place back."""
    alice.connects()
    size = 24_000_000
    link = link_of(alice, attach(bob, "film.mp4", b"x" * size))
    answers = [alice.browser.opens(link, stream=True) for _ in range(pages.AT_ONCE)]
    assert [answer.status_code for answer in answers] == [200] * pages.AT_ONCE
    refused = alice.browser.opens(link)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert world.deliver("/bot", "wrong", b"{}") == 401, "others are served meanwhile"
    for answer in answers:
        answer.close()
    wait_until(lambda: pages._downloads._value == pages.AT_ONCE)
    with alice.browser.opens(link, stream=True) as answer:
        assert sum(len(piece) for piece in answer.iter_content(65_536)) == size
    wait_until(lambda: pages._downloads._value == pages.AT_ONCE)
