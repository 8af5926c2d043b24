"""The voice of the bot."""

import threading
from typing import Any

import requests

from app.webex.client import WebexClient
from app.webex.http import Http
from app.webex.resources import Person
from config import Secret


class Bot(WebexClient):
    """Webex as the bot. Its id, address and name are asked from Webex, once."""

    def __init__(self, http: Http, token: Secret) -> None:
        def call(method: str, path: str, **parts: Any) -> requests.Response:
            return http.request(method, path, token.reveal(), **parts)

        super().__init__(call)
        self.patience = http.timeout[1]  # seconds after which a call is given up
        self._me: Person | None = None
        self._asking = threading.Lock()

    @property
    def me(self) -> Person:
        """:raises WebexError: while Webex was not asked yet and does not answer"""
        with self._asking:
            if self._me is None:
                self._me = self.get_me()
            return self._me

    @property
    def known(self) -> Person | None:
        """The same without ever asking: for ears, which must not wait."""
        return self._me
