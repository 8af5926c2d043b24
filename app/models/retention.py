"""How long rows stay: what is deleted every night, table by table, and why the rest is not.

A test compares this list with the tables there are, so that none is forgotten and grows for ever.
"""

from collections.abc import Callable
from functools import partial

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from app.models import audit, decision, failure, invitation, join_link, ledger, line, plan, reminder, session, support, tries
from app.models.base import Database
from app.models.inbox import InboxRow
from app.models.outbox import OutboxRow
from app.models.postgres import patiently

log = structlog.get_logger(__name__)

KEEP_FINISHED = 7 * 86_400.0  # seconds; longer than any delivery is repeated

PURGES: dict[str, Callable[[Connection], object]] = {
    "inbox": partial(line.purge, table=InboxRow, older_than=KEEP_FINISHED),
    "outbox": partial(line.purge, table=OutboxRow, older_than=KEEP_FINISHED),
    "browser_session": session.purge,
    "ledger_day": ledger.purge,
    "ledger_total": ledger.purge_totals,
    "failure": failure.purge,
    "decision": decision.purge,
    "reminder": reminder.purge,
    "plan": plan.purge,
    "audit": audit.purge,
    "usage": audit.purge_usage,
    "join_link": join_link.purge,
    "invitation": invitation.purge,
    "ticket": support.purge,
    "tries": tries.purge,
}
WITH_ANOTHER = {"inbox_step": "inbox", "plan_item": "plan", "join_use": "join_link"}
STAYS = {
    "user_account": "until /delete",
    "token": "one per account, renewed in place",
    "subscription": "as many as the account has webhooks, replaced every hour",
    "todo": "its owner's; checked-off items go when the list is empty and begun anew",
    "vip": "its owner's, at most fifty",
    "vip_message": "references for /get, until they were shown",
    "alarm": "one per thing that rings; goes when it rang for the last time",
    "top_list": "its owner's, one each",
    "top_item": "its owner's",
    "top_reader": "its owner's",
    "top_subscription": "until it is ended",
    "absence": "one at a time, until it ends",
    "absence_answer": "goes with its absence",
    "held_alert": "until quiet hours end and it was told",
    "team": "its owner's",
    "team_member": "its owner's",
    "contact": "one per person who ever wrote to the bot, so that nobody is greeted twice",
    "hint": "one per person and group room, so that nobody is told twice",
    "heartbeat": "two rows, written over",
    "recommendation": "a hash for good, so that nobody is written to twice; a person makes at most five a day",
    "unwanted": "a hash for good: that is its sense",
}


def purge(database: Database) -> None:
    """Delete what has been kept long enough. One table that can't be purged does not keep the others from it, and
    no delivery waits for it in the same transaction.
    """
    for table, work in PURGES.items():
        try:
            while _purged(database, work) >= line.AT_A_TIME:
                pass
        except SQLAlchemyError as error:
            log.error(f"{table} not purged", error=type(error).__name__)


def _purged(database: Database, work: Callable[[Connection], object]) -> int:
    """:returns: how many rows, where that is told"""
    with patiently(), database.changing() as connection:
        count = work(connection)
    return count if isinstance(count, int) else 0
