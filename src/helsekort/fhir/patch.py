"""FHIR patch by JSON Patch: operations on the JSON of one resource, all of them or none.

https://hl7.org/fhir/R4/http.html#patch and RFC 6902. A patch may not grow a resource beyond what a body could have been.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from jsonpatch import JsonPatch, JsonPatchException, JsonPatchTestFailed
from jsonpointer import JsonPointerException

from helsekort.basics.refusal import Issue, Kind, Refused
from helsekort.basics.strict_json import MAX_DEPTH, MAX_ENTRIES, child
from helsekort.fhir.shapes import Json, Resource

VERSION = "/meta/versionId"
MOST_OPERATIONS = 200
_NAMES = ("add", "remove", "replace", "move", "copy", "test")
_WITH_VALUE = ("add", "replace", "test")
_WITH_FROM = ("move", "copy")


def read_patch(document: object) -> list[Json]:
    """The operations of a JSON Patch document; raises MALFORMED with every issue found."""
    if not isinstance(document, list) or not document:
        raise Refused(Kind.MALFORMED, [Issue("A JSON Patch is an array of operations.", "$")])
    if len(document) > MOST_OPERATIONS:
        raise Refused(Kind.TOO_LARGE, [Issue(f"A patch has at most {MOST_OPERATIONS} operations.", "$")])
    issues = [issue for n, one in enumerate(document) for issue in _faults(one, child("$", n))]
    if issues:
        raise Refused(Kind.MALFORMED, issues)
    return document


def seen_version(operations: Sequence[Json]) -> str:
    """The version a patch says it was made for, by testing `/meta/versionId`; empty where it does not say."""
    for one in operations:
        if one["op"] == "test" and one["path"] == VERSION and isinstance(one["value"], str):
            version: str = one["value"]
            return version
    return ""


def patched(resource: Resource, operations: Sequence[Json]) -> Resource:
    """The resource after the operations; raises INVALID naming the first that cannot be done.

    Numbers keep their digits: nothing is read or written as binary floating point.
    """
    result: Any = deepcopy(resource)
    for n, one in enumerate(operations):
        where = child("$", n)
        result = _applied(result, one, where)
        if one["op"] == "copy":
            _check_size(result, where)
    _check_size(result, "$")
    if not isinstance(result, dict):
        raise Refused(Kind.INVALID, [Issue("The patch leaves no resource.", "$")])
    return result


def _applied(document: object, operation: Json, where: str) -> object:
    try:
        return JsonPatch([operation]).apply(document, in_place=True)
    except JsonPatchTestFailed:
        issue = Issue(
            "The test fails: the resource says something else.", where, "Read it again before you change it."
        )
    except (JsonPatchException, JsonPointerException):
        issue = Issue("The operation cannot be done on the resource as it is.", where, "Check its path.")
    raise Refused(Kind.INVALID, [issue])


def _faults(operation: object, where: str) -> list[Issue]:
    if not isinstance(operation, dict):
        return [Issue("An operation is an object.", where)]
    name = operation.get("op")
    if name not in _NAMES:
        return [
            Issue("The operation is not one of RFC 6902.", child(where, "op"), f"One of {', '.join(_NAMES)}.")
        ]
    wanted = ["path", *(["from"] if name in _WITH_FROM else [])]
    found = [
        Issue("A JSON Pointer is missing.", child(where, member), "It is empty or begins with a slash.")
        for member in wanted
        if not _is_pointer(operation.get(member))
    ]
    if name in _WITH_VALUE and "value" not in operation:
        found.append(Issue("The value is missing.", child(where, "value")))
    return found


def _is_pointer(value: object) -> bool:
    return isinstance(value, str) and (value == "" or value.startswith("/"))


def _check_size(document: object, where: str) -> None:
    """Refuses what has grown too large or too deep; a patch that copies what it has copied doubles each time."""
    left = MAX_ENTRIES
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left -= len(members)
        if left < 0 or depth > MAX_DEPTH:
            raise Refused(Kind.INVALID, [Issue("The patch makes the resource too large or too deep.", where)])
        waiting.extend((member, depth + 1) for member in members)
