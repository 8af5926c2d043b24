"""The Webex REST API as one token sees it. Methods are named after the calls of developer.webex.com."""

import re
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any, Protocol, TypeVar
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode, urljoin, urlsplit

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
MAX_PAGES = 400  # beyond the longest list, 30,000 webhooks; one that goes on is refused: a part must not pass for the whole
PAGE = 1_000  # most items of a page of rooms, memberships and messages (Webex API description, parameter `max`)
_LINK = re.compile(r"<([^>]*)>([^<]*)")
_IS_NEXT = re.compile(r';\s*rel\s*=\s*(?:"[^"]*\bnext\b[^"]*"|next\b)', re.I)


class Call(Protocol):
    """Makes one request with the right token: `call("GET", "/people/me", params=…)`."""

    def __call__(self, method: str, path: str, **parts: Any) -> requests.Response: ...


class WebexClient:
    """:param call: makes a request as the person, or bot, for whom this client acts"""

    def __init__(self, call: Call) -> None:
        self._call = call

    def in_bulk(self) -> "WebexClient":
        """The same for one call of many, which leave a reserve of the token's budget to people's commands.

        Its calls wait for no pause that Webex asks for: they raise `RateLimited`, and are made again after it.
        """
        return WebexClient(partial(self._call, in_bulk=True))

    # People
    def get_me(self) -> Person:
        return self._one(Person, "GET", "/people/me")

    def get_person(self, person_id: str) -> Person:
        return self._one(Person, "GET", _at("/people", person_id))

    def find_people(self, email: str) -> list[Person]:
        """People with this address; Webex finds them only inside the caller's own organisation."""
        return list(self._list(Person, "/people", email=email))

    # Rooms and memberships
    def get_room(self, room_id: str) -> Room:
        return self._one(Room, "GET", _at("/rooms", room_id))

    def list_rooms(self, limit: int, **params: Any) -> list[Room]:
        return _first(self._list(Room, "/rooms", max=min(limit, PAGE), **params), limit)

    def iterate_rooms(self, **params: Any) -> Iterator[Room]:
        """All rooms, page by page; a page is asked for when it is reached."""
        return self._list(Room, "/rooms", max=PAGE, **params)

    def iterate_own_memberships(self) -> Iterator[Membership]:
        """The caller's own memberships, one for each room."""
        return self._list(Membership, "/memberships", max=PAGE)

    def create_room(self, **fields: Any) -> Room:
        """:param fields: `title`, and others of the Rooms reference; the caller becomes a member"""
        return self._one(Room, "POST", "/rooms", json=fields)

    def update_room(self, room_id: str, **fields: Any) -> Room:
        """:param fields: `title`, which Webex wants always, and others of the Rooms reference"""
        return self._one(Room, "PUT", _at("/rooms", room_id), json=fields)

    def delete_room(self, room_id: str) -> None:
        self._call("DELETE", _at("/rooms", room_id))

    def list_memberships(self, room_id: str, **params: Any) -> Iterator[Membership]:
        return self._list(Membership, "/memberships", roomId=room_id, **params)

    def create_membership(self, **fields: Any) -> Membership:
        """:param fields: `roomId`, `personId` or `personEmail`, and `isModerator`, as Webex spells them
        :raises Conflict: if that person is in the room already
        """
        return self._one(Membership, "POST", "/memberships", json=fields)

    def delete_membership(self, membership_id: str) -> None:
        self._call("DELETE", _at("/memberships", membership_id))

    # Messages
    def get_message(self, message_id: str) -> Message:
        return self._one(Message, "GET", _at("/messages", message_id))

    def list_messages(self, room_id: str, limit: int, **params: Any) -> list[Message]:
        """The newest messages of a room, newest first."""
        return _first(self._list(Message, "/messages", roomId=room_id, max=min(limit, PAGE), **params), limit)

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
        self._call("PUT", _at("/messages", message_id), json={"roomId": room_id, "markdown": markdown})

    def delete_message(self, message_id: str) -> None:
        self._call("DELETE", _at("/messages", message_id))

    # Files of messages
    def get_file(self, content_id: str) -> File:
        """What is to know about a file, without fetching it."""
        path = _at("/contents", content_id)
        return described(self._call("HEAD", path, headers=AS_IT_IS).headers)

    def open_file(self, content_id: str, *, may_be_unscannable: bool = False) -> requests.Response:
        """A file whose bytes are still to be read; whoever opens it closes it."""
        params = {"allow": "unscannable"} if may_be_unscannable else {}
        path = _at("/contents", content_id)
        return self._call("GET", path, params=params, headers=AS_IT_IS, keeps_open=True)

    def get_attachment_action(self, action_id: str) -> AttachmentAction:
        """What was filled in when a card's button was pressed."""
        return self._one(AttachmentAction, "GET", _at("/attachment/actions", action_id))

    # Webhooks
    def list_webhooks(self) -> list[Webhook]:
        return list(self._list(Webhook, "/webhooks", max=100))

    def create_webhook(self, **fields: str) -> Webhook:
        return self._one(Webhook, "POST", "/webhooks", json=fields)

    def update_webhook(self, webhook_id: str, **fields: str) -> Webhook:
        """Only name, targetUrl, secret and status change; Webex ignores any other field in silence."""
        return self._one(Webhook, "PUT", _at("/webhooks", webhook_id), json=fields)

    def delete_webhook(self, webhook_id: str) -> None:
        self._call("DELETE", _at("/webhooks", webhook_id))

    def _one(self, kind: type[T], method: str, path: str, **parts: Any) -> T:
        return _decoded(kind, self._call(method, path, **parts), method)[0]

    def _list(self, kind: type[T], path: str, **params: Any) -> Iterator[T]:
        """Follow `Link: …; rel="next"` (RFC 8288); a page may be short or empty, only a missing link ends the list.

        :raises Unavailable: if it has no end
        """
        answer = self._call("GET", path, params=params)
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            yield from _decoded(kind, answer, "GET", key="items")
            following = _next_link(answer.headers.get("Link", ""))
            if not following or following in seen:
                return
            seen.add(following)
            answer = self._call("GET", _next_page(answer.url, following, params))
        raise Unavailable(200)


def _at(path: str, identifier: str) -> str:
    """The address of one thing. Ids are opaque, and some are typed by people: none may lead to another address."""
    return f"{path}/{quote(identifier, safe='')}"


def _decoded(kind: type[T], answer: requests.Response, method: str, key: str = "") -> list[T]:
    """An answer that is no JSON, or not what the API promises, counts as Webex being unwell."""
    try:
        body = answer.json()
        return [decode(kind, item) for item in (body[key] if key else [body])]
    except (ValueError, KeyError, TypeError, msgspec.ValidationError):
        raise Unavailable(200, may_have_happened=method != "GET") from None


def _next_link(header: str) -> str:
    """The address of the next page, "" if there is none. (requests cuts addresses at a semicolon.)"""
    return next((url for url, parameters in _LINK.findall(header) if _IS_NEXT.search(parameters)), "")


def _next_page(page_url: str, link: str, params: dict[str, Any]) -> str:
    """A next link as it stands, but with filters that it dropped (WebexPythonSDK issue 168), and without its literal `max=null`.

    :param page_url: the page that holds the link, which may be relative to it
    :raises Unavailable: if the link is no address
    """
    try:
        parts = urlsplit(urljoin(page_url, link))
    except ValueError:
        raise Unavailable(200) from None
    query = [part for part in parts.query.split("&") if part and unquote_plus(part) != "max=null"]
    named = {name for name, _ in parse_qsl("&".join(query), keep_blank_values=True)}
    dropped = {name: value for name, value in params.items() if name not in named and value is not None}
    return parts._replace(query="&".join([*query, *([urlencode(dropped)] if dropped else [])])).geturl()


def _first(items: Iterator[T], limit: int) -> list[T]:
    return list(islice(items, limit))  # asks for no page beyond the last item that is wanted
