"""The canary: marked words and marked secrets go through everything, and are looked for everywhere afterwards."""

import base64
import contextlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import requests

from app.models import token
from app.models.token import Token
from tests import disk
from tests.people import Person
from tests.world import World

PLACES = (
    "live", "stored", "kept", "outage", "mine", "direct", "mention", "nonsense", "command", "argument", "title", "wrong", "edit",
)  # fmt: skip
WORDS = {name: f"canary{name}{number}" for number, name in enumerate(PLACES, start=1_735)}


class Canary:
    """A world in which marked things happen, and what it left behind."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.alice, self.bob = world.person("alice@example.com"), world.person("bob@example.com")
        self.secrets: dict[str, str] = {
            "client secret": "demo-client-secret", "bot token": "demo-bot-token", "bot's webhook secret": world.bot_secret,
            **{name: world.environment()[name] for name in ("SECRET_KEY", "TOKEN_KEYS", "HOOK_KEY")},
            "sealing key": world.environment()["TOKEN_KEYS"].partition(":")[2],
        }  # fmt: skip

    def authorize(self, person: Person) -> None:
        person.says("hello") if not person.bot_messages() else person.says("/init")
        link = person.link()
        start = person.browser.opens(f"{link}/go", allow_redirects=False)
        asked = parse_qs(urlsplit(start.headers["Location"]).query)
        back = person.browser.signs_in(person.browser.opens(start.headers["Location"]), person, follow=False).headers["Location"]
        assert person.browser.opens(back).ok
        self.world.settle()
        number = len(self.secrets)
        self.secrets |= {
            f"link {number}": link.rsplit("/", 1)[1],
            f"code {number}": parse_qs(urlsplit(back).query)["code"][0],
            f"state {number}": asked["state"][0],
            f"challenge {number}": asked["code_challenge"][0],
            f"cookie {number}": person.browser.session.cookies["session"],
        }
        self.note_tokens(person)

    def note_tokens(self, person: Person) -> None:
        with self.world.house.database.reading() as db:
            row = db.get_one(Token, person.id)
        vault, number = self.world.house.accounts.vault, len(self.secrets)
        path, secret = self.world.hook_of(person)
        self.secrets |= {
            f"access {number}": token.open_access(vault, row), f"refresh {number}": token.open_refresh(vault, row),
            f"path {number}": path.rsplit("/", 1)[1], f"webhook secret {number}": secret,
        }  # fmt: skip

    def happens(self) -> None:
        """Everything that touches words or secrets, the unhappy ways included."""
        world, alice, bob = self.world, self.alice, self.bob
        self.authorize(alice)
        alice.says("/track bob@example.com bob")
        room = bob.api("POST", "/rooms", json={"title": WORDS["title"]})
        for email in (alice.email, world.bot.email):
            bob.api("POST", "/memberships", json={"roomId": room["id"], "personEmail": email})
        bob.says(WORDS["live"], room=WORDS["title"])
        assert WORDS["live"] in alice.hears()[-1] and WORDS["title"] in alice.hears()[-1]
        alice.says("/track store")
        bob.says(WORDS["stored"], room="Project X")
        assert WORDS["stored"] in alice.says("/get bob")[-1]
        bob.says(WORDS["kept"], room="Project X")
        self.mutter()
        self.stumble()

    def mutter(self) -> None:
        """Words that are nobody's business, and words that are nonsense."""
        world, alice, bob = self.world, self.alice, self.bob
        alice.says(WORDS["mine"], room="Project X")
        alice.api("POST", "/messages", json={"toPersonEmail": bob.email, "text": WORDS["direct"]})
        alice.says("", room=WORDS["title"], markdown=f"<@personId:{world.bot.id}|Army Knife> {WORDS['mention']}")
        wrong = (f"/{WORDS['command']} now", f"/track {WORDS['argument']}", f"/untrack {WORDS['argument']}")
        for words in (WORDS["nonsense"], *wrong):
            assert len(alice.says(words)) == 1
        sent = alice.writes("first words", room="Project X")
        alice.api("PUT", f"/messages/{sent['id']}", json={"roomId": sent["roomId"], "text": WORDS["edit"]})
        world.settle()

    def stumble(self) -> None:
        """Outages, refusals and the wrong person: errors are where secrets leak."""
        world, alice, bob = self.world, self.alice, self.bob
        alice.says("/track live")
        for fault in ({"drop": True}, {"status": 400, "body": WORDS["wrong"]}):
            world.fault("GET", "/people", by=alice, times=2, **fault)
            assert len(alice.says("/track carol@example.com carol")) == 1
            requests.delete(f"{world.simulator.url}/_sim/faults", timeout=5)
        world.control("expire", person=alice.email)
        world.fault("POST", "/access_token$", status=400, body={"message": WORDS["wrong"], "error": "server_error"})
        alice.says("/me")
        self.note_tokens(alice)
        world.fault("POST", "/messages$", by=world.bot, status=502)
        bob.writes(WORDS["outage"], room="Project X")
        world.wait_for_fault()
        self.is_nowhere_on_disk()  # while it waits to be shown
        world.settle()
        assert any(WORDS["outage"] in text for text in alice.hears())
        bob.says("hello")
        page = alice.browser.authorizes(bob.link(), alice)
        assert page.status_code == 403
        self.secrets["burnt link"] = bob.link().rsplit("/", 1)[1]
        world.settle()
        for path in (f"/authorize/{self.secrets['burnt link']}", "/oauth/callback?code=stolen-code&state=stolen-state"):
            requests.get(f"{world.app_url}{path}", timeout=5)
        world.deliver(world.hook_of(alice)[0], "wrong", b'{"text": "' + WORDS["wrong"].encode() + b'"}')

    def marks(self) -> Iterator[tuple[str, str]]:
        yield from WORDS.items()
        yield from self.secrets.items()

    def is_nowhere_on_disk(self) -> None:
        kept = disk.stored(self.world)
        for name, mark in self.marks():
            for where, content in kept.items():
                assert mark.encode() not in content, f"{name} in {where}"

    def is_nowhere_in(self, what: str, content: str, *more: str) -> None:
        for name, mark in self.marks():
            assert mark not in content, f"{name} in {what}"
        for private in more:
            assert private not in content, f"{private} in {what}"

    def cookies(self) -> str:
        """What the browsers hold, unpacked."""
        return " ".join(
            unpacked(cookie.value or "") for person in (self.alice, self.bob) for cookie in person.browser.session.cookies
        )


def unpacked(cookie: str) -> str:
    """Flask's signed cookies are readable by anybody: base64, packed if that is shorter."""
    payload = cookie.removeprefix(".").partition(".")[0]
    content = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(content) if cookie.startswith(".") else content).decode()


def test_no_word_and_no_secret_is_left_anywhere(database_url: str, tmp_path: Path) -> None:
    # The log at its most talkative, and whatever else is said on standard error.
    with contextlib.redirect_stderr(io.StringIO()) as log:
        canary = live_through(database_url, tmp_path)
    canary.is_nowhere_on_disk()  # nor in what is written at the end
    said = log.getvalue()
    private = (canary.alice.id, canary.alice.email, canary.alice.name, canary.bob.id, canary.bob.email)
    canary.is_nowhere_in("the log", said, *private, "stolen-code", "stolen-state", "%40example")
    for event in ("command stopped by webex", "authorization by somebody else", "token endpoint refused us", "said later"):
        assert f'"event": "{event}"' in said


def live_through(database_url: str, folder: Path) -> Canary:
    """Let everything happen, and search while the app runs."""
    with World(database_url, folder, GROUP_ROOMS="stay", LOG_LEVEL="debug") as world:
        canary = Canary(world)
        canary.happens()
        alice, bob = canary.alice, canary.bob
        canary.is_nowhere_on_disk()
        metrics = requests.get(f"{world.app_url}/metrics", timeout=5).text
        pages = " ".join(alice.browser.opens(path).text for path in ("/", "/account", "/account/connected"))
        private = (alice.id, alice.email, bob.email, alice.name)
        canary.is_nowhere_in("metrics", metrics, *private)
        canary.is_nowhere_in("pages", pages, alice.id)
        canary.is_nowhere_in("cookies", canary.cookies(), *private)

        # The search would find what is there.
        assert disk.where(world, alice.email) and disk.where(world, alice.id)
        assert "sid" in canary.cookies() and "armyknife_deliveries_total" in metrics and alice.name in pages
        with world.house.database.reading() as db:
            assert db.get_one(Token, alice.id).version >= 2  # a renewal took place
        return canary
