"""What was lately decided about a person's events, for `/why`: codes and our own names, never texts."""

from sqlalchemy import Connection, Float, ForeignKey, String, bindparam, delete, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.user import User

KEPT = 7 * 86_400.0  # seconds
LONGEST = 120


class Decision(Base):
    """:ivar what: a code of `app.commands.why`
    :ivar detail: a command's or a nickname's name
    """

    __tablename__ = "decision"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), index=True)
    at: Mapped[float]
    what: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(LONGEST), default="")


def note(db: Session, person_id: str, what: str, detail: str = "") -> None:
    """People without an account have no record."""
    db.connection().execute(_NOTE, {"person": person_id, "at": now(), "what": what, "detail": detail[:LONGEST]})


# One is written for each command, so the statement is built once, and goes past the ORM.
_PERSON = User.metadata.tables["user_account"].c.person_id
_NOTE = insert(Decision.metadata.tables["decision"]).from_select(
    ["person_id", "at", "what", "detail"],
    select(_PERSON, bindparam("at", type_=Float), bindparam("what", type_=String), bindparam("detail", type_=String)).where(
        bindparam("person") == _PERSON
    ),
)


def latest(db: Session, person_id: str, limit: int) -> list[Decision]:
    """Newest first."""
    mine = select(Decision).where(Decision.person_id == person_id)
    return list(db.scalars(mine.order_by(Decision.id.desc()).limit(limit)))


def purge(connection: Connection) -> None:
    connection.execute(delete(Decision).where(Decision.at < now() - KEPT))
