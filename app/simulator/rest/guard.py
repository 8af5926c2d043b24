"""What every REST call passes: the token, the scope, the body, the ids."""

import functools
import json
from collections.abc import Callable
from typing import Any, NoReturn

from flask import current_app, g, request
from flask.typing import ResponseReturnValue

from app.simulator import clock, contents, ids, people
from app.simulator.cloud import Cloud
from app.simulator.errors import FORBIDDEN, MALFORMED, UNAUTHORIZED, ApiError
from app.simulator.records import Caller, Json, Person

MAX_JSON = 1_000_000
"""Bytes of a JSON body; far above a full message with a card."""
MAX_FORM = contents.MAX_FILE + MAX_JSON
"""Bytes of a form with a file in it."""
MAX_NESTING = 100
"""How deep a JSON body may be nested; a card is not half as deep."""

View = Callable[..., ResponseReturnValue]


def the_cloud() -> Cloud:
    """Return the cloud this application serves."""
    cloud: Cloud = current_app.extensions["cloud"]
    return cloud


def token() -> str:
    """Return the bearer token of the request as it was sent, empty if there is none."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if scheme.lower() == "bearer" else ""


def read_token() -> Caller | None:
    """Return who the request's bearer token speaks for, or None."""
    return the_cloud().tokens.caller(token())


def guarded(*scopes: str, is_alone: bool = True) -> Callable[[View], View]:
    """Let a view run only for a live token with the scopes, alone in the cloud; it gets cloud and caller.

    :param is_alone: False for a view that has to wait for others; it takes the cloud's lock itself when it is ready.
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
            if not is_alone:
                return view(cloud, caller, **from_path)
            with cloud.lock:
                return view(cloud, caller, **from_path)

        return run

    return wrap


def body(*, takes_files: bool = False) -> Json:
    """Return the fields of the request: a JSON object, or the text fields of a form.

    :param takes_files: whether a form may hold files; they are in `request.files`.
    :raises ApiError: 413 if it is too large, 415 for another kind of content, 400 if it is malformed.
    """
    is_form = request.mimetype == "multipart/form-data"
    if (request.content_length or 0) > (MAX_FORM if is_form and takes_files else MAX_JSON):
        raise ApiError(413, "The request is too large.")
    if is_form and (takes_files or not request.files):
        return dict(request.form)
    if not request.is_json:
        raise ApiError(415, f"Content type '{request.mimetype}' not supported")
    return parsed(request.get_data())


def parsed(content: bytes) -> Json:
    """Return the JSON object these bytes hold, if it can be written down again as it is.

    :raises ApiError: 400 otherwise, also for numbers JSON does not know, halves of characters and extreme nesting.
    """
    try:
        fields = json.loads(content, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError):
        raise ApiError(400, MALFORMED) from None
    if not isinstance(fields, dict) or not _is_sound(fields, MAX_NESTING):
        raise ApiError(400, MALFORMED)
    return fields


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _is_sound(value: Any, depth: int) -> bool:
    """Whether a value is not nested too deep, and its texts are Unicode that UTF-8 can carry."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, dict):
        return depth > 0 and all(_is_sound(name, 1) and _is_sound(one, depth - 1) for name, one in value.items())
    if isinstance(value, list):
        return depth > 0 and all(_is_sound(one, depth - 1) for one in value)
    return True


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


def required(fields: Json, name: str) -> str:
    """Return a text field that has to be there.

    :raises ApiError: 400 if it is absent, empty or something else.
    """
    value = word(fields, name)
    if value is None or not value.strip():
        raise ApiError(400, f"{name} cannot be empty")
    return value


def choice(fields: Json, name: str, choices: tuple[str, ...]) -> str | None:
    """Return a text field that takes a few values only, None if it is absent.

    :raises ApiError: 400 for any other value.
    """
    value = word(fields, name)
    if value is not None and value not in choices:
        raise ApiError(400, f"{name} must be one of {', '.join(choices)}.")
    return value


def moment(fields: Json, name: str) -> str | None:
    """Return a time among the fields in the cloud's own form, None if it is absent.

    :raises ApiError: 400 if it is no time.
    """
    value = word(fields, name)
    try:
        return clock.canonical(value) if value is not None else None
    except ValueError:
        raise ApiError(400, f"{name} must be an ISO 8601 time.") from None


def flag(fields: Json, name: str) -> bool | None:
    """Return a boolean field, None if it is absent or null.

    :raises ApiError: 400 if it is something else.
    """
    value = fields.get(name)
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if value is None or isinstance(value, bool):
        return value
    raise ApiError(400, f"{name} must be true or false.")


def id_in(fields: Any, name: str, kind: str) -> str | None:
    """Return an id among the fields of a body or a query in its canonical form, None if it is absent.

    :raises ApiError: 400 if it is not an id.
    """
    value = word(fields, name)
    return ids.canonical(kind, value, name) if value is not None else None


def person_in(
    cloud: Cloud, fields: Any, status: int, message: str, *, before_inviting: Callable[[], None] | None = None
) -> Person:
    """Return the person that exactly one of `personId` and `personEmail` names.

    :param before_inviting: checks what the person is wanted for; given where an unknown address is invited, if the
        organization's policy says so.
    :raises ApiError: 400 unless one is given, `status` with `message` if nobody has it.
    """
    person_id, email = id_in(fields, "personId", "PEOPLE"), word(fields, "personEmail")
    if (person_id is None) == (email is None):
        raise ApiError(400, "Must specify either personId or personEmail.")
    person = cloud.person_by_id(person_id) if person_id else cloud.person_by_email(email or "")
    if person is None and email and before_inviting:
        before_inviting()
        person = people.invited(cloud, email)
    if person is None:
        raise ApiError(status, message)
    return person


def check_organization(caller: Caller, fields: Any) -> None:
    """Let `orgId` name nobody's organization but the caller's: there are no partners here, who administer others.

    :raises ApiError: 400 if it is not an id, 403 for another organization.
    """
    if id_in(fields, "orgId", "ORGANIZATION") not in (None, caller.person.org_id):
        raise ApiError(403, FORBIDDEN)
