"""The routes under /people: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import departure, directory, ids, people, roles
from app.simulator.cloud import Cloud
from app.simulator.errors import ApiError
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json, Person
from app.simulator.rest.guard import body, check_organization, flag, guarded, word

blueprint = Blueprint("people", __name__)


@blueprint.get("/people/me")
@guarded("spark:people_read")
def get_me(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Tell who the caller is."""
    return people.shape(caller.person, caller.person)


@blueprint.get("/people/<person_id>")
@guarded("spark:people_read")
def get_person(cloud: Cloud, caller: Caller, person_id: str) -> ResponseReturnValue:
    """Tell who somebody is."""
    return people.shape(people.get(cloud, ids.canonical("PEOPLE", person_id)), caller.person)


@blueprint.get("/people")
@guarded("spark:people_read")
def list_people(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Find people by e-mail, name or ids; those asked for by their ids are shown without presence, roles and licenses."""
    query = request.args
    check_organization(caller, query)
    wanted, role_ids = _ids(query, "id", "PEOPLE"), _ids(query, "roles", "ROLE")
    name = word(query, "displayName")
    found, missing = people.search(cloud, caller, word(query, "email"), name, wanted, role_ids=role_ids)
    shown, headers = page(found, lambda one: one.id, size(100, 1000))
    is_full = wanted is None
    has_status = is_full and not flag(query, "excludeStatus")
    answer: Json = {"items": [people.shape(one, caller.person, has_status=has_status, is_full=is_full) for one in shown]}
    if wanted is not None:
        answer["notFoundIds"] = missing
    return answer, 200, headers


@blueprint.post("/people")
@guarded()
def create_person(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Make a person."""
    roles.check_admin(caller, "spark-admin:people_write")
    return people.shape(directory.create(cloud, caller, body()), caller.person)


@blueprint.put("/people/<person_id>")
@guarded()
def update_person(cloud: Cloud, caller: Caller, person_id: str) -> ResponseReturnValue:
    """Change a person."""
    person = _administered(cloud, caller, person_id)
    return people.shape(directory.update(cloud, caller, person, body()), caller.person)


@blueprint.delete("/people/<person_id>")
@guarded()
def delete_person(cloud: Cloud, caller: Caller, person_id: str) -> ResponseReturnValue:
    """Delete a person."""
    departure.remove(cloud, caller, _administered(cloud, caller, person_id))
    return "", 204


def _administered(cloud: Cloud, caller: Caller, person_id: str) -> Person:
    """Return a person of the caller's organization, if the caller may change people there."""
    roles.check_admin(caller, "spark-admin:people_write")
    person = people.get(cloud, ids.canonical("PEOPLE", person_id))
    if person.org_id != caller.person.org_id:
        raise ApiError(404, "Could not find person with provided ID.")
    return person


def _ids(query: Json, name: str, kind: str) -> list[str] | None:
    given = word(query, name)
    return [ids.canonical(kind, one, name) for one in given.split(",") if one] if given else None
