"""Files of messages, as `/contents` tells of them before they are fetched (Webex guide "Basics", "Message Attachments")."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from app.language import N_, _
from app.webex.errors import WebexError, in_words

SCANNING, INFECTED, UNSCANNABLE = 423, 410, 428
WHY_NOT = {
    403: N_("Webex does not let you read it"),
    404: N_("it is gone"),
    INFECTED: N_("Webex found malware in it and does not give it out"),
    SCANNING: N_("Webex still scans it for malware; try again in a moment"),
    UNSCANNABLE: N_("Webex could not scan it for malware"),
    429: N_("Webex asked me to slow down, several times"),
}
_IN_UTF8 = re.compile(r"filename\*\s*=\s*utf-8''([^;\s]+)", re.I)
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+")


@dataclass(frozen=True)
class File:
    """:ivar name: as its sender wrote it, which may be anything; empty if Webex does not tell
    :ivar size: bytes; None if Webex does not tell
    """

    name: str
    size: int | None
    media_type: str


def content_id(url: str) -> str:
    """The id of a file, from its address in a message. It is asked for at the API that we know: a token goes nowhere else."""
    return unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2]


def described(headers: Mapping[str, str]) -> File:
    length, kind = headers.get("Content-Length", ""), headers.get("Content-Type", "").partition(";")[0].strip()
    size = int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    return File(file_name(headers.get("Content-Disposition", "")), size, kind.lower() if _MEDIA_TYPE.fullmatch(kind) else "")


def file_name(disposition: str) -> str:
    """The name in a `Content-Disposition` (RFC 6266). Raw UTF-8, which HTTP reads as Latin-1, is made good."""
    if match := _IN_UTF8.search(disposition):
        return unquote(match[1], errors="replace").strip()
    with suppress(UnicodeError):
        disposition = disposition.encode("latin-1").decode()
    header = EmailMessage()
    with suppress(ValueError, IndexError):  # line breaks, and what the standard library's parser stumbles over
        header["Content-Disposition"] = disposition
        return (header.get_filename() or "").strip()
    return ""


def why_not(error: WebexError) -> str:
    """Why Webex does not give a file, in words."""
    return _(WHY_NOT.get(error.status, "")) or in_words(error.status)
