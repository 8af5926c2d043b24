"""Tables as CSV files (RFC 4180) that spreadsheets open: with a byte order mark, and without formulas of others."""

import csv
import io
import re
from collections.abc import Iterable

_BEGINS_A_FORMULA = re.compile(r"\s*[=+\-@\t\r]")


def csv_file(name: str, head: list[str], rows: Iterable[list[str]]) -> tuple[str, str]:
    """A table as name and text of a file.

    :param name: what it is about, such as a room's title; it becomes a safe file name
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return f"{safe_name(name)}.csv", f"\ufeff{text.getvalue()}"


def safe_name(name: str) -> str:
    """A name that every file system takes, from any text."""
    return re.sub(r"[^\w ,()-]+", " ", name).strip()[:80].strip() or "list"


def _harmless(cell: str) -> str:
    """A spreadsheet calculates what begins like a formula (OWASP "CSV Injection")."""
    return f"'{cell}" if _BEGINS_A_FORMULA.match(cell) else cell
