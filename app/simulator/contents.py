"""Files: taken with a message, fetched from a URL, scanned, and given to members of the room (guide "REST API Basics")."""

import ipaddress
import math
import mimetypes
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import requests
from flask import has_request_context, request

from app.simulator import ids
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Content, Message

MAX_FILE = 100 * 1024 * 1024
"""Bytes of one file (guide "REST API Basics": 100 MB)."""
FETCH_TIME = 5.0
"""Seconds the server behind a URL in `files` has for each part of its answer."""
OCTETS = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f/\\]")
_CHUNK = 65_536


@dataclass(frozen=True)
class Upload:
    """A file on its way into a message."""

    name: str
    media_type: str
    data: bytes


def upload(name: str | None, media_type: str | None, data: bytes) -> Upload:
    """Return a file with a name and a media type that headers can carry.

    :raises ApiError: 400 if it is larger than 100 MB.
    """
    if len(data) > MAX_FILE:
        raise ApiError(400, f"files: a file is limited to {MAX_FILE} bytes.")
    clean = _UNPRINTABLE.sub("_", name or "").rstrip(". ")[-200:].strip(". ") or "file"
    kind = (media_type or "").partition(";")[0].strip()
    if not _MEDIA_TYPE.fullmatch(kind):
        kind = mimetypes.guess_type(clean)[0] or OCTETS
    return Upload(clean, kind, data)


def fetch(address: str) -> Upload:
    """Fetch the file behind a URL, as Webex does; this cloud asks no machine but its own.

    :raises ApiError: 400 if the address is not a web address on the loopback interface, or gives no file.
    """
    if not _is_loopback(address):
        raise ApiError(400, "files: the simulator fetches files from loopback addresses only.")
    try:
        with requests.Session() as http:
            http.trust_env = False
            answer = http.get(address, timeout=FETCH_TIME, stream=True, allow_redirects=False)
            if answer.status_code != 200:
                raise ApiError(400, f"files: the address answered {answer.status_code}.")
            data = _read(answer)
            return upload(unquote(urlsplit(address).path).rpartition("/")[2], answer.headers.get("Content-Type"), data)
    except (requests.RequestException, ValueError):
        raise ApiError(400, "files: nothing could be fetched from the address.") from None


def keep(cloud: Cloud, message: Message, given: Upload) -> Content:
    """Store a file of a message; the scan begins."""
    content_id = ids.encode("CONTENT", f"{ids.key_of(message.id)}/{len(message.files)}", ids.cluster_of(message.id))
    scan, until = cloud.switches.content_scan, 0.0
    if scan == "scanning":
        scan, until = "ready", cloud.clock.now() + cloud.switches.content_scan_time
    content = Content(content_id, message.id, given.name, given.media_type, given.data, scan, until)
    cloud.contents[content.id] = content
    message.files.append(content.id)
    return content


def drop(cloud: Cloud, message: Message) -> None:
    """Forget the files of a message that is gone."""
    for content_id in message.files:
        cloud.contents.pop(content_id, None)


def check_scan(cloud: Cloud, content: Content, *, takes_unscannable: bool) -> None:
    """Let a file out only as its scan allows.

    :raises ApiError: 423 with Retry-After while the scan runs, 410 if it found something, 428 if it could not look
        inside and the caller does not say that this will do.
    """
    left = content.scanned_at - cloud.clock.now()
    if left > 0:
        raise ApiError(423, "The file is being scanned for malware.", {"Retry-After": str(math.ceil(left))})
    if content.scan == "infected":
        raise ApiError(410, "The file is infected with malware.")
    if content.scan == "unscannable" and not takes_unscannable:
        raise ApiError(428, "The file cannot be scanned for malware. Use allow=unscannable to download it anyway.")


def url(content_id: str) -> str:
    """Return where a file is fetched, at the address the present request came to."""
    base = request.host_url if has_request_context() else "http://localhost/"
    return f"{base}v1/contents/{content_id}"


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and (host == "localhost" or ipaddress.ip_address(host).is_loopback)
    except ValueError:
        return False


def _read(answer: requests.Response) -> bytes:
    data = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        data += chunk
        if len(data) > MAX_FILE:
            break
    return bytes(data)
