"""The table of everything stored about a person: nothing is missing from it, and nothing outlasts a deletion."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Double, Float, Integer, LargeBinary, Table, insert, select
from sqlalchemy.orm import Session

from app.models import Base, Database, line, stored

# Who else stands in a row, beside the one whose it is.
OTHERS = ("subscriber_id", "to_person_id", "reader_id", "vip_person_id")
# Typed by people about others: theirs, and no part of what is stored about those.
THEIRS = {("vip", "vip_person_id"), ("top_reader", "reader_id"), ("team_member", "email")}
# Kept out of an export: whose it is, ids that lead nowhere, and our own bookkeeping.
BOOKKEEPING = {
    "said",
    "id", "person_id", "absence_id", "opening_until", "called", "calls", "version", "lease_owner", "lease_until", "in_line_since",
    "found", "told", "edits", "params", "undo", "place",
}  # fmt: skip


@pytest.fixture
def database(database_url: str, migrate: Callable[[str], None]) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


def _value(table: Table, column: Column[Any], owner: str, other: str, made: dict[str, Any]) -> Any:
    parent = next((key.column.table.name for key in column.foreign_keys), "user_account")
    if column.foreign_keys and parent != "user_account":
        return made.get(parent)  # nothing, where a row may hang on one of its own kind
    if column.name == "state":
        return line.WAITING
    if isinstance(column.type, LargeBinary):
        return hashlib.sha256(f"{owner} {table.name}".encode()).digest()
    for kind, value in ((Boolean, True), (Integer, 1), (Float, 1_800_000_000.0), (Double, 1_800_000_000.0)):
        if isinstance(column.type, kind):
            return value
    if column.name in OTHERS:
        return other
    return owner if column.name.endswith(("person_id", "owner_id", "line", "receiver", "body", "email")) else "x"


def whereabouts(db: Session, name: str) -> set[tuple[str, str]]:
    """Tables and columns in which a person stands."""
    return {
        (table.name, column)
        for table in Base.metadata.sorted_tables
        for row in db.execute(select(table)).mappings()
        for column, value in row.items()
        if value == name
    }


def test_every_table_stands_in_the_list_of_what_is_stored() -> None:
    """Fails with a new table: put it into KINDS of app/models/stored.py, so that /delete removes it and /me, /privacy,
    /export and the account page count it; or, if it holds nothing about anybody, into NOBODYS there, with the reason.
    """
    listed = {kind.table.__tablename__ for kind in stored.KINDS}
    assert listed | stored.NOBODYS.keys() == set(Base.metadata.tables), (
        test_every_table_stands_in_the_list_of_what_is_stored.__doc__
    )
    assert not listed & stored.NOBODYS.keys()
    assert len({kind.name for kind in stored.KINDS}) == len(stored.KINDS)


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_column_is_exported_or_a_hash_or_bookkeeping(table: Table) -> None:
    """Fails with a new column: name it in the `columns` of its table's Kind in app/models/stored.py, or in BOOKKEEPING here."""
    kinds = [kind for kind in stored.KINDS if kind.table.__table__ is table]
    if not kinds or kinds[0].group == stored.PASSING:
        return
    told = {name for kind in kinds for name in kind.columns.split()}
    kept_back = {column.name for column in table.columns if isinstance(column.type, LargeBinary)} | BOOKKEEPING
    assert {column.name for column in table.columns} - told - kept_back == set()
    assert not {column.name for column in table.columns if isinstance(column.type, LargeBinary)} & told


def test_everything_is_counted_and_a_deletion_leaves_nothing(database: Database) -> None:
    """D-09: the original left reminders, notes and the other side of subscriptions behind."""
    with database.transaction() as db:
        fill_both(db)
        found = {count.kind.name: count.count for count in stored.counts(db, "alice")}
        assert {name: count for name, count in found.items() if count != 1} == {}
        for kind in stored.KINDS:
            (row,) = stored.rows(db, kind, "alice")
            assert list(row) == kind.columns.split()
        assert "1 list you subscribed to, 1 tracked person" in stored.told(stored.counts(db, "alice"))
        before = {count.kind.name: count.count for count in stored.counts(db, "bob")}

    with database.transaction() as db:
        stored.forget(db, "alice")
        left = {count.kind.name for count in stored.counts(db, "alice") if count.count}
        assert left == {"heard"}  # the delivery that is being worked on; it forgets her when it is finished
        assert {place for place in whereabouts(db, "alice") if place[0] != "inbox"} == {
            ("vip", "vip_person_id"),
            ("top_reader", "reader_id"),
        }
        assert whereabouts(db, "alice") - {("inbox", name) for name in ("line", "receiver", "body")} <= THEIRS
        after = {count.kind.name: count.count for count in stored.counts(db, "bob")}
        hers = {"top_of_mind_subscribers", "top_of_mind_subscriptions", "auto_reply_answered", "answered_to_you"}
        assert {name for name in before if before[name] != after[name]} == hers
        stored.forget(db, "alice")  # twice does no harm
        stored.forget(db, "nobody")


def fill_both(db: Session) -> None:
    """Accounts of both first, since rows of one may name the other."""
    users = Base.metadata.tables["user_account"]
    for owner, other in (("alice", "bob"), ("bob", "alice")):
        db.execute(insert(users).values({c.name: _value(users, c, owner, other, {}) for c in users.columns}))
    tables = [table for table in Base.metadata.sorted_tables if table is not users]
    for owner, other in (("alice", "bob"), ("bob", "alice")):
        made: dict[str, Any] = {}
        for table in tables:
            row = {column.name: _value(table, column, owner, other, made) for column in table.columns}
            first = table.primary_key.columns[0]
            if isinstance(first.type, Integer) and not first.foreign_keys:
                row.pop(first.name)
            if table.name in ("contact", "hint", "team_member", "usage", "heartbeat", "failure", "ledger_total"):
                row |= {name: f"{owner}'s" for name in ("room_id", "email", "day", "what", "reference") if name in row}
            made[table.name] = db.execute(insert(table).values(row)).inserted_primary_key[0]  # type: ignore[index]
