"""The routes under /authorizations: what apps were allowed, and how it is taken back (guide "Authorizations").

An administrator looks after everybody in the organization; everybody else after themselves only.
"""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.simulator import ids, roles, webhooks
from app.simulator.clock import iso
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, ApiError
from app.simulator.records import Caller, Json, Person
from app.simulator.rest.guard import guarded, id_in, token, word
from app.simulator.tokens import Token

blueprint = Blueprint("authorizations", __name__)

FOREVER = 3_155_760_000
"""Seconds a bot's token is said to live: a hundred years (contract 3.2)."""


@blueprint.get("/authorizations")
@guarded("identity:tokens_read")
def list_authorizations(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """List the tokens a person gave to apps."""
    person_id, email = id_in(request.args, "personId", "PEOPLE"), word(request.args, "personEmail")
    person = caller.person
    if person_id or email:
        person = cloud.person(person_id or email or "")
    _check(caller, person)
    return {"items": [_shape(cloud, kind, one) for kind, one in cloud.tokens.granted(person)]}


@blueprint.get("/authorizations/tokenExpiry")
@guarded()
def get_expiry(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Tell when the token of this very call ends, in milliseconds since 1970."""
    found = cloud.tokens.find(token())
    expires = found.expires if found is not None and found.expires is not None else cloud.clock.now() + FOREVER
    return {"exp": round(expires * 1000)}


@blueprint.delete("/authorizations/<authorization_id>")
@guarded("identity:tokens_write")
def delete_authorization(cloud: Cloud, caller: Caller, authorization_id: str) -> ResponseReturnValue:
    """Take one token back; a refresh token takes its access tokens along."""
    wanted = ids.canonical("AUTHORIZATION", authorization_id)
    for person in cloud.people.values():
        for kind, found in cloud.tokens.granted(person):
            if found.id == wanted:
                _check(caller, person)
                cloud.tokens.end(found)
                if kind == "refresh":
                    webhooks.silence(cloud, person.id, [found.application.id])
                return "", 204
    raise ApiError(404, "The requested resource could not be found.")


@blueprint.delete("/authorizations")
@guarded("identity:tokens_write")
def delete_authorizations(cloud: Cloud, caller: Caller) -> ResponseReturnValue:
    """Take back all tokens of one app: the caller's own, or as an administrator those of the organization."""
    client_id = word(request.args, "clientId")
    if client_id is None:
        raise ApiError(400, "Required String parameter 'clientId' is not present")
    if id_in(request.args, "orgId", "ORGANIZATION") not in (None, caller.person.org_id):
        raise ApiError(403, FORBIDDEN)
    if client_id not in cloud.tokens.clients:
        raise ApiError(404, "The requested resource could not be found.")
    is_admin = roles.is_admin(caller.person, may_write=True)
    people = [one for one in cloud.people.values() if one is caller.person or (is_admin and one.org_id == caller.person.org_id)]
    for person in people:
        webhooks.silence(cloud, person.id, cloud.tokens.revoke(person, client_id))
    return "", 204


def _check(caller: Caller, person: Person) -> None:
    if person is not caller.person and not roles.may_administer(caller.person, person):
        raise ApiError(403, FORBIDDEN)


def _shape(cloud: Cloud, kind: str, one: Token) -> Json:
    clients = (client.client_id for client in cloud.tokens.clients.values() if client.application == one.application)
    return {
        "id": one.id, "applicationId": one.application.id, "applicationName": one.application.name,
        "clientId": next(clients, ""), "type": kind, "scopes": sorted(one.scopes or ()), "created": iso(one.created),
    }  # fmt: skip
