"""Pages for people and for machines: what they send along, what they show, and who may press their buttons."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
import requests
from flask.sessions import SecureCookieSessionInterface

from app import create_app
from app.models.session import LIFE, BrowserSession
from config import load
from tests import disk
from tests.databases import Databases
from tests.people import Browser, Person
from tests.world import Clock, World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
PATHS = (
    "/", "/account", "/account/connected", "/authorize/unknown", "/oauth/callback", "/login", "/nothing/here",
    "/static/style.css", "/static/logo.svg", "/static/nothing.js", "/healthz", "/readyz", "/metrics", "/bot",
    "/hooks/unknown", "/account/sign-out", "/admin",
)  # fmt: skip


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One world for all tests here that only look, or sign in and out: Alice is connected and signed in."""
    with databases.fresh("sqlite") as url, World(url, tmp_path_factory.mktemp("town")) as made:
        made.person("alice@example.com").connects()
        yield made


@pytest.fixture
def guest(town: World) -> Browser:
    return Browser(town)


@pytest.fixture
def visitor(town: World) -> Browser:
    """A browser in which Alice is signed in."""
    browser = Browser(town)
    browser.signs_in(browser.opens("/login"), town.person("alice@example.com"))
    return browser


def is_signed_in(browser: Browser) -> bool:
    return browser.opens("/account", allow_redirects=False).status_code == 200


class Links(HTMLParser):
    """Every address a page names, and every place where it would run or style something itself."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in ("href", "src", "action", "formaction", "srcset", "poster", "data"):
                self.addresses.append(value or "")
            if name.startswith("on") or name == "style" or "javascript:" in (value or "").lower():
                self.inline.append(f"{tag} {name}")
        if tag in ("script", "style", "iframe", "object", "embed", "base"):
            self.inline.append(tag)


# What is sent along


def test_every_answer_carries_the_rules(visitor: Browser, guest: Browser) -> None:
    for browser in (visitor, guest):
        for path in PATHS:
            answer = browser.opens(path, allow_redirects=False)
            assert answer.status_code < 500, path
            rules = answer.headers["Content-Security-Policy"].split("; ")
            assert {"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(rules), path
            assert "unsafe" not in answer.headers["Content-Security-Policy"], path
            assert answer.headers["X-Content-Type-Options"] == "nosniff", path
            assert answer.headers["Referrer-Policy"] == "same-origin", path
            assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin", path
            assert answer.headers["X-Robots-Tag"] == "noindex", path
            if not path.startswith("/static/"):
                assert answer.headers["Cache-Control"] == "no-store", path
            assert "Strict-Transport-Security" not in answer.headers, path  # the site is plain http here


def test_pages_name_nobody_else_and_run_nothing(visitor: Browser, town: World) -> None:
    """No third party, no script, no inline style; and no id of a person in any address."""
    alice = town.person("alice@example.com")
    alice.says("/init")
    pages = [visitor.opens(path) for path in PATHS if path not in ("/login", "/metrics")]
    for page in (*pages, visitor.opens(alice.link())):
        assert alice.id not in page.url and "alice" not in page.url
        if not page.headers["Content-Type"].startswith("text/html") or not page.text:
            continue
        links = Links(page.text)
        assert links.inline == [], page.url
        for address in links.addresses:
            assert re.match(r"/(?!/)|#|webexteams://im\?email=", address), (page.url, address)
            assert alice.id not in address and alice.email not in address, page.url
    style = visitor.opens("/static/style.css").text
    assert not re.search(r"@import|https?:|url\(\s*[\"']?(?!data:)//", style)


@sqlite
def test_a_name_is_text_and_nothing_else(world: World) -> None:
    name = "<script>alert(1)</script><img src=x onerror=alert(2)> {{7*7}} **bold**"
    world.control("people", email="eve@example.com", displayName=name)
    eve = world.person("eve@example.com")
    for page in (eve.connects(looks=True), eve.browser.opens("/account")):
        assert page.ok
        assert "&lt;script&gt;alert(1)" in page.text and "{{7*7}}" in page.text
        assert Links(page.text).inline == []
        assert "<script" not in page.text and "<img src=x" not in page.text
    welcome = eve.bot_messages()[-1]
    assert "connected" in welcome["text"]
    assert "<script" not in welcome["html"] and "<img" not in welcome["html"] and "<strong>bold" not in welcome["html"]


# Cookies and sessions


def cookie_of(browser: Browser) -> str:
    return str(browser.session.cookies["session"])


def test_the_cookie_on_plain_http(guest: Browser) -> None:
    flags = guest.opens("/login", allow_redirects=False).headers["Set-Cookie"]
    assert flags.startswith("session=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags.split("; ")[1:])
    assert "Domain" not in flags and "Secure" not in flags


def test_the_cookie_on_https(town: World) -> None:
    environment = {**town.environment(), "PUBLIC_URL": "https://bot.example.com"}
    app = create_app(load(environment))
    try:
        answer = app.test_client().get("/login", base_url="https://bot.example.com")
        flags = answer.headers["Set-Cookie"]
        assert flags.startswith("__Host-session=")
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags.split("; ")[1:])
        assert "Domain" not in flags
        assert "https://bot.example.com/oauth/callback".replace(":", "%3A").replace("/", "%2F") in answer.headers["Location"]
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    finally:
        app.extensions["queue"].stop()
        app.extensions["house"].close()


def test_pages_that_start_nothing_set_no_cookie(guest: Browser) -> None:
    for path in PATHS:
        if path != "/login":
            assert "Set-Cookie" not in guest.opens(path, allow_redirects=False).headers, path


def test_the_cookie_says_nothing_about_the_person(town: World, visitor: Browser) -> None:
    serializer = SecureCookieSessionInterface().get_signing_serializer(town.app)
    assert serializer is not None
    content = serializer.loads(cookie_of(visitor))
    assert set(content) == {"sid"} and len(content["sid"]) >= 40
    assert disk.where(town, content["sid"]) == []  # only its hash is kept


def test_an_account_page_is_for_those_who_are_signed_in(guest: Browser, visitor: Browser) -> None:
    for path, goes_to in (("/account", "/login"), ("/account/connected", "/")):
        answer = guest.opens(path, allow_redirects=False)
        assert (answer.status_code, answer.headers["Location"]) == (302, goes_to)
        assert visitor.opens(path, allow_redirects=False).status_code == 200
    forged = Browser(guest.world)
    for value in ("", "x", "eyJzaWQiOiJ4In0.aaaa.bbbb", cookie_of(visitor)[:-2] + "xx", "é"):
        answer = forged.opens("/account", headers={"Cookie": f"session={value}".encode()}, allow_redirects=False)
        assert answer.status_code == 302


def test_signing_out_ends_the_session_on_this_side_too(visitor: Browser, guest: Browser) -> None:
    stolen = cookie_of(visitor)
    page = visitor.posts("/account/sign-out")
    assert page.ok and urlsplit(page.url).path == "/"
    assert not is_signed_in(visitor)
    guest.session.cookies.set("session", stolen)
    assert not is_signed_in(guest)
    assert visitor.posts("/account/sign-out").ok  # twice does no harm


def test_signing_in_again_gives_a_new_session(town: World, visitor: Browser, guest: Browser) -> None:
    """What an attacker may have planted, or copied, is worth nothing afterwards."""
    before = cookie_of(visitor)
    visitor.signs_in(visitor.opens("/login"), town.person("alice@example.com"))
    assert is_signed_in(visitor)
    guest.session.cookies.set("session", before)
    assert not is_signed_in(guest)


@sqlite
def test_sessions_end_with_the_day_and_with_the_account(clock: Clock, world: World, alice: Person) -> None:
    alice.connects()
    clock.advance(LIFE - 60)
    assert is_signed_in(alice.browser)
    clock.advance(61)
    assert not is_signed_in(alice.browser)
    world.queue.purge()
    with world.house.database.reading() as db:
        assert db.query(BrowserSession).count() == 0

    alice.browser.signs_in(alice.browser.opens("/login"), alice)
    assert is_signed_in(alice.browser)
    alice.says("/delete DELETENOW")
    assert not is_signed_in(alice.browser)
    with world.house.database.reading() as db:
        assert db.query(BrowserSession).count() == 0


# Whose buttons

OURS = "OUR ORIGIN"
FORGERIES: tuple[tuple[dict[str, str], bool], ...] = (
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Origin": OURS}, True),
    ({"Sec-Fetch-Site": "cross-site", "Origin": OURS}, False),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Origin": "https://evil.example"}, False),
    ({"Origin": "null"}, False),
    ({}, False),
    ({"Origin": f"{OURS}.evil.example"}, False),
    ({"Origin": OURS, "Sec-Fetch-Site": ""}, False),
    ({"Referer": f"{OURS}/account"}, False),
)


@pytest.mark.parametrize(("headers", "is_ours"), FORGERIES)
def test_forms_of_other_sites_are_refused(town: World, visitor: Browser, headers: dict[str, str], is_ours: bool) -> None:
    sent = {name: value.replace(OURS, town.app_url) for name, value in headers.items()}
    answer = visitor.session.post(f"{town.app_url}/account/sign-out", headers=sent, timeout=10)
    assert answer.status_code == (200 if is_ours else 403)
    assert is_signed_in(visitor) is not is_ours
    if not is_ours:
        assert "Not allowed" in answer.text


def test_nothing_changes_by_looking(visitor: Browser) -> None:
    for method in ("GET", "HEAD", "OPTIONS"):
        visitor.session.request(method, f"{visitor.world.app_url}/account/sign-out", timeout=10)
    assert is_signed_in(visitor)


def test_odd_requests_get_a_page(guest: Browser) -> None:
    url, ours = guest.world.app_url, {"Origin": guest.world.app_url}
    for method, path, status in (
        ("POST", "/", 405), ("DELETE", "/account", 405), ("GET", "/account/sign-out", 405), ("GET", "/../../etc/passwd", 404),
        ("GET", "/static/../../config.py", 404), ("GET", "/static/%2e%2e/%2e%2e/config.py", 404), ("GET", "/%00", 404),
        ("GET", "/" + "a" * 8_000, 404), ("POST", "/account/nothing", 404),
    ):  # fmt: skip
        request = requests.Request(method, url, headers=ours).prepare()
        request.url = url + path  # as it stands, with its dots
        answer = guest.session.send(request, timeout=10)
        assert answer.status_code == status, path
        assert "Start page" in answer.text, path
        assert ("Allow" in answer.headers) is (status == 405), path


# Machines


def test_machines_learn_nothing_about_people(town: World) -> None:
    alice = town.person("alice@example.com")
    path, secret = town.hook_of(alice)
    requests.post(f"{town.app_url}/hooks/secret-in-a-path", timeout=10)
    requests.get(f"{town.app_url}/authorize/secret-in-a-path", timeout=10)
    town.deliver(path, "wrong secret", b"{}")
    town.deliver(path, secret, b"{}")
    room = alice.room("Project X")
    for machine in ("/healthz", "/readyz", "/metrics"):
        answer = requests.get(f"{town.app_url}{machine}", timeout=10)
        assert answer.status_code == 200, machine
        for private in (alice.id, alice.email, alice.name, town.bot.id, room, path.rsplit("/", 1)[1], secret, "secret-in-a-path"):
            assert private not in answer.text, (machine, private)
        assert "Set-Cookie" not in answer.headers
    metrics = requests.get(f"{town.app_url}/metrics", timeout=10).text
    assert re.search(r'^armyknife_deliveries_total\{ear="integration",status="401"\} [1-9]', metrics, re.M)
    assert "# HELP armyknife_waiting" in metrics
    assert requests.get(f"{town.app_url}/readyz", timeout=10).json()["status"] == "ok"
