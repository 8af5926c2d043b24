"""What every REST call passes: the token, the scope, the body, the ids."""

import functools
import json
from collections.abc import Callable
from typing import Any

from flask import current_app, g, request
from flask.typing import ResponseReturnValue

from app.simulator import ids
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, MALFORMED, UNAUTHORIZED, ApiError
from app.simulator.records import Caller, Json, Person

MAX_JSON = 1_000_000
"""Bytes of a JSON body; far above a full message with a card."""

View = Callable[..., ResponseReturnValue]


def the_cloud() -> Cloud:
    """Return the cloud this application serves."""
    cloud: Cloud = current_app.extensions["cloud"]
    return cloud


def read_token() -> Caller | None:
    """Return who the request's bearer token speaks for, or None."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return the_cloud().tokens.caller(token.strip()) if scheme.lower() == "bearer" else None


def guarded(*scopes: str) -> Callable[[View], View]:
    """Let a view run only for a live token with the scopes, alone in the cloud; it gets cloud and caller.

    :raises ApiError: 401 without a live token, 403 if a scope is missing.
    """

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def run(**from_path: str) -> ResponseReturnValue:
            caller: Caller | None = g.caller
            if caller is None:
                raise ApiError(401, UNAUTHORIZED)
            if not all(caller.may(scope) for scope in scopes):
                raise ApiError(403, FORBIDDEN)
            cloud = the_cloud()
            with cloud.lock:
                return view(cloud, caller, **from_path)

        return run

    return wrap


def body() -> Json:
    """Return the fields of the request: a JSON object, or the text fields of a form.

    :raises ApiError: 413 if it is too large, 415 for another kind of content, 400 if it is malformed.
    """
    if (request.content_length or 0) > MAX_JSON:
        raise ApiError(413, "The request is too large.")
    if request.mimetype == "multipart/form-data" and not request.files:
        return dict(request.form)
    if not request.is_json:
        raise ApiError(415, f"Content type '{request.content_type or ''}' not supported")
    try:
        fields = json.loads(request.get_data())
    except ValueError:
        raise ApiError(400, MALFORMED) from None
    if not isinstance(fields, dict):
        raise ApiError(400, MALFORMED)
    return fields


def word(fields: Json, name: str) -> str | None:
    """Return a text field; None if it is absent, null or empty.

    :raises ApiError: 400 if it is something else.
    """
    value = fields.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise ApiError(400, f"{name} must be a string.")
    return value


def flag(fields: Json, name: str) -> bool | None:
    """Return a boolean field, None if it is absent or null.

    :raises ApiError: 400 if it is something else.
    """
    value = fields.get(name)
    if value in ("true", "false"):
        return bool(value == "true")
    if value is None or isinstance(value, bool):
        return value
    raise ApiError(400, f"{name} must be true or false.")


def id_in(fields: Any, name: str, kind: str) -> str | None:
    """Return an id among the fields of a body or a query in its canonical form, None if it is absent.

    :raises ApiError: 400 if it is not an id.
    """
    value = word(fields, name)
    return ids.canonical(kind, value) if value is not None else None


def person_in(cloud: Cloud, fields: Any, status: int, message: str) -> Person:
    """Return the person that exactly one of `personId` and `personEmail` names.

    :raises ApiError: 400 unless one is given, `status` with `message` if nobody has it.
    """
    person_id, email = id_in(fields, "personId", "PEOPLE"), word(fields, "personEmail")
    if (person_id is None) == (email is None):
        raise ApiError(400, "Must specify either personId or personEmail.")
    person = cloud.people.get(person_id) if person_id else cloud.person_by_email(email or "")
    if person is None:
        raise ApiError(status, message)
    return person
