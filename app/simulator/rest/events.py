"""The routes under /events: what happened, for those who were there and for compliance officers."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, journal, roles
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.journal import Entry
from app.simulator.paging import page, size
from app.simulator.records import Caller
from app.simulator.rest.guard import choice, guarded, id_in, moment, word

blueprint = Blueprint("events", __name__)

SCOPES = ("spark:all", "spark-compliance:events_read")


@blueprint.get("/events")
@guarded()
def list_events(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List events, newest first."""
    query = request.args
    resource, kind = choice(query, "resource", journal.RESOURCES), choice(query, "type", journal.TYPES)
    actor_id, begin, end = id_in(query, "actorId", "PEOPLE"), moment(query, "from"), moment(query, "to")
    if resource == "convergedRecordings" and word(query, "serviceType") is None:
        raise ApiError(400, "serviceType is required for convergedRecordings.")
    choice(query, "serviceType", ("calling",))
    if end and end > cloud.clock.stamp():
        raise ApiError(400, "to cannot be in the future.")
    found = [
        one
        for one in _visible(cloud, caller)
        if resource in (None, one.resource) and kind in (None, one.type) and actor_id in (None, one.actor_id)
        if (begin or "") < one.created < (end or "~")
    ]
    shown, headers = page(found, lambda one: one.id, size(100, 1000))
    return {"items": [one.shape() for one in shown]}, 200, headers


@blueprint.get("/events/<event_id>")
@guarded()
def get_event(cloud: Cloud, caller: Caller, event_id: str) -> ResponseReturnValue:
    """Show an event."""
    wanted = ids.canonical("EVENT", event_id)
    for one in _visible(cloud, caller):
        if one.id == wanted:
            return one.shape()
    raise ApiError(404, "Could not find an event with provided ID.")


def _visible(cloud: Cloud, caller: Caller) -> list[Entry]:
    """Return what the caller may see: what they heard of, and as a compliance officer all of the organization."""
    if not any(caller.may(scope) for scope in SCOPES):
        raise ApiError(403, FORBIDDEN)
    org_id = caller.person.org_id if roles.is_officer(caller.person) else None
    return [one for one in cloud.journal.listed() if caller.person.id in one.audience or one.org_id == org_id]
