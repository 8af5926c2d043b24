"""Our own events about an account. They wait in the person's line, so that nothing else of that person runs beside them."""

import structlog

from app import alerts, outbox, texts
from app.commands.context import Tools
from app.delivery import Delivery
from app.integration import own_events
from app.integration.own_events import Gap
from app.models import held, user
from app.webex.errors import WebexError
from app.webex.markdown import escape

log = structlog.get_logger(__name__)


def welcome(tools: Tools, delivery: Delivery) -> None:
    """After an authorization: register the webhooks, and only then say that all is well."""
    person_id = delivery.receiver
    with tools.database.reading() as db:
        account = user.find(db, person_id)
    if account is None:
        return
    tools.subscriptions.sync(person_id)
    with delivery.last() as db:
        text = texts.welcome(escape(account.name), account.timezone)
        outbox.say_to(db, person_id, text, key=f"{delivery.key}|welcome")
        if not alerts.is_quiet(account):
            alerts.tell_held(db, account, key=delivery.key)
        elif held.count(db, person_id):
            alerts.let_end_ring(db, account)


def repair(tools: Tools, delivery: Delivery) -> None:
    """Every hour: renew an access token whose end comes near, and make Webex's list of webhooks agree with what is wanted."""
    tools.people.tokens.renew_early(delivery.receiver)
    tools.subscriptions.sync(delivery.receiver)


def after_outage(tools: Tools, delivery: Delivery) -> None:
    """Deliveries were not taken for a while: Webex may have switched webhooks off, and told of commands in vain.

    What fails is left to the hourly repair: it would hold up the person's line just when there is most in it.
    """
    if not delivery.is_done("outage"):
        with delivery.once("outage") as db:
            own_events.catch_up_soon(db, delivery.receiver, Gap.read(delivery.event.data.id).since)
    try:
        tools.subscriptions.sync(delivery.receiver)
    except WebexError as error:
        log.warning("webhooks not seen to after an outage", status=error.status)
