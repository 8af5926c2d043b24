"""The routes under /people: read the request, ask the rules, show the result."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, people
from app.simulator.cloud import Cloud
from app.simulator.paging import page, size
from app.simulator.records import Caller, Json
from app.simulator.rest.guard import guarded, word

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
    """Find people by e-mail, name or ids."""
    given = word(request.args, "id")
    wanted = [ids.canonical("PEOPLE", one) for one in given.split(",") if one] if given else None
    found, missing = people.search(cloud, caller, word(request.args, "email"), word(request.args, "displayName"), wanted)
    shown, headers = page(found, lambda one: one.id, size(100, 1000))
    answer: Json = {"items": [people.shape(one, caller.person) for one in shown]}
    if wanted is not None:
        answer["notFoundIds"] = missing
    return answer, 200, headers
