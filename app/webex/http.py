"""The one road out: a shared connection pool, a bearer per call, careful retries.

Facts behind the numbers: one `requests.Session` for everybody keeps connections alive (72 ms against 0.9 ms per call), so cookies
must never be kept, since they would travel between people. A POST is repeated only where Webex certainly did not act on it.
"""

import math
from collections.abc import Callable
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import RequestHistory, Retry

from app import metrics
from app.webex.budget import Budgets
from app.webex.errors import BY_STATUS, RateLimited, Unavailable, WebexError

MAX_ANSWER = 5_000_000
NEVER_SENT = ("NewConnectionError", "NameResolutionError", "ConnectTimeoutError")  # errors before a byte of a request left
READS = ("GET", "HEAD")  # methods that change nothing
RETRY_AFTER_UNKNOWN = 15.0  # seconds; what the official Python SDK waits when Webex gives no usable header


class Bearer(AuthBase):
    """Puts one token on one call, and never shows it."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request

    def __repr__(self) -> str:
        return "Bearer(***)"


def retry_after_seconds(header: str | None, cap: float) -> float:
    """Read `Retry-After` tolerantly: absent and malformed values have been seen (WebexPythonSDK issue 255)."""
    try:
        seconds = float(header or "")
    except ValueError:
        seconds = RETRY_AFTER_UNKNOWN
    return min(max(RETRY_AFTER_UNKNOWN if math.isnan(seconds) else seconds, 0.0), cap)


def _retry(retries: int) -> Retry:
    """GET, PUT and DELETE again on 502, 503, 504 and broken connections; POST only on failed connects. 429 is the budget's."""
    return Retry(
        total=retries,
        backoff_factor=0.2,
        backoff_max=8.0,
        backoff_jitter=0.1,
        status_forcelist=(502, 503, 504),
        respect_retry_after_header=False,
        raise_on_status=False,
        redirect=0,
    )


class Http:
    """Calls Webex.

    :param base_url: base of the REST API, with its path prefix
    :param timeout: longest wait for an answer, in seconds
    :param retries: further tries of calls that are safe to repeat
    :param retry_after_cap: longest pause taken from Webex, in seconds
    :param rate: requests a second with one token, on average
    :param before: called before each request; assembly uses it to refuse calls while a database transaction is open
    :ivar is_answered: whether Webex answered the last call, with anything but an error of its own
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout: float,
        retries: int,
        retry_after_cap: float,
        rate: float,
        before: Callable[[], None] = lambda: None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.origin = _origin(base_url)
        self.timeout = (min(timeout, 5.0), timeout)
        self.retries = retries
        self.retry_after_cap = retry_after_cap
        self.budgets = Budgets(rate)
        self.before = before
        self.is_answered = True
        self.session = _session(self.base_url)
        self.session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.session.headers["User-Agent"] = "army-knife"
        for scheme in ("https://", "http://"):
            policy = _retry(retries)
            self.session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=32, max_retries=policy))

    def close(self) -> None:
        self.session.close()

    def request(
        self, method: str, path: str, token: str, *, keeps_open: bool = False, in_bulk: bool = False, **parts: Any
    ) -> requests.Response:
        """Make one call.

        :param path: below the base, or a whole address that Webex gave us, which must be on the API's own origin
        :param keeps_open: leave the body to the caller, who reads it piece by piece and closes the answer
        :param in_bulk: one of many: it leaves the token's reserve to others, and waits for no pause but comes again
        :param parts: `params`, `json`, `headers`, and `data` and `files` of a form, as requests takes them
        :returns: an answer below 300, its body read unless `keeps_open`
        :raises WebexError: for everything else; `Unavailable` when Webex could not be reached
        """
        url = path if path.startswith("http") else f"{self.base_url}{path}"
        if _origin(url) != self.origin:
            raise WebexError(0)  # a token never goes to another host
        self.before()
        answer = self._within_budget(token, in_bulk, lambda: self._counted(method, url, token, keeps_open, parts))
        if answer.status_code >= 300:
            raise self._error(method, answer)
        return answer

    def _within_budget(self, token: str, in_bulk: bool, ask: Callable[[], requests.Response]) -> requests.Response:
        """Refused with 429 nothing was done, so anything may be asked again, once the pause is over."""
        budget, patience = self.budgets.of(token), 0.0 if in_bulk else self.timeout[1]
        for _ in range(self.retries + 1):
            budget.take(patience, in_bulk=in_bulk)
            answer = ask()
            budget.spent(_repeats(answer))
            if answer.status_code != 429:
                break
            budget.hold(retry_after_seconds(answer.headers.get("Retry-After"), self.retry_after_cap))
        return answer

    def _counted(self, method: str, url: str, token: str, keeps_open: bool, parts: dict[str, Any]) -> requests.Response:
        path = url.removeprefix(self.base_url)
        try:
            answer = self._answer(method, url, token, keeps_open, parts)
        except Unavailable:
            self.is_answered = False
            metrics.count_call(method, path, None)
            raise
        self.is_answered = answer.status_code < 500
        metrics.count_call(method, path, answer.status_code)
        return answer

    def _answer(self, method: str, url: str, token: str, keeps_open: bool, parts: dict[str, Any]) -> requests.Response:
        try:
            return self._send(method, url, token, keeps_open, parts)
        except requests.ReadTimeout:
            raise Unavailable(0, may_have_happened=method not in READS, settles_in=self.timeout[1]) from None
        except requests.ConnectionError as error:
            raise Unavailable(0, may_have_happened=method not in READS and not _was_never_sent(error)) from None
        except requests.RequestException:
            raise Unavailable(0, may_have_happened=method not in READS) from None

    def _send(self, method: str, url: str, token: str, keeps_open: bool, parts: dict[str, Any]) -> requests.Response:
        # Prepared here, and not by the session, which would look through all settings for every call.
        headers = {**self.session.headers, **parts.get("headers", {})}
        request = requests.PreparedRequest()
        request.prepare(method, url, **parts | {"headers": headers}, auth=Bearer(token))
        answer = self.session.send(request, timeout=self.timeout, allow_redirects=False, stream=True)
        if keeps_open and answer.status_code < 300:
            return answer
        body = bytearray()
        for chunk in answer.iter_content(65_536):
            body += chunk
            if len(body) > MAX_ANSWER:  # counted after decompression, so that a gzip bomb stops here
                answer.close()
                raise requests.exceptions.ContentDecodingError
        answer._content = bytes(body)  # requests has no public way to give a streamed answer its body
        return answer

    def _error(self, method: str, answer: requests.Response) -> WebexError:
        error = self._by_status(answer)
        error.may_have_happened = method not in READS and (error.status >= 500 or _was_heard_before(answer))
        return error

    def _by_status(self, answer: requests.Response) -> WebexError:
        status, tracking_id = answer.status_code, answer.headers.get("trackingid", "")
        if status == 429:
            pause = retry_after_seconds(answer.headers.get("Retry-After"), self.retry_after_cap)
            return RateLimited(status, tracking_id, pause)
        return (Unavailable if status >= 500 else BY_STATUS.get(status, WebexError))(status, tracking_id)


def _session(url: str) -> requests.Session:
    """A session for one origin. What the environment says of proxies and certificates is looked up here, and not for each call,
    which would take as long as all the rest of what requests does.
    """
    session = requests.Session()
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.proxies, session.verify = found["proxies"], found["verify"]
    session.trust_env = False
    return session


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _repeats(answer: requests.Response) -> int:
    """How often a request was made again before it got this answer."""
    return len(_tries_before(answer))


def _tries_before(answer: requests.Response) -> tuple[RequestHistory, ...]:
    policy = answer.raw.retries
    return policy.history if policy else ()


def _was_heard_before(answer: requests.Response) -> bool:
    """Whether the request was made again after a try that Webex may have acted on: then a 404 may be our own doing."""
    return any(type(one.error).__name__ not in NEVER_SENT for one in _tries_before(answer))


def _was_never_sent(error: requests.ConnectionError) -> bool:
    """Whether the connection failed before a byte of the request left."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in NEVER_SENT
