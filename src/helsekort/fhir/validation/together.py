"""Several schemas compiled as one: what they share is in memory once.

Whether a resource is valid takes a few microseconds where what is looked through is in the processor's cache, and many times that
where it is not. Each profile's schema by itself has its own copy of the data types and of their patterns.
"""

from __future__ import annotations

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

    def is_valid(self, url: str, resource: Resource) -> bool | None:
        """Whether a resource is valid by the schema of that name; None where that is not among those compiled."""
        if url not in self._compiled or self._shape is None:
            return None
        return self._shape.is_valid({url: resource})

    def _compile(self) -> None:
        schema = {"type": "object", "properties": self._schemas, "$defs": self._shared}
        self._shape = jsonschema_rs.Draft202012Validator(schema, pattern_options=jsonschema_rs.RegexOptions())
        self._compiled = frozenset(self._schemas)
