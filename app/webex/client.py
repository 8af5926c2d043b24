"""The Webex REST API as one token sees it. Methods are named after the calls of developer.webex.com."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
import requests

from app.webex.cards import Card, attachment
from app.webex.errors import Unavailable
from app.webex.files import File, described
from app.webex.resources import AttachmentAction, Membership, Message, Person, Room, Webhook, decode

T = TypeVar("T", bound=msgspec.Struct)
MESSAGES_PAGE = 100  # messages of up to 7 KB each, twice
AS_IT_IS = {"Accept-Encoding": "identity"}  # so that the length told is that of the file
TYPES = {"csv": "text/csv"}  # of files that are sent, by the end of their names; others are plain text
MAX_PAGES = 1_000  # far beyond any real list; stops a next link that leads in a circle


class Call(Protocol):
    """Makes one request with the right token: `call("GET", "/people/me", params=…)`."""

    def __call__(self, method: str, path: str, **parts: Any) -> requests.Response: ...


class WebexClient:
    """:param call: makes a request as the person, or bot, for whom this client acts"""

    def __init__(self, call: Call) -> None:
        self._call = call

    # People
    def get_me(self) -> Person:
        return self._one(Person, "GET", "/people/me")

    def get_person(self, person_id: str) -> Person:
        return self._one(Person, "GET", f"/people/{person_id}")

    def find_people(self, email: str) -> list[Person]:
        """People with this address; Webex finds them only inside the caller's own organisation."""
        return list(self._list(Person, "/people", email=email))

    # Rooms and memberships
    def get_room(self, room_id: str) -> Room:
        return self._one(Room, "GET", f"/rooms/{room_id}")

    def list_rooms(self, limit: int, **params: Any) -> list[Room]:
        return _first(self._list(Room, "/rooms", max=limit, **params), limit)

    def create_room(self, **fields: Any) -> Room:
        """:param fields: `title`, and others of the Rooms reference; the caller becomes a member"""
        return self._one(Room, "POST", "/rooms", json=fields)

    def update_room(self, room_id: str, **fields: Any) -> Room:
        """:param fields: `title`, which Webex wants always, and others of the Rooms reference"""
        return self._one(Room, "PUT", f"/rooms/{room_id}", json=fields)

    def delete_room(self, room_id: str) -> None:
        self._call("DELETE", f"/rooms/{room_id}")

    def list_memberships(self, room_id: str, **params: Any) -> Iterator[Membership]:
        return self._list(Membership, "/memberships", roomId=room_id, **params)

    def create_membership(self, **fields: Any) -> Membership:
        """:param fields: `roomId`, `personId` or `personEmail`, and `isModerator`, as Webex spells them
        :raises Conflict: if that person is in the room already
        """
        return self._one(Membership, "POST", "/memberships", json=fields)

    def delete_membership(self, membership_id: str) -> None:
        self._call("DELETE", f"/memberships/{membership_id}")

    # Messages
    def get_message(self, message_id: str) -> Message:
        return self._one(Message, "GET", f"/messages/{message_id}")

    def list_messages(self, room_id: str, limit: int, **params: Any) -> list[Message]:
        """The newest messages of a room, newest first."""
        return _first(self._list(Message, "/messages", roomId=room_id, max=limit, **params), limit)

    def iterate_messages(self, room_id: str, **params: Any) -> Iterator[Message]:
        """A room's messages, newest first, page by page; a page is asked for when it is reached."""
        return self._list(Message, "/messages", roomId=room_id, max=MESSAGES_PAGE, **params)

    def list_direct_messages(self, limit: int, **person: str) -> list[Message]:
        """The newest messages of the 1:1 room shared with a person, newest first.

        :param person: `personId` or `personEmail`
        """
        return _first(self._list(Message, "/messages/direct", **person), limit)

    def create_message(
        self, markdown: str, card: Card | None = None, file: tuple[str, str] | None = None, **destination: str
    ) -> Message:
        """:param file: name and text of a file that goes along; not with a card
        :param destination: `roomId` or `toPersonId`, and `parentId`, as Webex spells them
        """
        if file:
            sent = {"files": (file[0], file[1].encode(), TYPES.get(file[0].rpartition(".")[2], "text/plain"))}
            return self._one(Message, "POST", "/messages", data={"markdown": markdown, **destination}, files=sent)
        shown = {"attachments": [attachment(card)]} if card else {}
        return self._one(Message, "POST", "/messages", json={"markdown": markdown, **shown, **destination})

    def update_message(self, message_id: str, room_id: str, markdown: str) -> None:
        """Edit one's own message, at most ten times and never one with a card (Webex Messages reference)."""
        self._call("PUT", f"/messages/{message_id}", json={"roomId": room_id, "markdown": markdown})

    def delete_message(self, message_id: str) -> None:
        self._call("DELETE", f"/messages/{message_id}")

    # Files of messages
    def get_file(self, content_id: str) -> File:
        """What is to know about a file, without fetching it."""
        path = f"/contents/{quote(content_id, safe='')}"
        return described(self._call("HEAD", path, headers=AS_IT_IS).headers)

    def open_file(self, content_id: str, *, may_be_unscannable: bool = False) -> requests.Response:
        """A file whose bytes are still to be read; whoever opens it closes it."""
        params = {"allow": "unscannable"} if may_be_unscannable else {}
        path = f"/contents/{quote(content_id, safe='')}"
        return self._call("GET", path, params=params, headers=AS_IT_IS, keeps_open=True)

    def get_attachment_action(self, action_id: str) -> AttachmentAction:
        """What was filled in when a card's button was pressed."""
        return self._one(AttachmentAction, "GET", f"/attachment/actions/{action_id}")

    # Webhooks
    def list_webhooks(self) -> list[Webhook]:
        return list(self._list(Webhook, "/webhooks", max=100))

    def create_webhook(self, **fields: str) -> Webhook:
        return self._one(Webhook, "POST", "/webhooks", json=fields)

    def update_webhook(self, webhook_id: str, **fields: str) -> Webhook:
        """Only name, targetUrl, secret and status change; Webex ignores any other field in silence."""
        return self._one(Webhook, "PUT", f"/webhooks/{webhook_id}", json=fields)

    def delete_webhook(self, webhook_id: str) -> None:
        self._call("DELETE", f"/webhooks/{webhook_id}")

    def _one(self, kind: type[T], method: str, path: str, **parts: Any) -> T:
        return _decoded(kind, self._call(method, path, **parts), method)[0]

    def _list(self, kind: type[T], path: str, **params: Any) -> Iterator[T]:
        """Follow `Link: …; rel="next"` (RFC 8288); a page may be short or empty, only a missing link ends the list."""
        answer = self._call("GET", path, params=params)
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            yield from _decoded(kind, answer, "GET", key="items")
            following = answer.links.get("next", {}).get("url")
            if not following or following in seen:
                return
            seen.add(following)
            answer = self._call("GET", _with_filters(following, params))


def _decoded(kind: type[T], answer: requests.Response, method: str, key: str = "") -> list[T]:
    """An answer that is no JSON, or not what the API promises, counts as Webex being unwell."""
    try:
        body = answer.json()
        return [decode(kind, item) for item in (body[key] if key else [body])]
    except (ValueError, KeyError, TypeError, msgspec.ValidationError):
        raise Unavailable(200, may_have_happened=method != "GET") from None


def _with_filters(url: str, params: dict[str, Any]) -> str:
    """Put back filters that a next link dropped (WebexPythonSDK issue 168), and drop its literal `max=null`.

    :raises Unavailable: if the link is no address
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise Unavailable(200) from None
    query = {key: value for key, value in parse_qsl(parts.query) if (key, value) != ("max", "null")}
    return parts._replace(query=urlencode({**params, **query})).geturl()


def _first(items: Iterator[T], limit: int) -> list[T]:
    return list(islice(items, limit))  # asks for no page beyond the last item that is wanted
