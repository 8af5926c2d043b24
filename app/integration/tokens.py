"""Renewing people's access tokens: one at a time per person, across threads, processes and machines.

A short lease is claimed with one compare-and-swap, Webex is called with no transaction open, and the answer is stored
fenced by the tokens' version. Everybody else waits for the version to move. (Authlib's own renewal has no lock: with
rotating refresh tokens, two simultaneous renewals would cost the person their authorization.)
"""

import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import requests
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from requests.adapters import HTTPAdapter

from app import metrics, texts
from app.errors import NotConnected
from app.integration import compliance
from app.language import _, speaking
from app.models import Database, now, outbox, token, user
from app.models.token import Token, TokenSet
from app.vault import Undecryptable, Vault
from app.webex.errors import Unavailable
from config import Config

log = structlog.get_logger(__name__)

SKEW = 300.0  # seconds before its end from which a token counts as ended
WAIT = 35.0  # seconds to wait for somebody else's renewal; longer than its lease
FAILING_PEOPLE = 3  # more refusals in a row than this are our own wrong client secret, not so many revoked people
FAILING_WINDOW = 600.0


class _Refused(Exception):
    """The token endpoint says that this refresh token is no good."""


class Breaker:
    """Notices that renewals fail for everybody, which means that our client secret is wrong and nobody must be told to
    connect again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._refused: dict[str, float] = {}

    def refused(self, person_id: str) -> None:
        with self._lock:
            recent = {who: at for who, at in self._refused.items() if at > now() - FAILING_WINDOW}
            self._refused = recent | {person_id: now()}

    def succeeded(self) -> None:
        with self._lock:
            self._refused.clear()

    @property
    def is_open(self) -> bool:
        with self._lock:
            return len(self._refused) > FAILING_PEOPLE


class Tokens:
    """Access tokens that work.

    Calls of the token endpoint have a connection pool of their own, since it may be another host than the API.
    """

    def __init__(self, database: Database, vault: Vault, config: Config) -> None:
        self.database = database
        self.vault = vault
        self.config = config
        self.breaker = Breaker()
        self.adapter = HTTPAdapter(pool_connections=2, pool_maxsize=16)

    def access(self, person_id: str, not_version: int | None = None) -> tuple[str, int]:
        """An access token that is good for some minutes, and its version.

        :param not_version: Webex just refused this version: renew it, unless somebody did already
        :raises NotConnected: the authorization has ended; the person was told, once
        :raises Unavailable: Webex can't renew it now
        """
        skew = min(SKEW, self.config.refresh_margin)
        return self._access(person_id, lambda row: row.expires_at - skew <= now() or row.version == not_version)

    def renew_early(self, person_id: str) -> None:
        """Renew a token whose end comes near (`REFRESH_MARGIN`), while a failure still does no harm."""
        margin = self.config.refresh_margin
        row = self._row(person_id)
        if row.status == token.OK and row.expires_at - margin <= now():
            try:
                self._renewed(row, is_final=False)
            except Unavailable:
                log.warning("early renewal failed", user=person_id)

    def _access(self, person_id: str, is_stale: Callable[[Token], bool]) -> tuple[str, int]:
        deadline, pause, found = time.monotonic() + WAIT, 0.02, 0
        while time.monotonic() < deadline:
            row = self._row(person_id)
            if row.status != token.OK:
                raise NotConnected(_(texts.REAUTHORIZE))
            found = found or row.version
            # What was renewed since we came is fresh, however short its life may be.
            if row.version != found or not is_stale(row):
                with suppress(Undecryptable):
                    return token.open_access(self.vault, row), row.version
                log.error("token does not open", user=person_id)
            if not self._renewed(row):
                time.sleep(pause)
                pause = min(pause * 1.6, 0.4)
        raise Unavailable(0)

    def _row(self, person_id: str) -> Token:
        with self.database.reading() as db:
            row = token.find(db, person_id)
        if row is None:
            raise NotConnected(_(texts.NOT_CONNECTED))
        return row

    def _renewed(self, row: Token, is_final: bool = True) -> bool:
        """Try to be the one who renews.

        :param is_final: whether a refusal ends the authorization; not while the access token may still work
        :returns: False if somebody else is at it: look again in a moment
        """
        me = secrets.token_hex(8)
        with self.database.transaction() as db:
            if not token.take_lease(db, row, me):
                return False
        try:
            renewed = self._ask(row)
        except (_Refused, Undecryptable):
            metrics.RENEWALS.labels("refused").inc()
            self._give_up(row, me, is_final)
            return True
        except Exception:
            metrics.RENEWALS.labels("failed").inc()
            with self.database.transaction() as db:
                token.give_lease_back(db, row.person_id, me)
            raise
        metrics.RENEWALS.labels("renewed").inc()
        self.breaker.succeeded()
        with self.database.transaction() as db:
            if token.store_renewed(db, self.vault, row, renewed):
                user.set_status(db, row.person_id, user.ACTIVE)  # somebody may have given up while we were paused
        return True

    def _give_up(self, row: Token, me: str, is_final: bool) -> None:
        """Mark the account and tell the person, once; everything in one transaction."""
        self.breaker.refused(row.person_id)
        if self.breaker.is_open:
            log.error("renewals are refused for everybody: are WEBEX_CLIENT_SECRET and TOKEN_KEYS right?")
        if self.breaker.is_open or not is_final:
            with self.database.transaction() as db:
                token.give_lease_back(db, row.person_id, me)
            raise Unavailable(0)
        with self.database.transaction() as db:
            if not token.mark_dead(db, row, me):
                return
            user.set_status(db, row.person_id, user.REAUTHORIZE)
            with speaking(user.language_of(db, row.person_id)):  # it may show in somebody else's line
                text = _(texts.ACCESS_ENDED)
            outbox.add(
                db,
                key=f"access ended|{row.person_id}|{row.version}|{row.expires_at}",
                line_name=row.person_id,
                kind="message",
                content={"to": {"toPersonId": row.person_id}, "markdown": text},
            )
        log.warning("authorization ended", user=row.person_id)

    def _ask(self, row: Token) -> TokenSet:
        """Call the token endpoint (RFC 6749, section 6), with no transaction open.

        :raises _Refused: for this refresh token
        :raises Unavailable: for everything that may pass
        """
        self.database.refuse_inside_transaction()
        session = self._session()
        try:
            answer = session.refresh_token(
                self.config.webex_token_url, refresh_token=token.open_refresh(self.vault, row), timeout=self._timeout
            )
        except OAuthError as error:
            if error.error in ("invalid_grant", "invalid_request"):
                raise _Refused from None
            log.error("token endpoint refused us", error=error.error)
            raise Unavailable(0) from None
        except (requests.RequestException, ValueError):
            raise Unavailable(0) from None
        return token_set(dict(answer))

    def _session(self) -> OAuth2Session:
        session = OAuth2Session(
            self.config.webex_client_id,
            self.config.webex_client_secret.reveal(),
            token_endpoint_auth_method="client_secret_post",  # noqa: S106  the name of a method, as Webex documents it
        )
        for scheme in ("https://", "http://"):
            session.mount(scheme, self.adapter)
        compliance.register(session)
        return session

    @property
    def _timeout(self) -> tuple[float, float]:
        return min(5.0, self.config.http_timeout), self.config.http_timeout


def token_set(answer: dict[str, object]) -> TokenSet:
    """Read a token endpoint's answer (RFC 6749, section 5.1); lives may come as text, the scope may be missing."""
    refresh_life = answer.get("refresh_token_expires_in")
    return TokenSet(
        access_token=str(answer["access_token"]),
        expires_in=_seconds(answer.get("expires_in"), 3_600.0),
        refresh_token=str(answer.get("refresh_token") or ""),
        refresh_expires_in=None if refresh_life is None else _seconds(refresh_life, 0.0),
        scopes=" ".join(sorted(str(answer.get("scope") or "").split())),
    )


def _seconds(value: object, otherwise: float) -> float:
    try:
        return float(str(value))
    except ValueError:
        return otherwise
