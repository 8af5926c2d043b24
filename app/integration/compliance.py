"""Token endpoints that don't answer errors in the form of RFC 6749.

Webex may wrap an error as `{"message", "errors", "trackingId"}`. Without this hook Authlib takes such a 400 for a
token, returns it and would let us store it over the good one.
"""

from typing import Any

import requests
from authlib.integrations.base_client import OAuthError


def check(answer: requests.Response) -> requests.Response:
    """Let only a real token answer through.

    :raises OAuthError: with the endpoint's error code, never with the body. Without one, 400 counts as `invalid_grant`, and 401
        as `invalid_client`, for which RFC 6749 section 5.2 keeps it
    :raises requests.HTTPError: on 429 and 5xx, which are nobody's fault and pass
    """
    if answer.status_code >= 500 or answer.status_code == 429:
        raise requests.HTTPError(f"token endpoint answered {answer.status_code}")
    try:
        body = answer.json()
    except ValueError:
        body = None
    fields: dict[str, Any] = body if isinstance(body, dict) else {}
    if answer.status_code == 200 and isinstance(fields.get("access_token"), str) and fields["access_token"]:
        return answer
    error = fields.get("error")
    if not isinstance(error, str):
        error = {400: "invalid_grant", 401: "invalid_client"}.get(answer.status_code, "invalid_response")
    raise OAuthError(error=error[:40], description=f"token endpoint answered {answer.status_code}")


def register(session: Any) -> None:
    """Hook the check into an Authlib session, for the code exchange and for renewals."""
    for hook in ("access_token_response", "refresh_token_response"):
        session.register_compliance_hook(hook, check)
