"""The Flask application of one simulator: blueprints, faults, the envelope of refusals, the call log."""

import time
from pathlib import Path

from flask import Flask, Response, g, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from app.simulator import chat, control, oauth
from app.simulator.cloud import Cloud
from app.simulator.errors import NOT_FOUND, ApiError, envelope, tracking_id
from app.simulator.http import HANG_UP
from app.simulator.records import Json
from app.simulator.rest import actions, guard, memberships, messages, people, rooms, webhooks

PAGES = Path(__file__).parents[2] / "templates" / "simulator"
API = "/v1"
_REST = (people, rooms, memberships, messages, webhooks, actions)


def create_application(cloud: Cloud) -> Flask:
    """Return the application that serves this cloud."""
    app = Flask(__name__, template_folder=str(PAGES), static_folder=str(PAGES / "static"))
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["cloud"] = cloud
    for module in _REST:
        app.register_blueprint(module.blueprint, url_prefix=API)
    app.register_blueprint(oauth.blueprint, url_prefix=API)
    app.register_blueprint(control.blueprint, url_prefix="/_sim")
    app.register_blueprint(chat.blueprint)
    app.before_request(_meet)
    app.after_request(_part)
    app.register_error_handler(ApiError, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    return app


def _is_api() -> bool:
    return request.path.startswith(API + "/")


def _meet() -> Response | None:
    """Find out who calls, and let faults have their way before the call is made."""
    g.tracking_id = request.headers.get("TrackingID") or tracking_id()
    g.fault = None
    if not _is_api():
        return None
    cloud = guard.the_cloud()
    g.caller = guard.read_token()
    by = g.caller.person.id if g.caller else None
    g.fault = cloud.faults.take(request.method, request.path, by)
    return _early(g.fault) if g.fault else None


def _early(fault: Json) -> Response | None:
    """Return the answer of a fault that keeps the call from being made, or None."""
    if fault.get("drop"):
        return Response("")
    if "slow" in fault:
        time.sleep(float(fault["slow"]))
    if "status" in fault:
        return _canned(fault)
    if "retry_after" in fault:
        wait = fault["retry_after"]
        response = _json(envelope("Too many requests.", g.tracking_id), 429)
        if wait is not None:
            response.headers["Retry-After"] = str(wait)
        return response
    return None


def _canned(fault: Json) -> Response:
    status, content = int(fault["status"]), fault.get("body")
    if isinstance(content, str):
        response = Response(content, status, mimetype="text/html" if content.startswith("<") else "text/plain")
    else:
        response = _json(content if content is not None else envelope(f"Fault {status}.", g.tracking_id), status)
    response.headers.update({str(name): str(value) for name, value in (fault.get("headers") or {}).items()})
    return response


def _part(response: Response) -> Response:
    """Spoil the answer if a fault says so, stamp it, and note the call."""
    response.headers["trackingid"] = g.tracking_id
    if not _is_api():
        return response
    fault = g.fault or {}
    is_cut = bool(fault.get("drop") or fault.get("lost_answer"))
    if is_cut:
        request.environ[HANG_UP]()
    if fault.get("bad_json"):
        response.set_data(b'{"items": [')
        response.mimetype = "application/json"
    status = None if is_cut else response.status_code
    caller = g.get("caller")
    by = caller.person.id if caller else None
    guard.the_cloud().calls.add(request.method, request.path, request.args.keys(), by, status)
    return response


def _json(content: object, status: int) -> Response:
    response = jsonify(content)
    response.status_code = status
    return response


def _refuse(refusal: ApiError) -> Response:
    response = _json(envelope(refusal.message, g.tracking_id), refusal.status)
    response.headers.update(refusal.headers)
    return response


def _refuse_http(refusal: HTTPException) -> Response | BaseResponse:
    """Put what Flask itself refuses (unknown routes, wrong methods) into Webex's envelope."""
    original = refusal.get_response()
    status = original.status_code
    response = _json(envelope(NOT_FOUND if status == 404 else str(refusal.name), g.tracking_id), status)
    if "Allow" in original.headers:
        response.headers["Allow"] = original.headers["Allow"]
    return response
