"""The voice of a person: Webex with that person's own token."""

from typing import Any

import requests

from app import texts
from app.errors import NotConnected
from app.integration.tokens import Tokens
from app.language import _
from app.webex.client import WebexClient
from app.webex.errors import Unauthorized
from app.webex.http import Http


class People:
    """Clients that act as one of our users."""

    def __init__(self, http: Http, tokens: Tokens) -> None:
        self.http = http
        self.tokens = tokens

    def acting_as(self, person_id: str) -> WebexClient:
        """Webex with this person's rights. Renews the token where needed, and once more when Webex says 401.

        Its calls raise `NotConnected` when the authorization has ended, besides `WebexError`.
        """

        def call(method: str, path: str, **parts: Any) -> requests.Response:
            access, version = self.tokens.access(person_id)
            try:
                return self.http.request(method, path, access, **parts)
            except Unauthorized:
                access, _version = self.tokens.access(person_id, not_version=version)
            try:
                return self.http.request(method, path, access, **parts)
            except Unauthorized:
                raise NotConnected(_(texts.REAUTHORIZE)) from None

        return WebexClient(call)

    def with_token(self, access: str) -> WebexClient:
        """Webex with a token that is not stored (yet)."""

        def call(method: str, path: str, **parts: Any) -> requests.Response:
            return self.http.request(method, path, access, **parts)

        return WebexClient(call)
