"""Plans: bulk work as rows. A plan is proposed, confirmed, worked off item by item, and kept as a receipt."""

import json
import secrets
from typing import Any

from sqlalchemy import (
    Connection,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    not_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.language import N_
from app.models.base import Base, now

PROPOSED, RUNNING, CANCELLED, FINISHED = "proposed", "running", "cancelled", "finished"
WAITING, UNSURE, DONE, SKIPPED, FAILED = "waiting", "unsure", "done", "skipped", "failed"
TO_CONFIRM = 600.0  # seconds within which a plan must be confirmed
TO_UNDO = 86_400.0  # seconds within which a finished plan can be undone
KEPT = 7 * 86_400.0
NO_ROOM = N_("the room was not made")
CODE_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that look alike


class Plan(Base):
    """:ivar code: what its owner types to confirm, cancel, undo or retry it
    :ivar title: what is being done, in words that follow "I'll"; in the language its owner spoke then
    :ivar found: ids that items found out for those after them, as JSON
    :ivar undoes: the plan that this one takes back
    :ivar place: where it stands among its owner's plans that were begun; of those that run, the first is worked off
    :ivar message_id: the message that shows its progress, which was edited `edits` times
    """

    __tablename__ = "plan"
    __table_args__ = (UniqueConstraint("person_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(8))
    title: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(12), default=PROPOSED)
    found: Mapped[str] = mapped_column(Text, default="{}")
    undoes: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))
    created: Mapped[float]
    finished: Mapped[float | None]
    message_id: Mapped[str | None] = mapped_column(String(300))
    edits: Mapped[int] = mapped_column(default=0)
    told: Mapped[int] = mapped_column(default=0)
    place: Mapped[int] = mapped_column(default=0)


class PlanItem(Base):
    """:ivar action: a name of `app.plans.actions.ACTIONS`
    :ivar params: what the action needs, as JSON: ids, and nothing that people wrote
    :ivar label: how it is shown, as markdown; in the language its plan's owner spoke then
    :ivar note: why it was skipped or failed, in English
    :ivar undo: what its undoing needs, as JSON; nothing if it can't be taken back
    """

    __tablename__ = "plan_item"
    __table_args__ = (Index("plan_item_open", "plan_id", "state", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(20))
    params: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    note: Mapped[str] = mapped_column(String(200), default="")
    undo: Mapped[str | None] = mapped_column(Text)

    @property
    def arguments(self) -> dict[str, Any]:
        arguments: dict[str, Any] = json.loads(self.params)
        return arguments


def propose(db: Session, person_id: str, title: str, items: list[tuple[str, str, dict[str, Any]]]) -> Plan:
    """:param items: action, label and params of each, in the order in which they are done"""
    plan = Plan(person_id=person_id, code=_new_code(db, person_id), title=title, created=now())
    db.add(plan)
    db.flush()
    for action, label, params in items:
        db.add(PlanItem(plan_id=plan.id, action=action, label=label, params=json.dumps(params)))
    db.flush()
    return plan


def _new_code(db: Session, person_id: str) -> str:
    while True:
        code = "".join(secrets.choice(CODE_LETTERS) for _ in range(4))
        if find(db, person_id, code) is None:
            return code


def find(db: Session, person_id: str, code: str) -> Plan | None:
    return db.scalar(select(Plan).where(Plan.person_id == person_id, Plan.code == code.lower()))


def get(db: Session, plan_id: int) -> Plan | None:
    return db.get(Plan, plan_id)


def of(db: Session, person_id: str, limit: int) -> list[Plan]:
    """Newest first."""
    mine = select(Plan).where(Plan.person_id == person_id)
    return list(db.scalars(mine.order_by(Plan.id.desc()).limit(limit)))


def undo_of(db: Session, plan: Plan) -> Plan | None:
    """The plan that takes this one back, if there is one."""
    lapsed = and_(Plan.state == PROPOSED, Plan.created < now() - TO_CONFIRM)
    return db.scalar(select(Plan).where(Plan.undoes == plan.id, Plan.state != CANCELLED, not_(lapsed)))


def set_state(db: Session, plan: Plan, state: str, *, was: str) -> bool:
    """:returns: False if the plan is not in the state any more from which it was to change"""
    ended = {"finished": now()} if state in (FINISHED, CANCELLED) else {}
    same = (Plan.id == plan.id, Plan.state == was)
    return bool(getattr(db.execute(update(Plan).where(*same).values(state=state, **ended)), "rowcount", 0))


def is_running(db: Session, plan_id: int) -> bool:
    """Asked of the database, since its owner may have stopped it a moment ago."""
    return db.scalar(select(Plan.state).where(Plan.id == plan_id)) == RUNNING


def begin(db: Session, plan: Plan, *, was: str) -> None:
    """Let a plan run that was confirmed, or is tried again: behind all that its owner began before."""
    last = db.scalar(select(func.max(Plan.place)).where(Plan.person_id == plan.person_id))
    if set_state(db, plan, RUNNING, was=was):
        db.execute(update(Plan).where(Plan.id == plan.id).values(place=(last or 0) + 1))


def items(db: Session, plan_id: int) -> list[PlanItem]:
    return list(db.scalars(select(PlanItem).where(PlanItem.plan_id == plan_id).order_by(PlanItem.id)))


def actions(db: Session, plan_id: int) -> set[str]:
    """What a plan's items do, each once."""
    return set(db.scalars(select(PlanItem.action).where(PlanItem.plan_id == plan_id).distinct()))


def next_item(db: Session, plan_id: int) -> PlanItem | None:
    """The first item that is not settled; one that an earlier attempt left unsure comes first of all."""
    open_ = (PlanItem.plan_id == plan_id, PlanItem.state.in_((WAITING, UNSURE)))
    return db.scalar(select(PlanItem).where(*open_).order_by(PlanItem.state != UNSURE, PlanItem.id).limit(1))


def must_wait(db: Session, plan: Plan) -> bool:
    """Whether another plan of the same owner, begun before this one, is under way. No two can wait for each other."""
    before = (Plan.person_id == plan.person_id, Plan.state == RUNNING, Plan.place < plan.place)
    return plan.state == RUNNING and db.scalar(select(Plan.id).where(*before).limit(1)) is not None


def counts(db: Session, plan_id: int) -> dict[str, int]:
    """How many items are in which state."""
    grouped = select(PlanItem.state, func.count()).where(PlanItem.plan_id == plan_id).group_by(PlanItem.state)
    return {state: int(count) for state, count in db.execute(grouped)}


def newest_with(db: Session, action: str, limit: int) -> list[tuple[Plan, dict[str, int]]]:
    """Everybody's newest plans in which this is done, and how many of their items are in which state; newest first."""
    does_it = exists().where(PlanItem.plan_id == Plan.id, PlanItem.action == action)
    found = db.scalars(select(Plan).where(does_it).order_by(Plan.id.desc()).limit(limit)).all()
    return [(one, counts(db, one.id)) for one in found]


def settle(db: Session, item: PlanItem, state: str, note: str = "", undo: dict[str, Any] | None = None) -> None:
    values = {"state": state, "note": note[:200], "undo": None if undo is None else json.dumps(undo)}
    db.execute(update(PlanItem).where(PlanItem.id == item.id).values(**values))


def settle_all(db: Session, plan_id: int, state: str, note: str) -> None:
    """Settle whatever is still open."""
    open_ = (PlanItem.plan_id == plan_id, PlanItem.state.in_((WAITING, UNSURE)))
    db.execute(update(PlanItem).where(*open_).values(state=state, note=note))


def retry(db: Session, plan: Plan) -> int:
    """Put back what failed, and what was left out for it. A call that failed may have been done, so it is looked for first.

    :returns: how many items
    """
    failed = (PlanItem.plan_id == plan.id, PlanItem.state == FAILED)
    count = int(getattr(db.execute(update(PlanItem).where(*failed).values(state=UNSURE, note="")), "rowcount", 0))
    left_out = (PlanItem.plan_id == plan.id, PlanItem.state == SKIPPED, PlanItem.note == NO_ROOM)
    count += int(getattr(db.execute(update(PlanItem).where(*left_out).values(state=WAITING, note="")), "rowcount", 0))
    db.execute(update(Plan).where(Plan.id == plan.id).values(told=0, finished=None))
    return count


def remember(db: Session, plan_id: int, found: dict[str, Any]) -> None:
    """Keep ids that an item found out, for those after it."""
    known = json.loads(db.scalar(select(Plan.found).where(Plan.id == plan_id)) or "{}")
    db.execute(update(Plan).where(Plan.id == plan_id).values(found=json.dumps({**known, **found})))


def tell(db: Session, plan: Plan, tenths: int) -> None:
    db.execute(update(Plan).where(Plan.id == plan.id).values(told=tenths))


def shown_in(db: Session, plan_id: int, message_id: str, edits: int) -> None:
    """Note which message shows the progress, and how often it was edited."""
    db.execute(update(Plan).where(Plan.id == plan_id).values(message_id=message_id, edits=edits))


def purge(connection: Connection) -> None:
    connection.execute(delete(Plan).where(Plan.created < now() - KEPT))
