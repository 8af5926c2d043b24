"""What machines ask: is it alive, is it ready, how is it doing."""

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import metrics
from app.house import House
from app.models import backlog, inbox, now, outbox, subscription, user

bp = Blueprint("health", __name__)

TABLES = (("inbox", inbox.InboxRow, inbox.InboxRow.received), ("outbox", outbox.OutboxRow, outbox.OutboxRow.created))


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, str | int], int]:
    """Whether this process can take deliveries, and how each thing it depends on is doing.

    Not ready are a process without its database, and one that Webex has not told yet who the bot is. While Webex or the
    queue is away later, deliveries are still stored: to send them elsewhere, or nowhere, would lose them.
    """
    house: House = current_app.extensions["house"]
    queue = current_app.extensions["queue"]
    depends: dict[str, str | int] = {
        "queue": "ok" if queue.wakes.is_reached else "away",
        "webex": "ok" if house.http.is_answered else "failing",
        "webhooks": "ok" if queue.has_webhooks else "not seen to",
    }
    if house.config.is_embedded:
        depends["workers"] = queue.crew.alive or "none"
    try:
        with house.database.reading() as db:
            open_rows = {"waiting": backlog.count_open(db, inbox.InboxRow), "unsaid": backlog.count_open(db, outbox.OutboxRow)}
    except SQLAlchemyError:
        return {"status": "unavailable", "database": "away", **depends}, 503
    is_well = all(value == "ok" or isinstance(value, int) for value in depends.values())
    state = "starting" if not queue.is_introduced else "ok" if is_well else "degraded"
    return {"status": state, "database": "ok", **depends, **open_rows}, 200 if queue.is_introduced else 503


@bp.get("/metrics")
def tell() -> Response:
    """Prometheus text. What the database knows is looked up when it is asked for."""
    house: House = current_app.extensions["house"]
    with house.database.reading() as db:
        _look(db)
    metrics.WORKERS.set(current_app.extensions["queue"].crew.alive)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _look(db: Session) -> None:
    for name, table, since in TABLES:
        oldest = backlog.oldest_open(db, table, since)
        metrics.WAITING.labels(name).set(backlog.count_open(db, table))
        metrics.OLDEST.labels(name).set(max(0.0, now() - oldest) if oldest else 0.0)
    for state, count in user.count_by_state(db).items():
        metrics.ACCOUNTS.labels(state).set(count)
    metrics.UNHOOKED.set(subscription.count_missing(db))
