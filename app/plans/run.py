"""Working a plan off: item by item, for some seconds at a time, so that one person's thousand rooms hold up nobody.

It runs in a line of its own: a person's plans come one after the other, and beside their commands. Each turn ends by
putting the next one in line, in the transaction that ends it; the turn of a plan does just that while one that was begun
before it is under way.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app import outbox
from app.bot.admins import Admins
from app.bot.client import Bot
from app.delivery import Delivery
from app.errors import Fenced, NotAllowed, NotConnected
from app.integration.client import People
from app.models import line, now, plan
from app.models import outbox as rows
from app.models.plan import Plan, PlanItem
from app.plans import turns, words
from app.plans.actions import ACTIONS, Action, Change, Kind
from app.plans.results import Result
from app.webex.client import WebexClient
from app.webex.errors import RateLimited, Unavailable, WebexError

log = structlog.get_logger(__name__)

TURN = 3.0  # seconds of work before others get a turn
OUTAGE = 900.0  # seconds for which an item waits for a Webex or a database that is unwell; less than a delivery does


@dataclass(frozen=True)
class Actors:
    """In whose names items are done, and who may have those of admins done."""

    bot: Bot
    people: People
    admins: Admins


@dataclass(frozen=True)
class Step:
    """An item in a worker's hands."""

    actors: Actors
    delivery: Delivery
    plan: Plan
    item: PlanItem


def work(actors: Actors, delivery: Delivery) -> None:
    """One turn of a plan.

    :raises WebexError: if Webex asks for a pause, or it or the database is unwell; the turn is then taken again
    """
    try:
        _work(actors, delivery)
    except SQLAlchemyError as error:
        # Like an outage of Webex, which is waited for however often a turn was taken, and as long as Webex may still be at
        # what it was asked: it is then looked for, as after a crash.
        log.warning("the database failed in a turn of a plan", exc_info=error)
        raise Unavailable(0, settles_in=actors.bot.patience) from error


def _work(actors: Actors, delivery: Delivery) -> None:
    plan_id, until, settled = turns.plan_id(delivery.event.data.id), time.monotonic() + TURN, 0
    while time.monotonic() < until:
        with delivery.database.reading() as db:
            found, item = plan.get(db, plan_id), plan.next_item(db, plan_id)
            waits = found is not None and plan.must_wait(db, found)
        if waits or found is None or item is None or (found.state != plan.RUNNING and item.state != plan.UNSURE):
            break
        try:
            _settle_one(Step(actors, delivery, found, item))
        except RateLimited:
            if not settled:
                raise
            break  # a turn that got on is no outage: the next one waits, and its time counts from now
        settled += 1
    _end_turn(delivery, plan_id)


def _settle_one(step: Step) -> None:
    delivery, item = step.delivery, step.item
    try:
        action = ACTIONS[item.action]
        if isinstance(action, Change):
            _change(step, action)
            return
        result = _done(step, action)
    except NotConnected:
        _settle_rest(step, words.ACCESS_ENDED)
    except NotAllowed:
        _settle_rest(step, words.NO_ADMIN)
    except WebexError as error:
        _settle_failure(delivery, item, error)
    except Exception as error:
        if isinstance(error, Fenced) or _is_passing(delivery, error):
            raise
        log.exception("a step of a plan failed")
        with _owned(delivery) as db:
            _fail(db, item, words.BROKEN)
    else:
        with _owned(delivery) as db:
            _settle(db, item, result)


def _settle_rest(step: Step, note: str) -> None:
    with _owned(step.delivery) as db:
        plan.settle_all(db, step.plan.id, plan.FAILED, note)


def _settle(db: Session, item: PlanItem, result: Result) -> None:
    state = plan.SKIPPED if result.skipped else plan.DONE
    plan.settle(db, item, state, result.skipped or result.note, result.undo)
    plan.remember(db, item.plan_id, result.found or {})


def _done(step: Step, action: Action) -> Result:
    """Do an item, unless an earlier attempt did; of a cancelled plan nothing is begun any more, nor what nobody wants now."""
    found, item = step.plan, step.item
    webex = step.actors.bot if action.by_bot else step.actors.people.acting_as(found.person_id)
    webex = webex.in_bulk()
    params = {**json.loads(found.found), **item.arguments}
    look = partial(_earlier, action, webex, {**params, "since": found.created})
    was_unsure = item.state == plan.UNSURE
    if was_unsure and (earlier := look()):
        return earlier
    _check_owner(step, action)
    time.sleep(action.pace)
    with _owned(step.delivery) as db:
        if reason := _stopped(db, found) or action.unwanted(db, params):
            return Result(skipped=reason)
        plan.settle(db, item, plan.UNSURE)
        line.not_before(db, step.delivery.row, now() + step.actors.bot.patience)
    result = action.do(webex, params)
    if was_unsure and result.skipped:  # the earlier attempt may have come to its end between our look and this call
        return look() or result
    return result


def _earlier(action: Action, webex: WebexClient, params: dict[str, Any]) -> Result | None:
    """:raises WebexError: if it can't be found out, so that it may be done"""
    try:
        return action.seen(webex, params)
    except WebexError as error:
        error.may_have_happened = True
        raise


def _change(step: Step, action: Change) -> None:
    """Make a change of ours; with it the item is settled, or neither is."""
    _check_owner(step, action)
    with _owned(step.delivery) as db:
        stopped = _stopped(db, step.plan)
        key = f"{step.delivery.key}|{step.item.id}"
        _settle(db, step.item, Result(skipped=stopped) if stopped else action.make(db, step.item.arguments, key))


def _check_owner(step: Step, action: Kind) -> None:
    """:raises NotAllowed: if this is for admins, and the plan's owner is none any more
    :raises WebexError: if Webex has to be asked for that, and does not answer
    """
    if action.of_admins and not step.actors.admins.still_includes(step.plan.person_id):
        raise NotAllowed(words.NO_ADMIN)


def _stopped(db: Session, found: Plan) -> str:
    """Whether its owner cancelled it a moment ago, as a note; empty if not."""
    return "" if plan.is_running(db, found.id) else words.CANCELLED


def _settle_failure(delivery: Delivery, item: PlanItem, error: WebexError) -> None:
    is_passing = _is_passing(delivery, error)
    with _owned(delivery) as db:
        if not is_passing:
            _fail(db, item, words.why(error))
        elif not error.may_have_happened and item.state == plan.WAITING:  # what was unsure before stays so, and is looked for
            plan.settle(db, item, plan.WAITING)
    if is_passing:
        raise error


def _is_passing(delivery: Delivery, error: Exception) -> bool:
    """Whether this says nothing about the item: Webex or the database is away, and was not for long."""
    return isinstance(error, RateLimited | Unavailable | SQLAlchemyError) and now() - delivery.row.received < OUTAGE


def _fail(db: Session, item: PlanItem, note: str) -> None:
    """Without its room, nothing of what was to be done in it can be."""
    plan.settle(db, item, plan.FAILED, note)
    if item.action == "create room":
        plan.settle_all(db, item.plan_id, plan.SKIPPED, plan.NO_ROOM)


def _end_turn(delivery: Delivery, plan_id: int) -> None:
    """Put the next turn in line, or close the plan and say what became of each item; all in one transaction."""
    with delivery.last() as db:
        found = plan.get(db, plan_id)
        if found is None:
            return
        item = plan.next_item(db, plan_id)
        if item and (found.state == plan.RUNNING or item.state == plan.UNSURE):  # what is unsure is looked for in any case
            _tell_progress(db, found, delivery.key)
            turns.enqueue(db, found)
            return
        plan.settle_all(db, plan_id, plan.SKIPPED, words.CANCELLED)
        plan.set_state(db, found, plan.FINISHED, was=plan.RUNNING)
        items = plan.items(db, plan_id)
        receipt = words.receipt(found, items, is_undo=found.undoes is not None)
        outbox.say_to(db, found.person_id, receipt, key=f"{delivery.key}|receipt", file=words.whole(found, items))


def _tell_progress(db: Session, found: Plan, key: str) -> None:
    """At most ten times in all, since Webex lets a message be edited ten times."""
    counts = plan.counts(db, found.id)
    tenths = 10 * (sum(counts.values()) - words.open_count(counts)) // max(1, sum(counts.values()))
    if tenths > found.told:
        plan.tell(db, found, tenths)
        content = {"person_id": found.person_id, "plan_id": found.id}
        rows.add(db, key=f"{key}|progress", line_name=found.person_id, kind="progress", content=content)


@contextmanager
def _owned(delivery: Delivery) -> Iterator[Session]:
    """:raises Fenced: if another worker took the turn over"""
    with delivery.database.transaction() as db:
        if not line.still_owns(db, delivery.row):
            raise Fenced
        yield db
