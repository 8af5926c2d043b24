"""Deliveries as Webex would sign them, and as others might."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import requests
from sqlalchemy import func, select

from app.models.inbox import InboxRow
from tests.people import Person
from tests.world import World

HEADER = "X-Spark-Signature"


def rows(world: World) -> int:
    with world.house.database.reading() as db:
        return db.scalar(select(func.count()).select_from(InboxRow)) or 0


def event(author: Person, **changes: Any) -> dict[str, Any]:
    data = {"id": "MESSAGE", "roomId": "ROOM", "roomType": "group", "personId": author.id}
    return {"resource": "messages", "event": "created", "actorId": author.id, "data": data, **changes}


def sign(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def post(world: World, path: str, body: bytes, signature: Any = None, **headers: str) -> requests.Response:
    given_headers: dict[str, Any] = {**headers, **({HEADER: signature} if signature is not None else {})}
    return requests.post(f"{world.app_url}{path}", data=body, headers=given_headers, timeout=10)


BAD_SIGNATURES: dict[str, Callable[[str], Any]] = {
    "none": lambda right: None,
    "empty": lambda right: "",
    "zeros": lambda right: "0" * 40,
    "upper case": lambda right: right.upper(),
    "cut": lambda right: right[:-1],
    "with a space inside": lambda right: right[:20] + " " + right[20:],
    "with a name": lambda right: f"sha1={right}",
    "not ASCII": lambda right: ("é" * 40).encode("latin-1"),
    "UTF-8": lambda right: "é🔑".encode() * 10,
    "bytes that are no text": lambda right: b"\xff\xfe\x80" * 13,
    "huge": lambda right: "a" * 60_000,
    "the right one and more": lambda right: f"{right},{right}",
}
