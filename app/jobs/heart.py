"""The heartbeat of a process that takes deliveries, by which an outage is known from its beginning."""

from functools import partial

import structlog
from sqlalchemy.exc import SQLAlchemyError

from app.bot import outage
from app.house import House
from app.models import now

log = structlog.get_logger(__name__)

BEAT_EVERY = 15.0  # seconds


class Heart:
    """:ivar _was_well: at the last beat, when nothing was missed yet; None before the first one"""

    def __init__(self, house: House) -> None:
        self.house = house
        self._was_away = True
        self._has_missed = False
        self._was_well: float | None = None

    def begin(self) -> None:
        """The process has just begun, and the bot's webhooks stand: what came before it was missed."""
        self._was_away, self._was_well = True, None
        self.beat()

    def beat(self) -> None:
        """Note that deliveries are taken; what was missed, if they were not for a while, is looked for.

        If some were refused, that is done after a beat's time without another one: it is work for everybody's account, and a
        database that comes and goes would ask for it again and again.

        :raises SQLAlchemyError: if the database is away, and so nothing is taken
        """
        moment, are_refused = now(), self.house.inbox.forget_refusals()
        self._has_missed = self._has_missed or are_refused
        is_away = self._was_away or (self._has_missed and not are_refused)
        try:
            is_after_outage = self.house.database.write(partial(outage.note, was_well=self._was_well, is_away=is_away))
        except SQLAlchemyError:
            self._was_away = True
            raise
        self._was_away, self._has_missed = False, self._has_missed and not is_away
        if not self._has_missed:
            self._was_well = moment
        if is_after_outage:
            log.warning("deliveries were not taken for a while, so what was missed is looked for")
        self.house.wake(outage.LINE)

    def look(self, *, is_deaf: bool) -> None:
        """Read what was written to the bot since it was last read.

        :param is_deaf: its webhooks brought nothing until now; else what may be on its way is left out
        """
        work = partial(outage.listen_again, is_deaf=is_deaf)
        if self.house.database.write(work):
            self.house.wake(outage.LINE)
