"""Plus, minus, times and the rest; numbers are exact decimals (https://hl7.org/fhirpath/N1/#math)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal, DecimalException, localcontext
from typing import Any

from helsekort.fhir.path.equality import is_number
from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.moments import Moment, moved
from helsekort.fhir.path.node import NONE, Node, made, system_value
from helsekort.fhir.path.quantities import Quantity, product, quotient, total
from helsekort.fhir.path.scope import Items
from helsekort.fhir.path.singles import single

PRECISION = Context(prec=40)
# Beyond these a number is no clinical number: the answer is empty, as on overflow.
_LARGEST = Decimal(10) ** 40
_WRONG = "This operator does not take these types together."


def calculate(operator: str) -> Callable[[Items, Items], Items]:
    """The operator on two collections of at most one item each; empty where either is."""
    work = _WORK[operator]

    def run(left: Items, right: Items) -> Items:
        one, other = single(left), single(right)
        if one is None or other is None:
            return NONE
        mine, its = system_value(one), system_value(other)
        return NONE if mine is None or its is None else as_items(worked_out(work, mine, its))

    return run


def worked_out(work: Callable[..., Any], *values: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    """A calculation in exact decimals; None where it has no answer."""
    try:
        with localcontext(PRECISION):
            return work(*values)
    except DecimalException:
        return None


def as_items(value: Any) -> Items:  # noqa: ANN401 - a value of FHIRPath
    """A value as a collection; None and what is out of reach are empty."""
    if value is None or (is_number(value) and abs(value) > _LARGEST):
        return NONE
    if isinstance(value, Quantity) and abs(value.value) > _LARGEST:
        return NONE
    return [made(value)]


def polarity(sign: str, items: Items) -> Items:
    """`+` and `-` before a number or a quantity."""
    item = single(items)
    if item is None:
        return NONE
    value = system_value(item)
    if isinstance(value, Quantity):
        return [made(value.times(-1))] if sign == "-" else items
    if not is_number(value):
        raise PathError("Only a number has a sign.")
    return [made(-value)] if sign == "-" else items


def joined(left: Items, right: Items) -> Items:
    """`&`: two texts in one, a missing one as the empty text."""
    return [made(_text(single(left)) + _text(single(right)))]


def _text(item: Node | None) -> str:
    if item is None or item.value is None:
        return ""
    if not isinstance(item.value, str):
        raise PathError("Only texts can be joined.")
    return item.value


def _plus(one: Any, other: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    if is_number(one) and is_number(other):
        return one + other
    if isinstance(one, str) and isinstance(other, str):
        return one + other
    if isinstance(one, Quantity) and isinstance(other, Quantity):
        return total(one, other)
    if isinstance(one, Moment) and isinstance(other, Quantity):
        return _later(one, other)
    raise PathError(_WRONG)


def _minus(one: Any, other: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    if is_number(one) and is_number(other):
        return one - other
    if isinstance(other, Quantity) and not isinstance(one, str):
        return _plus(one, other.times(-1))
    raise PathError(_WRONG)


def _later(moment: Moment, amount: Quantity) -> Moment | None:
    if not amount.calendar_word:
        raise PathError("A date is counted by years, months, weeks, days, hours, minutes and seconds.")
    try:
        return moved(moment, amount.value, amount.calendar_word)
    except TypeError as error:
        raise PathError("A time of day has no years, months, weeks or days.") from error


def _times(one: Any, other: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    if is_number(one) and is_number(other):
        return one * other
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        return product(_amount(one), _amount(other))
    raise PathError(_WRONG)


def _over(one: Any, other: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    if is_number(one) and is_number(other):
        return Decimal(one) / other if other else None
    if isinstance(one, Quantity) or isinstance(other, Quantity):
        return quotient(_amount(one), _amount(other))
    raise PathError(_WRONG)


def _amount(value: Any) -> Quantity:  # noqa: ANN401 - a value of FHIRPath
    if isinstance(value, Quantity):
        return value
    if not is_number(value):
        raise PathError(_WRONG)
    return Quantity(Decimal(value), "1")


def _whole_over(one: Any, other: Any) -> int | None:  # noqa: ANN401 - values of FHIRPath
    if not is_number(one) or not is_number(other):
        raise PathError(_WRONG)
    return int((Decimal(one) / other).to_integral_value(ROUND_DOWN)) if other else None


def _rest(one: Any, other: Any) -> Any:  # noqa: ANN401 - values of FHIRPath
    if not is_number(one) or not is_number(other):
        raise PathError(_WRONG)
    if not other:
        return None
    rest = Decimal(one) % other
    return int(rest) if isinstance(one, int) and isinstance(other, int) else rest


_WORK: dict[str, Callable[[Any, Any], Any]] = {
    "+": _plus,
    "-": _minus,
    "*": _times,
    "/": _over,
    "div": _whole_over,
    "mod": _rest,
}
