"""The values a resource has for a search parameter, found by the parameter's FHIRPath expression."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helsekort.fhir.path import compile_path
from helsekort.fhir.search.parameter import SearchParameter

Read = Callable[[dict[str, Any]], Sequence[Any]]
"""The values of one parameter in a resource, or in an element of one: JSON values, none of them null."""


def reader(parameter: SearchParameter) -> Read:
    """Reads the values of a parameter; what they point to is judged by the reference alone, nothing is fetched."""
    return parameter.derive or compile_path(parameter.expression).values
