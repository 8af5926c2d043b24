"""The account page: what is done there is what a command does, and shows in the chat as well."""

import re
import threading
from functools import partial
from html import unescape

import pytest
import requests
from sqlalchemy import text

from app.integration.own_events import FROM_PAGE, own_event
from app.models import inbox, line
from app.web.deeds import DEEDS
from tests import disk
from tests.people import Browser, Person
from tests.world import World, wait_until

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def page(world: World, alice: Person) -> Browser:
    """A browser in which Alice, who is connected, is signed in."""
    alice.connects()
    browser = Browser(world)
    browser.signs_in(browser.opens("/login"), alice)
    return browser


def does(page: Browser, deed: str, **fields: str) -> str:
    """Send one of the page's forms; the words above the page that follows."""
    answer = page.posts("/account/do", data={"deed": deed, "part": "todo", **fields})
    assert answer.status_code == 200, answer.text
    return said(answer)


def said(answer: requests.Response) -> str:
    found = re.search(r'role="status">(.*?)</div>', answer.text, re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split()) if found else ""


def shown(page: Browser, part: str) -> str:
    """The text of a part of the page."""
    found = re.search(rf'aria-labelledby="{part}">(.*?)</section>', page.opens("/account").text, re.S)
    assert found
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def test_what_is_done_on_the_page_shows_in_the_chat_and_the_other_way_round(world: World, page: Browser, alice: Person) -> None:
    heard = len(alice.hears())
    assert does(page, "todo add", text="buy milk", by="").startswith("Added 1 : buy milk")
    assert does(page, "todo add", text="clear", by="").startswith("Added 2 : clear")  # no order, but a text
    assert "due" in does(page, "todo add", text="call Dave", by="tomorrow 14:00")
    assert does(page, "todo done", number="1").startswith("Done:")
    assert does(page, "tom add", text="ship it").startswith("Added 1 : ship it")
    assert "in a group room with you" in does(page, "tom audience", audience="rooms")
    assert "I'll remind you" in does(page, "remind", time="tomorrow 9:00", text="<b>send</b> it")
    assert does(page, "track", email="bob@example.com", nickname="bob").startswith("Now tracking Bob Brown")
    assert "New team sales" in does(page, "team add", team="sales", addresses="bob@example.com carol@example.com")
    assert "Your auto-reply is on" in does(page, "autoreply", text="off", until="")
    assert "mention" in does(page, "mentions", state="all").lower()
    assert len(alice.hears()) == heard, "what was answered on the page is not said in the chat as well"

    (listed,) = alice.says("/todo")
    assert "clear" in listed and "call Dave" in listed and "buy milk" not in listed
    assert "bob@example.com" in alice.says("/trackers")[0]
    alice.says("/todo from the chat")
    assert "from the chat" in shown(page, "todo")
    assert "<b>send</b> it tomorrow at 09:00" in shown(page, "reminders")
    assert "off" in shown(page, "away") and "sales bob@example.com, carol@example.com" in shown(page, "teams")
    assert said(page.opens("/account")) == "", "an answer is shown once"

    bob = world.person("bob@example.com")
    bob.writes("lunch?", room="Project X")
    world.settle()
    assert "lunch?" in alice.hears()[-1]
    world.house.tools.tally.flush()
    assert re.search(r"[1-9]\d* events? in 14 days.* texts? in 14 days.*20\d\d-\d\d-\d\d [1-9]", shown(page, "ledger"))


@sqlite
def test_wrong_words_are_answered_and_forms_that_are_none_refused(world: World, page: Browser, alice: Person) -> None:
    assert does(page, "todo done", number="99").startswith("There is no open item 99")
    assert "left empty" in does(page, "remind", time="", text="")
    assert does(page, "remind", time="someday", text="x").startswith("I can't read that as a time.")
    assert "nobody" in does(page, "untrack", nickname="nobody")
    for blank in ("", " ", "\n"):  # D-21: never a list with nothing in it, and nobody is told nothing
        for deed in ("todo add", "tom add", "autoreply"):
            assert does(page, deed, text=blank, by="", until="") == "Something was left empty, so nothing was changed."
    assert does(page, "todo add", text="buy milk", by="friiday").startswith("I can't read that as a time.")
    assert does(page, "autoreply", text="back soon", until="next week sometime").startswith("I can't read that as a time.")
    assert does(page, "todo add", text="due 2", by="fri 9:00").startswith("Added 1 : due 2, due ")
    for line_of_it in ("one", "two", "three"):
        does(page, "tom add", text=line_of_it)
    stale = re.findall(r'name="deed" value="tom delete".*?name="number" value="([^"]+)"', page.opens("/account").text)[1]
    assert does(page, "tom delete", number=stale).startswith("Deleted")
    assert "has changed since" in does(page, "tom delete", number=stale), "a second click deletes no other line"
    for deed, fields in {"": {}, "nothing": {}, "todo add": {}, "delete": {"code": "DELETENOW"}}.items():
        assert page.posts("/account/do", data={"deed": deed, **fields}).status_code == 400, deed
    assert set(re.findall(r'name="deed" value="([^"]+)"', page.opens("/account").text)) <= set(DEEDS)
    forged = page.posts("/account/do", data={"deed": "pause"}, headers={"Origin": "https://evil.example"})
    assert forged.status_code == 403
    guest = Browser(world)
    for path in ("/account/do", "/account/delete", "/account/sign-out-everywhere"):
        assert guest.posts(path, data={"deed": "pause"}).status_code == 403, path
        assert page.opens(path).status_code in (200, 405)
    assert "paused" not in alice.says("/todo")[0]
    assert "paused" in does(page, "pause").lower()
    assert "paused" in does(page, "todo add", text="x", by="").lower()
    assert "Resume" in shown(page, "switches")
    assert does(page, "resume")
    assert alice.says("/todo x")[0].startswith("Added")


@sqlite
def test_members_digests_and_quiet_hours_on_the_page(world: World, page: Browser, alice: Person, bob: Person) -> None:
    does(page, "team add", team="sales", addresses="bob@example.com carol@example.com")
    assert "<option>carol@example.com</option>" in page.opens("/account").text
    assert "carol@example.com" in does(page, "team remove", team="sales", addresses="carol@example.com")
    assert "sales bob@example.com Delete" in shown(page, "teams")
    assert "carol" not in alice.says("/manageteam list sales")[0]

    does(page, "track", email="bob@example.com", nickname="bob")
    assert "Everybody as a digest" not in shown(page, "tracking")
    assert "each day at 17:00" in does(page, "track digest", time="5 pm", nickname="bob")
    assert "digest at 17:00" in shown(page, "tracking") and "digest at 17:00" in alice.says("/trackers")[0]
    does(page, "track", email="carol@example.com", nickname="carol")
    assert "everybody you track is tracked by digest" in does(page, "track digest all", time="18:30")
    assert shown(page, "tracking").count("digest at 18:30") == 2
    assert "live" in does(page, "track mode", mode="live", nickname="bob")

    does(page, "mentions", state="on")
    assert "Quiet hours are set" in does(page, "quiet", hours="0:00-23:59")
    bob.writes("@Alice?", room="Project X", markdown=f"<@personId:{alice.id}|Alice> lunch?")
    world.settle()
    assert "lunch?" not in alice.hears()[-1]
    assert "I held 1 alert back: it stands in our chat now." in does(page, "quiet off")
    world.settle()
    assert "lunch?" in alice.hears()[-1]


@sqlite
def test_a_new_join_link_is_shown_once_with_its_qr_code(world: World, page: Browser, alice: Person) -> None:
    """S-12: no copy of a link is kept, so it is a new one on the same terms."""
    (made,) = alice.says("/makepublic uses 2 for partner.example", room="Project X")
    (first,) = re.findall(r"/join/([\w-]+)/qr", made)
    answer = page.posts("/account/do", data={"deed": "joinlink new", "part": "joinlinks", "number": "1"})
    assert answer.url == f"{world.app_url}/account?part=joinlinks#joinlinks"
    (part,) = re.findall(r'<h2 id="joinlinks">.*?</section>', answer.text, re.S)
    assert "for 2 more people, for addresses of partner.example" in said(answer) and 'role="status"' in part
    (code,) = set(re.findall(r"join ([\w-]{22})<", part))
    alone = Browser(world).opens(f"/join/{code}/qr")
    (drawn,) = re.findall(r"<svg.*?</svg>", alone.text)
    assert drawn in part and code != first
    other = Browser(world).opens(f"/join/{first}/qr")
    assert other.status_code == 200, "whether a link works is not told"
    assert drawn not in other.text and "Project X" not in alone.text
    assert Browser(world).opens(f"/join/{'a' * 65}/qr").status_code == 404
    assert '<svg class="qr' not in page.opens("/account").text and code not in page.opens("/account").text
    assert "You have no link 1 that works" in does(page, "joinlink new", number="1")
    world.house.database.forget_log()  # as the clock does
    assert disk.where(world, code) == []


def test_two_presses_at_once_and_a_line_that_is_at_work(world: World, page: Browser, alice: Person) -> None:
    threads = [threading.Thread(target=does, args=(page, "todo add"), kwargs={"text": f"n{n}", "by": ""}) for n in range(4)]
    for thread in threads:
        thread.start()
    alice.writes("/todo from the chat")
    for thread in threads:
        thread.join()
    world.settle()
    (listed,) = alice.says("/todo")
    assert sorted(map(int, re.findall(r"\*\*(\d)\*\* ", listed))) == [1, 2, 3, 4, 5]

    body = own_event(FROM_PAGE, "1").to_json()
    stored = {"key": "page|1", "line_name": alice.id, "receiver": alice.id, "body": body, "slot": world.house.inbox.slot}
    assert world.house.database.write(partial(inbox.begin, **stored))
    assert "under way just now" in does(page, "todo add", text="too busy", by="")
    with world.house.database.transaction() as db:  # whoever had it in hand died
        db.execute(text("UPDATE inbox SET lease = 1 WHERE state = 1"))
    world.queue.sweep()
    world.settle()
    with world.house.database.reading() as db:
        assert not db.scalar(text(f"SELECT count(*) FROM inbox WHERE state <> {line.DONE}"))
    assert does(page, "todo add", text="again", by="").startswith("Added 6 : again")


@sqlite
def test_signing_out_everywhere_and_deleting_with_proof(world: World, page: Browser, alice: Person) -> None:
    other = Browser(world)
    other.signs_in(other.opens("/login"), alice)
    assert other.posts("/account/sign-out-everywhere").ok
    for browser in (page, other):
        assert browser.opens("/account", allow_redirects=False).status_code == 302
    page.signs_in(page.opens("/login"), alice)
    does(page, "todo add", text="buy milk", by="")
    asked = page.opens("/account/delete").text
    assert "Todo items" in asked and "for good" in asked
    assert "buy milk" in alice.says("/todo")[0], "asking removes nothing"
    gone = page.posts("/account/delete")
    assert "Everything is removed." in gone.text and "1 todo item" in gone.text
    assert page.opens("/account", allow_redirects=False).status_code == 302
    wait_until(lambda: not [hook for hook in world.simulator.cloud.webhooks.values() if hook.created_by == alice.id])
    with world.house.database.reading() as db:
        assert not db.scalar(text("SELECT count(*) FROM todo"))
