"""Sealing of tokens at rest: AES-256-GCM, key id in clear, bound to its place.

The associated data is `table|column|person id`: a value copied into another row or column does not open. Keys live outside the
database. A sealed value is `0x01 | length | key id | 12-byte nonce | ciphertext and tag`.
"""

import base64
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.errors import AppError

VERSION = 1


class Undecryptable(AppError):
    """Wrong key, or a value that was moved or altered: treat it like a token that was revoked."""


class Vault:
    """:param keys: `name:base64 of 32 bytes`, newest first, separated by commas; the first seals, all open"""

    def __init__(self, keys: str) -> None:
        pairs = [entry.strip().partition(":") for entry in keys.split(",")]
        self._keys = {name: AESGCM(base64.b64decode(key, validate=True)) for name, _, key in pairs}
        self.active = pairs[0][0]

    def seal(self, value: str, place: str) -> bytes:
        name, nonce = self.active.encode(), os.urandom(12)
        head = bytes([VERSION, len(name)]) + name
        return head + nonce + self._keys[self.active].encrypt(nonce, value.encode(), head + place.encode())

    def is_current(self, sealed: bytes) -> bool:
        """Whether the newest key sealed this."""
        name = self.active.encode()
        return sealed.startswith(bytes([VERSION, len(name)]) + name)

    def open(self, sealed: bytes, place: str) -> str:
        """:raises Undecryptable: if the key is unknown or the value does not belong to this place"""
        start = 2 + sealed[1] if len(sealed) > 2 else 2
        head, nonce, rest = sealed[:start], sealed[start : start + 12], sealed[start + 12 :]
        try:
            return self._keys[head[2:].decode()].decrypt(nonce, rest, head + place.encode()).decode()
        except (InvalidTag, KeyError, ValueError):
            raise Undecryptable("a sealed value does not open") from None
