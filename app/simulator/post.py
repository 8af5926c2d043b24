"""One delivery of a webhook: its bytes, its signatures, and the request that carries it."""

import hmac
from dataclasses import dataclass

import requests

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


def post(http: requests.Session, delivery: Delivery, seconds: float, *, follows: bool) -> tuple[int | None, str | None]:
    """Post a delivery; return the status of the answer, or None and what went wrong.

    :param seconds: how long the target has to answer.
    :param follows: whether to go where a redirect leads; only 307 and 308 lead a POST on as a POST.
    """
    url = delivery.webhook.target_url
    try:
        answer = http.post(url, data=delivery.body, headers=delivery.headers, timeout=seconds, allow_redirects=follows)
    except requests.Timeout:
        return None, "timeout"
    except (requests.RequestException, ValueError):  # ValueError: an address that urllib3 cannot even parse
        return None, "unreachable"
    return answer.status_code, None
