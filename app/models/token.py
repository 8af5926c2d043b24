"""A person's OAuth tokens, sealed, and the lease of whoever is renewing them."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, Text, or_, select, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.models.base import Base, now
from app.vault import Vault

OK, REAUTHORIZE = "ok", "reauthorize"
RESEALED = 100  # people whose tokens are sealed anew in one transaction, so that nobody waits long for the write lock
LEASE = 30.0  # seconds; longer than connect and read time-outs of the token endpoint together


class Token(Base):
    __tablename__ = "token"

    person_id: Mapped[str] = mapped_column(ForeignKey("user_account.person_id", ondelete="CASCADE"), primary_key=True)
    access: Mapped[bytes] = mapped_column(LargeBinary)
    refresh: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[float]
    refresh_expires_at: Mapped[float | None]
    scopes: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(String(16), default=OK)
    lease_owner: Mapped[str | None] = mapped_column(String(40))
    lease_until: Mapped[float | None]


_ROWS: Any = Token.__table__


@dataclass(frozen=True)
class TokenSet:
    """What the token endpoint answered; lives are seconds. Strings may be empty where Webex left a field out."""

    access_token: str = field(repr=False)
    expires_in: float
    refresh_token: str = field(default="", repr=False)
    refresh_expires_in: float | None = None
    scopes: str = ""


def _place(column: str, person_id: str) -> str:
    return f"token|{column}|{person_id}"


def find(db: Session, person_id: str) -> Token | None:
    return db.get(Token, person_id)


def open_access(vault: Vault, row: Token) -> str:
    """:raises app.vault.Undecryptable: if the value was moved, altered, or its key is gone"""
    return vault.open(row.access, _place("access", row.person_id))


def open_refresh(vault: Vault, row: Token) -> str:
    return vault.open(row.refresh, _place("refresh", row.person_id))


def save(db: Session, vault: Vault, person_id: str, tokens: TokenSet) -> None:
    """Store the tokens of a fresh authorization over whatever was there."""
    row = db.get(Token, person_id)
    if row is None:
        row = Token(person_id=person_id, version=0)
        db.add(row)
    row.refresh = vault.seal(tokens.refresh_token, _place("refresh", person_id))
    row.version, row.status, row.scopes = row.version + 1, OK, tokens.scopes
    row.lease_owner = row.lease_until = None
    _set_lives(vault, row, tokens)
    db.flush()


def _set_lives(vault: Vault, row: Token, tokens: TokenSet) -> None:
    row.access = vault.seal(tokens.access_token, _place("access", row.person_id))
    row.expires_at = now() + tokens.expires_in
    if tokens.refresh_expires_in is not None:
        row.refresh_expires_at = now() + tokens.refresh_expires_in


def reseal(db: Session, vault: Vault, after: str = "", limit: int = RESEALED) -> tuple[int, str]:
    """Seal again, with the newest key, what an older one sealed; of so many people. What was renewed meanwhile is left as it is.

    :param after: the person after whom to begin; a person's place is that of their id
    :returns: how many values were sealed anew, and the last of these people; empty when nobody was left
    """
    places = select(_ROWS.c.person_id, _ROWS.c.access, _ROWS.c.refresh).where(_ROWS.c.person_id > after)
    people = db.execute(places.order_by(_ROWS.c.person_id).limit(limit)).all()
    count = 0
    for person_id, access, refresh in people:
        for column, sealed in (("access", access), ("refresh", refresh)):
            count += not vault.is_current(sealed) and _seal_anew(db, vault, person_id, column, sealed)
    return count, people[-1].person_id if people else ""


def _seal_anew(db: Session, vault: Vault, person_id: str, column: str, sealed: bytes) -> bool:
    place = _place(column, person_id)
    anew = vault.seal(vault.open(sealed, place), place)
    same = (_ROWS.c.person_id == person_id, _ROWS.c[column] == sealed)
    # Of the table: an update through the ORM is also carried out on each object that the session holds.
    return _one(db, update(_ROWS).where(*same).values({column: anew}))


def take_lease(db: Session, row: Token, owner: str) -> bool:
    """Become the one who renews this version of the tokens: a compare-and-swap, no lock is held afterwards."""
    free = or_(Token.lease_until.is_(None), Token.lease_until < now())
    mine = (Token.person_id == row.person_id, Token.version == row.version, Token.status == OK, free)
    return _one(db, update(Token).where(*mine).values(lease_owner=owner, lease_until=now() + LEASE))


def give_lease_back(db: Session, person_id: str, owner: str) -> None:
    mine = (Token.person_id == person_id, Token.lease_owner == owner)
    db.execute(update(Token).where(*mine).values(lease_owner=None, lease_until=None))


def store_renewed(db: Session, vault: Vault, row: Token, tokens: TokenSet) -> bool:
    """Store a renewed pair.

    Fenced by the version, not by the lease's owner: a renewer that was paused past its lease still holds the newer pair.
    A returned refresh token replaces the old one, an absent one keeps it (Webex does either).
    """
    values: dict[str, object] = {
        "access": vault.seal(tokens.access_token, _place("access", row.person_id)),
        "expires_at": now() + tokens.expires_in,
        "version": row.version + 1,
        "status": OK,
        "lease_owner": None,
        "lease_until": None,
    }
    if tokens.refresh_token:
        values["refresh"] = vault.seal(tokens.refresh_token, _place("refresh", row.person_id))
    if tokens.refresh_expires_in is not None:
        values["refresh_expires_at"] = now() + tokens.refresh_expires_in
    return _one(db, update(Token).where(Token.person_id == row.person_id, Token.version == row.version).values(**values))


def mark_dead(db: Session, row: Token, owner: str) -> bool:
    """Give up on the tokens, unless somebody stored newer ones or took over the lease meanwhile."""
    mine = (Token.person_id == row.person_id, Token.version == row.version, Token.lease_owner == owner)
    return _one(db, update(Token).where(*mine).values(status=REAUTHORIZE, lease_owner=None, lease_until=None))


def _one(db: Session, statement: object) -> bool:
    return getattr(db.execute(statement), "rowcount", 0) == 1  # type: ignore[call-overload]
