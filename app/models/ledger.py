"""The privacy ledger: per person and day, how many events were heard and how many texts fetched, and why."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import BigInteger, Connection, ForeignKey, String, bindparam, delete, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.models.user import User
from app.models.writing import add_up

HEARD, DROPPED, FETCHED = "heard", "dropped", "fetched "
KEPT_DAYS = 90


class LedgerDay(Base):
    """:ivar day: year-month-day in UTC
    :ivar what: `heard`, `dropped`, or `fetched` and why
    """

    __tablename__ = "ledger_day"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int]


class LedgerTotal(Base):
    """How much was heard and dropped on a day, of all people together: the days of many are too many to be added up."""

    __tablename__ = "ledger_total"

    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    what: Mapped[str] = mapped_column(String(40), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)


def day_of(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d}"


def add(db: Session, person_id: str, what: str, count: int = 1) -> None:
    """Count something today; people without an account have no ledger."""
    if db.connection().scalar(_HAS_ACCOUNT, {"person": person_id}):
        add_up(db.connection(), LedgerDay, [{"person_id": person_id, "day": day_of(now()), "what": what, "count": count}])


_PERSON = User.metadata.tables["user_account"].c.person_id
_HAS_ACCOUNT = select(exists().where(bindparam("person") == _PERSON))


def add_all(connection: Connection, counts: Mapping[tuple[str, str], int]) -> None:
    """The same for many, by few statements: whoever wants to store a delivery waits meanwhile.

    :param counts: by person id and what
    """
    day, totals = day_of(now()), Counter[str]()
    for (_, what), count in counts.items():
        totals[what] += count
    known = _with_account(connection, sorted({person_id for person_id, _ in counts}))
    days = [
        {"person_id": person_id, "day": day, "what": what, "count": count}
        for (person_id, what), count in sorted(counts.items())
        if person_id in known
    ]
    add_up(connection, LedgerDay, days)
    add_up(connection, LedgerTotal, [{"day": day, "what": what, "count": count} for what, count in sorted(totals.items())])


def _with_account(connection: Connection, people: list[str]) -> set[str]:
    pieces = (people[start : start + 500] for start in range(0, len(people), 500))
    return {found for some in pieces for found in connection.scalars(select(User.person_id).where(User.person_id.in_(some)))}


def sums(db: Session, person_id: str, days: int) -> dict[str, int]:
    """Counts of the last so many days, today included."""
    since = day_of(now() - (days - 1) * 86_400.0)
    mine = (LedgerDay.person_id == person_id, LedgerDay.day >= since)
    by_what = select(LedgerDay.what, func.sum(LedgerDay.count)).where(*mine).group_by(LedgerDay.what).order_by(LedgerDay.what)
    return {what: int(count) for what, count in db.execute(by_what)}


def sums_by_day(db: Session, days: int) -> dict[tuple[str, str], int]:
    """How much was heard and dropped on each of the last so many days, of all people together.

    :returns: counts by day and what; where there are none, the key is left out
    """
    recent = select(LedgerTotal).where(LedgerTotal.day >= day_of(now() - (days - 1) * 86_400.0))
    return {(one.day, one.what): one.count for one in db.scalars(recent)}


def days(db: Session, person_id: str, since: str) -> list[LedgerDay]:
    """:param since: the first day, year-month-day in UTC"""
    mine = (LedgerDay.person_id == person_id, LedgerDay.day >= since)
    return list(db.scalars(select(LedgerDay).where(*mine).order_by(LedgerDay.day, LedgerDay.what)))


def purge(connection: Connection) -> None:
    connection.execute(delete(LedgerDay).where(LedgerDay.day < day_of(now() - KEPT_DAYS * 86_400.0)))


def purge_totals(connection: Connection) -> None:
    connection.execute(delete(LedgerTotal).where(LedgerTotal.day < day_of(now() - KEPT_DAYS * 86_400.0)))
