"""Amounts with units, and which of them can be compared (https://hl7.org/fhirpath/N1/#quantity)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from helsekort.fhir.path.units import UCUM, Measure, divided, measure_of, multiplied

_WORDS = ("year", "month", "week", "day", "hour", "minute", "second", "millisecond")
CALENDAR_WORDS = {form: word for word in _WORDS for form in (word, word + "s")}
"""Calendar words in both numbers, with the one they are kept as."""

# A calendar day is 24 hours when compared; a calendar month or year is no fixed time and equals no UCUM unit.
_AS_UCUM = {"week": "wk", "day": "d", "hour": "h", "minute": "min", "second": "s", "millisecond": "ms"}
_ROUGHLY = {**_AS_UCUM, "year": "a", "month": "mo"}
_AS_CALENDAR = {code: word for word, code in _AS_UCUM.items()}


@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount and its unit: a UCUM code ("1" for a pure number), or a calendar word."""

    value: Decimal
    unit: str
    calendar: bool = False

    def __str__(self) -> str:
        if not self.calendar:
            return f"{self.value:f} '{self.unit}'"
        return f"{self.value:f} {self.unit}{'' if self.value == 1 else 's'}"

    def times(self, factor: int | Decimal) -> Quantity:
        """So many of it."""
        return Quantity(self.value * factor, self.unit, self.calendar)

    @property
    def calendar_word(self) -> str:
        """The calendar word to count a date by, empty where there is none: a UCUM month or year is no calendar month or year."""
        if self.calendar:
            return self.unit
        return _AS_CALENDAR.get(self.unit, CALENDAR_WORDS.get(self.unit, ""))


def quantity_of(element: Mapping[str, Any]) -> Quantity | None:
    """A FHIR Quantity as FHIRPath's; None with no value, or a comparator, which makes it no single amount.

    A unit outside UCUM is kept as a unit of its own, equal only to itself.
    """
    value = element.get("value")
    if (
        isinstance(value, bool)
        or not isinstance(value, int | Decimal)
        or element.get("comparator") is not None
    ):
        return None
    system, code = element.get("system"), element.get("code")
    if system is None and code is None:
        unit = str(element.get("unit") or "1")
    else:
        unit = str(code) if system == UCUM else f"{system}|{code}"
    return Quantity(Decimal(value), unit)


def order_of_quantities(one: Quantity, other: Quantity) -> int | None:
    """-1, 0 or 1; None where their units cannot be compared."""
    both = _same_measure(one, other, _AS_UCUM)
    return None if both is None else (both[0] > both[1]) - (both[0] < both[1])


def comparable_quantities(one: Quantity, other: Quantity) -> bool:
    """Whether the units of two measure the same."""
    return _same_measure(one, other, _AS_UCUM) is not None


def equivalent_quantities(one: Quantity, other: Quantity) -> bool:
    """Whether two are the same as far as the less precise of them says; a calendar year is about a UCUM year."""
    both = _same_measure(one, other, _ROUGHLY)
    if both is None:
        return False
    step = max(_step(one, both[0]), _step(other, both[1]))
    mine, its = ((value / step).to_integral_value(ROUND_HALF_UP) for value in both)
    return mine == its


def _step(quantity: Quantity, measured: Decimal) -> Decimal:
    """What the last digit that is not a trailing zero is worth, in the common unit."""
    exponent = min(int(quantity.value.normalize().as_tuple().exponent), 0)
    scale = measured / quantity.value if quantity.value else Decimal(1)
    return abs(scale).scaleb(exponent)


def _same_measure(one: Quantity, other: Quantity, words: Mapping[str, str]) -> tuple[Decimal, Decimal] | None:
    if one.unit == other.unit and one.calendar == other.calendar:
        return one.value, other.value
    mine, its = _measure(one, words), _measure(other, words)
    if mine is None or its is None or mine.dimension != its.dimension:
        return None
    return one.value * mine.factor, other.value * its.factor


def _measure(quantity: Quantity, words: Mapping[str, str]) -> Measure | None:
    """What the unit measures; a calendar month and year measure only each other."""
    if not quantity.calendar:
        return measure_of(quantity.unit)
    if code := words.get(quantity.unit):
        return measure_of(code)
    return Measure(Decimal(12 if quantity.unit == "year" else 1), (("calendar month", 1),))


def product(one: Quantity, other: Quantity) -> Quantity | None:
    """One times the other in a unit made of both; None where a unit is unknown."""
    unit = multiplied(_code(one), _code(other))
    return None if unit is None else Quantity(one.value * other.value * unit[0], unit[1])


def quotient(one: Quantity, other: Quantity) -> Quantity | None:
    """One divided by the other in a unit made of both; None where a unit is unknown, or on division by nothing."""
    unit = divided(_code(one), _code(other))
    if unit is None or other.value == 0:
        return None
    return Quantity(one.value / other.value * unit[0], unit[1])


def total(one: Quantity, other: Quantity) -> Quantity | None:
    """The sum in the first one's unit; None where their units cannot be compared."""
    both = _same_measure(one, other, _AS_UCUM)
    if both is None:
        return None
    if one.unit == other.unit or not one.value:
        factor = Decimal(1) if one.unit == other.unit else _factor(one)
        return Quantity(one.value + both[1] / factor, one.unit, one.calendar)
    return Quantity(one.value + both[1] / (both[0] / one.value), one.unit, one.calendar)


def _factor(quantity: Quantity) -> Decimal:
    measure = _measure(quantity, _AS_UCUM)
    return measure.factor if measure else Decimal(1)


def _code(quantity: Quantity) -> str:
    return _ROUGHLY[quantity.unit] if quantity.calendar else quantity.unit
