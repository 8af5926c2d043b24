"""The chat page, and the JSON its script speaks.

The page is a Webex client of its own: it acts as the person named in `as`, without a token, and what is typed in it
reaches the cloud as a client sends it (html and text, no markdown).
"""

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from app.simulator import chat_cards, chat_messages, chat_panel, chat_views, ids, memberships, rooms
from app.simulator.chat_access import acting, caller, people, person_in, refuse_strangers
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.records import Json, Person, Room
from app.simulator.rest.guard import body, the_cloud, word

blueprint = Blueprint("chat", __name__)
blueprint.register_blueprint(chat_messages.blueprint)
blueprint.register_blueprint(chat_panel.blueprint)
blueprint.record(lambda state: chat_cards.teach(state.app))
blueprint.before_request(refuse_strangers)

HOLD = 10.0
"""Seconds a request for changes waits for one; shorter than any proxy's patience."""
PAGE = 100
"""Messages shown at once."""
PANES = 4
"""People shown side by side at most."""


@blueprint.get("/")
def page() -> ResponseReturnValue:
    """Show the chat of the person in `as`, beside it those of the people in `beside`, or ask who is there.

    A pane of a page with several people is asked for with `pane=1`.
    """
    cloud, wanted = the_cloud(), request.args.getlist("as")[:1] + request.args.getlist("beside")
    with cloud.lock:
        everybody = [one for one in people(cloud) if one.kind == "person"]
        shown = _shown(cloud, wanted)
        known: Json = {
            "people": [chat_views.person(one) for one in everybody],
            "shown": [chat_views.person(one) for one in shown],
            "panel": chat_panel.choices(cloud),
        }
    if not shown:
        return render_template("who.html", room=_canonical(request.args.get("room")), **known)
    if len(shown) > 1:
        return render_template("beside.html", room=request.args.get("room"), most=PANES, **known)
    return render_template("chat.html", me=known["shown"][0], is_pane="pane" in request.args, **known)


@blueprint.get("/chat/state")
def state() -> ResponseReturnValue:
    """Tell the page everything it needs at the start."""
    cloud = the_cloud()
    with cloud.lock:
        me = acting(cloud, request.args)
        return {
            "me": chat_views.person(me),
            "people": [chat_views.person(one) for one in people(cloud)],
            "rooms": chat_views.room_list(cloud, me),
            "next": cloud.feed.last,
        }


@blueprint.get("/chat/changes")
def changes() -> ResponseReturnValue:
    """Tell what changed after `since`, waiting a while if nothing did; with `hold=0`, without waiting."""
    cloud = the_cloud()
    me = acting(cloud, request.args)
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
        me = acting(cloud, request.args)
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
        me = acting(cloud, body())
        _mark_read(cloud, me, cloud.room_of(me, room_id))
    return "", 204


@blueprint.post("/chat/rooms")
def create_room() -> ResponseReturnValue:
    """Make a group room."""
    cloud, fields = the_cloud(), body()
    title = (word(fields, "title") or "").strip()
    if not title:
        raise ApiError(400, "Give the room a name.")
    with cloud.lock:
        me = acting(cloud, fields)
        return chat_views.room(cloud, rooms.create(cloud, caller(me), title, {}), me)


@blueprint.post("/chat/rooms/<room_id>/members")
def add_member(room_id: str) -> ResponseReturnValue:
    """Add the person with the address `email` to a room."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        me = acting(cloud, fields)
        room = cloud.room_of(me, room_id)
        memberships.create(cloud, caller(me), room, person_in(cloud, fields, "email"), is_moderator=False)
        return {"members": chat_views.members(cloud, room)}


@blueprint.delete("/chat/rooms/<room_id>/members")
def remove_member(room_id: str) -> ResponseReturnValue:
    """Remove the person with the address `email` from a room; one's own address means to leave."""
    cloud, fields = the_cloud(), body()
    with cloud.lock:
        me = acting(cloud, fields)
        gone = cloud.members(cloud.room_of(me, room_id).id).get(person_in(cloud, fields, "email").id)
        if gone is None:
            raise ApiError(404, "This person is not in the room.")
        memberships.delete(cloud, caller(me), gone)
    return "", 204


@blueprint.after_request
def protect(response: Response) -> Response:
    """Let the page load nothing from elsewhere, run no script but its own, and be framed by itself only.

    A picture in a card may be part of the card (`data:`).
    """
    response.headers.setdefault(
        "Content-Security-Policy",
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _canonical(room_id: str | None) -> str | None:
    """The id as the page's own links write it: a link from elsewhere may know the room by its UUID."""
    try:
        return ids.canonical("ROOM", room_id) if room_id else None
    except ApiError:
        return None


def _shown(cloud: Cloud, emails: list[str]) -> list[Person]:
    """Return the people with these addresses, each once; nobody if the first one is nobody here."""
    found = [cloud.person_by_email(email) for email in emails]
    if not found or found[0] is None:
        return []
    unique = {one.id: one for one in found if one is not None and one.kind == "person"}
    return list(unique.values())[:PANES]


def _mark_read(cloud: Cloud, me: Person, room: Room) -> None:
    newest = cloud.room_messages.get(room.id)
    cloud.seen[me.id, room.id] = newest[-1].order if newest else 0
