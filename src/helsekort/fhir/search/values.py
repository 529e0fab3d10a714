"""The values a resource has for a search parameter, found by the parameter's FHIRPath expression."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from helsekort.fhir.path import compile_path

Read = Callable[[dict[str, Any]], list[Any]]
"""The values of one expression in a resource, or in an element of one: JSON values, none of them null."""


@cache
def reader(expression: str) -> Read:
    """Reads the values of an expression; what it points to is judged by the reference alone, nothing is fetched."""
    return compile_path(expression).values
