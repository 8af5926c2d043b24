"""Webhook delivery: beside the requests, in order for each target, the exact bytes signed."""

import json
import random
import threading
import time
from collections import deque
from dataclasses import replace

from urllib3 import PoolManager

from app.simulator import deadline
from app.simulator.clock import Clock, iso
from app.simulator.faults import Faults
from app.simulator.post import Delivery, post, sign
from app.simulator.records import Json, Webhook
from app.simulator.switches import Switches

WORKERS, IDLE = 256, 2.0
"""How many targets are served at once, so that those that hang hold up no others; seconds a thread waits for more work."""
FAILURES, WINDOW = 100, 300.0
"""So many failures within so many seconds disable a webhook (guide "Webhooks")."""
BATCH, BATCH_WAIT = 4, 0.05
"""Under the switch `reorder_deliveries`: how many deliveries change places, and how long to wait for them."""
OVERTAKING = 1.0
"""Seconds a delivery with the fault `reordered` waits for another one to overtake it."""


class Deliveries:
    """The deliveries waiting, the threads that make them, and what became of them."""

    def __init__(self, clock: Clock, switches: Switches, faults: Faults) -> None:
        self._clock = clock
        self._switches = switches
        self._faults = faults
        lock = threading.RLock()
        self._work = threading.Condition(lock)
        """Something came or was done."""
        self._called = threading.Condition(lock)
        """Targets are ready; apart from the other, so that one delivery does not wake all idle workers."""
        self._queues: dict[str, deque[Delivery]] = {}
        self._ready: deque[str] = deque()
        """Targets with work that no worker has in hand. A target is in hand once, hence the order."""
        self._pending = 0
        self._delivered = 0
        self._workers = 0
        self._idle = 0
        """Workers without a target, also those that have yet to begin."""
        self._stop = threading.Event()
        self._attempts: deque[Json] = deque(maxlen=10_000)
        self._sent: deque[Delivery] = deque(maxlen=1_000)

    def put(self, webhook: Webhook, envelope: Json) -> None:
        """Send an envelope to the webhook's target soon, as switches and faults will have it."""
        resource, event = envelope["resource"], envelope["event"]
        fault = self._faults.take_delivery(webhook.target_url, webhook.created_by, resource, event) or {}
        trouble = fault.get("delivery")
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        headers = self._headers() | (self._signatures(webhook, body) if trouble != "unsigned" else {})
        if trouble == "tampered":
            body = body[:-1] + b',"tampered":true}'
        wait = self._switches.webhook_delay + (float(fault.get("seconds", 1.0)) if trouble == "delayed" else 0.0)
        delivery = Delivery(
            webhook, body, headers, resource, event, envelope["data"]["id"], time.monotonic() + wait, trouble,
        )  # fmt: skip
        self._enqueue([delivery] * self._copies(trouble))

    def replay(self, count: int) -> int:
        """Send the last `count` deliveries once more, byte for byte; return how many there were."""
        with self._work:
            again = [replace(one, trouble=None) for one in list(self._sent)[-count:]] if count > 0 else []
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
        """Deliver nothing more."""
        with self._work:
            self._stop.set()
            self._work.notify_all()
            self._called.notify_all()

    def _headers(self) -> dict[str, str]:
        if self._switches.delivery_headers == "emulator":
            return {"Content-Type": "application/json;charset=UTF-8", "X-Scheduled-For": iso(self._clock.now())}
        return {"Content-Type": "application/json"}

    def _signatures(self, webhook: Webhook, body: bytes) -> dict[str, str]:
        if not webhook.secret:
            return {}
        headers = {"X-Spark-Signature": sign(webhook.secret, body)}
        if self._switches.extra_signature_header:
            algorithm = self._switches.extra_signature_algorithm
            headers[self._switches.extra_signature_header] = sign(webhook.secret, body, algorithm)
        return headers

    def _copies(self, trouble: str | None) -> int:
        chance = self._switches.duplicate_probability
        is_doubled = trouble == "duplicated" or (chance > 0 and random.random() < chance)
        return 1 + self._switches.duplicate_deliveries + is_doubled

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
            while len(self._ready) > self._idle and self._workers < WORKERS:
                self._workers += 1
                self._idle += 1
                threading.Thread(target=self._run, name="simulator-webhooks", daemon=True).start()
            self._called.notify(len(self._ready))
            self._work.notify_all()

    def _run(self) -> None:
        with deadline.pools() as http:
            while (target := self._next_target()) is not None:
                self._serve(http, target)

    def _next_target(self) -> str | None:
        """Take a target in hand; None if there is nothing to do any more, and the worker has to end."""
        with self._called:
            self._called.wait_for(lambda: self._ready or self._stop.is_set(), IDLE)
            self._idle -= 1
            if self._ready and not self._stop.is_set():
                return self._ready.popleft()
            self._workers -= 1
            return None

    def _serve(self, http: PoolManager, target: str) -> None:
        batch = self._batch(self._queues[target])
        for delivery in batch:
            if not self._stop.wait(max(0.0, delivery.due - time.monotonic())):
                self._deliver(http, delivery)
        with self._work:
            self._pending -= len(batch)
            if self._queues[target]:
                self._ready.append(target)
            else:
                del self._queues[target]
            self._idle += 1
            self._work.notify_all()

    def _batch(self, queue: deque[Delivery]) -> list[Delivery]:
        """Take the deliveries to be made next, in the order they are to be made."""
        if self._switches.reorder_deliveries:
            self._stop.wait(max(BATCH_WAIT, queue[0].due - time.monotonic()))
            with self._work:
                return [queue.popleft() for _ in range(min(BATCH, len(queue)))][::-1]
        with self._work:
            first = queue.popleft()
            if first.trouble != "reordered":
                return [first]
            self._work.wait_for(lambda: queue or self._stop.is_set(), OVERTAKING)
            return [queue.popleft(), first] if queue else [first]

    def _deliver(self, http: PoolManager, delivery: Delivery) -> None:
        """Make a delivery, and make it again if it fails and the switch `delivery_retries` says so."""
        for attempt in range(1 + self._switches.delivery_retries):
            if attempt and self._stop.wait(self._switches.delivery_retry_delay):
                return
            if delivery.webhook.status != "active" or delivery.webhook.is_silent:
                return
            if delivery.trouble == "lost" or self._is_lost():
                self._note(delivery, None, "lost")
                return
            switches = self._switches
            status, problem = post(http, delivery, switches.webhook_timeout, follows=switches.webhook_redirects)
            self._note(delivery, status, problem)
            if status is not None and 200 <= status < 300:
                return
            if attempt == 0 or switches.delivery_retries_count:
                count_failure(delivery.webhook, self._clock.now())

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


def count_failure(webhook: Webhook, now: float) -> None:
    """Disable a webhook after 100 failures within five minutes, on probation after the first (guide "Webhooks").

    The probation ends five minutes after the revival; deliveries that succeed don't shorten it (contract 10.1).
    """
    webhook.failures.append(now)
    while webhook.failures and webhook.failures[0] <= now - WINDOW:
        webhook.failures.popleft()
    is_on_probation = webhook.probation_until is not None and now < webhook.probation_until
    if is_on_probation or len(webhook.failures) >= FAILURES:
        webhook.status = "inactive"
        webhook.disabled_at = now
        webhook.probation_until = None
        webhook.failures.clear()
