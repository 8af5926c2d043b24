"""What machines ask: is it alive, is it ready, how is it doing."""

from flask import Blueprint, Response, current_app
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from app.house import House
from app.models import inbox, line, outbox

bp = Blueprint("health", __name__)

WAITING = Gauge("armyknife_waiting", "Rows not worked off yet", ["table"])


@bp.get("/healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> tuple[dict[str, str | int], int]:
    """The process can do its work: the database answers, Webex knows the bot, and its webhooks stand."""
    house: House = current_app.extensions["house"]
    is_introduced = current_app.extensions["queue"].is_introduced
    try:
        with house.database.reading() as db:
            waiting = line.count_open(db, inbox.InboxRow)
            unsaid = line.count_open(db, outbox.OutboxRow)
    except SQLAlchemyError:
        return {"status": "unavailable", "database": "away"}, 503
    state = "ok" if is_introduced else "starting"
    answer: dict[str, str | int] = {"status": state, "database": "ok", "waiting": waiting, "unsaid": unsaid}
    return answer, 200 if is_introduced else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Prometheus text; labels are names of ours, never paths or ids."""
    house: House = current_app.extensions["house"]
    with house.database.reading() as db:
        WAITING.labels("inbox").set(line.count_open(db, inbox.InboxRow))
        WAITING.labels("outbox").set(line.count_open(db, outbox.OutboxRow))
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)
