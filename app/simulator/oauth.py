"""The OAuth server: the sign-in page and the token endpoint (RFC 6749, RFC 7636; guide "Integrations")."""

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.simulator import chat_views
from app.simulator.errors import ApiError, envelope
from app.simulator.records import Json
from app.simulator.rest.guard import the_cloud
from app.simulator.scopes import SCOPES
from app.simulator.tokens import Client, GrantError

blueprint = Blueprint("oauth", __name__)

_PARAMETERS = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method",
)  # fmt: skip
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
"""A SHA-256 in base64url without padding (RFC 7636 section 4.2)."""


class UnanswerableError(Exception):
    """Something that must not lead back to the redirect URI: the person is told on a page of the cloud."""


@dataclass(frozen=True)
class Asked:
    """A checked authorization request."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    challenge: str | None

    def back(self, **answer: str) -> BaseResponse:
        """Send the browser back to the app with an answer."""
        if self.state is not None:
            answer["state"] = self.state
        separator = "&" if urlsplit(self.redirect_uri).query else "?"
        return redirect(f"{self.redirect_uri}{separator}{urlencode(answer)}")


@blueprint.get("/authorize")
def ask() -> ResponseReturnValue:
    """Show who could sign in and what the app asks for."""
    asked = _asked(request.args)
    problem = _problem(asked, request.args)
    if problem is not None:
        return problem
    cloud = the_cloud()
    people = [chat_views.person(one) for one in cloud.people.values() if one.kind == "person" and not one.is_deleted]
    scopes = [(name, SCOPES.get(name, "Something this cloud does not know")) for name in asked.scopes]
    fields = [(name, request.args[name]) for name in _PARAMETERS if name in request.args]
    return render_template("sign_in.html", app=asked.client.application, people=people, scopes=scopes, fields=fields)


@blueprint.post("/authorize")
def answer() -> ResponseReturnValue:
    """Take the person's answer back to the app."""
    asked = _asked(request.form)
    problem = _problem(asked, request.form)
    if problem is not None:
        return problem
    if request.form.get("decision") != "accept":
        return asked.back(error="access_denied", error_description="The person denied the request.")
    if not asked.client.may_ask(asked.scopes):
        return asked.back(error="invalid_scope", error_description="The request asks for a scope the app lacks.")
    cloud = the_cloud()
    with cloud.lock:
        try:
            person = cloud.person(request.form.get("person", ""))
        except ApiError:
            raise UnanswerableError("Choose who you are.") from None
        if person.kind != "person":
            raise UnanswerableError("Only a person can sign in.")
        scopes = frozenset(asked.scopes)
        code = cloud.tokens.issue_code(asked.client, person, asked.redirect_uri, scopes, asked.challenge)
    return asked.back(code=code)


@blueprint.post("/access_token")
def access_token() -> ResponseReturnValue:
    """Exchange a code or a refresh token."""
    cloud = the_cloud()
    with cloud.lock:
        client = _client(request.form)
        response = jsonify(_granted(client, request.form))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.errorhandler(GrantError)
def refuse_grant(refusal: GrantError) -> ResponseReturnValue:
    """Refuse in one of the two shapes seen in the field (contract 3.4)."""
    if the_cloud().switches.token_error_shape == "spark":  # noqa: S105
        response = jsonify(envelope(refusal.description, g.tracking_id))
    else:
        response = jsonify({"error": refusal.code, "error_description": refusal.description, "error_uri": ""})
    response.status_code = refusal.status
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Webex"'
    return response


@blueprint.errorhandler(UnanswerableError)
def show_problem(problem: UnanswerableError) -> ResponseReturnValue:
    """Tell the person what is wrong; a doubtful redirect URI is never followed (RFC 6749 section 4.1.2.1)."""
    return render_template("sign_in_problem.html", problem=str(problem)), 400


@blueprint.after_request
def keep_private(response: Response) -> Response:
    """Keep the sign-in page out of frames and caches."""
    response.headers.setdefault("Cache-Control", "no-store")
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self'; frame-ancestors 'none'"
    return response


def _asked(given: MultiDict[str, str]) -> Asked:
    client = the_cloud().tokens.clients.get(given.get("client_id", ""))
    if client is None:
        raise UnanswerableError("No app is registered under this client_id.")
    redirect_uri = given.get("redirect_uri", "")
    if not _is_registered(client, redirect_uri):
        raise UnanswerableError("This redirect_uri is not registered for the app.")
    scopes = tuple(dict.fromkeys(given.get("scope", "").split()))
    return Asked(client, redirect_uri, scopes, given.get("state"), given.get("code_challenge"))


def _is_registered(client: Client, redirect_uri: str) -> bool:
    """Whether an answer may go there, and can: where there is no such port nothing could be sent."""
    try:
        parts = urlsplit(redirect_uri)
        has_port = parts.port != 0
    except ValueError:
        return False
    # urlsplit overlooks line breaks, which a header cannot hold.
    if not has_port or not redirect_uri.isprintable():
        return False
    if client.redirect_uris is not None:
        return redirect_uri in client.redirect_uris
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK and not parts.fragment


def _problem(asked: Asked, given: MultiDict[str, str]) -> BaseResponse | None:
    """Send the app an error about its own request, if there is one."""
    if given.get("response_type") != "code":
        return asked.back(error="unsupported_response_type")
    if asked.challenge is not None and given.get("code_challenge_method") != "S256":
        return asked.back(error="invalid_request", error_description="code_challenge_method must be S256.")
    if asked.challenge is not None and not _CHALLENGE.fullmatch(asked.challenge):
        return asked.back(error="invalid_request", error_description="code_challenge must be 43 letters of base64url.")
    return None


def _client(form: MultiDict[str, str]) -> Client:
    client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client_id, _, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise GrantError("invalid_client", "The client credentials are malformed.", 401) from None
    client = the_cloud().tokens.clients.get(client_id)
    if client is None or client.secret != secret:
        raise GrantError("invalid_client", "The client credentials are invalid.", 401)
    return client


def _granted(client: Client, form: MultiDict[str, str]) -> Json:
    tokens = the_cloud().tokens
    kind = form.get("grant_type")
    if kind == "authorization_code":
        if not form.get("code"):
            raise GrantError("invalid_request", "code is missing.")
        return tokens.redeem(client, form["code"], form.get("redirect_uri", ""), form.get("code_verifier"))
    if kind == "refresh_token":
        if not form.get("refresh_token"):
            raise GrantError("invalid_request", "refresh_token is missing.")
        return tokens.refresh(client, form["refresh_token"])
    raise GrantError("unsupported_grant_type", "grant_type must be authorization_code or refresh_token.")
