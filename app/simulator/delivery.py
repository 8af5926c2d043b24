"""Webhook delivery: beside the requests, in order for each target, the exact bytes signed."""

import hashlib
import hmac
import json
import threading
import time
from collections import deque
from dataclasses import dataclass

import requests

from app.simulator.clock import Clock, iso
from app.simulator.records import Json, Webhook
from app.simulator.switches import Switches

TIMEOUT = 10.0
"""Seconds a target has to answer; Webex documents none (contract 1.8)."""
WORKERS = 8
FAILURES, WINDOW = 100, 300.0
"""So many failures within so many seconds disable a webhook (guide "Webhooks")."""
BATCH, BATCH_WAIT = 4, 0.05
"""Under the switch `reorder_deliveries`: how many deliveries change places, and how long to wait for them."""


@dataclass(frozen=True)
class Delivery:
    """One body on its way to one target."""

    webhook: Webhook
    body: bytes
    signature: str | None
    resource: str
    event: str
    data_id: str
    due: float
    """On the monotonic clock."""


def sign(secret: str, body: bytes) -> str:
    """Return the X-Spark-Signature of these bytes: HMAC-SHA1 in lower-case hex (guide "Webhooks")."""
    return hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


class Deliveries:
    """The deliveries waiting, the threads that make them, and what became of them."""

    def __init__(self, clock: Clock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._work = threading.Condition()
        self._queues: dict[str, deque[Delivery]] = {}
        self._ready: deque[str] = deque()
        """Targets with work that no worker has in hand. A target is in hand once, hence the order."""
        self._pending = 0
        self._delivered = 0
        self._workers = 0
        self._idle = 0
        self._stop = threading.Event()
        self._attempts: deque[Json] = deque(maxlen=10_000)
        self._sent: deque[Delivery] = deque(maxlen=1_000)

    def put(self, webhook: Webhook, envelope: Json) -> None:
        """Send an envelope to the webhook's target soon."""
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        signature = sign(webhook.secret, body) if webhook.secret else None
        due = time.monotonic() + self._switches.webhook_delay
        delivery = Delivery(webhook, body, signature, envelope["resource"], envelope["event"], envelope["data"]["id"], due)
        self._enqueue([delivery] * (1 + self._switches.duplicate_deliveries))

    def replay(self, count: int) -> int:
        """Send the last `count` deliveries once more, byte for byte; return how many there were."""
        with self._work:
            again = list(self._sent)[-count:] if count > 0 else []
        self._enqueue(again)
        return len(again)

    def drain(self, seconds: float) -> tuple[int, int]:
        """Wait until nothing is pending; return how many were delivered since the last drain and how many still wait.

        :param seconds: how long to wait at most.
        """
        with self._work:
            self._work.wait_for(lambda: not self._pending or self._stop.is_set(), seconds)
            delivered, self._delivered = self._delivered, 0
            return delivered, self._pending

    def attempts(self) -> list[Json]:
        """Return what became of the deliveries, oldest first, without their bodies."""
        with self._work:
            return list(self._attempts)

    def stop(self) -> None:
        """Let the workers go; what still waits is not sent."""
        with self._work:
            self._stop.set()
            self._work.notify_all()

    def _enqueue(self, deliveries: list[Delivery]) -> None:
        with self._work:
            for delivery in deliveries:
                target = delivery.webhook.target_url
                queue = self._queues.get(target)
                if queue is None:
                    queue = self._queues[target] = deque()
                    self._ready.append(target)
                queue.append(delivery)
                self._pending += 1
            if len(self._ready) > self._idle and self._workers < WORKERS:
                self._workers += 1
                threading.Thread(target=self._run, name="simulator-webhooks", daemon=True).start()
            self._work.notify_all()

    def _run(self) -> None:
        with requests.Session() as http:
            http.trust_env = False
            # A target may close an idle connection just when the next delivery starts; each one gets its own.
            http.headers["Connection"] = "close"
            while (target := self._next_target()) is not None:
                self._serve(http, target)

    def _next_target(self) -> str | None:
        with self._work:
            self._idle += 1
            self._work.wait_for(lambda: self._ready or self._stop.is_set())
            self._idle -= 1
            return None if self._stop.is_set() else self._ready.popleft()

    def _serve(self, http: requests.Session, target: str) -> None:
        batch = self._batch(target)
        for delivery in batch:
            if not self._stop.wait(max(0.0, delivery.due - time.monotonic())):
                self._deliver(http, delivery)
        with self._work:
            self._pending -= len(batch)
            if self._queues[target]:
                self._ready.append(target)
            else:
                del self._queues[target]
            self._work.notify_all()

    def _batch(self, target: str) -> list[Delivery]:
        queue = self._queues[target]
        if not self._switches.reorder_deliveries:
            with self._work:
                return [queue.popleft()]
        self._stop.wait(max(BATCH_WAIT, queue[0].due - time.monotonic()))
        with self._work:
            return [queue.popleft() for _ in range(min(BATCH, len(queue)))][::-1]

    def _deliver(self, http: requests.Session, delivery: Delivery) -> None:
        if delivery.webhook.status != "active" or delivery.webhook.is_silent:
            return
        if self._is_lost():
            self._note(delivery, None, "lost")
            return
        status, problem = _post(http, delivery)
        self._note(delivery, status, problem)
        count_result(delivery.webhook, status is not None and 200 <= status < 300, self._clock.now())

    def _is_lost(self) -> bool:
        with self._work:
            if self._switches.lose_deliveries > 0:
                self._switches.lose_deliveries -= 1
                return True
            return self._switches.lose_deliveries < 0

    def _note(self, delivery: Delivery, status: int | None, problem: str | None) -> None:
        hook = delivery.webhook
        attempt = {
            "webhook": hook.name, "webhookId": hook.id, "resource": delivery.resource, "event": delivery.event,
            "dataId": delivery.data_id, "status": status, "problem": problem, "at": iso(self._clock.now()),
        }  # fmt: skip
        with self._work:
            self._attempts.append(attempt)
            self._sent.append(delivery)
            self._delivered += problem is None


def _post(http: requests.Session, delivery: Delivery) -> tuple[int | None, str | None]:
    headers = {"Content-Type": "application/json"}
    if delivery.signature is not None:
        headers["X-Spark-Signature"] = delivery.signature
    url = delivery.webhook.target_url
    try:
        answer = http.post(url, data=delivery.body, headers=headers, timeout=TIMEOUT, allow_redirects=False)
    except requests.Timeout:
        return None, "timeout"
    except (requests.RequestException, ValueError):  # ValueError: an address that urllib3 cannot even parse
        return None, "unreachable"
    return answer.status_code, None


def count_result(webhook: Webhook, is_success: bool, now: float) -> None:
    """Disable a webhook after 100 failures within five minutes, on probation after the first (guide "Webhooks")."""
    if is_success:
        return
    webhook.failures.append(now)
    while webhook.failures and webhook.failures[0] <= now - WINDOW:
        webhook.failures.popleft()
    if webhook.is_on_probation or len(webhook.failures) >= FAILURES:
        webhook.status = "inactive"
        webhook.disabled_at = now
        webhook.is_on_probation = False
        webhook.failures.clear()
