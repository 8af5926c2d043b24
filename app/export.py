"""Everything about a person as a zip. Pure: rows come in, bytes go out."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from app.language import N_, _
from app.when import shown_wall

Row = dict[str, Any]
Rows = Mapping[str, list[Row]]

# Columns that are called otherwise in the house.
NAMES = {
    "at": "time",
    "due": "due_at",
    "subject": "about_id",
    "vip_id": "tracked_people_id",
    "vip_person_id": "person_id",
    "rang_at": "last_rang_at",
    "quiet": "quiet_hours",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")
README = N_("""\
Everything that Army Knife keeps about {who}
as of {when}.

everything.json holds all of it. Each .csv file holds one kind of thing, as a table for a spreadsheet; of what there is
nothing, there is no file.

{listed}

Times are in UTC (ISO 8601). Ids are those of Webex. In the tables, a text that a spreadsheet would take for a formula
has an apostrophe before it; everything.json has all texts as they are.

Not in here, since they are keys and not data: access and refresh tokens, and hashes of links, sessions and addresses.
And what Army Knife never keeps: texts that others wrote. What other people typed about you, such as a list of whom they
follow, is theirs.
""")


class _Stream(io.RawIOBase):
    """Holds what the zip wrote until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        taken, self._waiting = bytes(self._waiting), bytearray()
        return taken


def zipped(who: str, rows: Rows, at: float) -> Iterator[bytes]:
    """The zip, file by file, so that it never stands in memory as a whole.

    :param who: name and address of the person
    :param rows: by kind, as `app.models.stored.rows` gives them
    :param at: when they were read, seconds since the epoch
    """
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files(who, rows, at):
            entry = zipfile.ZipInfo(name, datetime.fromtimestamp(at, UTC).timetuple()[:6])
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(entry, text)
            yield stream.taken()
    yield stream.taken()


def files(who: str, rows: Rows, at: float) -> Iterator[tuple[str, str]]:
    """Name and text of each file."""
    found = {kind: [_shown(row) for row in some] for kind, some in rows.items() if some}
    listed = "\n".join(f"{f'{kind}.csv':<32} {len(some)}" for kind, some in found.items())
    yield "README.txt", _(README, who=who, when=_time(at), listed=listed)
    whole = {"about": who, "made_at": _time(at), **found}
    yield "everything.json", json.dumps(whole, ensure_ascii=False, indent=2) + "\n"
    for kind, some in found.items():
        yield f"{kind}.csv", _table(some)


def _shown(row: Row) -> Row:
    return {NAMES.get(name, name): _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    """Times are the only numbers with a fraction; a digest's is a minute of the day."""
    if isinstance(value, float):
        return _time(value)
    return shown_wall(value) if name == "digest_at" and value is not None else value


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _table(rows: list[Row]) -> str:
    """The mark at the beginning tells spreadsheets that it is UTF-8."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(name.replace("_", " ") for name in rows[0])
    writer.writerows([defused(value) for value in row.values()] for row in rows)
    return f"\ufeff{text.getvalue()}"


def defused(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" \n").startswith(FORMULA) else value
