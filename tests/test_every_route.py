"""What holds for every address that the site has, those that somebody adds tomorrow included: they are taken from its own map."""

from collections.abc import Iterator

import pytest
import requests
from sqlalchemy import select
from werkzeug.routing import Rule

from app.models import Base
from app.web import MACHINES
from tests.databases import Databases
from tests.people import Browser
from tests.world import World

# What may stand in an address besides its own words: random codes, sealed values, and names of our own files.
IN_ADDRESSES = {"link", "code", "opaque", "filename"}


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with databases.fresh("sqlite") as url, World(url, tmp_path_factory.mktemp("town"), ADMINS="alice@example.com") as made:
        made.person("alice@example.com").connects()
        made.person("alice@example.com").says("/todo buy milk")
        yield made


@pytest.fixture(scope="module")
def visitor(town: World) -> Browser:
    """A browser in which Alice, the admin, is signed in."""
    browser = Browser(town)
    browser.signs_in(browser.opens("/login"), town.person("alice@example.com"))
    town.settle()
    return browser


def rules(town: World, method: str) -> list[Rule]:
    return [rule for rule in town.app.url_map.iter_rules() if method in (rule.methods or ())]


def path_of(rule: Rule) -> str:
    """An address by this rule, with a word that is none of ours in each gap."""
    path = rule.rule
    for name in rule.arguments:
        path = path.replace(f"<path:{name}>", "unknown").replace(f"<{name}>", "unknown")
    return path


def everything(town: World) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table."""
    town.house.tools.tally.flush()
    with town.house.database.reading() as db:
        return {name: sorted(map(tuple, db.execute(select(table))), key=repr) for name, table in Base.metadata.tables.items()}


def test_no_address_has_room_for_a_person(town: World) -> None:
    """S-05: an account is whoever is signed in, and nobody is asked for by an id or an e-mail address."""
    assert {name for rule in town.app.url_map.iter_rules() for name in rule.arguments} <= IN_ADDRESSES


def test_every_answer_has_the_rules(town: World, visitor: Browser) -> None:
    for rule in rules(town, "GET"):
        answer = visitor.opens(path_of(rule), allow_redirects=False)
        assert answer.status_code < 500, rule
        assert {"default-src 'none'", "frame-ancestors 'none'"} <= set(answer.headers["Content-Security-Policy"].split("; ")), (
            rule
        )
        assert answer.headers["Referrer-Policy"] == "same-origin", rule


def test_looking_changes_nothing(town: World, visitor: Browser) -> None:
    """S-04, S-17: neither a guest's nor an admin's GET, HEAD or OPTIONS; but that an admin looked is noted, and wrong
    codes of links are counted, which is what they are for."""
    before = everything(town)
    for browser in (visitor, Browser(town)):
        for method in ("GET", "HEAD", "OPTIONS"):
            for rule in town.app.url_map.iter_rules():
                url = f"{town.app_url}{path_of(rule)}"
                browser.session.request(method, url, timeout=20, allow_redirects=False)
    after = everything(town)
    noted = [row for row in after.pop("audit") if row not in before["audit"]]
    assert {row[3] for row in noted} == {"page /admin"}
    untold = ("audit", "tries")
    assert [name for name in before if name not in untold and before[name] != after[name]] == []
    assert visitor.opens("/account", allow_redirects=False).status_code == 200, "and she is still signed in"


def test_no_other_site_sends_our_forms(town: World, visitor: Browser) -> None:
    """Each form there is, with the cookie of who is signed in."""
    before = everything(town)
    forms = [rule for rule in rules(town, "POST") if not path_of(rule).startswith(MACHINES)]
    assert len(forms) > 5
    for rule in forms:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {}):
            url = f"{town.app_url}{path_of(rule)}"
            answer = visitor.session.post(url, headers=headers, data={"deed": "pause", "answer": "join"}, timeout=20)
            assert answer.status_code == 403, (rule, headers)
    assert everything(town) == before


def test_nobody_is_told_who_has_an_account(town: World) -> None:
    """Whatever a guest asks for, who is connected and who is not are answered alike."""
    alice, bob = (town.person(f"{name}@example.com") for name in ("alice", "bob"))
    alice.says("/init")
    used = alice.link().removeprefix(town.app_url)
    alice.browser.authorizes(alice.link(), alice)
    assert _told(town, used) == _told(town, "/authorize/never-was")
    for path in ("/", "/login", "/account", "/admin", "/files/x", "/join/x", "/authorize/x", "/nothing"):
        assert _told(town, f"{path}?email={alice.email}&id={alice.id}") == _told(town, f"{path}?email={bob.email}&id={bob.id}"), (
            path
        )


def _told(town: World, path: str) -> tuple[int, str]:
    """What a guest is answered, but for what is random in it."""
    answer: requests.Response = Browser(town).opens(path, allow_redirects=False)
    return answer.status_code, answer.text if answer.status_code != 302 else answer.headers["Location"].partition("?")[0]
