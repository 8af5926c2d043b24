"""Messages of the chat page: posting with a file, editing, deleting, downloads, and presses of Submit on cards."""

from io import BytesIO

from flask import Blueprint, Response, request, send_file
from flask.typing import ResponseReturnValue

from app.simulator import actions, chat_views, contents, messages, rooms
from app.simulator.chat_access import acting, caller, person_in
from app.simulator.cloud import Cloud
from app.simulator.drafts import Draft, check
from app.simulator.records import Json, Person, Room
from app.simulator.rest.guard import body, the_cloud, word

blueprint = Blueprint("messages", __name__)


@blueprint.post("/chat/messages")
def post_message() -> ResponseReturnValue:
    """Post what was typed, into the room `roomId` or to the person with the address `to`; a form may have a `file`."""
    cloud = the_cloud()
    fields = body(takes_files=True)
    draft = Draft(markdown=word(fields, "markdown"), parent_id=word(fields, "parentId"), files=_files(), is_typed=True)
    with cloud.lock:
        me = acting(cloud, fields)
        check(draft, cloud.switches)
        posted = messages.post(cloud, me, _room(cloud, me, fields), draft)
        return chat_views.message(cloud, posted)


@blueprint.put("/chat/messages/<message_id>")
def edit_message(message_id: str) -> ResponseReturnValue:
    """Replace the words of one's own message."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        who = caller(acting(cloud, fields))
        message = messages.get(cloud, who, message_id)
        draft = Draft(markdown=word(fields, "markdown"), is_typed=True)
        return chat_views.message(cloud, messages.edit(cloud, who, message, draft))


@blueprint.delete("/chat/messages/<message_id>")
def delete_message(message_id: str) -> ResponseReturnValue:
    """Delete one's own message."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        who = caller(acting(cloud, fields))
        messages.delete(cloud, who, messages.get(cloud, who, message_id))
    return "", 204


@blueprint.get("/chat/contents/<content_id>")
def download(content_id: str) -> ResponseReturnValue:
    """Give a file to somebody who may read its message, as its scan allows; a browser saves it and runs nothing in it."""
    cloud = the_cloud()
    with cloud.lock:
        content = messages.content(cloud, caller(acting(cloud, request.args)), content_id)
        contents.check_scan(cloud, content, takes_unscannable="anyway" in request.args)
    response: Response = send_file(BytesIO(content.data), content.media_type, as_attachment=True, download_name=content.name)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.post("/chat/actions")
def submit_card() -> ResponseReturnValue:
    """Press Submit on a card."""
    cloud, fields = the_cloud(), body()
    inputs = fields.get("inputs")
    with cloud.lock:
        who = caller(acting(cloud, fields))
        actions.create(cloud, who, word(fields, "messageId") or "", inputs if isinstance(inputs, dict) else {})
    return "", 204


def _files() -> list[contents.Upload]:
    """Return the file of a form; a browser sends the field also when none was chosen, without a name."""
    given = request.files.get("file")
    return [contents.upload(given.filename, given.mimetype, given.read())] if given is not None and given.filename else []


def _room(cloud: Cloud, me: Person, fields: Json) -> Room:
    room_id = word(fields, "roomId")
    if room_id:
        return cloud.room_of(me, room_id)
    other = person_in(cloud, fields, "to")
    messages.root(cloud, rooms.find_direct(cloud, me, other), word(fields, "parentId"))
    return rooms.direct(cloud, me, other)
