"""Search by URI: whole and exact, or above and below in a hierarchy of URLs (https://hl7.org/fhir/R4/search.html#uri)."""

from __future__ import annotations

from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.text import unescaped

MODIFIERS = frozenset({"above", "below"})


def compiled(asked: Asked) -> Compiled:
    """What a uri parameter asks of a resource's values. Raises `Refused` for a hierarchy asked of a URN."""
    uris = frozenset(unescaped(text) for text in asked.texts)
    if not asked.modifier:
        return Compiled(lambda values: any(value in uris for value in values if isinstance(value, str)))
    if any("://" not in uri for uri in uris):
        asked.refuse("Only a URL has others above and below it.", "Search for a URN without a modifier.")
    if asked.modifier == "below":
        return Compiled(
            lambda values: any(
                _within(value, uri) for value in values if isinstance(value, str) for uri in uris
            )
        )
    return Compiled(
        lambda values: any(_within(uri, value) for value in values if isinstance(value, str) for uri in uris)
    )


def _within(uri: str, above: str) -> bool:
    """Whether a URL is another, or lies below it: whole steps of the path only."""
    return uri == above or uri.startswith(above.rstrip("/") + "/")
