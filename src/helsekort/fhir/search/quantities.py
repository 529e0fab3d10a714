"""Search by quantity: a number with its unit; another unit never matches (https://hl7.org/fhir/R4/search.html#quantity)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from helsekort.fhir.search import numbers
from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.ranges import Comparison, Range
from helsekort.fhir.search.text import split, unescaped

MODIFIERS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A number as it is compared, and the unit: its system and code, or only how it is written."""

    compare: Comparison
    span: Range
    system: str
    unit: str

    def is_met(self, quantity: dict[str, Any], span: Range) -> bool:
        return self._has_unit(quantity) and self.compare(self.span, span)

    def _has_unit(self, quantity: dict[str, Any]) -> bool:
        if self.system:
            return quantity.get("system") == self.system and self.unit in {"", quantity.get("code")}
        return not self.unit or self.unit in {
            quantity.get("code"),
            quantity.get("unit"),
            quantity.get("currency"),
        }


def compiled(asked: Asked) -> Compiled:
    """What a quantity parameter asks of a resource's values. Raises `Refused` for what cannot be read."""
    wanted = [_read(asked, text) for text in asked.texts]

    def match(values: Iterable[Any]) -> bool:
        found = [pair for value in values if isinstance(value, dict) for pair in spans_of(value)]
        return any(one.is_met(quantity, span) for one in wanted for quantity, span in found)

    return Compiled(match)


def spans_of(value: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Range]]:
    """A Quantity or Money with the numbers it may be; a Range with its ends, whose unit is that of either end."""
    if numbers.is_number(value.get("value")):
        yield value, numbers.from_comparator(value["value"], value.get("comparator", ""))
    ends = [
        end for end in (value.get("low"), value.get("high")) if end and numbers.is_number(end.get("value"))
    ]
    if ends:
        low = (
            numbers.point(value["low"]["value"])
            if value.get("low") in ends
            else numbers.from_comparator(0, "<=")
        )
        high = (
            numbers.point(value["high"]["value"])
            if value.get("high") in ends
            else numbers.from_comparator(0, ">=")
        )
        yield ends[0], (low[0], high[1])


def _read(asked: Asked, text: str) -> _Wanted:
    parts = [unescaped(part) for part in split(text, "|")]
    if len(parts) not in {1, 3}:
        asked.refuse("This is not a quantity.", "Write number, number||unit or number|system|code.")
    compare, span = numbers.compared(asked, parts[0])
    system, unit = parts[1:] if len(parts) == 3 else ("", "")
    return _Wanted(compare, span, system, unit)
