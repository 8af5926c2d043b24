"""Links to files of messages, which lead through this app: the browser never gets a token, and the link tells nothing.

A link holds the file's id, sealed for one person. Nobody else's session opens it, and Webex is asked with that person's
rights each time it is followed; so it needs no row, and no end.
"""

import base64
import binascii

from app.vault import Undecryptable, Vault

PATH = "/files"
LONGEST = 1_000  # characters of what is sealed


class FileLinks:
    """:param public_url: how browsers reach the app"""

    def __init__(self, vault: Vault, public_url: str) -> None:
        self._vault = vault
        self._public_url = public_url

    def to(self, person_id: str, content_id: str) -> str:
        """A link to a file for this person."""
        sealed = self._vault.seal(content_id, _place(person_id))
        return f"{self._public_url}{PATH}/{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def opened(self, person_id: str, opaque: str) -> str | None:
        """The file's id; None if this is no link, or not this person's."""
        try:
            sealed = base64.b64decode(opaque + "=" * (-len(opaque) % 4), altchars=b"-_", validate=True)
            return self._vault.open(sealed, _place(person_id)) if len(opaque) <= LONGEST else None
        except (binascii.Error, ValueError, Undecryptable):
            return None


def _place(person_id: str) -> str:
    return f"files|link|{person_id}"
