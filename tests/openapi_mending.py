"""The ways in which an API description can be mended; what is mended, and why, is in `tests/openapi_patches.py`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.openapi_document import ANYTHING, ENVELOPE, MAY_BE_EMPTY, PREFIX

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
TEXTS: Json = {"type": "array", "items": TEXT}
FLAG: Json = {"type": "boolean"}
NUMBER: Json = {"type": "number"}
VARIABLE: Json = {"in": "path", "required": True, "schema": TEXT}
REFUSALS = (400, 401, 403, 404, 409, 410, 415, 423, 428, 429)


@dataclass(frozen=True)
class Patch:
    """One departure: why, and what to change in the description."""

    reason: str
    apply: Callable[[Json], None]


def _schema(description: Json, name: str) -> Json:
    found: Json = description["components"]["schemas"][name]
    return found


def _operation(description: Json, called: str) -> Json:
    method, path = called.split()
    found: Json = description["paths"][path][method.lower()]
    return found


def schema(name: str, /, *required: str, **properties: Json) -> Callable[[Json], None]:
    """There is this schema as well."""

    def mend(description: Json) -> None:
        described = {"type": "object", "required": list(required), "properties": properties}
        description["components"]["schemas"][name] = described

    return mend


def fields(name: str, **properties: Json) -> Callable[[Json], None]:
    """A schema has these properties as well."""

    def mend(description: Json) -> None:
        _schema(description, name)["properties"].update(properties)

    return mend


def always(name: str, *properties: str) -> Callable[[Json], None]:
    """Objects of a schema always have these properties."""

    def mend(description: Json) -> None:
        found = _schema(description, name)
        assert found["properties"].keys() >= set(properties)
        found["required"] = sorted({*found.get("required", ()), *properties})

    return mend


def anything(name: str, property_name: str) -> Callable[[Json], None]:
    """A property of a schema is an object of which nothing is known."""

    def mend(description: Json) -> None:
        _schema(description, name)["properties"][property_name] = {"type": "object", ANYTHING: True}

    return mend


def choices(name: str, *more: str, called: str, shown: str) -> Callable[[Json], None]:
    """A field takes these values as well, in the body of a request and in a schema."""

    def mend(description: Json) -> None:
        for part in (_body(description, called), _schema(description, shown)):
            part["properties"][name]["enum"].extend(more)

    return mend


def optional(called: str, *names: str) -> Callable[[Json], None]:
    """Fields of a request's body may be left out."""

    def mend(description: Json) -> None:
        body = _body(description, called)
        assert set(body["required"]) >= set(names)
        body["required"] = [name for name in body["required"] if name not in names]

    return mend


def form(called: str) -> Callable[[Json], None]:
    """A request may be a form with a file."""

    def mend(description: Json) -> None:
        _operation(description, called)["requestBody"]["content"]["multipart/form-data"] = {}

    return mend


def query(called: str, *names: str) -> Callable[[Json], None]:
    """An operation takes these query parameters as well."""

    def mend(description: Json) -> None:
        _operation(description, called).setdefault("parameters", []).extend(_parameters(names))

    return mend


def refusal(number: int, *called: str) -> Callable[[Json], None]:
    """Operations may be refused with this status, in the envelope; all of them if none is named."""

    def mend(description: Json) -> None:
        everything = [described for item in description["paths"].values() for described in item.values()]
        for operation in [_operation(description, one) for one in called] or everything:
            operation["responses"][str(number)] = answer(ENVELOPE)

    return mend


def empty(number: int) -> Callable[[Json], None]:
    """Whatever is answered with this status may come without a body."""

    def mend(description: Json) -> None:
        for item in description["paths"].values():
            for described in item.values():
                described["responses"][str(number)][MAY_BE_EMPTY] = True

    return mend


def operation(called: str, *parameters: str, body: Json | None = None, **answers: Json) -> Callable[[Json], None]:
    """There is this operation as well; `answers` are given by status, as `s200`."""

    def mend(description: Json) -> None:
        method, path = called.split()
        described: Json = {"responses": {number[1:]: answer for number, answer in answers.items()}}
        variables = re.findall(r"{(\w+)}", path)
        described["parameters"] = [*_parameters(parameters), *({**VARIABLE, "name": name} for name in variables)]
        if body is not None:
            described["requestBody"] = {"content": body}
        described["responses"] = {str(number): answer(ENVELOPE) for number in REFUSALS} | described["responses"]
        description["paths"].setdefault(path, {})[method.lower()] = described

    return mend


def answer(name: str) -> Json:
    """An answer with a body of this schema."""
    return {"content": {"application/json": {"schema": {"$ref": PREFIX + name}}}}


def granted(called: str, number: int, name: str) -> Callable[[Json], None]:
    """An operation may answer with this status and schema as well."""

    def mend(description: Json) -> None:
        _operation(description, called)["responses"][str(number)] = answer(name)

    return mend


def _parameters(names: Iterable[str]) -> list[Json]:
    return [{"name": name, "in": "query", "schema": TEXT} for name in names]


def _body(description: Json, called: str) -> Json:
    found: Json = _operation(description, called)["requestBody"]["content"]["application/json"]["schema"]
    return _schema(description, found["$ref"].removeprefix(PREFIX)) if "$ref" in found else found
