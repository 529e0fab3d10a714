"""Mathematics on numbers; exact where the answer can be (https://hl7.org/fhirpath/N1/#math)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from helsekort.fhir.path.arithmetic import as_items, worked_out
from helsekort.fhir.path.equality import is_number
from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions.registry import on_items
from helsekort.fhir.path.node import NONE, system_value
from helsekort.fhir.path.quantities import Quantity
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import single

# Digits that an irrational answer is given with, and the largest exponent that is worked out.
_DIGITS = 20
_MOST_POWER = 1000


def _value(items: Items) -> Any:  # noqa: ANN401 - a number, a quantity or None
    item = single(items)
    value = None if item is None else system_value(item)
    if value is not None and not is_number(value) and not isinstance(value, Quantity):
        raise PathError("A number is expected here.")
    return value


def _number(items: Items) -> int | Decimal | None:
    value = _value(items)
    if isinstance(value, Quantity):
        raise PathError("A number without a unit is expected here.")
    return value  # type: ignore[no-any-return]


def _on_number(name: str, least: int = 0, most: int | None = None) -> Callable[[Callable[..., Any]], None]:
    """Registers `work(number, *numbers)`; empty where one of them is, or where there is no answer."""

    def register(work: Callable[..., Any]) -> None:
        @on_items(name, least, most)
        def step(env: Env, items: Items, *arguments: Items) -> Items:
            numbers = [_number(one) for one in (items, *arguments)]
            return NONE if None in numbers else as_items(worked_out(work, *numbers))

    return register


@on_items("abs")
def _abs(env: Env, items: Items) -> Items:
    value = _value(items)
    if isinstance(value, Quantity):
        return as_items(Quantity(abs(value.value), value.unit, value.calendar))
    return NONE if value is None else as_items(abs(value))


@_on_number("ceiling")
def _ceiling(value: Any) -> int:  # noqa: ANN401 - a number
    return int(Decimal(value).to_integral_value(ROUND_CEILING))


@_on_number("floor")
def _floor(value: Any) -> int:  # noqa: ANN401 - a number
    return int(Decimal(value).to_integral_value(ROUND_FLOOR))


@_on_number("truncate")
def _truncate(value: Any) -> int:  # noqa: ANN401 - a number
    return int(Decimal(value).to_integral_value(ROUND_DOWN))


@_on_number("round", 0, 1)
def _round(value: Any, digits: Any = 0) -> Decimal | int:  # noqa: ANN401 - numbers
    if digits < 0 or digits > _DIGITS:
        raise PathError(f"round() takes a precision from 0 to {_DIGITS}.")
    return Decimal(value).quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP)


@_on_number("exp")
def _exp(value: Any) -> Decimal:  # noqa: ANN401 - a number
    return _shown(Decimal(value).exp())


@_on_number("ln")
def _ln(value: Any) -> Decimal | None:  # noqa: ANN401 - a number
    return _shown(Decimal(value).ln()) if value > 0 else None


@_on_number("log", 1)
def _log(value: Any, base: Any) -> Decimal | None:  # noqa: ANN401 - numbers
    if value <= 0 or base <= 0 or base == 1:
        return None
    return _shown(Decimal(value).ln() / Decimal(base).ln())


@_on_number("sqrt")
def _sqrt(value: Any) -> Decimal | None:  # noqa: ANN401 - a number
    return _shown(Decimal(value).sqrt()) if value >= 0 else None


@_on_number("power", 1)
def _power(value: Any, exponent: Any) -> Decimal | int | None:  # noqa: ANN401 - numbers
    if abs(exponent) > _MOST_POWER:
        return None
    found = Decimal(value) ** Decimal(exponent)
    if isinstance(value, int) and isinstance(exponent, int) and exponent >= 0:
        return int(found)
    return found if exponent == int(exponent) else _shown(found)


def _shown(value: Decimal) -> Decimal:
    """Without the digits at the end that are rounding."""
    return round(value, _DIGITS).normalize() + 0
