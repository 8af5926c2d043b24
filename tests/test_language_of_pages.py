"""Pages in the language of the browser: the whole way to an account, to a room, and into what does not work."""

import html
import re
from functools import cache

import pytest
import requests
from babel.messages.pofile import read_po

from app.language import FOLDER
from tests.people import Person
from tests.world import Clock, World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WAY = {
    "de": ["Dein persönlicher Assistent in Webex", "Verbinde dein Webex mit Army Knife", "Du hast Nein gesagt"],
    "en": ["Your personal assistant in Webex", "Connect your Webex to Army Knife", "You said no"],
}
PROBLEMS = {
    "de": ["Hier ist nichts", "Dieser Link gilt nicht mehr", "Die Anmeldung hat nicht geklappt", "Du bist noch nicht verbunden"],
    "en": ["Nothing here", "This link has expired", "The sign-in did not work", "You are not connected yet"],
}
JOINING = [
    "Jemand hat dich in einen Webex-Raum eingeladen", "Dem Raum „Project X“ beitreten?", "Du bist in Project X",
    "Scannen und einem Webex-Raum beitreten", "Du konntest nicht beitreten", "Bitte öffne deinen Link noch einmal",
]  # fmt: skip
ON_PAGES = ("templates/", "app/web/", "app/integration/routes.py")
LONG_ENOUGH = 10  # characters, for a piece of a text to belong to one language alone


def test_the_way_to_an_account_is_in_the_language_of_the_browser(world: World, alice: Person, carol: Person) -> None:
    for person, language in ((alice, "de"), (carol, "en")):
        browser = person.browser
        if language == "de":  # Carol's browser names none
            browser.session.headers["Accept-Language"] = "de-DE,de;q=0.9,en;q=0.5"
        person.says("hello")
        link = person.link()
        way = [browser.opens("/"), browser.opens(link), browser.authorizes(link, person, "deny")]
        assert [_heading(page) for page in way] == WAY[language]
        problems = [browser.opens(path) for path in ("/nothing/here", "/authorize/unknown", "/oauth/callback")]
        problems.append(browser.signs_in(browser.opens("/login"), person))
        assert [_heading(page) for page in problems] == PROBLEMS[language]
        there = [person.connects(looks=True), *map(browser.opens, ("/", "/account", "/files/x", "/account/sign-out"))]
        for page in (*way, *problems, *there):
            assert f'<html lang="{language}">' in page.text, page.url
            assert _of_another_than(language, page) == [], page.url


def test_the_way_into_a_room_is_in_the_language_of_the_browser(world: World, alice: Person, dave: Person) -> None:
    alice.connects()
    (code,) = re.findall(r"/join/([\w-]+)", alice.says("/makepublic", room="Project X")[-1])[:1]
    browser = dave.browser
    browser.session.headers["Accept-Language"] = "de"
    asked = browser.signs_in(browser.opens(f"/join/{code}/go"), dave)
    (token,) = re.findall(r'name="token" value="([^"]+)"', asked.text)
    pages = [browser.opens(f"/join/{code}"), asked, browser.posts("/join", data={"answer": "join", "token": token})]
    pages += [browser.opens(f"/join/{code}/qr"), browser.signs_in(browser.opens("/join/unknown/go"), dave)]
    pages.append(browser.posts("/join", data={"answer": "join", "token": "x"}))
    assert [_heading(page) for page in pages] == JOINING
    assert [_of_another_than("de", page) for page in pages] == [[]] * len(pages)


def test_the_chats_on_the_home_page_are_what_the_bot_answers(clock: Clock, world: World, alice: Person, bob: Person) -> None:
    for person, language in ((world.person("carol@example.com"), "en"), (alice, "de")):
        person.browser.session.headers["Accept-Language"] = language
        person.connects()
        page = html.unescape(person.browser.opens("/").text)
        ((title, question),) = re.findall(r"<strong>(Proje.t X)</strong>: (.*?)</p>", page)
        (item,) = re.findall(r"<ol>\s*<li>(.*?)</li>", page)
        person.says(f"/todo {item}")
        heard = [person.says(command)[-1] for command in re.findall(r"<code>(/(?:todo|track|remind) .*?)</code>", page)]
        bob.api("PUT", f"/rooms/{bob.room('Project X')}", json={"title": title})
        bob.writes(question, title)
        world.settle()
        heard.append(person.hears()[-1])
        clock.advance(2 * 86_400)
        world.queue.ring()
        world.settle()
        heard.append(person.hears()[-1])
        assert len(heard) == 5
        for message in heard:  # what follows, such as the whole list and buttons as commands, is left out on the page
            assert _words(re.split(r"\n\n(?!>)", message)[0]) in _words(page)


def _heading(page: requests.Response) -> str:
    (found,) = re.findall(r"<h1[^>]*>(.*?)</h1>", page.text, re.S)
    return html.unescape(found)


def _of_another_than(language: str, page: requests.Response) -> list[str]:
    """Pieces of the pages' texts that stand on this page in the other language."""
    other, shown = _pieces("en" if language == "de" else "de") - _pieces(language), _words(html.unescape(page.text))
    return sorted(piece for piece in other if piece in shown)


@cache
def _pieces(language: str) -> frozenset[str]:
    """What stands between the values and the marks of the pages' texts."""
    texts: list[str] = []
    for file in (FOLDER / "de").glob("*.po"):
        with file.open("rb") as opened:
            for message in read_po(opened, locale="de"):
                if any(path.startswith(ON_PAGES) for path, _line in message.locations):
                    said = message.id if language == "en" else message.string
                    texts += [said] if isinstance(said, str) else said
    pieces = {_words(piece) for text in texts for piece in re.split(r"%\(\w+\)s|\{\w+\}|<[^>]*>", text)}
    return frozenset(piece for piece in pieces if len(piece) >= LONG_ENOUGH)


def _words(text: str) -> str:
    """What is read of a page, or of a message, in one line."""
    for mark, instead in ((r"<[^>]*>|\*\*|^> ", ""), (r"\[(.*?)\]\(.*?\)", r"\1"), ("’", "'"), (r"\s+", " ")):
        text = re.sub(mark, instead, text, flags=re.M)
    return text.strip()
