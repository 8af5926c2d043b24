"""What holds for every page: sound HTML, nothing that somebody can't use, and no need of a mouse."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browsing import AXE, PHONE, fits, window
from tests.databases import Databases
from tests.every_page import ADMIN, Page, every_page
from tests.markup import problems
from tests.world import World

pytestmark = [pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def town(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with databases.fresh("sqlite") as url, World(url, tmp_path_factory.mktemp("town"), ADMINS=ADMIN) as made:
        yield made


@pytest.fixture(scope="module")
def pages(town: World) -> list[Page]:
    return every_page(town)


def test_every_page_is_valid_html(pages: list[Page]) -> None:
    found = {page.name: wrong for page in pages if (wrong := problems(page.html))}
    assert found == {}
    assert [page.name for page in pages if len(page.html.encode()) > 50_000] == []


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("<p><b>x</p>", "parse error"),
        ('<p id="a"></p><p id="a"></p>', "the id a is there 2 times"),
        ('<label for="b">x</label>', "for points at b, which is not there"),
        ('<a href="#nowhere">x</a>', "href points at nowhere, which is not there"),
        ("<input name='x'>", "a input without a name"),
        ('<a href="/"></a>', "a a without a name"),
        ('<a href="/">x<button>y</button></a>', "a button in a a"),
        ("<h3>x</h3>", "h3 behind h1"),
        ("<h1>x</h1>", "2 times h1"),
    ],
)
def test_what_is_wrong_with_a_page_is_found(body: str, wrong: str) -> None:
    page = '<!doctype html><html lang="en"><head><title>x</title></head><body><main><h1>x</h1>{}</main></body></html>'
    assert problems(page.format("")) == []
    (found,) = problems(page.format(body))
    assert wrong in found


def new_on_them(pages: list[Page]) -> list[Page]:
    """Those with kinds of elements that none before has: a tenth notice tells axe-core nothing new."""
    seen: set[tuple[str, str]] = set()
    found = []
    for page in sorted(pages, key=lambda page: len(page.html), reverse=True):
        kinds = set(re.findall(r'<(\w+)(?:[^>]*? class="([^"]*)")?', page.html))
        found += [page] if kinds - seen else []
        seen |= kinds
    return found


@pytest.mark.browser
def test_nothing_that_somebody_cannot_use(town: World, pages: list[Page], browser: Browser) -> None:
    """axe-core with every rule that it has, on a phone; contrasts in the dark, too. What is folded is opened."""
    found: dict[str, list[tuple[str, list[str]]]] = {}
    shown: list[str] = []
    with window(browser, PHONE) as context:
        context.add_init_script(AXE)
        tab = context.new_page()
        tab.route("**/shown", lambda route: route.fulfill(body=shown[-1], content_type="text/html; charset=utf-8"))
        for page in new_on_them(pages):
            shown.append(page.html)
            tab.goto(f"{town.app_url}/shown")
            tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            fits(tab)
            violations = tab.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
            tab.emulate_media(color_scheme="dark")
            violations += tab.evaluate("axe.run({runOnly: ['color-contrast']})")["violations"]
            tab.emulate_media(color_scheme="light")
            if violations:
                found[page.name] = [(one["id"], [node["html"][:150] for node in one["nodes"]]) for one in violations]
    assert found == {}
    assert len(shown) > 5
