"""The routes under /messages: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import contents, ids, messages, people, rooms
from app.simulator.cloud import Cloud
from app.simulator.contents import Upload
from app.simulator.drafts import Draft, check
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json, Room
from app.simulator.rest.guard import body, guarded, id_in, moment, person_in, word

blueprint = Blueprint("messages", __name__)


@blueprint.get("/messages")
@guarded("spark:messages_read")
def list_messages(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List a room's messages, newest first."""
    query = request.args
    room_id = id_in(query, "roomId", "ROOM")
    if room_id is None:
        raise ApiError(400, "Required String parameter 'roomId' is not present")
    mentions = word(query, "mentionedPeople")
    found = messages.listed(
        cloud, caller, cloud.room_of(caller.person, room_id), mentions=mentions,
        parent_id=id_in(query, "parentId", "MESSAGE"), before=moment(query, "before"),
        before_message=id_in(query, "beforeMessage", "MESSAGE"),
    )  # fmt: skip
    shown, headers = page(found, lambda one: one.id, size(50, 100 if mentions else cloud.switches.largest_message_page))
    return {"items": [messages.shape(cloud, one) for one in shown]}, 200, headers


@blueprint.get("/messages/direct")
@guarded("spark:messages_read")
def list_direct_messages(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the messages of a direct room, newest first."""
    other = person_in(cloud, request.args, 404, "Could not find person with provided ID or email.")
    found = messages.listed_direct(cloud, caller, other, id_in(request.args, "parentId", "MESSAGE"))
    return {"items": [messages.shape(cloud, one) for one in found]}


@blueprint.post("/messages")
@guarded("spark:messages_write", is_alone=False)
def create_message(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Post a message. A file is fetched before the cloud is held: its server may have something to ask here first."""
    fields = body(takes_files=True)
    draft = _draft(fields, _files(fields))
    with cloud.lock:
        message = messages.post(cloud, caller.person, _destination(cloud, caller, fields, draft), draft)
        answer = messages.shape(cloud, message)
    for name in ("toPersonId", "toPersonEmail"):
        if fields.get(name):
            answer[name] = fields[name]
    return answer


@blueprint.get("/messages/<message_id>")
@guarded("spark:messages_read")
def get_message(cloud: Cloud, caller: Caller, message_id: str) -> ResponseReturnValue:
    """Show a message."""
    return messages.shape(cloud, messages.get(cloud, caller, ids.canonical("MESSAGE", message_id)))


@blueprint.put("/messages/<message_id>")
@guarded("spark:messages_write")
def edit_message(cloud: Cloud, caller: Caller, message_id: str) -> ResponseReturnValue:
    """Replace a message's words."""
    message = messages.get(cloud, caller, ids.canonical("MESSAGE", message_id))
    fields = body()
    if "html" in fields:
        raise ApiError(400, "html cannot be edited.")
    if id_in(fields, "roomId", "ROOM") != message.room_id:
        raise ApiError(400, "roomId must be the room of the message.")
    edited = messages.edit(cloud, caller, message, Draft(word(fields, "text"), word(fields, "markdown")))
    return messages.shape(cloud, edited)


@blueprint.delete("/messages/<message_id>")
@guarded("spark:messages_write")
def delete_message(cloud: Cloud, caller: Caller, message_id: str) -> ResponseReturnValue:
    """Delete a message."""
    messages.delete(cloud, caller, messages.get(cloud, caller, ids.canonical("MESSAGE", message_id)))
    return "", 204


def _draft(fields: Json, files: list[Upload]) -> Draft:
    attachments = fields.get("attachments") or []
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise ApiError(400, "attachments must be a list of objects.")
    parent_id = id_in(fields, "parentId", "MESSAGE")
    return Draft(word(fields, "text"), word(fields, "markdown"), attachments, parent_id, files)


def _files(fields: Json) -> list[Upload]:
    """Return the file of a message: a part of the form, or what is behind the URL in `files`."""
    parts = [one for _, one in request.files.items(multi=True)]
    if any(name != "files" for name in request.files):
        raise ApiError(400, "files: a file belongs into the part named files.")
    urls = fields.get("files") or []
    urls = [urls] if isinstance(urls, str) else urls
    if not isinstance(urls, list) or not all(isinstance(one, str) for one in urls):
        raise ApiError(400, "files must be a list of URLs.")
    if len(parts) + len(urls) > 1:
        raise ApiError(400, "files: only one file is allowed.")
    sent = [contents.upload(one.filename, one.mimetype, one.read()) for one in parts]
    return sent + [contents.fetch(one) for one in urls]


def _destination(cloud: Cloud, caller: Caller, fields: Json, draft: Draft) -> Room:
    """Return the room a message goes to; an answer in a thread may leave it out.

    The draft is checked before a direct room is made, so that a refused message leaves nothing behind.
    """
    room_id, person_id = id_in(fields, "roomId", "ROOM"), id_in(fields, "toPersonId", "PEOPLE")
    email = word(fields, "toPersonEmail")
    given = [one for one in (room_id, person_id, email) if one is not None]
    if not given and draft.parent_id in cloud.messages:
        room_id = cloud.messages[draft.parent_id].room_id
    elif len(given) != 1:
        raise ApiError(400, "Exactly one of the destination fields must not be empty (roomId, toPersonEmail, toPersonId)")
    check(draft, cloud.switches)
    if room_id is not None:
        return cloud.room_of(caller.person, room_id)
    cloud.check_bot(caller.person)
    other = cloud.person_by_id(person_id) if person_id else cloud.person_by_email(email or "")
    messages.root(cloud, rooms.find_direct(cloud, caller.person, other) if other else None, draft.parent_id)
    if other is None and email is not None:
        other = people.invited(cloud, email)
    if other is None:
        raise ApiError(404, "Could not find person with provided ID or email.")
    return rooms.direct(cloud, caller.person, other)
