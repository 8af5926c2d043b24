"""The bot's ear: POST /bot."""

import structlog
from flask import Blueprint, Response, request

from app import ears
from app.bot import webhook
from app.delivery import BOT
from app.house import House
from app.webex.events import SIGNATURE_HEADER, MalformedEvent, parse_event, signature_is_valid

log = structlog.get_logger(__name__)
bp = Blueprint("bot", __name__)


def hear(house: House, body: bytes, signature: str | None) -> int:
    """Verify, store, acknowledge.

    :param body: the raw bytes; the signature is checked on them before anything else
    :param signature: the value of `X-Spark-Signature`
    :returns: the HTTP status to answer with
    """
    if not signature_is_valid(webhook.secret(house.config), body, signature):
        log.warning("bot delivery with a bad signature")
        return 401
    try:
        event = parse_event(body)
    except MalformedEvent:
        return 400
    me = house.bot.known
    if not (me and event.actor == me.id):
        # Deliveries before 2017 don't tell who acted; they wait in a line of their own.
        house.inbox.accept(event, BOT, event.actor or event.data.person_id or event.room_id or event.data.id)
    return 204


@bp.post("/bot")
def receive() -> Response:
    """Receive the bot's webhooks."""
    return ears.answer(lambda house, body: hear(house, body, request.headers.get(SIGNATURE_HEADER)))
