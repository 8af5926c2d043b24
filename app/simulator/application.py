"""The Flask application of one simulator: blueprints, faults, the envelope of refusals, the call log."""

import copy
import functools
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.simulator import chat, control, keeping, migration, oauth, webhooks
from app.simulator.answers import canned, refusal, told_to_wait, too_many
from app.simulator.cloud import Cloud
from app.simulator.errors import NOT_FOUND, ApiError, tracking_id
from app.simulator.http import HANG_UP
from app.simulator.records import Json
from app.simulator.rest import (
    actions,
    authorizations,
    contents,
    directory,
    events,
    guard,
    memberships,
    messages,
    people,
    rooms,
    tabs,
    teams,
)
from app.simulator.rest import webhooks as webhook_routes

PAGES = Path(__file__).parents[2] / "templates" / "simulator"
API = "/v1"
_REST = (
    people, directory, rooms, tabs, memberships, messages, contents, teams, webhook_routes, actions, events, authorizations,
)  # fmt: skip
_TRACKING = re.compile(r"[\x21-\x7e]{1,200}")


def create_application(cloud: Cloud) -> Flask:
    """Return the application that serves this cloud.

    Compiling the routes takes most of a simulator's start, so one process does it once; all else is the application's own.
    """
    app = copy.copy(_pattern())
    app.extensions = {"cloud": cloud}
    app.config = copy.copy(app.config)
    app.before_request_funcs = _copied(app.before_request_funcs)
    app.after_request_funcs = _copied(app.after_request_funcs)
    return app


def _copied(work: dict[Any, list[Any]]) -> dict[Any, list[Any]]:
    return defaultdict(list, {place: [*functions] for place, functions in work.items()})


@functools.cache
def _pattern() -> Flask:
    """The application without a cloud; it is copied and never served."""
    app = Flask(__name__, template_folder=str(PAGES), static_folder=str(PAGES / "static"))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False  # Webex's own JavaScript SDK asks for /people/?id=…
    for module in _REST:
        app.register_blueprint(module.blueprint, url_prefix=API)
    app.register_blueprint(oauth.blueprint, url_prefix=API)
    app.register_blueprint(control.blueprint, url_prefix="/_sim")
    app.register_blueprint(keeping.blueprint, url_prefix="/_sim")
    app.register_blueprint(chat.blueprint)
    app.before_request(_meet)
    app.after_request(_part)
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def _is_api() -> bool:
    return request.path.startswith(API + "/")


def _meet() -> Response | None:
    """Find out who calls, and let faults and rate limits have their way before the call is made."""
    given = request.headers.get("TrackingID", "")
    g.tracking_id = given if _TRACKING.fullmatch(given) else tracking_id()
    g.fault = None
    if not _is_api():
        return None
    cloud = guard.the_cloud()
    cloud.calls.begin()
    g.caller = guard.read_token()
    by = g.caller.person.id if g.caller else None
    g.fault = cloud.faults.take(request.method, request.path, by)
    early = _early(cloud, g.fault) if g.fault else None
    if early is not None or by is None:
        return early
    wait = cloud.limits.take(guard.token(), request.path.removeprefix(API))
    return too_many(cloud.switches, wait) if wait is not None else None


def _early(cloud: Cloud, fault: Json) -> Response | None:
    """Return the answer of a fault that keeps the call from being made, or None."""
    if fault.get("drop"):
        return Response("")
    if "slow" in fault:
        cloud.faults.hold_up(fault)
    _befall(cloud, fault)
    if "status" in fault:
        return canned(fault)
    if fault.get("too_many"):
        return too_many(cloud.switches, int(fault.get("seconds", 1)))
    return told_to_wait(fault["retry_after"]) if "retry_after" in fault else None


def _befall(cloud: Cloud, fault: Json) -> None:
    """Let happen what a fault says happens just before the call: its token ends, a room gets a new id."""
    with cloud.lock:
        if "migrate" in fault:
            migration.migrate(cloud, migration.matching(cloud, fault["migrate"]))
        token = cloud.tokens.find(guard.token()) if "token" in fault else None
        if token is None:
            return
        if fault["token"] == "expired":  # noqa: S105
            cloud.tokens.expire_one(token)
        else:
            cloud.tokens.end_grant(token)
            webhooks.silence(cloud, token.person.id, [token.application.id])
    g.caller = None


def _part(response: Response) -> Response:
    """Spoil the answer if a fault says so, stamp it, and note the call."""
    response.headers["trackingid"] = g.tracking_id
    if not _is_api():
        return response
    fault = g.fault or {}
    is_cut = bool(fault.get("drop") or fault.get("lost_answer"))
    if is_cut and HANG_UP in request.environ:
        request.environ[HANG_UP]()
    if fault.get("bad_json"):
        response.set_data(b'{"items": [')
        response.mimetype = "application/json"
    status = None if is_cut else response.status_code
    caller = g.get("caller")
    by = caller.person.id if caller else None
    guard.the_cloud().calls.add(request.method, request.path, request.args.keys(), by, status)
    return response


def _refuse(problem: ApiError) -> Response:
    is_empty = problem.status == 401 and guard.the_cloud().switches.unauthorized_body == "empty"
    response = Response(status=401) if is_empty else refusal(problem.message, problem.status, problem.field)
    response.headers.update(problem.headers)
    return response


def _refuse_http(problem: HTTPException) -> Response | BaseResponse:
    """Put what Flask itself refuses (unknown routes, wrong methods) into Webex's envelope."""
    original = problem.get_response()
    if original.status_code < 400:
        return original
    response = refusal(NOT_FOUND if original.status_code == 404 else str(problem.name), original.status_code)
    if "Allow" in original.headers:
        response.headers["Allow"] = original.headers["Allow"]
    return response
