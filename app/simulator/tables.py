"""Reading TOML tables: every wrong field becomes one sentence that names its place and what to write instead."""

import difflib
from collections.abc import Collection, Iterator
from typing import Any, NoReturn

from app.simulator.records import Json

SHOWN = 12
"""How many of the possible words a sentence lists."""
_KINDS = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}


class DescriptionError(ValueError):
    """A world is described wrongly; the text says where and how to mend it."""


class Table:
    """One table of a description, and where it stands.

    :param names: the fields it may have; any other one is refused
    :param mark: the field whose value helps people to find the table again
    """

    def __init__(self, fields: Json, place: str, names: tuple[str, ...], mark: str = "") -> None:
        self._fields = fields
        self.place = f"{place} ({fields[mark]})" if isinstance(fields.get(mark), str) else place
        for name in fields:
            if name not in names:
                self.refuse(f"{name!r} is not known here; {suggestion(name, names)}")

    def refuse(self, what: str) -> NoReturn:
        """Say what is wrong here.

        :raises DescriptionError: always.
        """
        raise DescriptionError(f"{self.place}: {what}{'' if what.endswith('?') else '.'}")

    def text(self, name: str) -> str:
        """Return a text that must be there and not be empty.

        :raises DescriptionError: otherwise.
        """
        value = self.text_or_none(name)
        if value is None:
            self.refuse(f'{name} is missing; add {name} = "…"')
        return value

    def text_or_none(self, name: str) -> str | None:
        """Return a text without the space around it, None if the field is absent.

        :raises DescriptionError: if it is empty or something else.
        """
        value = self._fields.get(name)
        if value is None:
            return None
        if not isinstance(value, str):
            self.refuse(f"{name} must be a text in quotes, not {_kind(value)}")
        if not value.strip() or not value.isprintable():
            self.refuse(f"{name} must be a text of one line, not an empty one")
        return value.strip()

    def flag(self, name: str) -> bool | None:
        """Return true or false, None if the field is absent.

        :raises DescriptionError: if it is something else.
        """
        value = self._fields.get(name)
        if value is not None and not isinstance(value, bool):
            self.refuse(f"{name} must be true or false, not {_kind(value)}")
        return value

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """Return one of the choices, the first if the field is absent.

        :raises DescriptionError: if it is something else.
        """
        value = self.text_or_none(name) or choices[0]
        return self.known(name, value, choices)

    def known(self, name: str, value: str, known: Collection[str]) -> str:
        """Return a value that must be among those that are known.

        :raises DescriptionError: otherwise.
        """
        if value not in known:
            self.refuse(f"{name} names {value!r}, which is not there; {suggestion(value, known)}")
        return value

    def texts(self, name: str, *, is_folded: bool = False) -> tuple[str, ...] | None:
        """Return a list of texts without repetitions, None if the field is absent.

        :param is_folded: whether case does not matter; the texts come in lower case then
        :raises DescriptionError: if it is something else.
        """
        values = self._fields.get(name)
        if values is None:
            return None
        if not isinstance(values, list):
            self.refuse(f"{name} must be a list in square brackets, not {_kind(values)}")
        for number, value in enumerate(values, 1):
            if not isinstance(value, str) or not value.strip():
                self.refuse(f"entry {number} of {name} must be a text in quotes, not {_kind(value)}")
        given = [value.strip().lower() if is_folded else value.strip() for value in values]
        if len(set(given)) < len(given):
            twice = next(value for value in given if given.count(value) > 1)
            self.refuse(f"{name} names {twice!r} twice; once will do")
        return tuple(given)

    def tables(self, name: str, names: tuple[str, ...], mark: str) -> Iterator["Table"]:
        """Yield the tables [[name]], in the order they are written.

        :param names: the fields that each may have
        :param mark: as for the class
        :raises DescriptionError: if the field holds something else.
        """
        values = self._fields.get(name, [])
        if not isinstance(values, list) or not all(isinstance(one, dict) for one in values):
            self.refuse(f"{name} must be tables; write [[{name}]] above each")
        for number, fields in enumerate(values, 1):
            yield Table(fields, f"{self.place}, [[{name}]] number {number}", names, mark)

    def values(self, name: str) -> Json:
        """Return the table [name] as it is, an empty one if it is absent.

        :raises DescriptionError: if the field holds something else.
        """
        found = self._fields.get(name, {})
        if not isinstance(found, dict):
            self.refuse(f"{name} must be one table; write [{name}] above it")
        return found


def suggestion(word: str, known: Collection[str]) -> str:
    """Say what could be meant instead of a word, or what there is."""
    near = difflib.get_close_matches(word, known, 1)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return "none is described"
    names = [repr(one) for one in list(known)[:SHOWN]]
    return f"there is {', '.join(names)}{' and more' if len(known) > SHOWN else ''}"


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "an empty text" if not value.strip() else "a text"
    return _KINDS.get(type(value), "a date")
