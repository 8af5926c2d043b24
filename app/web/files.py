"""Files of messages, streamed from Webex to the browser of the person who may read them. No token ever leaves the server."""

import re
import threading
from collections.abc import Iterator
from urllib.parse import quote

import requests
import structlog
from flask import Blueprint, Response, abort, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.errors import NotConnected
from app.house import House
from app.language import _
from app.session import signed_in
from app.webex import files
from app.webex.errors import WebexError

log = structlog.get_logger(__name__)
bp = Blueprint("files", __name__)

# Downloads of one process, and meant so: each holds a thread of this process's server, whose other threads are for Webex's
# deliveries and for pages. Another process has threads of its own, so there is nothing to count together.
AT_ONCE = 6
CHUNK = 65_536
_downloads = threading.BoundedSemaphore(AT_ONCE)
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|\u200e\u200f\u2028-\u202e\u2066-\u2069]+')


@bp.get("/files/<opaque>")
def download(opaque: str) -> AnyResponse | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """A file, for the person for whom the link was made. Webex decides, each time anew, whether they may have it."""
    house = _house()
    person = signed_in(house)
    if person is None:
        return redirect(url_for("integration.login", file=opaque))
    content_id = house.tools.file_links.opened(person.person_id, opaque)
    if content_id is None:
        abort(404)
    if not _downloads.acquire(blocking=False):
        text = _("Too many files are being downloaded just now. Please try again.")
        return *_notice(503, _("One moment, please"), text), {"Retry-After": "10"}
    try:
        webex = house.tools.people.acting_as(person.person_id)
        answer = webex.open_file(content_id, may_be_unscannable=request.args.get("anyway") == "1")
    except WebexError as error:
        _downloads.release()
        return _refused(error, opaque)
    except NotConnected:
        _downloads.release()
        text = _("Connect again, and the link works.")
        return _notice(403, _("Webex no longer lets me act for you"), text, command="/init")
    except BaseException:
        _downloads.release()
        raise
    return _streamed(answer)


def _streamed(answer: requests.Response) -> Response:
    """The bytes as they come, never all of them at once. Whatever it is, the browser saves it and shows nothing of it."""
    response = Response(_pieces(answer), content_type="application/octet-stream")
    file = files.described(answer.headers)
    if file.size is not None and "Content-Encoding" not in answer.headers:
        response.headers["Content-Length"] = str(file.size)
    response.headers["Content-Disposition"] = _disposition(file.name)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.call_on_close(answer.close)
    response.call_on_close(_downloads.release)
    return response


def _pieces(answer: requests.Response) -> Iterator[bytes]:
    """If Webex breaks off, so do we: the length that was promised tells the browser that something is missing."""
    try:
        yield from answer.iter_content(CHUNK)
    except requests.RequestException as error:
        log.warning("a file broke off", error=type(error).__name__)
        if "Content-Length" not in answer.headers:
            raise


def _disposition(name: str) -> str:
    """A name that is none but a name (RFC 6266): no path, no line break, nothing that hides its end."""
    safe = _UNSAFE.sub("_", name).strip(". ")[-150:] or "file"
    plain = safe.encode("ascii", "replace").decode().replace("?", "_").replace("%", "_")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(safe.encode('utf-8', 'replace'), safe='')}"


def _refused(error: WebexError, opaque: str) -> tuple[str, int] | tuple[str, int, dict[str, str]]:
    again = url_for(".download", opaque=opaque)
    match error.status:
        case 404 | 403:
            return _notice(404, _("This file is gone"), _("It was deleted, or you are no longer in its room."))
        case files.INFECTED:
            return _notice(410, _("This file is infected"), _("Webex found malware in it, so it gives it to nobody."))
        case files.SCANNING:
            text = _("Webex still looks for malware in this file. Please try again in a moment.")
            return *_notice(503, _("One moment, please"), text, retry_url=again), {"Retry-After": "10"}
        case files.UNSCANNABLE:
            text = _(
                "Webex could not look inside this file, as with encrypted archives, so nobody knows whether it holds malware."
            )
            anyway = url_for(".download", opaque=opaque, anyway=1)
            return _notice(409, _("This file was not scanned"), text, retry_url=anyway, retry_label=_("Download it anyway"))
        case _:
            text = _("Webex did not give me the file. Please try again in a minute.")
            return _notice(502, _("Webex did not answer"), text, retry_url=again)


def _notice(status: int, title: str, *paragraphs: str, **more: str) -> tuple[str, int]:
    return render_template("notice.html", title=title, paragraphs=paragraphs, **more), status


def _house() -> House:
    house: House = current_app.extensions["house"]
    return house
