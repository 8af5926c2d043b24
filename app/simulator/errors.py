"""The refusals of the cloud and the envelope they travel in."""

import uuid
from typing import Any

# The generic texts of the published API descriptions of the Webex family.
MALFORMED = "The request could not be understood by the server due to malformed syntax. See 'errors' for more details."
UNAUTHORIZED = "The request requires a valid access token set in the Authorization request header."
FORBIDDEN = (
    "The server understood the request, but refused to fulfill it because the access token is missing "
    "required scopes or the user is missing required roles or licenses."
)
NOT_FOUND = "The requested resource could not be found."


class ApiError(Exception):
    """A refusal with its HTTP status and the sentence Webex would say.

    :param field: what of the request it is about, where the sentence does not name it
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None, *, field: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}
        self.field = field


def tracking_id() -> str:
    """Return a new id in the form that Webex routers give to a request."""
    return "ROUTER_" + str(uuid.uuid4()).upper()


def envelope(message: str, tracking: str, field: str = "") -> dict[str, Any]:
    """Return the JSON body of every refusal (guide "REST API Basics")."""
    return {"message": message, "errors": [{"description": f"{field}: {message}" if field else message}], "trackingId": tracking}
