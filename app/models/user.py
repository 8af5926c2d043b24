"""People who connected their Webex account. Identity is the Webex person id, nothing else."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, LargeBinary, String, bindparam, func, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.language import speaking
from app.models.base import Base, Database, now, route_changed

ACTIVE, REAUTHORIZE = "active", "reauthorize"
PAUSED = "paused"  # no status of its own: see `User.state`
LIVE, STORE, DIGEST = "live", "store", "digest"


class User(Base):
    """:ivar timezone: an IANA name
    :ivar language: the code of the language in which the person is spoken to; "" if it is not known yet
    :ivar paused_at: since when nothing is done for this person but answering; None if not paused
    :ivar all_alerts: whether a mention of everybody counts as a mention
    :ivar quiet: `22:00-07:00`, by the wall clock of the person's zone; alerts are held back then
    :ivar digest_at: when the digest of people tracked from now on is shown, if tracking is by digest: minute of the day
    """

    __tablename__ = "user_account"

    person_id: Mapped[str] = mapped_column(String(300), primary_key=True)
    email: Mapped[str] = mapped_column(String(320))
    display_name: Mapped[str] = mapped_column(String(300))
    status: Mapped[str] = mapped_column(String(16), default=ACTIVE)
    tracking: Mapped[str] = mapped_column(String(8), default=LIVE)
    hook_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    connected_at: Mapped[float] = mapped_column(index=True)
    last_event_at: Mapped[float | None]
    timezone: Mapped[str] = mapped_column(String(64), default="UTC")
    language: Mapped[str] = mapped_column(String(8), default="")
    paused_at: Mapped[float | None]
    mention_alerts: Mapped[bool] = mapped_column(default=False)
    all_alerts: Mapped[bool] = mapped_column(default=False)
    room_alerts: Mapped[bool] = mapped_column(default=False)
    announcements: Mapped[bool] = mapped_column(default=True)
    quiet: Mapped[str | None] = mapped_column(String(11))
    digest_at: Mapped[int | None]

    @property
    def name(self) -> str:
        return self.display_name or self.email

    @property
    def state(self) -> str:
        """`active`, `paused` or `reauthorize`: as admins see it."""
        return PAUSED if self.paused_at and self.status == ACTIVE else self.status


def find(db: Session, person_id: str) -> User | None:
    return db.get(User, person_id)


_LANGUAGE = select(User.__table__.c.language).where(User.__table__.c.person_id == bindparam("of"))  # asked all the time


def language_of(db: Session | Connection, person_id: str) -> str:
    """The code of the language in which somebody is spoken to; "" if it is not known, which means English."""
    return db.scalar(_LANGUAGE, {"of": person_id}) or ""


@contextmanager
def speaking_in(database: Database, line_name: str) -> Iterator[None]:
    """Speak the language of the person in whose line something is done; their id is the last word of the line's name."""
    with database.looking() as connection:
        language = language_of(connection, line_name.rpartition(" ")[2])
    with speaking(language):
        yield


def hook_hash(opaque: str) -> bytes:
    return hashlib.sha256(opaque.encode()).digest()


def save(db: Session, *, person_id: str, email: str, display_name: str, opaque: str, timezone: str, language: str = "") -> User:
    """Create the account, or bring a known one up to date and back to life.

    :param timezone: an IANA name, for a new account; later it is the person's own to set
    :param language: a code of `app.language`, for an account that has none yet; later it is the person's own to set
    """
    user = db.get(User, person_id)
    if user is None:
        user = User(person_id=person_id, connected_at=now(), tracking=LIVE, timezone=timezone)
        db.add(user)
    user.email, user.display_name = email, display_name
    user.status, user.hook_hash = ACTIVE, hook_hash(opaque)
    user.language = user.language or language
    db.flush()
    route_changed(db, person_id)
    return user


def set_hook(db: Session, person_id: str, opaque: str) -> None:
    """Note under which path this person's webhooks arrive."""
    mine = (User.person_id == person_id, User.hook_hash != hook_hash(opaque))
    if getattr(db.execute(update(User).where(*mine).values(hook_hash=hook_hash(opaque))), "rowcount", 0):
        route_changed(db, person_id)


def call(db: Session, known: User, email: str, display_name: str) -> None:
    """Note the address and name that Webex shows now: either may change, the person id never does."""
    if (known.email, known.display_name) != (email, display_name):
        known.email, known.display_name = email, display_name
        db.execute(update(User).where(User.person_id == known.person_id).values(email=email, display_name=display_name))


def set_status(db: Session, person_id: str, status: str) -> None:
    db.execute(update(User).where(User.person_id == person_id).values(status=status))


def set_tracking(db: Session, person_id: str, mode: str, digest_at: int | None) -> None:
    """How people are tracked who are tracked from now on."""
    db.execute(update(User).where(User.person_id == person_id).values(tracking=mode, digest_at=digest_at))


def change(db: Session, person_id: str, **values: Any) -> None:
    """Set columns of an account, by their names."""
    db.execute(update(User).where(User.person_id == person_id).values(**values))
    route_changed(db, person_id)


def set_paused(db: Session, person_id: str, at: float | None, *, was: float | None) -> bool:
    """Begin or end a pause.

    :returns: False if the account is gone, or its pause is not the one any more that was looked at
    """
    same = (User.person_id == person_id, User.paused_at.is_(None) if was is None else User.paused_at == was)
    route_changed(db, person_id)
    return bool(getattr(db.execute(update(User).where(*same).values(paused_at=at)), "rowcount", 0))


def by_email(db: Session, email: str) -> User | None:
    """Who connected under this address, for which Webex vouched then; nobody if several did, since it moved on meanwhile."""
    found = db.scalars(select(User).where(func.lower(User.email) == email.lower()).limit(2)).all()
    return found[0] if len(found) == 1 else None


def heard_now(db: Session, person_id: str) -> None:
    db.connection().execute(_HEARD, {"of": person_id, "moment": now()})


_ACCOUNT = User.metadata.tables["user_account"]
_HEARD = update(_ACCOUNT).where(_ACCOUNT.c.person_id == bindparam("of")).values(last_event_at=bindparam("moment"))


def all_of(db: Session) -> list[User]:
    """Everybody, those who connected first first."""
    return list(db.scalars(select(User).order_by(User.connected_at)))


def newest(db: Session, limit: int, address: str = "") -> list[User]:
    """Some people, those who connected last first.

    :param address: an e-mail address, or from its @ on, for those who have such a one only
    """
    those = select(User).order_by(User.connected_at.desc()).limit(limit)
    if address.startswith("@"):
        those = those.where(func.lower(User.email).endswith(address.lower(), autoescape=True))
    elif address:
        those = those.where(func.lower(User.email) == address.lower())
    return list(db.scalars(those))


def count_by_state(db: Session) -> dict[str, int]:
    """How many accounts are in each of the states that admins see; see `User.state`."""
    is_paused = User.paused_at.is_not(None)
    by_state = select(User.status, is_paused, func.count()).group_by(User.status, is_paused)
    found = dict.fromkeys((ACTIVE, PAUSED, REAUTHORIZE), 0)
    for status, paused, count in db.execute(by_state):
        found[PAUSED if paused and status == ACTIVE else status] += count
    return found


def all_active(db: Session) -> list[str]:
    return list(db.scalars(select(User.person_id).where(User.status == ACTIVE)))
