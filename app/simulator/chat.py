"""The chat page, and the JSON its script speaks.

The page is a Webex client of its own: it acts as the person named in `as`, without a token, and what is typed in it
reaches the cloud as a client sends it (html and text, no markdown).
"""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.simulator import actions, chat_views, memberships, messages, rooms
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.messages import Draft
from app.simulator.records import Caller, Json, Person, Room
from app.simulator.rest.guard import body, the_cloud, word

blueprint = Blueprint("chat", __name__)

HOLD = 10.0
"""Seconds a request for changes waits for one; shorter than any proxy's patience."""
PAGE = 100
"""Messages shown at once."""


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Show the chat of the person in `as`, or ask who is there."""
    cloud = the_cloud()
    with cloud.lock:
        me = cloud.person_by_email(request.args.get("as", ""))
        people = [chat_views.person(one) for one in cloud.people.values() if one.kind == "person"]
    if me is None or me.kind != "person":
        return render_template("who.html", people=people)
    return render_template("chat.html", me=chat_views.person(me))


@blueprint.get("/chat/state")
def state() -> ResponseReturnValue:
    """Tell the page everything it needs at the start."""
    cloud = the_cloud()
    with cloud.lock:
        me = _me(cloud, request.args)
        return {
            "me": chat_views.person(me),
            "people": [chat_views.person(one) for one in cloud.people.values()],
            "rooms": chat_views.room_list(cloud, me),
            "next": cloud.feed.last,
        }


@blueprint.get("/chat/changes")
def changes() -> ResponseReturnValue:
    """Tell what changed after `since`, waiting a while if nothing did; with `hold=0`, without waiting."""
    cloud = the_cloud()
    me = _me(cloud, request.args)
    since = request.args.get("since", 0, int)
    held = request.args.get("hold") != "0" and cloud.feed.wait(since, me.id, HOLD)
    with cloud.lock:
        news = cloud.feed.since(since, me.id)
        answer: Json = {"next": cloud.feed.last, "held": held}
        return answer | ({"reset": True} if news is None else chat_views.news(cloud, me, news))


@blueprint.get("/chat/rooms/<room_id>")
def open_room(room_id: str) -> ResponseReturnValue:
    """Show a room: its members and its newest messages, or those before the message of order `before`."""
    cloud = the_cloud()
    with cloud.lock:
        me = _me(cloud, request.args)
        room = cloud.room_of(me, room_id)
        before = request.args.get("before", type=int)
        found = [one for one in cloud.room_messages.get(room.id, []) if before is None or one.order < before]
        _mark_read(cloud, me, room)
        return {
            "room": chat_views.room(cloud, room, me),
            "members": chat_views.members(cloud, room),
            "messages": [chat_views.message(cloud, one) for one in found[-PAGE:]],
            "hasEarlier": len(found) > PAGE,
        }


@blueprint.post("/chat/rooms/<room_id>/read")
def mark_read(room_id: str) -> ResponseReturnValue:
    """Note that the person has seen the room."""
    cloud = the_cloud()
    with cloud.lock:
        me = _me(cloud, body())
        _mark_read(cloud, me, cloud.room_of(me, room_id))
    return "", 204


@blueprint.post("/chat/messages")
def post_message() -> ResponseReturnValue:
    """Post what was typed, into the room `roomId` or to the person with the address `to`."""
    cloud, fields = the_cloud(), body()
    draft = Draft(markdown=word(fields, "markdown"), parent_id=word(fields, "parentId"), is_typed=True)
    with cloud.lock:
        me = _me(cloud, fields)
        messages.check(draft)
        room_id = word(fields, "roomId")
        room = cloud.room_of(me, room_id) if room_id else rooms.direct(cloud, me, _person(cloud, fields, "to"))
        return chat_views.message(cloud, messages.post(cloud, me, room, draft))


@blueprint.put("/chat/messages/<message_id>")
def edit_message(message_id: str) -> ResponseReturnValue:
    """Replace the words of one's own message."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        caller = _caller(_me(cloud, fields))
        message = messages.get(cloud, caller, message_id)
        draft = Draft(markdown=word(fields, "markdown"), is_typed=True)
        return chat_views.message(cloud, messages.edit(cloud, caller, message, draft))


@blueprint.delete("/chat/messages/<message_id>")
def delete_message(message_id: str) -> ResponseReturnValue:
    """Delete one's own message."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        caller = _caller(_me(cloud, fields))
        messages.delete(cloud, caller, messages.get(cloud, caller, message_id))
    return "", 204


@blueprint.post("/chat/rooms")
def create_room() -> ResponseReturnValue:
    """Make a group room."""
    cloud, fields = the_cloud(), body()
    title = (word(fields, "title") or "").strip()
    if not title:
        raise ApiError(400, "Give the room a name.")
    with cloud.lock:
        me = _me(cloud, fields)
        return chat_views.room(cloud, rooms.create(cloud, _caller(me), title, {}), me)


@blueprint.post("/chat/rooms/<room_id>/members")
def add_member(room_id: str) -> ResponseReturnValue:
    """Add the person with the address `email` to a room."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        me = _me(cloud, fields)
        room = cloud.room_of(me, room_id)
        memberships.create(cloud, _caller(me), room, _person(cloud, fields, "email"), is_moderator=False)
        return {"members": chat_views.members(cloud, room)}


@blueprint.delete("/chat/rooms/<room_id>/members")
def remove_member(room_id: str) -> ResponseReturnValue:
    """Remove the person with the address `email` from a room; one's own address means to leave."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        me = _me(cloud, fields)
        gone = cloud.members(cloud.room_of(me, room_id).id).get(_person(cloud, fields, "email").id)
        if gone is None:
            raise ApiError(404, "This person is not in the room.")
        memberships.delete(cloud, _caller(me), gone)
    return "", 204


@blueprint.post("/chat/actions")
def submit_card() -> ResponseReturnValue:
    """Press Submit on a card."""
    cloud, fields = the_cloud(), body()
    inputs = fields.get("inputs")
    with cloud.lock:
        caller = _caller(_me(cloud, fields))
        actions.create(cloud, caller, word(fields, "messageId") or "", inputs if isinstance(inputs, dict) else {})
    return "", 204


@blueprint.after_request
def protect(response: Response) -> Response:
    """Let the page load nothing from elsewhere and run no script but its own."""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _me(cloud: Cloud, fields: Json) -> Person:
    return _person(cloud, fields, "as")


def _person(cloud: Cloud, fields: Json, name: str) -> Person:
    email = (word(fields, name) or "").strip()
    person = cloud.person_by_email(email)
    if person is None:
        raise ApiError(404, f"Nobody here has the address {email}." if email else "Say whom you mean.")
    return person


def _caller(person: Person) -> Caller:
    return Caller(person, "chat")


def _mark_read(cloud: Cloud, me: Person, room: Room) -> None:
    newest = cloud.room_messages.get(room.id)
    cloud.seen[me.id, room.id] = newest[-1].order if newest else 0
