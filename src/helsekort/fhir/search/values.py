"""The values a resource has for a search parameter, found by the parameter's FHIRPath expression."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from helsekort.fhir.path import compile_path
from helsekort.fhir.path.types import CHOICE_KEYS
from helsekort.fhir.search.parameter import SearchParameter, alternatives

Read = Callable[[dict[str, Any]], Sequence[Any]]
"""The values of one parameter in a resource, or in an element of one: JSON values, none of them null."""


def reader(parameter: SearchParameter) -> Read:
    """Reads the values of a parameter; what they point to is judged by the reference alone, nothing is fetched."""
    return parameter.derive or compile_path(parameter.expression).values


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
    return _names(re.findall(rf"\b{parameter.base}\.([A-Za-z0-9]+)", parameter.expression))


def _names(elements: list[str]) -> frozenset[str]:
    """What elements are called in JSON, with what stands beside a primitive (`_birthDate`)."""
    names = {name for element in elements for name in (element, *CHOICE_KEYS.get(element, ()))}
    return frozenset({"resourceType", *names, *(f"_{name}" for name in names)})
