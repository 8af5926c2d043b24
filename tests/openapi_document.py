"""An OpenAPI description, ready to judge calls by: operations found by path, schemas compiled when first needed."""

import copy
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any

import fastjsonschema

Json = dict[str, Any]
PREFIX = "#/components/schemas/"
ANYTHING = "x-anything"
"""Marks an object schema whose listed properties are examples: others may stand beside them."""
ANY_KIND = "*/*"
HERE = "/"
"""Where a node of the tree of paths has the operations of the path that ends there."""
MAY_BE_EMPTY = "x-may-be-empty"
"""Marks an answer that may come without the body that is described."""
ENVELOPE = "ErrorEnvelope"
"""The schema of every refusal; the patches bring it, as the description has none."""


class Operation:
    """One method on one path."""

    def __init__(self, document: "Document", described: Json) -> None:
        self._document = document
        self._described = described

    def query_problems(self, query: Mapping[str, str]) -> Iterator[str]:
        """Tell which parameters are unknown, missing, or not of their kind."""
        for name, value in query.items():
            if name not in self._parameters:
                yield f"query parameter {name} is not described"
            elif not _fits(value, self._parameters[name].get("schema", {})):
                yield f"query parameter {name} does not take {value!r}"
        for name, described in self._parameters.items():
            if described.get("required") and name not in query:
                yield f"query parameter {name} is missing"

    @cached_property
    def _parameters(self) -> dict[str, Json]:
        return {one["name"]: one for one in self._described.get("parameters", ()) if one["in"] == "query"}

    def request_problems(self, mimetype: str, content: bytes, *, is_strict: bool) -> Iterator[str]:
        """Tell what is wrong with the body of a request.

        :param is_strict: whether fields that are not described are a problem; Webex itself ignores them.
        """
        body = self._described.get("requestBody")
        if body is None:
            if content and is_strict:
                yield "request: a body is not described"
            return
        if mimetype not in body["content"]:
            yield f"request: {mimetype or 'no content type'} is not described"
        else:
            yield from self._document.problems("request", body["content"][mimetype].get("schema"), content, is_strict)

    def response_problems(self, status: int, mimetype: str, content: bytes) -> Iterator[str]:
        """Tell what is wrong with an answer that no fault ordered."""
        described = self._described["responses"].get(str(status))
        kinds: Json = (described or {}).get("content") or {}
        if described is None:
            yield "response: the status is not described"
        elif status >= 500 and not kinds:
            yield "response: a server error"
        elif not kinds:
            yield from ["response: a body is not described"] if content else []
        elif not content and described and described.get(MAY_BE_EMPTY):
            return
        elif mimetype not in kinds and ANY_KIND not in kinds:
            yield f"response: {mimetype or 'no content type'} is not described"
        else:
            kind = mimetype if mimetype in kinds else ANY_KIND
            yield from self._document.problems("response", kinds[kind].get("schema"), content, True)


class Document:
    """A whole description.

    :param description: in the form of OpenAPI 3.0, references within `#/components/schemas/` only
    """

    def __init__(self, description: Json) -> None:
        self._schemas: dict[str, Json] = description["components"]["schemas"]
        self._tree: Json = {}
        self._compiled: dict[tuple[int, bool], Callable[[Any], Any]] = {}
        for path, item in description["paths"].items():
            for method, described in item.items():
                self._add(path, method, described)

    def _add(self, path: str, method: str, described: Json) -> None:
        node = self._tree
        for part in path.strip("/").split("/"):
            node = node.setdefault("{}" if part.startswith("{") else part, {})
        node.setdefault(HERE, {})[method.upper()] = Operation(self, described)

    def operation(self, method: str, path: str) -> Operation | None:
        """Return the operation for a path below the server's address; a written segment goes before a variable one."""
        nodes = [self._tree]
        for part in path.strip("/").split("/"):
            nodes = [node[key] for key in (part, "{}") for node in nodes if key in node]
        methods: dict[str, Operation] = next((node[HERE] for node in nodes if HERE in node), {})
        return methods.get(method) or (methods.get("GET") if method == "HEAD" else None)

    def problems(self, where: str, schema: Json | None, content: bytes, is_strict: bool) -> Iterator[str]:
        """Tell what is wrong with a body; None as its schema takes anything."""
        if schema is None:
            return
        key = (id(schema), is_strict)
        if key not in self._compiled:
            self._compiled[key] = self._compile(schema, is_strict)
        try:
            self._compiled[key](json.loads(content))
        except fastjsonschema.JsonSchemaValueException as problem:
            yield f"{where}: {problem.message}"
        except ValueError:
            yield f"{where}: the body is no JSON"

    def _compile(self, schema: Json, is_strict: bool) -> Callable[[Any], Any]:
        whole = copy.deepcopy({**schema, "components": {"schemas": self._needed(schema)}})
        if is_strict:
            _close(whole)
        compiled: Callable[[Any], Any] = fastjsonschema.compile(whole, use_default=False)
        return compiled

    def _needed(self, schema: Json) -> dict[str, Json]:
        """Return the schemas that a schema refers to, directly or not; compiling all of them would take seconds."""
        needed: dict[str, Json] = {}
        waiting = [schema]
        while waiting:
            for name in _references(waiting.pop()):
                if name not in needed:
                    needed[name] = self._schemas[name]
                    waiting.append(needed[name])
        return needed


def _references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        reference = part.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix(PREFIX)
        for value in part.values():
            yield from _references(value)
    elif isinstance(part, list):
        for value in part:
            yield from _references(value)


def _close(part: Any) -> None:
    """Let objects have no other properties than those described."""
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict) and part["properties"] and not part.get(ANYTHING):
            part.setdefault("additionalProperties", False)
        for value in part.values():
            _close(value)
    elif isinstance(part, list):
        for value in part:
            _close(value)


def _fits(value: str, schema: Json) -> bool:
    kind = schema.get("type")
    if kind in ("number", "integer"):
        return value.isascii() and value.isdigit()
    if kind == "boolean":
        return value in ("true", "false")
    return value in schema.get("enum", (value,))
