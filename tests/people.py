"""The people of a test's world: somebody with a Webex client and a browser."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import requests
from urllib3 import HTTPConnectionPool

from app.simulator import ids

if TYPE_CHECKING:
    from tests.world import World

BOT_EMAIL = "armyknife@webex.bot"
PATIENCE = 20.0  # seconds; far more than anything here takes


def session() -> requests.Session:
    """A session that does not look into the environment for proxies, which would take as long as the rest of a call here."""
    made = requests.Session()
    made.trust_env = False
    return made


class Person:
    """Somebody with a Webex client and a browser."""

    def __init__(self, world: "World", found: dict[str, Any]) -> None:
        self.world = world
        self.id: str = found["id"]
        self.name: str = found["displayName"]
        self.email: str = found["email"]
        self.token: str = found["token"]
        self.session = session()
        self.browser = Browser(world)
        self._quick = HTTPConnectionPool("127.0.0.1", urlsplit(world.simulator.url).port, timeout=PATIENCE, maxsize=4)

    def leaves(self) -> None:
        """Close every connection."""
        self.session.close()
        self.browser.session.close()
        self._quick.close()

    def api(self, method: str, path: str, **parts: Any) -> Any:
        """Call Webex as this person; any answer but a good one fails the test."""
        if "files" not in parts and "data" not in parts:
            status, content = self._call(method, path, **parts)
        else:
            headers = {"Authorization": f"Bearer {self.token}"}
            url = f"{self.world.simulator.url}/v1{path}"
            answer = self.session.request(method, url, headers=headers, timeout=PATIENCE, **parts)
            status, content = answer.status_code, answer.content
        assert status < 400, (method, path, status, content)
        return json.loads(content) if content else None

    def _call(self, method: str, path: str, params: dict[str, Any] | None = None, **body: Any) -> tuple[int, bytes]:
        """As `api`, whatever the answer. People ask thousands of times in a run: a session takes twice as long."""
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"/v1{path}?{urlencode(params, doseq=True)}" if params else f"/v1{path}"
        answer = self._quick.request(method, url, headers=headers, retries=False, redirect=False, **body)
        return answer.status, answer.data

    def writes(self, text: str, room: str | None = None, markdown: str | None = None) -> dict[str, Any]:
        """Write into a room, by its title, or to the bot; and don't wait for what happens."""
        to = {"roomId": self.room(room)} if room else {"toPersonEmail": BOT_EMAIL}
        words = {"markdown": markdown} if markdown else {"text": text}
        sent: dict[str, Any] = self.api("POST", "/messages", json={**words, **to})
        return sent

    def says(self, text: str, room: str | None = None, markdown: str | None = None) -> list[str]:
        """Write, wait until all is quiet, and tell what the bot said 1:1 meanwhile, oldest first."""
        return self._hears_since(self.writes(text, room, markdown))

    def presses(self, title: str, argument: str | None = None, **filled: str) -> list[str]:
        """Press a button of the newest card of the bot that has one with this title; what the bot said meanwhile.

        :param filled: what was put into the card's other inputs
        """
        found = [(message, data) for message in self.bot_messages() for data in _submits(message, title)]
        message, data = found[-1]
        inputs = {**data, **filled, **({} if argument is None else {"argument": argument})}
        body = {"type": "submit", "messageId": message["id"], "inputs": inputs}
        return self._hears_since(self.api("POST", "/attachment/actions", json=body))

    def _hears_since(self, deed: dict[str, Any]) -> list[str]:
        """Wait until all is quiet, and tell what the bot said since something was made."""
        self.world.settle()
        return [_shown(message) for message in self.bot_messages() if message["created"] >= deed["created"]]

    def hears(self) -> list[str]:
        """Everything the bot ever said to this person, oldest first."""
        return [_shown(message) for message in self.bot_messages()]

    def bot_messages(self) -> list[dict[str, Any]]:
        status, content = self._call("GET", "/messages/direct", {"personEmail": BOT_EMAIL})
        if status == 404:
            return []
        found = [message for message in json.loads(content)["items"] if message["personEmail"] == BOT_EMAIL]
        return found[::-1]

    def room(self, title: str) -> str:
        rooms = self.api("GET", "/rooms", params={"max": 200})["items"]
        return next(str(room["id"]) for room in rooms if room["title"] == title)

    def linked(self, title: str) -> str:
        """A room as the bot names it to this person: a link that opens it in Webex."""
        uuid = ids.key_of(self.room(title))
        name = f"**{title}**" if title in ("Project X", "Launch") else "your 1:1 room"
        return f"[{name}](webexteams://im?space={uuid})"

    def reads(self, title: str) -> list[dict[str, Any]]:
        """The messages of a room, oldest first."""
        items: list[dict[str, Any]] = self.api("GET", "/messages", params={"roomId": self.room(title)})["items"]
        return items[::-1]

    def link(self) -> str:
        """The authorization link that the bot sent last."""
        links = re.findall(rf"{re.escape(self.world.app_url)}/authorize/[\w-]+", " ".join(self._bot_html()))
        return str(links[-1])

    def _bot_html(self) -> list[str]:
        return [message.get("html", "") + message.get("markdown", "") for message in self.bot_messages()]

    def connects(self, *, looks: bool = False) -> requests.Response:
        """Say hello, follow the link, accept.

        :param looks: whether the page is opened to which it leads in the end
        """
        if not looks and self.world.recordings and (page := self.world.recordings.connects(self.world, self)):
            return page
        self.writes("/init" if self.bot_messages() else "hello")
        self.world.settle()
        page = self.browser.authorizes(self.link(), self, looks=looks)
        self.world.settle()
        return page

    def webhooks(self) -> list[dict[str, Any]]:
        """What Webex keeps for the integration on this person's behalf."""
        access, _ = self.world.house.tools.people.tokens.access(self.id)
        headers = {"Authorization": f"Bearer {access}"}
        answer = self.session.get(f"{self.world.simulator.url}/v1/webhooks", headers=headers, timeout=PATIENCE)
        items: list[dict[str, Any]] = answer.json()["items"]
        return items


def _shown(message: dict[str, Any]) -> str:
    return str(message.get("markdown") or message.get("text", ""))


def _submits(part: Any, title: str) -> Iterator[dict[str, Any]]:
    """The data of every button with this title, however deep in a card it stands."""
    if isinstance(part, dict):
        if part.get("type") == "Action.Submit" and part.get("title") == title:
            yield part.get("data", {})
        for value in part.values():
            yield from _submits(value, title)
    elif isinstance(part, list):
        for value in part:
            yield from _submits(value, title)


_HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


class Browser:
    """A browser without JavaScript: cookies, redirects, forms."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.session = session()

    def opens(self, url: str, **more: Any) -> requests.Response:
        address = url if url.startswith("http") else f"{self.world.app_url}{url}"
        return self.session.get(address, timeout=PATIENCE, **more)

    def posts(self, url: str, **more: Any) -> requests.Response:
        headers = {"Origin": self.world.app_url, **more.pop("headers", {})}
        return self.session.post(f"{self.world.app_url}{url}", timeout=PATIENCE, headers=headers, **more)

    def authorizes(self, link: str, person: Person, decision: str = "accept", *, looks: bool = True) -> requests.Response:
        """Follow an authorization link to its end; see `Person.connects`."""
        page = self.opens(f"{link}/go")
        if looks:
            return self.signs_in(page, person, decision)
        back = self.signs_in(page, person, decision, follow=False).headers["Location"]
        return self.opens(back, allow_redirects=False)

    def signs_in(
        self, page: requests.Response, person: Person, decision: str = "accept", follow: bool = True
    ) -> requests.Response:
        """Fill in Webex's sign-in page."""
        assert page.ok, page.text
        hidden = {unescape(name): unescape(value) for name, value in _HIDDEN.findall(page.text)}
        fields = {**hidden, "person": person.id, "decision": decision}
        url = f"{self.world.simulator.url}/v1/authorize"
        return self.session.post(url, data=fields, timeout=PATIENCE, allow_redirects=follow)
