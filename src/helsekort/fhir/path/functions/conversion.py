"""From one type to another; what cannot be turned is empty (https://hl7.org/fhirpath/N1/#conversion)."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from helsekort.fhir.path.equality import is_number
from helsekort.fhir.path.functions.registry import FUNCTIONS, Function, Step, on_items
from helsekort.fhir.path.functions.registry import Compile as CompileOne
from helsekort.fhir.path.moments import Moment, parse_date_time, parse_time
from helsekort.fhir.path.node import FALSE, NONE, TRUE, Node, made, system_value
from helsekort.fhir.path.quantities import CALENDAR_WORDS, Quantity, comparable_quantities
from helsekort.fhir.path.scope import Env, Items
from helsekort.fhir.path.singles import single, text
from helsekort.fhir.path.syntax import Expression

_TRUTHS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "1.0"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0", "0.0"), False),
}
_INTEGER = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?", re.ASCII)
_QUANTITY = re.compile(r"([+-]?\d{1,40}(?:\.\d{1,40})?)(?:\s*'([^']*)'|\s+([a-z]+))?", re.ASCII)


def to_boolean(value: Any) -> bool | None:  # noqa: ANN401 - a value of FHIRPath
    """True and false, 1 and 0, and the words for them."""
    if isinstance(value, bool):
        return value
    if is_number(value):
        return bool(value) if value in (0, 1) else None
    return _TRUTHS.get(value.lower()) if isinstance(value, str) else None


def to_integer(value: Any) -> int | None:  # noqa: ANN401 - a value of FHIRPath
    """A whole number, or a text of one."""
    if isinstance(value, int):
        return int(value)
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else None


def to_decimal(value: Any) -> Decimal | None:  # noqa: ANN401 - a value of FHIRPath
    """A number, or a text of one."""
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return Decimal(value) if isinstance(value, str) and _DECIMAL.fullmatch(value) else None


def to_string(value: Any) -> str | None:  # noqa: ANN401 - a value of FHIRPath
    """As it would be written."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, int | str | Moment | Quantity) else None


def to_date(value: Any) -> Moment | None:  # noqa: ANN401 - a value of FHIRPath
    """A date, or the day of a date with a time."""
    found = to_date_time(value)
    return Moment("Date", found.parts[:3]) if found else None


def to_date_time(value: Any) -> Moment | None:  # noqa: ANN401 - a value of FHIRPath
    """A date with as much of a time as is known."""
    found = parse_date_time(value) if isinstance(value, str) else value
    if not isinstance(found, Moment) or found.kind == "Time":
        return None
    return found if found.kind == "DateTime" else Moment("DateTime", found.parts)


def to_time(value: Any) -> Moment | None:  # noqa: ANN401 - a value of FHIRPath
    """A time of day."""
    found = parse_time(value) if isinstance(value, str) else value
    return found if isinstance(found, Moment) and found.kind == "Time" else None


def to_quantity(value: Any) -> Quantity | None:  # noqa: ANN401 - a value of FHIRPath
    """A quantity, a number as one of unit 1, or a text such as 5 'mg' or 3 weeks."""
    if isinstance(value, Quantity):
        return value
    if isinstance(value, int | Decimal):
        return Quantity(Decimal(value), "1")
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match[3] and match[3] not in CALENDAR_WORDS):
        return None
    if match[3]:
        return Quantity(Decimal(match[1]), CALENDAR_WORDS[match[3]], calendar=True)
    return Quantity(Decimal(match[1]), "1" if match[2] is None else match[2])


def _register(name: str, turn: Callable[[Any], Any], most: int = 0) -> None:
    """Registers toX() and convertsToX()."""

    def found(items: Items) -> Items | None:
        item = single(items)
        if item is None:
            return None
        value = turn(_plain(item))
        return NONE if value is None else [made(value)]

    def to(arguments: tuple[Expression, ...], compile_one: CompileOne) -> Step:
        units = [compile_one(one) for one in arguments]

        def step(env: Env, items: Items, this: Items) -> Items:
            turned = found(items) or NONE
            return _in_unit(turned, units[0](env, this)) if units and turned else turned

        return step

    def converts(arguments: tuple[Expression, ...], compile_one: CompileOne) -> Step:
        convert = to(arguments, compile_one)

        def step(env: Env, items: Items, this: Items) -> Items:
            if not items:
                return NONE
            return TRUE if convert(env, items, this) else FALSE

        return step

    FUNCTIONS[f"to{name}"] = Function(0, most, to)
    FUNCTIONS[f"convertsTo{name}"] = Function(0, most, converts)


def _plain(item: Node) -> Any:  # noqa: ANN401 - a value of FHIRPath
    value = system_value(item)
    return value if not isinstance(value, dict) else None


def _in_unit(items: Items, unit: Items) -> Items:
    """toQuantity(unit): only where the quantity can be compared with the unit."""
    wanted = text(unit)
    if wanted is None:
        return NONE
    target = Quantity(Decimal(1), CALENDAR_WORDS.get(wanted, wanted), wanted in CALENDAR_WORDS)
    return items if comparable_quantities(items[0].value, target) else NONE


for _name, _turn in {
    "Boolean": to_boolean,
    "Integer": to_integer,
    "Decimal": to_decimal,
    "String": to_string,
    "Date": to_date,
    "DateTime": to_date_time,
    "Time": to_time,
}.items():
    _register(_name, _turn)
_register("Quantity", to_quantity, most=1)


@on_items("comparable", 1)
def _comparable(env: Env, items: Items, other: Items) -> Items:
    one, its = single(items), single(other)
    if one is None or its is None:
        return NONE
    mine, theirs = system_value(one), system_value(its)
    if not isinstance(mine, Quantity) or not isinstance(theirs, Quantity):
        return NONE
    return TRUE if comparable_quantities(mine, theirs) else FALSE
