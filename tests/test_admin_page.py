"""The page for admins: what it tells them, in a moment; and that to others it does not exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
import requests
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, expect

from app.models import failure, now, subscription
from app.models.audit import Usage
from app.models.ledger import LedgerDay, LedgerTotal, day_of
from tests.browsing import DESKTOP, PHONE, fits, picture, window
from tests.people import Browser, Person
from tests.world import Clock, World, wait_until

SIZES = {"desktop": DESKTOP, "phone": PHONE}
SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def world(database_url: str, tmp_path: Path) -> Iterator[World]:
    """A world in which Alice is an admin, by her address."""
    with World(database_url, tmp_path, ADMINS="alice@example.com") as made:
        yield made


def words(page: str) -> str:
    """A page as somebody reads it, in one line."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def drawn(page: str, name: str) -> ElementTree.Element:
    """A chart of the page."""
    found = re.search(rf'<svg class="chart" role="img" aria-labelledby="{name}-title.*?</svg>', page, re.S)
    assert found
    return ElementTree.fromstring(found[0])


def past(world: World, person: Person) -> None:
    """What was heard for somebody, and typed by nobody in particular, on days before today."""
    with world.house.database.transaction() as db:
        for back, heard, dropped in ((1, 1_234, 1_000), (2, 40, 0), (13, 7, 7), (14, 99, 99)):
            day = day_of(now() - back * 86_400.0)
            db.add(LedgerDay(person_id=person.id, day=day, what="heard", count=heard))
            db.add(LedgerTotal(day=day, what="heard", count=heard))
            db.add(LedgerTotal(day=day, what="dropped", count=dropped))
            db.add(Usage(day=day, command="/todo", count=back))
        for number in range(10):
            db.add(Usage(day=day_of(now() - 86_400.0), command=f"/some{number}", count=1))


def test_an_admin_sees_how_it_goes_and_nobody_else_sees_that_there_is_a_page(
    world: World, alice: Person, bob: Person, carol: Person, clock: Clock
) -> None:
    world.fault("GET", "/people$", by=world.bot, times=9, status=503)
    for person in (alice, bob, carol):
        person.connects()
    whose_page_it_is(world, alice, bob)
    requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
    bob.says("/todo buy a secret present")
    bob.says("/pause")
    past(world, bob)
    world.house.tools.tally.flush()
    with world.house.database.transaction() as db:
        subscription.replace(db, carol.id, {})
    page = alice.browser.opens("/admin").text
    seen = words(page)
    assert re.search(r"People \(3\) .* a…@example\.com since [-\d]+, last event [-\w ]+ active ", seen)
    assert re.search(r"b…@example\.com since 20\d\d-\d\d-\d\d, last event [-\w ]+ paused a…", seen)
    assert seen.count(" listening ") == 4
    assert "1 person without webhooks c…@example.com" in seen
    assert "active 2 paused 1 reauthorize 0" in seen
    for private in (bob.id, bob.email, carol.email, "secret present", bob.name, alice.id):
        assert private not in page
    charts_tell(page)
    people_are_found(alice, bob)
    failures_are_told(world, alice, bob, clock)

    alice.says("/admin announce We move on a secret day.")
    alice.presses("Do it")
    alice.says("/admin announce Never mind.")
    clock.advance(601)
    page = alice.browser.opens("/admin").text
    seen = words(page)
    assert re.search(r"3 done, 0 skipped, 0 failed [-\d]+ [:\d]+, by Alice Adams, plan \w{4} finished", seen)
    assert re.search(r"0 done, 0 skipped, 0 failed, 3 open [-\d]+ [:\d]+, by Alice Adams, plan \w{4} was not confirmed", seen)
    assert "secret day" not in page
    assert re.search(r"Alice Adams page /admin [-\d]+ [:\d]+ Alice Adams /admin announce plan \w{4}", seen)
    assert "Alice Adams page /admin (3 times)" in seen, "the visits before, as one line"
    assert bob.name not in page, "who was refused is no admin"
    alice.says("/language de")
    seen = words(alice.browser.opens("/admin").text)
    assert re.search(r"3 erledigt, 0 übersprungen, 0 fehlgeschlagen [.\d]+, [:\d]+, von Alice Adams, Vorhaben \w{4} fertig", seen)
    assert re.search(r"Alice Adams Seite /admin \(\d Mal\).* Alice Adams /admin announce Vorhaben \w{4}", seen)
    alice.says("/delete DELETENOW")
    assert alice.browser.opens("/admin", allow_redirects=False).status_code == 302


def whose_page_it_is(world: World, alice: Person, bob: Person) -> None:
    """That of whom Webex says it is, now, though it does not find her for the bot."""
    assert alice.browser.opens("/admin").status_code == 200, "she signed in, by which Webex said whose her address is"
    assert 'href="/admin"' in alice.browser.opens("/account").text
    unknown = bob.browser.opens("/nothing")
    for path in ("/admin", "/admin?to=bob@example.com"):
        refused = bob.browser.opens(path)
        assert (refused.status_code, refused.text) == (404, unknown.text)
        assert set(refused.headers) == {*unknown.headers, "Vary"}, "it depends on who asks, and says nothing else"
    assert "/admin" not in bob.browser.opens("/account").text
    guest = Browser(world)
    to_login = guest.opens("/admin", allow_redirects=False)
    assert (to_login.status_code, to_login.headers["Location"]) == (302, "/login?to=admin")
    back = guest.signs_in(guest.opens("/admin"), alice)
    assert (back.status_code, back.url) == (200, f"{world.app_url}/admin")


def charts_tell(page: str) -> None:
    """By bars, by words, and by a table."""
    chart, seen, yesterday = drawn(page, "events-chart"), words(page), day_of(now() - 86_400.0)
    heights = [float(bar.get("height", 0)) for bar in chart.iter("rect") if bar.get("class") == "whole"]
    parts = [float(bar.get("height", 0)) for bar in chart.iter("rect") if bar.get("class") == "part"]
    assert (max(heights), min(heights)) == (96.0, 2.0)
    assert max(parts) == pytest.approx(96 * 1_000 / 1_234, abs=0.1)
    assert "1.2k" in [text.text for text in chart.iter("text")]
    assert f"most on {yesterday}: 1234." in seen
    assert f"{yesterday} 1234 1000" in seen
    assert day_of(now() - 14 * 86_400.0) not in seen
    assert drawn(page, "commands-chart").find("title") is not None
    assert f"{yesterday} 11 " in seen, "commands of all kinds"
    assert re.search(r"Most used in 30 days /todo 31 ", seen)


def people_are_found(alice: Person, bob: Person) -> None:
    """By address, which stands in no address of a page; and whoever may not see the page may not look for anybody."""
    for wanted, found in (("BOB@example.com", ["b"]), ("@example.com", ["c", "b", "a"]), ("nobody@example.com", []), ("%", [])):
        page = alice.browser.posts("/admin", data={"address": wanted})
        assert page.url.endswith("/admin")
        assert re.findall(r"<strong>(\w)…@example\.com", page.text) == found, wanted
    assert "Nobody is connected under that address." in page.text
    assert "page /admin b…@example.com" in words(alice.browser.opens("/admin").text).lower()
    assert bob.browser.posts("/admin", data={"address": "alice@example.com"}).status_code == 404


def failures_are_told(world: World, alice: Person, bob: Person, clock: Clock) -> None:
    """What waits, what was given up; and a Webex that says nothing."""
    world.fault("GET", "/messages/.+", by=world.bot, times=6, status=404)
    bob.writes("Where does this go?")
    wait_until(lambda: not world.is_idle())
    world.fault("GET", "/webhooks$", by=world.bot, slow=2)
    seen = words(alice.browser.opens("/admin").text)
    assert "Not known: Webex did not answer within a second." in seen
    assert "Deliveries waiting 1 Answers waiting 0" in seen
    assert re.search(r"The oldest waits for \d+ seconds? ", seen)
    world.skip_pauses(clock)
    world.fault("POST", "/messages$", by=world.bot, status=403)
    bob.says("/me")
    with world.house.database.transaction() as db:
        failure.note(db, "0123abcd", ZeroDivisionError("a secret text"), "/todo")
    seen = words(alice.browser.opens("/admin").text)
    assert re.search(r"0123abcd /todo ZeroDivisionError, 20[-\d]+ [:\d]+", seen)
    assert "secret text" not in seen
    assert "1 × a delivery what it was about is gone (404); the last on" in seen
    assert "1 × a message Webex did not allow it (403); the last on" in seen
    assert "The oldest waits for –" in seen
    assert "Where does this go" not in seen


def looks_at(page: Page, name: str) -> None:
    """In light and in dark: nothing to scroll sideways. (What axe-core says of it: test_every_page.)"""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        fits(page)
        picture(page, f"{name}-{scheme}", whole=True)


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
@SQLITE
def test_the_page_as_a_person_sees_it(world: World, alice: Person, bob: Person, browser: Chromium) -> None:
    for person in (alice, bob):
        person.connects()
    bob.says("/pause")
    past(world, bob)
    world.control("people", email="long.name@a-very-long-subdomain.of.some.organisation.example", displayName="Long")
    world.person("long.name@a-very-long-subdomain.of.some.organisation.example").connects()
    alice.says("/admin announce Hello.")
    alice.presses("Do it")
    world.fault("POST", "/messages$", by=world.bot, times=1, status=403)
    bob.says("/me")
    for name, size in SIZES.items():
        with window(browser, size) as context:
            page = context.new_page()
            page.goto(f"{world.app_url}/admin")
            page.locator(f'[data-person="{alice.email}"]').check()
            page.get_by_role("button", name="Accept", exact=True).click()
            expect(page.locator("h1")).to_have_text("Administration")
            for summary in page.locator("summary").all():
                summary.click()
            looks_at(page, f"admin-{name}")
            page.goto(f"{world.app_url}/account")
            page.get_by_role("link", name="Administration").click()
            expect(page.locator("h1")).to_have_text("Administration")
