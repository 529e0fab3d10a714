"""Search by composite: several values that belong together (https://hl7.org/fhir/R4/search.html#composite)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.parameter import SearchParameter
from helsekort.fhir.search.text import split
from helsekort.fhir.search.values import reader

MODIFIERS: frozenset[str] = frozenset()

Compile = Callable[[Asked], Compiled]


def compiled(asked: Asked, compile_one: Callable[[str], Compile]) -> Compiled:
    """What a composite asks of the values that hold its parts; `compile_one` gives the reading of a part's own type."""
    alternatives = [_alternative(asked, text, compile_one) for text in asked.texts]
    reads = [reader(part) for part in asked.parameter.components]

    def match(values: Iterable[Any]) -> bool:
        return any(
            all(part.match(read(value)) for part, read in zip(alternative, reads, strict=True))
            for value in values
            for alternative in alternatives
        )

    return Compiled(match, _holding(alternatives))


def _alternative(asked: Asked, text: str, compile_one: Callable[[str], Compile]) -> list[Compiled]:
    parts = split(text, "$")
    components = asked.parameter.components
    if len(parts) != len(components) or not all(parts):
        names = "$".join(part.code for part in components)
        asked.refuse("This parameter takes several values together.", f"Write {names}.")
    return [_part(asked, part, text, compile_one) for part, text in zip(components, parts, strict=True)]


def _part(asked: Asked, part: SearchParameter, text: str, compile_one: Callable[[str], Compile]) -> Compiled:
    inner = Asked(where=asked.where, parameter=part, modifier="", texts=(text,), setting=asked.setting)
    return compile_one(part.type)(inner)


def _holding(alternatives: list[list[Compiled]]) -> tuple[bytes, ...]:
    """One text for each alternative, from the first of its parts that knows one; none where an alternative has none."""
    known = [next((part.holding for part in one if part.holding), ()) for one in alternatives]
    return tuple(text for texts in known for text in texts) if all(known) else ()
