"""The values a resource has for a search parameter, found by the parameter's FHIRPath expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from helsekort.fhir.path import compile_path
from helsekort.fhir.path.types import CHOICE_KEYS
from helsekort.fhir.search.parameter import SearchParameter, alternatives

Read = Callable[[dict[str, Any]], Sequence[Any]]
"""The values of one parameter in a resource, or in an element of one: JSON values, none of them null."""

_WHOLE = re.compile(r"([A-Z][A-Za-z]+)\.([a-z][A-Za-z0-9]*)")
_POINTING = re.compile(
    r"(?P<kind>[A-Z][A-Za-z]+)\.(?P<name>[a-z][A-Za-z0-9]*)(?:\.where\(resolve\(\) is (?P<leads_to>[A-Z][A-Za-z]+)\))?"
)


def reader(parameter: SearchParameter) -> Read:
    """Reads the values of a parameter; what they point to is judged by the reference alone, nothing is fetched."""
    return parameter.derive or _reader(parameter.expression)


@lru_cache(maxsize=4096)
def _reader(expression: str) -> Read:
    read, whole = compile_path(expression).values, _WHOLE.fullmatch(expression)
    return _whole(whole[1], whole[2], read) if whole else read


def _whole(kind: str, name: str, read: Read) -> Read:
    """Reads one element of a kind: most often it stands there once, with nothing beside it; all else is left to the path."""
    beside, keys = f"_{name}", frozenset(CHOICE_KEYS.get(name, ()))
    names = keys | {name, beside} | {f"_{key}" for key in keys}

    def values(resource: dict[str, Any]) -> Sequence[Any]:
        value = resource.get(name)
        if value is None or type(value) is list or beside in resource or resource.get("resourceType") != kind:
            return chosen(resource)
        return (value,)

    def chosen(resource: dict[str, Any]) -> Sequence[Any]:
        there = [key for key in resource if key in names]
        if not there and resource.get("resourceType") == kind:
            return ()
        if len(there) == 1 and there[0] in keys and resource.get("resourceType") == kind:
            value = resource[there[0]]
            if value is not None and type(value) is not list:
                return (value,)
        return read(resource)

    return chosen if keys else values


class Element(NamedTuple):
    """One element of a kind that a parameter reads; `leads_to` the only kind its references may lead to, or empty."""

    name: str
    leads_to: str


@lru_cache(maxsize=1024)
def element_of(parameter: SearchParameter) -> Element | None:
    """The element whose references are all that the parameter reads; None where it is not as simple as that.

    >>> element_of(SearchParameter("patient", "reference", "Task.for.where(resolve() is Patient)", base="Task"))
    Element(name='for', leads_to='Patient')
    """
    found = None if parameter.derive else _POINTING.fullmatch(parameter.expression)
    if found is None or found["kind"] != parameter.base:
        return None
    return Element(found["name"], found["leads_to"] or "")


ALL: frozenset[str] = frozenset()
"""No element in particular: the whole resource is needed."""


@lru_cache(maxsize=1024)
def elements_of(parameter: SearchParameter) -> frozenset[str]:
    """The members of a resource's JSON that the parameter's values can stand in; ALL where that cannot be told.

    >>> sorted(elements_of(SearchParameter("status", "token", "Task.status", base="Task")))
    ['_status', 'resourceType', 'status']
    """
    begins = re.compile(rf"[(\s]*{parameter.base}\.[a-z]")
    plain = parameter.base and not parameter.derive and not parameter.components
    if not plain or not all(map(begins.match, alternatives(parameter.expression))):
        return ALL
    return json_names(*re.findall(rf"\b{parameter.base}\.([A-Za-z0-9]+)", parameter.expression))


@lru_cache(maxsize=1024)
def json_names(*elements: str) -> frozenset[str]:
    """The kind of a resource, and what elements are called in JSON, with what stands beside a primitive (`_birthDate`)."""
    names = {name for element in elements for name in (element, *CHOICE_KEYS.get(element, ()))}
    return frozenset({"resourceType", *names, *(f"_{name}" for name in names)})
