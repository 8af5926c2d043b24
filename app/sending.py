"""Working off what is in line to be said: in order, tried again when Webex is unwell, and accounted for."""

import structlog
from sqlalchemy.orm import Session

from app import alerts, metrics
from app.errors import Fenced, NotConnected
from app.language import N_, _, speaking
from app.models import Database, alarm, held, ledger, line, now, outbox, user, vip
from app.models.line import Slot
from app.models.outbox import Hand, OutboxRow
from app.outbox import say_to
from app.saying import Sayings
from app.webex.errors import RateLimited, Unavailable, WebexError, is_final

log = structlog.get_logger(__name__)

HELD_AGAIN = 3_600.0  # seconds after which what was held back and could not be said is tried again
OUTAGE = 6 * 3_600.0  # seconds for which an answer waits for a Webex that is unwell
MAX_COUNTED = 8  # an outage does not count as a row that kills its worker
MAX_FAILURES = 5
MAYBE = N_("(It may have arrived all the same: Webex's answer got lost.)")


class Sender:
    """Sends. One of these per process, shared by its worker threads."""

    def __init__(self, database: Database, sayings: Sayings, slot: Slot) -> None:
        self.database = database
        self.sayings = sayings
        self.slot = slot

    def say_in_hand(self, hand: Hand) -> float | None:
        """Say what is in a worker's hand.

        :returns: seconds after which the line should be woken again, or None
        """
        row, hand.row = hand.row, None
        if row is None:
            return None
        with self.slot.hands.holding(row):
            return self._send(row)

    def say_next(self, line_name: str) -> float | None:
        """Say what comes next in a line, if it is due. The same is returned."""
        row = line.claim(self.database, OutboxRow, line_name, self.slot)
        if row is None:
            return None
        with self.slot.hands.holding(row), user.speaking_in(self.database, row.line):
            return self._send(row)

    def _send(self, row: OutboxRow) -> float | None:
        try:
            self._settle(row, line.DONE, became=self.sayings.by_kind[row.kind](row))
        except Fenced:
            return None
        except (WebexError, NotConnected) as error:
            if isinstance(error, WebexError) and not is_final(error):
                return self._later(row, error)
            log.warning("not said", error=type(error).__name__, count=row.attempts)
            self._settle(row, line.DEAD, type(error).__name__)
        except Exception:
            log.exception("sending failed")
            if row.attempts < MAX_FAILURES:
                return self._later(row, Unavailable(0))
            self._settle(row, line.DEAD, "failed")  # our own mistake must not hold up all later answers
        return None

    def _settle(self, row: OutboxRow, state: int, error: str | None = None, became: str = "") -> None:
        with self.database.transaction() as db:
            is_mine = outbox.finish(db, row, state, error=error, became=became)
            metrics.SAID.labels("said" if state == line.DONE else "given up").inc(is_mine)
            if is_mine:
                _account_for(db, row, state == line.DONE)
            if is_mine and state == line.DEAD:
                _regret(db, row)

    def _later(self, row: OutboxRow, error: WebexError) -> float | None:
        """Put a row back. Whether it may have been said already is remembered with it."""
        pause = max(error.retry_after, line.FIRST_PAUSE) if isinstance(error, RateLimited) else line.pause(row.attempts)
        if isinstance(error, Unavailable):
            pause = max(pause, error.settles_in)
        log.warning("said later", error=type(error).__name__, status=error.status, attempt=row.attempts)
        if now() - row.created > OUTAGE:
            self._settle(row, line.DEAD, "gave up")
            return None
        metrics.SAID.labels("later").inc()
        with self.database.transaction() as db:
            values = {"unsure": row.unsure, "attempts": min(row.attempts, MAX_COUNTED)}
            line.settle(db, row, line.WAITING, due=now() + pause, error=type(error).__name__, **values)
        return pause


def _account_for(db: Session, row: OutboxRow, is_said: bool) -> None:
    """A fetch goes into the privacy ledger; what was kept or held is forgotten only now that it was said, and else stays.
    Of an automatic reply its owner is told how it went.
    """
    content = row.content
    person_id = content.get("person_id", "")
    if row.kind == "quotation" and is_said:
        ledger.add(db, person_id, ledger.FETCHED + content["why"])
    if content.get("kept_id") is not None:
        vip.settle_message(db, person_id, content["kept_id"], is_said)
    if content.get("held_id") is not None:
        held.settle(db, person_id, content["held_id"], is_said)
        if not is_said:
            alarm.set_to(db, person_id, alerts.QUIET_ENDS, now() + HELD_AGAIN)
    owner = user.find(db, person_id) if content.get("answers") else None
    if owner:
        kind, answered = alerts.ANSWERED if is_said else alerts.UNANSWERED, content["answers"]
        alert = alerts.Alert(kind, content["to"]["roomId"], answered["message_id"], answered["person_id"])
        alerts.tell(db, owner, alert, key=f"{row.key.hex()}|answered")


def _regret(db: Session, row: OutboxRow) -> None:
    """Tell who caused it that something was not said, in their own line; see `app.outbox.Regret`."""
    regret = row.content.get("if_refused")
    if regret:
        with speaking(user.language_of(db, regret["person_id"])):
            markdown = f"{regret['markdown']} {_(MAYBE)}" if row.unsure else regret["markdown"]
            say_to(db, regret["person_id"], markdown, key=regret["key"])
