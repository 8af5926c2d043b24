"""What is switched on for a person, of every feature."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.models import alarm
from app.models.absence import Absence
from app.models.alarm import Alarm
from app.models.reminder import Reminder
from app.models.todo import Todo
from app.models.topofmind import TopList
from app.models.user import User
from app.models.vip import Vip


@dataclass(frozen=True)
class Switches:
    """:ivar tracked: how many people are tracked, by mode
    :ivar audience: who may see the top of mind; "" if there is none
    :ivar away: the auto-reply, if it is on
    :ivar repeating: what comes again and again
    """

    account: User
    open_items: int
    reminders: int
    tracked: dict[str, int]
    audience: str
    away: Absence | None
    repeating: list[Alarm]


def of(db: Session, account: User) -> Switches:
    mine = account.person_id
    by_mode = select(Vip.mode, func.count()).where(Vip.person_id == mine).group_by(Vip.mode).order_by(Vip.mode)
    top = db.get(TopList, mine)
    return Switches(
        account,
        db.scalar(select(func.count()).where(Todo.person_id == mine, Todo.done_at.is_(None))) or 0,
        db.scalar(select(func.count()).where(Reminder.person_id == mine, Reminder.removed_at.is_(None))) or 0,
        {row[0]: row[1] for row in db.execute(by_mode)},
        top.audience if top else "",
        db.scalar(select(Absence).where(Absence.person_id == mine)),
        alarm.repeating(db, mine),
    )
