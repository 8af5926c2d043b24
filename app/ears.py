"""What the two ears share: the raw body, and answering when the database is away."""

from collections.abc import Callable

import structlog
from flask import Response, current_app, request
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError

from app.house import House

log = structlog.get_logger(__name__)

HEARD = Counter("armyknife_deliveries_total", "Webhook deliveries by ear and answer", ["ear", "status"])


def answer(hear: Callable[[House, bytes], int]) -> Response:
    """Give the raw body to an ear and turn its status into a response with no body.

    A delivery that can't be stored is refused with 503, so that Webex counts it as failed and nothing is acknowledged
    that may be lost.
    """
    house: House = current_app.extensions["house"]
    body = request.get_data()  # 413 above MAX_CONTENT_LENGTH, raised by Flask before a byte is parsed
    try:
        status = hear(house, body)
    except SQLAlchemyError as error:
        log.error("delivery could not be stored", error=type(error).__name__)
        status = 503
    HEARD.labels(request.blueprint, status).inc()
    response = Response(status=status)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
