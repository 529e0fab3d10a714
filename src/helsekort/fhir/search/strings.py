"""Search by string: a name or an address, without case and accents (https://hl7.org/fhir/R4/search.html#string)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.text import plain, unescaped

MODIFIERS = frozenset({"exact", "contains"})

_NAME_AND_ADDRESS = (
    "text", "family", "given", "prefix", "suffix", "line", "city", "district", "state", "postalCode", "country",
)  # fmt: skip


def compiled(asked: Asked) -> Compiled:
    """What a string parameter asks of a resource's values; each character stands for itself, % and * too."""
    texts = tuple(unescaped(text) for text in asked.texts)
    if asked.modifier == "exact":
        exact = frozenset(texts)
        return Compiled(lambda values: any(text in exact for text in texts_of(values)))
    plain_texts = tuple(plain(text) for text in texts)
    if not all(plain_texts):
        asked.refuse("There is no text to search for.", "Write at least one letter.")
    if asked.modifier == "contains":
        return Compiled(
            lambda values: any(one in plain(text) for text in texts_of(values) for one in plain_texts)
        )
    return Compiled(lambda values: any(plain(text).startswith(plain_texts) for text in texts_of(values)))


def texts_of(values: Iterable[Any]) -> Iterator[str]:
    """Every text in strings, HumanNames and Addresses."""
    for value in values:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for part in _NAME_AND_ADDRESS:
                found = value.get(part, ())
                yield from (found,) if isinstance(found, str) else found
