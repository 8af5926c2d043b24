"""Grants and tokens: what the OAuth server of the cloud remembers and when it ends (RFC 6749, RFC 7636)."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field, replace

from app.simulator import ids
from app.simulator.clock import Clock
from app.simulator.records import Application, Caller, Json, Person
from app.simulator.scopes import SCOPES
from app.simulator.switches import Switches

CODE_LIFE = 300.0
"""Seconds an authorization code may be used; Webex says a code is short-lived and names no number."""
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""RFC 7636 section 4.1."""


class GrantError(Exception):
    """A refusal of the token endpoint, with its error code of RFC 6749 section 5.2."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.status = status


@dataclass(frozen=True)
class Client:
    """An integration as registered with the developer portal."""

    client_id: str
    secret: str
    application: Application
    redirect_uris: tuple[str, ...] | None
    """None takes any redirect URI on the loopback interface."""
    scopes: frozenset[str] | None = None
    """What it may ask for, as ticked at the developer portal; None: every scope."""

    def may_ask(self, scopes: Collection[str]) -> bool:
        """Whether it has ticked all these scopes, and there is at least one; spark:kms needs no tick (contract 3.6)."""
        return bool(scopes) and (SCOPES.keys() if self.scopes is None else self.scopes) >= set(scopes) - {"spark:kms"}


@dataclass(frozen=True)
class Code:
    """An authorization code and what it is bound to."""

    person: Person
    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    expires: float


@dataclass
class Token:
    """An access token or a refresh token; `expires` is None for tokens that never end by themselves."""

    value: str
    person: Person
    application: Application
    scopes: frozenset[str] | None
    expires: float | None
    is_revoked: bool = False
    grant: str = ""
    """What an access token and the refresh token beside it have in common; empty for personal tokens."""
    created: float = 0.0
    id: str = field(default_factory=lambda: ids.new("AUTHORIZATION"))


@dataclass
class Grants:
    """Everything that was granted, to be saved."""

    clients: list[Client]
    codes: dict[str, Code]
    """By their values."""
    access: list[Token]
    refresh: list[Token]


class Tokens:
    """All grants of the cloud."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self.clients: dict[str, Client] = {}
        self._codes: dict[str, Code] = {}
        self._access: dict[str, Token] = {}
        self._refresh: dict[str, Token] = {}

    @property
    def grants(self) -> Grants:
        """Everything that was granted."""
        access, refresh = list(self._access.values()), list(self._refresh.values())
        return Grants(list(self.clients.values()), dict(self._codes), access, refresh)

    def restore(self, grants: Grants, people: dict[str, Person]) -> None:
        """Put other grants in the place of all there are; of the people in them, only the ids count.

        :param people: everybody, by id
        """
        self.clients = {one.client_id: one for one in grants.clients}
        self._codes = {value: replace(one, person=people[one.person.id]) for value, one in grants.codes.items()}
        self._access = {one.value: replace(one, person=people[one.person.id]) for one in grants.access}
        self._refresh = {one.value: replace(one, person=people[one.person.id]) for one in grants.refresh}

    def add_personal(self, person: Person, application: Application) -> None:
        """Let `person.token` be an access token with every scope: a bot's token or one from the developer portal."""
        self._access[person.token] = Token(person.token, person, application, None, None)

    def caller(self, access_token: str) -> Caller | None:
        """Return who an access token speaks for, or None if it is unknown, expired or revoked."""
        token = self._access.get(access_token)
        if token is None or not self._is_alive(token):
            return None
        return Caller(token.person, token.application.id, token.scopes)

    def find(self, access_token: str) -> Token | None:
        """Return a live access token by its value."""
        token = self._access.get(access_token)
        return token if token is not None and self._is_alive(token) else None

    def issue_code(self, client: Client, person: Person, redirect_uri: str, scopes: frozenset[str], challenge: str | None) -> str:
        """Return a new authorization code for what the person accepted."""
        value = secrets.token_urlsafe(32)
        expires = self._clock.now() + CODE_LIFE
        self._codes[value] = Code(person, client, redirect_uri, scopes, challenge, expires)
        return value

    def redeem(self, client: Client, code: str, redirect_uri: str, verifier: str | None) -> Json:
        """Exchange an authorization code for tokens. A code is spent by the first attempt, right or wrong.

        :raises GrantError: invalid_grant if the code, its client, its redirect URI or the PKCE verifier do not match.
        """
        grant = self._codes.pop(code, None)
        if grant is None or grant.expires <= self._clock.now():
            raise GrantError("invalid_grant", "The authorization code is expired, used or unknown.")
        if grant.client != client or grant.redirect_uri != redirect_uri:
            raise GrantError("invalid_grant", "The authorization code was issued to another client or redirect URI.")
        if not _verifier_fits(grant.challenge, verifier):
            raise GrantError("invalid_grant", "The PKCE code verifier does not match the code challenge.")
        name = secrets.token_hex(8)
        refresh = self._new_refresh(client, grant.person, grant.scopes, name)
        access = self._new_access(client, grant.person, grant.scopes, name)
        return self._answer(access, refresh, shows_refresh=True)

    def refresh(self, client: Client, refresh_token: str) -> Json:
        """Exchange a refresh token for a new access token, as the switches say.

        :raises GrantError: invalid_grant if the refresh token is unknown, expired, revoked or another client's.
        """
        token = self._refresh.get(refresh_token)
        if token is None or token.application != client.application or not self._is_alive(token):
            raise GrantError("invalid_grant", "The refresh token is expired, revoked or unknown.")
        scopes = token.scopes or frozenset()
        if self._switches.old_access_token_dies:
            self._revoke(self._access, token.person.id, client.application.id)
        if self._switches.rotate_refresh_token == "new":  # noqa: S105
            token.is_revoked = True
            expires = self._renewed(token)
            token = self._new_refresh(client, token.person, scopes, token.grant)
            token.expires = expires
        else:
            token.expires = self._renewed(token)
        access = self._new_access(client, token.person, scopes, token.grant)
        is_omitted = self._switches.rotate_refresh_token == "omitted"  # noqa: S105
        return self._answer(access, token, shows_refresh=not is_omitted)

    def _renewed(self, token: Token) -> float | None:
        """Return when a refresh token ends after it was used, as the switch `refresh_token_renewal` says."""
        now, life = self._clock.now(), self._switches.refresh_token_life
        choice = self._switches.refresh_token_renewal
        is_late = token.expires is not None and token.expires - now < life / 2
        return now + life if choice == "always" or (choice == "half_life" and is_late) else token.expires

    def revoke(self, person: Person, client_id: str | None) -> list[str]:
        """End every token the person gave to one integration, or to all; return the ids of those applications."""
        ended = [client for client in self.clients.values() if client_id in (None, client.client_id)]
        for client in ended:
            self._revoke(self._access, person.id, client.application.id)
            self._revoke(self._refresh, person.id, client.application.id)
        return [client.application.id for client in ended]

    def expire(self, person: Person) -> None:
        """Let the person's access tokens of integrations end now; refreshing still works."""
        for token in self._access.values():
            if token.person.id == person.id and token.expires is not None:
                token.expires = self._clock.now()

    def expire_one(self, token: Token) -> None:
        """Let one access token end now; refreshing still works."""
        token.expires = self._clock.now()

    def granted(self, person: Person) -> list[tuple[str, Token]]:
        """Return the person's live tokens of integrations, each with its kind, `refresh` or `access`."""
        kinds = (("refresh", self._refresh), ("access", self._access))
        return [
            (kind, token)
            for kind, tokens in kinds
            for token in tokens.values()
            if token.grant and token.person.id == person.id and self._is_alive(token)
        ]

    def end(self, token: Token) -> None:
        """End a token; with a refresh token end the access tokens made from it (guide "Authorizations")."""
        token.is_revoked = True
        if token.value in self._refresh:
            for other in self._access.values():
                other.is_revoked |= other.grant == token.grant

    def end_grant(self, token: Token) -> None:
        """End what belongs to the same consent as this token, the refresh token included."""
        for tokens in (self._access, self._refresh):
            for other in tokens.values():
                other.is_revoked |= other is token or (bool(token.grant) and other.grant == token.grant)

    def end_all(self, person: Person) -> None:
        """End every token of a person, the personal one included."""
        for tokens in (self._access, self._refresh):
            for token in tokens.values():
                token.is_revoked |= token.person.id == person.id

    def _is_alive(self, token: Token) -> bool:
        return not token.is_revoked and (token.expires is None or token.expires > self._clock.now())

    def _revoke(self, tokens: dict[str, Token], person_id: str, application_id: str) -> None:
        for token in tokens.values():
            if token.person.id == person_id and token.application.id == application_id:
                token.is_revoked = True

    def _new_access(self, client: Client, person: Person, scopes: frozenset[str], grant: str) -> Token:
        now = self._clock.now()
        expires = now + self._switches.access_token_life
        token = Token(_opaque(person), person, client.application, scopes, expires, grant=grant, created=now)
        self._access[token.value] = token
        return token

    def _new_refresh(self, client: Client, person: Person, scopes: frozenset[str], grant: str) -> Token:
        now = self._clock.now()
        expires = now + self._switches.refresh_token_life
        token = Token(_opaque(person), person, client.application, scopes, expires, grant=grant, created=now)
        self._refresh[token.value] = token
        return token

    def _answer(self, access: Token, refresh: Token, *, shows_refresh: bool) -> Json:
        now = self._clock.now()
        scopes = access.scopes or frozenset()
        answer: Json = {
            "access_token": access.value,
            "token_type": "Bearer",
            "expires_in": round((access.expires or now) - now),
            # Webex does not keep the order of the request and adds spark:kms (contract 3.2).
            "scope": " ".join([*sorted(scopes - {"spark:kms"}, reverse=True), "spark:kms"]),
        }
        if shows_refresh:
            answer["refresh_token"] = refresh.value
            answer["refresh_token_expires_in"] = round((refresh.expires or now) - now)
        return answer


def _opaque(person: Person) -> str:
    """Return a token in the form seen in the field: random text, a cluster, the uuid of the organization."""
    return f"{secrets.token_urlsafe(48).replace('_', '-')}_SIM1_{ids.key_of(person.org_id)}"


def _verifier_fits(challenge: str | None, verifier: str | None) -> bool:
    if challenge is None:
        return True
    if not _VERIFIER.fullmatch(verifier or ""):
        return False
    digest = hashlib.sha256((verifier or "").encode()).digest()
    # As bytes: texts are compared only if they are ASCII, and a state that was loaded may hold any challenge.
    return hmac.compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.encode())
