"""The links of a resource: where they stand, and the resource with its links written anew.

https://hl7.org/fhir/R4/http.html#trules names the elements whose links a server rewrites in a transaction: references, elements
of type uri, url, oid and uuid, and `href` and `src` in the narrative. A canonical is never rewritten.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from typing import Any

from helsekort.basics.strict_json import child
from helsekort.fhir.shapes import Json, Resource

REFERENCE = "reference"
NARRATIVE = "div"

# The elements of type uri, url, oid and uuid in R4's resources that can hold a link to a resource. Names of systems and of
# extensions are URIs too, but name no resource.
_URIS = frozenset(
    {"url", "uri", "source", "valueUri", "valueUrl", "valueOid", "valueUuid", "instantiatesUri"}
)
_LINKS = _URIS | {REFERENCE, NARRATIVE}
_IN_NARRATIVE = re.compile(r"""(\b(?:href|src)\s*=\s*)(["'])([^"'<>]*)\2""")

_HOLD = frozenset({dict, list})

Relink = Callable[[str, str], str]
"""What a link becomes: the element's name and the link."""


def relinked(resource: Resource, relink: Relink) -> Resource:
    """The resource with every link written anew; the same object where none is changed."""
    changed: Resource = _members(resource, relink)
    return changed


def places_of(value: object, links: Set[str], where: str, name: str = "") -> Iterator[tuple[str, str]]:
    """Every place below `where` in which a reference is just one of these, with the reference."""
    if isinstance(value, dict):
        for key, one in value.items():
            if type(one) in _HOLD or key == REFERENCE:
                yield from places_of(one, links, child(where, key), key)
    elif isinstance(value, list):
        for n, one in enumerate(value):
            yield from places_of(one, links, child(where, n), name)
    elif name == REFERENCE and isinstance(value, str) and value in links:
        yield where, value


def references_of(value: object) -> list[str]:
    """Every reference in a value, at any depth, in the order they stand."""
    found: list[str] = []
    _gather(value, found)
    return found


def _gather(value: Any, found: list[str]) -> None:  # noqa: ANN401 - JSON is any of six types
    if type(value) is dict:
        link = value.get(REFERENCE)
        if type(link) is str:
            found.append(link)
        for one in value.values():
            if type(one) in _HOLD:
                _gather(one, found)
    elif type(value) is list:
        for one in value:
            if type(one) in _HOLD:
                _gather(one, found)


def base_of(full_url: str, kind: str) -> str:
    """The base of an entry's RESTful address, `https://a/fhir/` of `https://a/fhir/Patient/1`; empty where it has none.

    >>> base_of("https://a/fhir/Patient/1", "Patient"), base_of("urn:uuid:1", "Patient")
    ('https://a/fhir/', '')
    """
    base, found, _ = full_url.rpartition(f"/{kind}/")
    return f"{base}/" if found else ""


def _members(value: Json, relink: Relink) -> Json:
    """An object, copied only where a link below it changes: most have none."""
    made = value
    for name, one in value.items():
        kind = type(one)
        if kind is str:
            if name not in _LINKS:
                continue
            new: Any = _link(name, one, relink)
        elif kind is dict:
            new = _members(one, relink)
        elif kind is list:
            new = _items(name, one, relink)
        else:
            continue
        if new is not one:
            made = dict(value) if made is value else made
            made[name] = new
    return made


def _items(name: str, value: list[Any], relink: Relink) -> list[Any]:
    made = value
    for n, one in enumerate(value):
        kind = type(one)
        if kind is dict:
            new: Any = _members(one, relink)
        elif kind is list:
            new = _items(name, one, relink)
        else:
            new = _link(name, one, relink) if kind is str and name in _LINKS else one
        if new is not one:
            made = list(value) if made is value else made
            made[n] = new
    return made


def _link(name: str, text: str, relink: Relink) -> str:
    if name != NARRATIVE:
        return relink(name, text)
    return _IN_NARRATIVE.sub(lambda found: f"{found[1]}{found[2]}{relink(name, found[3])}{found[2]}", text)
