"""The controls under /_sim: look into the cloud, wait for it, move its clock, break it. Webex has nothing of this."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import directory, ids, migration, roles, webhooks
from app.simulator.addresses import is_address
from app.simulator.clock import iso
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.faults import LONGEST
from app.simulator.records import Json, Person
from app.simulator.rest.guard import parsed, the_cloud, word

blueprint = Blueprint("control", __name__)


@blueprint.get("/people")
def list_people() -> ResponseReturnValue:
    """List everybody with a personal access token each."""
    cloud = the_cloud()
    with cloud.lock:
        return {"items": [_person(person) for person in cloud.people.values() if not person.is_deleted]}


@blueprint.post("/people")
def add_person() -> ResponseReturnValue:
    """Add a person: {"email": …, "displayName": …, "timezone": …}."""
    fields = _fields()
    email = (word(fields, "email") or "").strip()
    if not is_address(email):
        raise ApiError(400, "email must be an e-mail address")
    display_name, timezone = word(fields, "displayName"), _timezone(fields)
    cloud = the_cloud()
    with cloud.lock:
        if cloud.person_by_email(email) is not None:
            raise ApiError(409, "The person exists already.")
        name, _, domain = email.lower().partition("@")
        org_id = ids.stable("ORGANIZATION", domain)
        person = directory.add(cloud, email, display_name or name, org_id)
        person.timezone = timezone
        return _person(person)


@blueprint.post("/roles")
def give_roles() -> ResponseReturnValue:
    """Give a person administrator roles in place of those they have: {"person": id or email, "roles": [names]}."""
    cloud, fields = the_cloud(), _fields()
    names = fields.get("roles")
    if not isinstance(names, list):
        raise ApiError(400, "roles must be a list of names")
    with cloud.lock:
        person = _given_person(cloud, fields)
        person.roles = frozenset(roles.role_id(str(name)) for name in names)
        return _person(person)


@blueprint.post("/timezone")
def set_timezone() -> ResponseReturnValue:
    """Set the zone of a person's profile: {"person": id or email, "timezone": name or null}; any text, also a wrong one."""
    cloud, fields = the_cloud(), _fields()
    name = _timezone(fields)
    with cloud.lock:
        person = _given_person(cloud, fields)
        person.timezone = name
    return {"id": person.id, "timezone": name}


@blueprint.post("/rooms/<room_id>/migrate")
def migrate_room(room_id: str) -> ResponseReturnValue:
    """Move a room to another region, which gives it a new id; the room is given by id or, a group room, by title."""
    cloud = the_cloud()
    with cloud.lock:
        old_id = migration.matching(cloud, room_id)
        return {"oldRoomId": old_id, "newRoomId": migration.migrate(cloud, old_id).id}


@blueprint.post("/drain")
def drain() -> ResponseReturnValue:
    """Wait until every webhook is delivered: {"timeout": seconds}, 10 if absent."""
    delivered, pending = the_cloud().deliveries.drain(min(_number(_fields(), "timeout", 10.0), LONGEST))
    return {"delivered": delivered, "pending": pending}


@blueprint.get("/calls")
def list_calls() -> ResponseReturnValue:
    """List the API calls received, oldest first, without bodies."""
    return {"items": the_cloud().calls.listed()}


@blueprint.delete("/calls")
def clear_calls() -> ResponseReturnValue:
    """Forget the calls received."""
    the_cloud().calls.clear()
    return "", 204


@blueprint.get("/deliveries")
def list_deliveries() -> ResponseReturnValue:
    """List the attempts to deliver webhooks, oldest first, without bodies."""
    return {"items": the_cloud().deliveries.attempts()}


@blueprint.post("/replay")
def replay() -> ResponseReturnValue:
    """Send the last deliveries once more, byte for byte: {"n": count} (or "last"), 1 if absent."""
    fields = _fields()
    return {"replayed": the_cloud().deliveries.replay(int(_number(fields, "last", _number(fields, "n", 1))))}


@blueprint.get("/faults")
def list_faults() -> ResponseReturnValue:
    """List the faults that still wait for their calls."""
    return {"items": the_cloud().faults.listed()}


@blueprint.post("/faults")
def add_fault() -> ResponseReturnValue:
    """Put a fault in force."""
    cloud, fields = the_cloud(), _fields()
    by = cloud.person(str(fields["by"])).id if fields.get("by") else None
    try:
        return cloud.faults.add(fields, by).listed()
    except ValueError as problem:
        raise ApiError(400, str(problem)) from None


@blueprint.delete("/faults")
def clear_faults() -> ResponseReturnValue:
    """End all faults; calls that are slowed down go on at once."""
    the_cloud().faults.clear()
    return "", 204


@blueprint.get("/switches")
def list_switches() -> ResponseReturnValue:
    """List the switches."""
    return the_cloud().switches.listed()


@blueprint.post("/switches")
def turn_switches() -> ResponseReturnValue:
    """Set some switches: {"name": value}."""
    switches = the_cloud().switches
    try:
        switches.turn(_fields())
    except ValueError as problem:
        raise ApiError(400, str(problem)) from None
    return switches.listed()


@blueprint.get("/clock")
def read_clock() -> ResponseReturnValue:
    """Tell the cloud's time."""
    return {"now": iso(the_cloud().clock.now())}


@blueprint.post("/clock")
def move_clock() -> ResponseReturnValue:
    """Move the cloud's clock: {"advance": seconds}."""
    clock = the_cloud().clock
    try:
        clock.advance(_number(_fields(), "advance", 0.0))
    except ValueError as problem:
        raise ApiError(400, str(problem)) from None
    return {"now": iso(clock.now())}


@blueprint.post("/revoke")
def revoke() -> ResponseReturnValue:
    """End the tokens a person gave to integrations: {"person": id or email, "client_id": optional}."""
    cloud, fields = the_cloud(), _fields()
    with cloud.lock:
        person = _given_person(cloud, fields)
        ended = cloud.tokens.revoke(person, fields.get("client_id"))
        webhooks.silence(cloud, person.id, ended)
    return {"revoked": len(ended)}


@blueprint.post("/expire")
def expire() -> ResponseReturnValue:
    """Let a person's access tokens of integrations end now; refreshing still works: {"person": id or email}."""
    cloud = the_cloud()
    with cloud.lock:
        cloud.tokens.expire(_given_person(cloud, _fields()))
    return "", 204


@blueprint.post("/webhooks/<webhook_id>/disable")
def disable_webhook(webhook_id: str) -> ResponseReturnValue:
    """Set a webhook inactive, as a hundred failures would have done."""
    cloud = the_cloud()
    with cloud.lock:
        hook = cloud.webhooks.get(webhook_id)
        if hook is None:
            raise ApiError(404, "Could not find a webhook with provided ID.")
        hook.status, hook.disabled_at = "inactive", cloud.clock.now()
    return "", 204


def _fields() -> Json:
    content = request.get_data()
    return parsed(content) if content else {}


def _number(fields: Json, name: str, default: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ApiError(400, f"{name} must be a number")
    return value


def _timezone(fields: Json) -> str | None:
    name = fields.get("timezone")
    if name is None or (isinstance(name, str) and 0 < len(name) <= 100 and name.isprintable()):
        return name
    raise ApiError(400, "timezone must be a text of up to 100 letters and signs, or null")


def _given_person(cloud: Cloud, fields: Json) -> Person:
    given = fields.get("person")
    if not isinstance(given, str) or not given:
        raise ApiError(400, "person must be somebody's id or e-mail address")
    return cloud.person(given)


def _person(person: Person) -> Json:
    return {
        "id": person.id, "displayName": person.display_name, "email": person.email, "type": person.kind,
        "token": person.token,
    }  # fmt: skip
