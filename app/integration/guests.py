"""Who may answer the question whether they want to join a room: whoever signed in at Webex for it, in the same browser.

What was found out stands in the browser's cookie, sealed: no account and no row is made of somebody who only joins a room,
and every process of the installation can read it.
"""

import base64
import binascii
import hmac
import secrets

import msgspec

from app.models import now
from app.vault import Undecryptable, Vault
from app.webex.resources import Person

LIFE = 600.0  # seconds in which the question can be answered
LONGEST_CODE = 64  # characters; what is longer is no code of ours, and would not fit into a cookie
PLACE = "join|guest"


class Guest(msgspec.Struct, frozen=True):
    """:ivar token: stands in the form, so that an answer is to the question that was shown, and by whoever saw it"""

    person: Person
    code: str
    token: str
    until: float

    def is_answered_by(self, token: str) -> bool:
        return hmac.compare_digest(self.token.encode(), token.encode())


class Guests:
    """Seals guests for a cookie, and opens what comes back."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def sealed(self, person: Person, code: str) -> str:
        guest = Guest(person, code[:LONGEST_CODE], secrets.token_urlsafe(16), now() + LIFE)
        return base64.urlsafe_b64encode(self._vault.seal(msgspec.json.encode(guest).decode(), PLACE)).decode()

    def opened(self, sealed: str) -> Guest | None:
        """None if it is nothing of ours, or too old."""
        try:
            guest = msgspec.json.decode(self._vault.open(base64.urlsafe_b64decode(sealed), PLACE), type=Guest)
        except (binascii.Error, ValueError, Undecryptable, msgspec.MsgspecError):
            return None
        return guest if guest.until > now() else None
