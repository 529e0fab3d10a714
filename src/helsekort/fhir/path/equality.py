"""Equal, equivalent, before and after (https://hl7.org/fhirpath/N1/#equality, #comparison)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.moments import Moment, equal_moments, equivalent_moments, order_of
from helsekort.fhir.path.node import TIMES, Node, moment_in, system_value
from helsekort.fhir.path.quantities import (
    Quantity,
    equivalent_quantities,
    order_of_quantities,
    quantity_of,
)
from helsekort.fhir.path.types import UNKNOWN

Number = int | Decimal


def is_number(value: object) -> bool:
    """Whether a value is a number; a truth is none, though Python counts it as one."""
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def equal_collections(one: Sequence[Node], other: Sequence[Node]) -> bool | None:
    """`=`: the same items in the same order; None where either is empty, or where an item does not tell."""
    if not one or not other:
        return None
    if len(one) != len(other):
        return False
    answer: bool | None = True
    for mine, its in zip(one, other, strict=True):
        same = equal(mine, its)
        if same is False:
            return False
        if same is None:
            answer = None
    return answer


def equal(one: Node, other: Node) -> bool | None:
    """Whether two items are equal; None where that is not known."""
    mine, its = _alike(one, other)
    if mine is None or its is None:
        return None
    if isinstance(mine, Moment) and isinstance(its, Moment):
        return equal_moments(mine, its)
    if isinstance(mine, Quantity) and isinstance(its, Quantity):
        return _equal_quantities(mine, its)
    return bool(mine == its) and same_json(mine, its)


def _equal_quantities(one: Quantity, other: Quantity) -> bool | None:
    """Different things are not equal; whether a calendar month is 30 days is not known."""
    order = order_of_quantities(one, other)
    if order is None:
        return None if one.calendar or other.calendar else False
    return order == 0


def _alike(one: Node, other: Node) -> tuple[Any, Any]:
    """Both values in one type, where FHIRPath turns one into the other by itself."""
    mine, its = system_value(one), system_value(other)
    if type(mine) is not type(its):
        return _turned(mine, one, its, other), _turned(its, other, mine, one)
    return mine, its


def _turned(value: Any, node: Node, beside: object, its: Node) -> Any:  # noqa: ANN401 - a value of FHIRPath, or JSON
    if isinstance(value, Moment) and isinstance(beside, str) and its.type != UNKNOWN:
        return node.value if isinstance(node.value, str) else str(value)  # beside a text a date is its text
    if isinstance(beside, Moment) and isinstance(value, str) and node.type == UNKNOWN:
        return moment_in(value) or value
    if isinstance(beside, Quantity) and isinstance(value, dict) and node.type == UNKNOWN:
        return quantity_of(value)
    if isinstance(beside, Quantity | dict) and is_number(value):
        return Quantity(Decimal(value), "1")
    if isinstance(value, dict) and is_number(beside):
        return quantity_of(value) or value
    return value


def same_json(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two JSON values are the same: numbers by value, objects by their members, lists in order."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same_json(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same_json, one, other))
    return bool(one == other)


def equivalent_collections(one: Sequence[Node], other: Sequence[Node]) -> bool:
    """`~`: the same items in any order; two empty collections are equivalent."""
    if len(one) != len(other):
        return False
    left = list(other)
    for mine in one:
        found = next((index for index, its in enumerate(left) if equivalent(mine, its)), None)
        if found is None:
            return False
        del left[found]
    return True


def equivalent(one: Node, other: Node) -> bool:
    """Whether two items say the same as far as they say: text without case, numbers to the less precise."""
    mine, its = _alike(one, other)
    if isinstance(mine, Moment) and isinstance(its, Moment):
        return equivalent_moments(mine, its)
    if isinstance(mine, Quantity) and isinstance(its, Quantity):
        return equivalent_quantities(mine, its)
    return _equivalent_json(mine, its)


def _equivalent_json(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    if isinstance(one, str) and isinstance(other, str):
        return " ".join(one.casefold().split()) == " ".join(other.casefold().split())
    if is_number(one) and is_number(other):
        return _equivalent_numbers(Decimal(one), Decimal(other))
    if isinstance(one, dict) and isinstance(other, dict):
        names = one.keys() - {"id"}
        return names == other.keys() - {"id"} and all(
            _equivalent_json(one[name], other[name]) for name in names
        )
    if isinstance(one, list) and isinstance(other, list):
        return _equivalent_lists(one, list(other))
    return same_json(one, other)


def _equivalent_lists(one: list[Any], left: list[Any]) -> bool:
    if len(one) != len(left):
        return False
    for mine in one:
        found = next((index for index, its in enumerate(left) if _equivalent_json(mine, its)), None)
        if found is None:
            return False
        del left[found]
    return True


def _equivalent_numbers(one: Decimal, other: Decimal) -> bool:
    """Both rounded to the decimals of the less precise."""
    exponents = [int(value.normalize().as_tuple().exponent) for value in (one, other)]
    step = Decimal(1).scaleb(min(max(exponents), 0))
    return one.quantize(step, ROUND_HALF_UP) == other.quantize(step, ROUND_HALF_UP)


def order(one: Node, other: Node) -> int | None:
    """-1, 0 or 1 as an item is less than, equal to or greater than another; None where that is not known.

    Raises PathError for two types that have no order together.
    """
    mine, its = _alike(one, other)
    if one.type == other.type == UNKNOWN:
        mine, its = _both_known(mine, its)
    if mine is None or its is None:
        return None
    if isinstance(mine, Moment) and isinstance(its, Moment):
        try:
            return order_of(mine, its)
        except TypeError as error:
            raise PathError("A time of day and a date cannot be compared.") from error
    if isinstance(mine, Quantity) and isinstance(its, Quantity):
        return order_of_quantities(mine, its)
    if (is_number(mine) and is_number(its)) or (isinstance(mine, str) and isinstance(its, str)):
        return int(mine > its) - int(mine < its)
    raise PathError("Only numbers, texts, dates, times and quantities of one type can be compared.")


def _both_known(one: Any, other: Any) -> tuple[Any, Any]:  # noqa: ANN401 - JSON
    """Two values of unknown type as the times or quantities that both show themselves to be."""
    if isinstance(one, str) and isinstance(other, str):
        mine, its = moment_in(one), moment_in(other)
        return (one, other) if mine is None or its is None else (mine, its)
    if isinstance(one, dict) and isinstance(other, dict) and "value" in one and "value" in other:
        return quantity_of(one), quantity_of(other)
    return one, other


def distinct(items: Sequence[Node]) -> list[Node]:
    """The items with each equal one but the first left out."""
    found: list[Node] = []
    others: list[Node] = []
    texts: set[str] = set()
    for item in items:
        value = item.value
        if type(value) is str and item.type not in TIMES and not value[:2].isdecimal():
            if value in texts:
                continue
            texts.add(value)
        else:
            if contains(others, item):
                continue
            others.append(item)
        found.append(item)
    return found


def contains(items: Sequence[Node], item: Node) -> bool:
    """Whether an item is among others by equality."""
    return any(equal(item, other) is True for other in items)
