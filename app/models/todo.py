"""Todo lists: one row per item, with a number that stays the item's own until the list is empty."""

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, bindparam, delete, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now


class Todo(Base):
    """:ivar due_at: when it should be done, seconds since the epoch
    :ivar room_id, message_id: the message it was made from, if there is one
    """

    __tablename__ = "todo"
    __table_args__ = (UniqueConstraint("person_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    created: Mapped[float]
    done_at: Mapped[float | None]
    due_at: Mapped[float | None]
    room_id: Mapped[str | None] = mapped_column(String(300))
    message_id: Mapped[str | None] = mapped_column(String(300))


def open_items(db: Session, person_id: str) -> list[Todo]:
    """What has a due date comes first, the soonest of it at the top."""
    mine = select(Todo).where(Todo.person_id == person_id, Todo.done_at.is_(None))
    return list(db.scalars(mine.order_by(Todo.due_at.is_(None), Todo.due_at, Todo.number)))


def count_open(db: Session, person_id: str) -> int:
    return db.connection().scalar(_COUNT, {"person": person_id}) or 0


_TODO = Todo.metadata.tables["todo"].c
_COUNT = select(func.count()).where(_TODO.person_id == bindparam("person"), _TODO.done_at.is_(None))  # asked for each new item


def get(db: Session, person_id: str, todo_id: int) -> Todo | None:
    """An open item, by its id."""
    return db.scalar(select(Todo).where(Todo.person_id == person_id, Todo.id == todo_id, Todo.done_at.is_(None)))


def add(db: Session, person_id: str, text: str, due_at: float | None = None) -> Todo:
    """Append an item. Numbers start again at 1 when nothing is left to do."""
    highest = db.scalar(select(func.max(Todo.number)).where(Todo.person_id == person_id)) or 0
    if highest and not count_open(db, person_id):
        db.execute(delete(Todo).where(Todo.person_id == person_id))
        highest = 0
    item = Todo(person_id=person_id, number=highest + 1, text=text, created=now(), due_at=due_at)
    db.add(item)
    db.flush()
    return item


def refer_newest(db: Session, person_id: str, room_id: str, message_id: str) -> None:
    """Note from which message the newest item was made."""
    newest = select(func.max(Todo.number)).where(Todo.person_id == person_id).scalar_subquery()
    mine = (Todo.person_id == person_id, Todo.number == newest)
    db.execute(update(Todo).where(*mine).values(room_id=room_id, message_id=message_id))


def last_done(db: Session, person_id: str) -> list[Todo]:
    """The items that were checked off last, together."""
    mine = select(Todo).where(Todo.person_id == person_id)
    latest = select(func.max(Todo.done_at)).where(Todo.person_id == person_id).scalar_subquery()
    return list(db.scalars(mine.where(Todo.done_at == latest).order_by(Todo.number)))


def set_done(db: Session, todo_ids: list[int], done: bool) -> None:
    db.execute(update(Todo).where(Todo.id.in_(todo_ids)).values(done_at=now() if done else None))


def set_due(db: Session, todo_id: int, due_at: float | None) -> None:
    db.execute(update(Todo).where(Todo.id == todo_id).values(due_at=due_at))
