"""What became of an item of a plan."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Result:
    """:ivar undo: what taking it back needs; nothing if it can't be
    :ivar found: ids for the items after it
    :ivar skipped: why there was nothing to do, in English: it is kept, and translated when it is shown
    :ivar note: what else is to be said of it, likewise
    """

    undo: dict[str, Any] | None = None
    found: dict[str, Any] | None = None
    skipped: str = ""
    note: str = ""
