"""The ears: what is signed is heard, what a feature needs is stored, everything else is forgotten at once."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.delivery import BOT
from app.house import House
from app.integration import listeners
from app.webex.events import MalformedEvent, parse_event

log = structlog.get_logger(__name__)

BOT_PATH, PEOPLES_PATH = "/bot", "/hooks/"
LARGEST = 64 * 1_024  # bytes; above that nobody looks at a body
ANSWERS = (204, 400, 401, 404, 503)
_COUNTS = {(ear, status): metrics.DELIVERIES.labels(ear, status) for ear in ("bot", "integration") for status in ANSWERS}


def hear(house: House, path: str, signature: str | None, body: bytes) -> int:
    """Verify, drop what no feature needs, store the rest.

    A delivery that can't be stored is refused with 503, so that Webex counts it as failed and nothing is acknowledged
    that may be lost.

    :param path: where it came to: the bot's ear, or somebody's
    :param signature: the value of `X-Spark-Signature`
    :param body: the raw bytes; the signature is checked on them before anything else
    :returns: one of `ANSWERS`
    """
    is_for_bot = path == BOT_PATH
    try:
        if is_for_bot:
            status = _hear_for_bot(house, body, signature)
        else:
            status = _hear_for_person(house, path.removeprefix(PEOPLES_PATH), body, signature)
    except SQLAlchemyError as error:
        log.error("delivery could not be stored", error=type(error).__name__)
        house.inbox.refused()
        status = 503
    _COUNTS["bot" if is_for_bot else "integration", status].inc()
    return status


def _hear_for_bot(house: House, body: bytes, signature: str | None) -> int:
    if not house.bot_signer.has_signed(body, signature):
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


def _hear_for_person(house: House, opaque: str, body: bytes, signature: str | None) -> int:
    """:param opaque: the last part of the path, which tells whose it is; an unknown one costs the same time as a known one"""
    subscriptions = house.tools.subscriptions
    if not subscriptions.signer(opaque).has_signed(body, signature):
        return 401 if house.routing.knows(opaque) else 404
    try:
        event = parse_event(body)
    except MalformedEvent:
        return 400
    person = house.routing.find(opaque)
    if person is None:
        return 404
    if event.created_by not in ("", person.person_id):
        return 204
    features = listeners.wanted_by(person, event, subscriptions.purpose(event.name))
    house.tools.tally.heard(person.person_id, is_dropped=not features)
    for feature in features:
        house.inbox.accept(event, person.person_id, person.person_id, feature)
    return 204
