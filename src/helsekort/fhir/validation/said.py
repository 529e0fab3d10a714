"""The sentences that a generated schema carries, so that an error found by it can be told in FHIR's words."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]
SAID = "said"


def said(schema: Schema, keyword: str, what: str, hint: str = "") -> Schema:
    """The schema with a sentence and advice for when one of its keywords does not hold."""
    return {**schema, SAID: {**schema.get(SAID, {}), keyword: [what, hint]}}


def rule(schema: Schema, what: str, hint: str = "") -> Schema:
    """A schema of one keyword, with its sentence."""
    (keyword,) = schema
    return said(schema, keyword, what, hint)
