"""Search parameters: what each is called, its type, and the FHIRPath expression that finds its values.

https://hl7.org/fhir/R4/searchparameter.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from helsekort.fhir import definitions as r4
from helsekort.fhir.shapes import Resource

Derive = Callable[[Resource], Sequence[Any]]
"""Values of a resource that are known otherwise than by what stands in it, such as by its id."""


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one kind of resource.

    `type` is R4's (token, date, reference, quantity, string, number, uri, composite), `expression` FHIRPath from the resource,
    `targets` the kinds a reference may point to, `base` the kind it belongs to, `components` the parts of a composite (whose
    expressions start at each value of the composite's own), `system` the code system of a value that is a plain code. `derive`
    gives the values where they do not stand in the resource, and `expression` is empty. `url` is its canonical URL.
    """

    code: str
    type: str
    expression: str
    targets: tuple[str, ...] = ()
    base: str = ""
    components: tuple[SearchParameter, ...] = ()
    system: str = ""
    derive: Derive | None = None
    url: str = ""

    def __hash__(self) -> int:
        """By its name: much is remembered of each parameter, and asked for in every search."""
        return hash((self.base, self.code))


Offered = Mapping[str, Mapping[str, SearchParameter]]
"""What can be searched for: kind of resource, then code, then the parameter."""

TYPES = frozenset({"token", "date", "reference", "quantity", "string", "number", "uri", "composite"})

# Every resource has these (https://hl7.org/fhir/R4/search.html#all), whatever a kind is said to offer.
_COMMON = (
    ("_id", "token", "id"),
    ("_lastUpdated", "date", "meta.lastUpdated"),
    ("_tag", "token", "meta.tag"),
    ("_profile", "uri", "meta.profile"),
    ("_security", "token", "meta.security"),
    ("_source", "uri", "meta.source"),
)

_R4 = "http://hl7.org/fhir/SearchParameter"

_UNION = re.compile(r"'(?:[^'\\]|\\.)*'|[()|]")
_ROOT = re.compile(r"[(\s]*([A-Za-z]+)")


@lru_cache(maxsize=256)
def common_parameters(kind: str) -> Mapping[str, SearchParameter]:
    """The parameters of every resource, such as `_id` and `_lastUpdated`, for one kind."""
    return MappingProxyType({code: _common(kind, code, type_, path) for code, type_, path in _COMMON})


def _common(kind: str, code: str, type_: str, path: str) -> SearchParameter:
    return SearchParameter(code, type_, f"{kind}.{path}", base=kind, url=f"{_R4}/Resource-{code[1:]}")


def standard_parameters(definitions: r4.Definitions, kind: str) -> dict[str, SearchParameter]:
    """R4's own search parameters of a kind, by code; those without an expression (`_text`, `_content`) are left out."""
    rows = definitions.search_parameters(kind)
    made = (_parameter(definitions, rows, row, kind) for row in rows.values() if row.type in TYPES)
    return {one.code: one for one in made if one.expression} | dict(common_parameters(kind))


def expression_for(kind: str, expression: str) -> str:
    """The part of a union that starts at the kind.

    >>> expression_for("Observation", "Condition.code | (Observation.value as Quantity)")
    '(Observation.value as Quantity)'
    """
    return " | ".join(part for part in alternatives(expression) if _root(part) == kind)


def _parameter(
    definitions: r4.Definitions, rows: Mapping[str, r4.SearchParameter], row: r4.SearchParameter, kind: str
) -> SearchParameter:
    expression = expression_for(kind, row.expression)
    # R4 writes `value.as(DateTime)` in code-value-date; the type is dateTime.
    components = tuple(
        SearchParameter(code, rows[code].type, path.replace("as(DateTime)", "as(dateTime)"), base=kind)
        for code, path in row.components
    )
    system = _implicit_system(definitions, kind, expression) if row.type == "token" else ""
    return SearchParameter(row.code, row.type, expression, row.targets, kind, components, system, url=row.url)


def _implicit_system(definitions: r4.Definitions, kind: str, path: str) -> str:
    """The one code system an element of type code takes its codes from: `status=http://…/episode-of-care-status|active`."""
    structure = definitions.type(kind)
    found = [one for one in structure.elements if one.path == path] if structure else []
    if not found or found[0].binding is None or [one.code for one in found[0].types] != ["code"]:
        return ""
    lists = definitions.value_set(found[0].binding.value_set) or ()
    return lists[0].system if len(lists) == 1 else ""


def alternatives(expression: str) -> Iterator[str]:
    """The parts of a union."""
    depth, start = 0, 0
    for mark in _UNION.finditer(expression):
        if mark[0] in {"(", ")"}:
            depth += 1 if mark[0] == "(" else -1
        elif mark[0] == "|" and depth == 0:
            yield expression[start : mark.start()].strip()
            start = mark.end()
    yield expression[start:].strip()


def _root(part: str) -> str:
    found = _ROOT.match(part)
    return found[1] if found else ""
