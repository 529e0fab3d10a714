"""An error of a generated schema in FHIR's words: what is wrong, where as FHIRPath, what to do. Never repeats what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import jsonschema_rs

from helsekort.basics.refusal import Issue
from helsekort.fhir.validation.primitives import PRIMITIVES
from helsekort.fhir.validation.run import inside
from helsekort.fhir.validation.said import SAID, Schema

Kind = jsonschema_rs.ValidationErrorKind
WORDS = {"object": "an object", "array": "an array", "Resource": "a resource", "boolean": "true or false"}


def place(where: str, path: Sequence[str | int]) -> str:
    """The FHIRPath location of a JSON path under a root."""
    for part in path:
        where = f"{where}[{part}]" if isinstance(part, int) else inside(where, part)
    return where


def issues_of(
    error: jsonschema_rs.ValidationError, schema: Schema, value: object, where: str
) -> Iterator[Issue]:
    """The issues an error stands for; none when the value is only said by an extension beside it (`_name`)."""
    if _is_beside(error, value):
        return
    here = place(where, error.instance_path)
    if isinstance(error.kind, Kind.FalseSchema):
        yield Issue(
            "Only one of these types may be sent.", here, "An element with [x] in its name is there once."
        )
    elif told := _said(schema, error.schema_path):
        yield Issue(told[0], here, told[1])
    else:
        holder, keyword = _at(schema, error.schema_path[:-1]), str(error.schema_path[-1])
        yield from _by_keyword(error, holder, keyword, here)


def _said(schema: Schema, path: Sequence[str | int]) -> Sequence[str]:
    """The sentence nearest to where the error is: what a pattern's inside lacks is told by the pattern."""
    found: Sequence[str] = ()
    part: Any = schema
    for step in path:
        if isinstance(part, dict):
            found = part.get(SAID, {}).get(step, found)
        part = part[int(step)] if isinstance(part, list) else part[step]
    return found


def _by_keyword(
    error: jsonschema_rs.ValidationError, holder: Schema, keyword: str, here: str
) -> Iterator[Issue]:
    title = str(holder.get("title", ""))
    match keyword:
        case "additionalProperties":
            assert isinstance(error.kind, Kind.AdditionalProperties)
            for name in error.kind.unexpected:
                yield Issue(f"{title} has no such element here.", inside(here, name), UNKNOWN)
        case "required":
            assert isinstance(error.kind, Kind.Required)
            yield Issue("The required element is missing.", inside(here, error.kind.property), "Send it.")
        case "minProperties":
            yield Issue("The object is empty.", here, "Send what it holds, or leave it out.")
        case "minItems":
            least = holder["minItems"]
            words = "The array is empty." if least == 1 else f"At least {least} items are needed."
            yield Issue(words, here, "Send the items, or leave the element out." if least == 1 else "")
        case "maxItems":
            yield Issue(f"At most {holder['maxItems']} may be sent here.", here)
        case "const":
            yield Issue(f"This must be {holder['const']}.", here)
        case _:
            yield _not_of_type(holder, title, here)


def _not_of_type(holder: Schema, title: str, here: str) -> Issue:
    """The JSON type or the form of a value is not that of its FHIR type."""
    if title in PRIMITIVES:
        return Issue(f"This is not a valid {title}.", here, PRIMITIVES[title].hint)
    kind = str(holder.get("type", "object"))
    of = f" ({title})" if title and title != kind and title in WORDS else ""
    return Issue(f"This must be {WORDS.get(kind, kind)}{of}.", here)


UNKNOWN = "Check the name and its type; data without an element goes in an extension."


def _at(schema: Any, path: Sequence[str | int]) -> Any:  # noqa: ANN401 - any part of a schema
    for part in path:
        schema = schema[int(part)] if isinstance(schema, list) else schema[part]
    return schema


def _is_beside(error: jsonschema_rs.ValidationError, value: object) -> bool:
    """Whether what is missing, or null in an array, is a primitive said by its extensions (json.html#primitive)."""
    path = list(error.instance_path)
    if isinstance(error.kind, Kind.Required):
        holder = _at(value, path)
        return bool(holder.get(f"_{error.kind.property}"))
    if not isinstance(error.kind, Kind.Type) or len(path) < 2 or not isinstance(path[-1], int):
        return False
    beside, index = _at(value, path[:-2]), path[-1]
    if not isinstance(beside, dict) or _at(value, path) is not None:
        return False
    items = beside.get(f"_{path[-2]}")
    return isinstance(items, list) and index < len(items) and bool(items[index])
