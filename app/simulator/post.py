"""One delivery of a webhook: its bytes, its signatures, and the request that carries it."""

import hmac
from dataclasses import dataclass

from urllib3 import PoolManager, Retry, exceptions

from app.simulator.deadline import Deadline
from app.simulator.records import Webhook


@dataclass(frozen=True)
class Delivery:
    """One body on its way to one target."""

    webhook: Webhook
    body: bytes
    headers: dict[str, str]
    """Among them those with a signature; there is none for a webhook without a secret."""
    resource: str
    event: str
    data_id: str
    due: float
    """On the monotonic clock."""
    trouble: str | None = None
    """The fault ordered for it (`app/simulator/faults.py`)."""


def sign(secret: str, body: bytes, algorithm: str = "sha1") -> str:
    """Return the signature of these bytes: HMAC in lower-case hex; X-Spark-Signature takes SHA-1 (guide "Webhooks")."""
    return hmac.new(secret.encode(), body, algorithm).hexdigest()


CLOSING = {"Connection": "close"}
"""A target may close an idle connection just when the next delivery starts; each one gets its own."""


def post(http: PoolManager, delivery: Delivery, seconds: float, *, follows: bool) -> tuple[int | None, str | None]:
    """Post a delivery; return the status of the answer, or None and what went wrong.

    :param http: of `app/simulator/deadline.py`.
    :param seconds: how long the target has to answer, to the last byte and over all redirects.
    :param follows: whether to go where a redirect leads; 303 leads a POST on as a GET.
    """
    url, headers = delivery.webhook.target_url, delivery.headers | CLOSING
    tries = Retry(None, connect=False, read=False, status=False, other=False, redirect=30 * follows, raise_on_redirect=False)
    try:
        answer = http.request(
            "POST", url, body=delivery.body, headers=headers, timeout=Deadline(seconds), redirect=follows, retries=tries,
        )  # fmt: skip
    except (exceptions.HTTPError, ValueError) as error:  # ValueError: an address that cannot even be parsed
        is_refused = isinstance(error, exceptions.NewConnectionError)  # which urllib3 counts among the timeouts
        return None, "timeout" if isinstance(error, exceptions.TimeoutError) and not is_refused else "unreachable"
    return answer.status, None
