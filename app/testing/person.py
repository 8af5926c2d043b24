"""Somebody in the Webex of a test, who writes, listens, presses and allows."""

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import requests

if TYPE_CHECKING:
    from app.testing.webex import Webex

PATIENCE = 30.0
"""Seconds a call may take."""
PAUSE = 0.02
"""Seconds between two looks at a room."""

Message = dict[str, Any]


class Person:
    """A person or a bot; get one from `webex.person("alice")`."""

    def __init__(self, webex: "Webex", shown: dict[str, Any]) -> None:
        self.webex = webex
        self.id: str = shown["id"]
        self.name: str = shown["displayName"]
        self.email: str = shown["email"]
        self.token: str = shown["token"]
        self.is_bot: bool = shown["type"] == "bot"
        self._room: str | None = None
        """Where this person wrote last."""
        self._heard: dict[str, str] = {}
        """By room, the time of the newest message that was told to the test."""

    def __repr__(self) -> str:
        """Say who it is."""
        return f"<{self.name} {self.email}>"

    @property
    def mention(self) -> str:
        """What mentions this person in a group room, as in `alice.says(f"{bot.mention} help", room="Project X")`."""
        return f"<@personId:{self.id}|{self.name}>"

    def says(self, text: str, *, to: "Person | None" = None, room: str | None = None, **more: Any) -> list[str]:
        """Write a message, wait until every webhook is delivered, and tell what others wrote there meanwhile.

        :param text: plain text; Markdown if it mentions somebody
        :param to: whom to write 1:1; without `to` and `room`, the first bot
        :param room: a room's title or id, for a group room
        :param more: more fields of POST /messages, such as `parentId` or `attachments`
        """
        self.writes(text, to=to, room=room, **more)
        return self.hears(within=0)

    def writes(self, text: str, *, to: "Person | None" = None, room: str | None = None, **more: Any) -> Message:
        """Write a message as `says` does, wait for nothing, and return it."""
        where = {"roomId": self.room(room)} if room else {"toPersonId": (to or self.webex.bot).id}
        words = {"markdown" if "<@" in text else "text": text}
        message: Message = self.api("POST", "/messages", json={**words, **where, **more})
        self._room = message["roomId"]
        self._heard[self._room] = message["created"]
        return message

    def hears(self, room: str | None = None, *, within: float = 2.0) -> list[str]:
        """Tell what others wrote that was not told yet, oldest first, as plain text.

        :param room: a room's title or id; by default where this person wrote last, else the 1:1 with the first bot
        :param within: seconds to wait for the first message, for bots that answer after the webhook
        """
        deadline = time.monotonic() + within
        while True:
            self.webex.drain()
            news = self._news(self._listening_to(room))
            if news or time.monotonic() >= deadline:
                return [str(message.get("text", "")) for message in news]
            time.sleep(PAUSE)

    def reads(self, room: str | None = None) -> list[Message]:
        """Return the newest messages of a room (as for `hears`) as the API shows them, oldest first, at most a thousand."""
        room_id = self._listening_to(room)
        if room_id is None:
            return []
        items: list[Message] = self.api("GET", "/messages", params={"roomId": room_id, "max": 1000})["items"]
        return items[::-1]

    def presses(self, message: Message, **inputs: Any) -> None:
        """Press Submit on the card of a message, with these inputs, and wait until every webhook is delivered."""
        self.api("POST", "/attachment/actions", json={"type": "submit", "messageId": message["id"], "inputs": inputs})
        self.webex.drain()

    def makes_room(self, title: str, *others: "Person") -> str:
        """Make a group room with others in it; return its id."""
        room_id = str(self.api("POST", "/rooms", json={"title": title})["id"])
        for other in others:
            self.api("POST", "/memberships", json={"roomId": room_id, "personId": other.id})
        return room_id

    def subscribes(self, target: str, resource: str = "all", event: str = "all", **more: str) -> dict[str, Any]:
        """Register a webhook, as a bot does for itself.

        :param more: `name`, `filter`, `secret`
        """
        fields = {"name": "test", "targetUrl": target, "resource": resource, "event": event, **more}
        made: dict[str, Any] = self.api("POST", "/webhooks", json=fields)
        return made

    def authorizes(self, link: str, *, accepts: bool = True) -> requests.Response:
        """Follow an integration's link to Webex's sign-in page, answer it, and return where that leads to.

        :param accepts: whether the person allows what is asked for, or denies it
        :raises AssertionError: if the link does not lead to the sign-in page.
        """
        with requests.Session() as browser:
            browser.trust_env = False
            page = browser.get(link, timeout=PATIENCE)
            address, _, query = page.url.partition("?")
            if not page.ok or address != self.webex.authorize_url:
                raise AssertionError(f"{link} leads to {page.url}, which answered {page.status_code}, not to the sign-in page.")
            form = {**dict(parse_qsl(query)), "person": self.id, "decision": "accept" if accepts else "deny"}
            return browser.post(address, data=form, timeout=PATIENCE)

    def room(self, title: str) -> str:
        """Return the id of one of this person's rooms by its title, or by its id; a 1:1 is called after the other side.

        :raises LookupError: if there is none or more than one.
        """
        rooms = self.api("GET", "/rooms", params={"max": 1000})["items"]
        found = [one["id"] for one in rooms if title in (one["id"], one["title"])]
        if len(found) != 1:
            there = ", ".join(repr(one["title"]) for one in rooms) or "none"
            raise LookupError(f"{self.name} has {len(found) or 'no'} rooms called {title!r}; there is {there}.")
        return str(found[0])

    def api(self, method: str, path: str, **parts: Any) -> Any:
        """Call Webex as this person; return the JSON of the answer, None if it is empty.

        :param path: below the API's base, as in `/people/me`
        :param parts: `params`, `json`, `data`, `files` as requests takes them
        :raises AssertionError: if the call fails.
        """
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = self.webex.http.request(method, f"{self.webex.api_url}{path}", headers=headers, timeout=PATIENCE, **parts)
        if not answer.ok:
            raise AssertionError(f"{method} {path} as {self.email} answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def _listening_to(self, room: str | None) -> str | None:
        """Return the room that is meant, None if it does not exist yet."""
        if room is not None:
            return self.room(room)
        if self._room is not None:
            return self._room
        rooms = self.api("GET", "/rooms", params={"type": "direct", "max": 1000})["items"]
        return next((str(one["id"]) for one in rooms if one["title"] == self.webex.bot.name), None)

    def _news(self, room_id: str | None) -> list[Message]:
        if room_id is None:
            return []
        since = self._heard.get(room_id, "")
        items = self.api("GET", "/messages", params={"roomId": room_id, "max": 1000})["items"]
        news = [one for one in items if one["personId"] != self.id and one["created"] > since]
        if news:
            self._heard[room_id] = news[0]["created"]
        return news[::-1]
