"""Several schemas compiled as one: what they share is in memory once.

Whether a resource is valid takes a few microseconds where what is looked through is in the processor's cache, and many times that
where it is not. Each profile's schema by itself has its own copy of the data types and of their patterns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import jsonschema_rs

from helsekort.fhir.shapes import Resource
from helsekort.fhir.validation.said import Schema

MOST = 64
"""Schemas that are compiled together: as many take a quarter of a second, once."""


class Together:
    """Answers whether a resource is valid by one of the schemas added; compiled anew each time they are half as many more."""

    def __init__(self) -> None:
        self._schemas: dict[str, Schema] = {}
        self._shared: dict[str, Schema] = {}
        self._compiled: frozenset[str] = frozenset()
        self._shape: jsonschema_rs.Draft202012Validator | None = None

    def add(self, url: str, schema: Schema) -> None:
        """One more schema; left out where it means another thing by a name that is shared."""
        shared = schema.get("$defs", {})
        if len(self._schemas) >= MOST or any(
            self._shared.get(name, one) != one for name, one in shared.items()
        ):
            return
        self._shared |= shared
        self._schemas[url] = {name: one for name, one in schema.items() if name != "$defs"}
        if 2 * len(self._schemas) >= 3 * len(self._compiled):
            self._compile()

    def has(self, url: str) -> bool:
        """Whether the schema of that name is among those compiled."""
        return url in self._compiled

    def are_valid(self, resources: Mapping[str, Sequence[Resource]]) -> bool | None:
        """Whether all of some resources are valid, each by the schema it stands under; None where one is not compiled.

        Asked of many at once: while one after the other is looked through, what they share stays in the cache.
        """
        if self._shape is None or not self._compiled.issuperset(resources):
            return None
        return self._shape.is_valid(resources)

    def _compile(self) -> None:
        each = {url: {"type": "array", "items": schema} for url, schema in self._schemas.items()}
        schema = {"type": "object", "properties": each, "$defs": self._shared}
        self._shape = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
        self._compiled = frozenset(self._schemas)
