"""The route under /contents: the files of messages (guide "REST API Basics")."""

from urllib.parse import quote

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.simulator import contents, ids, messages
from app.simulator.cloud import Cloud
from app.simulator.records import Caller
from app.simulator.rest.guard import guarded

blueprint = Blueprint("contents", __name__)


@blueprint.get("/contents/<content_id>")
@guarded("spark:messages_read")
def get_content(cloud: Cloud, caller: Caller, content_id: str) -> ResponseReturnValue:
    """Give a file out, or with HEAD only what is to know about it."""
    content = messages.content(cloud, caller, ids.canonical("CONTENT", content_id))
    contents.check_scan(cloud, content, takes_unscannable=request.args.get("allow") == "unscannable")
    response = Response(content.data, content_type=content.media_type)
    response.headers["Content-Disposition"] = _disposition(content.name)
    response.headers["Content-Length"] = str(len(content.data))
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _disposition(name: str) -> str:
    """Name the file, in quotes as Webex does, and once more in UTF-8 if ASCII does not suffice (RFC 6266)."""
    escaped = name.replace('"', '\\"').encode("ascii", "replace").decode()
    plain = f'attachment; filename="{escaped}"'
    return plain if name.isascii() else f"{plain}; filename*=UTF-8''{quote(name.encode('utf-8', 'replace'))}"
