"""Search by number (https://hl7.org/fhir/R4/search.html#number)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from helsekort.fhir.search.asked import Asked, Compiled
from helsekort.fhir.search.ranges import PREFIXES, Comparison, Range, prefix_of

MODIFIERS: frozenset[str] = frozenset()

_NUMBER = re.compile(r"-?\d{1,40}(?:\.\d{1,40})?(?:[eE](?P<exponent>[+-]?\d{1,2}))?", re.ASCII)
_BELOW, _AT, _ABOVE = -1, 0, 1


def compiled(asked: Asked) -> Compiled:
    """What a number parameter asks of a resource's values. Raises `Refused` for a prefix or number that cannot be read."""
    wanted = [compared(asked, text) for text in asked.texts]

    def match(values: Iterable[Any]) -> bool:
        ranges = [point(value) for value in values if is_number(value)]
        return any(compare(span, one) for compare, span in wanted for one in ranges)

    return Compiled(match)


def compared(asked: Asked, text: str) -> tuple[Comparison, Range]:
    """How a value must lie to the number asked for, and the range of that number."""
    prefix, digits = prefix_of(text)
    if prefix not in PREFIXES:
        asked.refuse("This prefix is not known.", f"There are: {', '.join(PREFIXES)}.")
    found = _NUMBER.fullmatch(digits)
    if found is None:
        asked.refuse("This is not a number.", "Write a decimal number with a point, such as 7.3.")
    number = Decimal(digits)
    if prefix in {"eq", "ne"}:
        return PREFIXES[prefix], _as_precise(number, found["exponent"])
    if prefix == "ap":
        tenth = abs(number) / 10
        return PREFIXES[prefix], (_bound(number - tenth), _bound(number + tenth))
    return PREFIXES[prefix], point(number)


def point(number: Decimal | int) -> Range:
    """A number as the range it is: itself."""
    return _bound(number), _bound(number)


def from_comparator(number: Decimal | int, comparator: str) -> Range:
    """A number that was measured as less or more than something (Quantity.comparator): all it may be."""
    low: Any = (Decimal("-Infinity"), _AT)
    high: Any = (Decimal("Infinity"), _AT)
    if comparator.startswith("<"):
        return low, _bound(number, _BELOW if comparator == "<" else _AT)
    if comparator.startswith(">"):
        return _bound(number, _ABOVE if comparator == ">" else _AT), high
    return point(number)


def is_number(value: object) -> bool:
    """True for a JSON number."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _bound(number: Decimal | int, side: int = _AT) -> tuple[Decimal | int, int]:
    """A place on the line of numbers: the number itself, or just below or above it."""
    return number, side


def _as_precise(number: Decimal, exponent: str | None) -> Range:
    """All numbers that are the same when rounded to the digits given: 7.3 is 7.25 up to, not including, 7.35.

    R4's own example reads 1e2 as 95 to 105: with a positive exponent, half of the digit after the last one given.
    """
    last = number.as_tuple().exponent
    assert isinstance(last, int)
    half = Decimal(5).scaleb(last - (2 if exponent and int(exponent) > 0 and last > 0 else 1))
    return _bound(number - half), _bound(number + half, _BELOW)
