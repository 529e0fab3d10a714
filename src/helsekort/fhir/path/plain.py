"""Steps on JSON as it stands, for the short way: elements, and which values are the same or in order (see fast.py)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from helsekort.fhir.path.equality import is_number, same_json
from helsekort.fhir.path.types import CHOICE_KEYS


class Slow(Exception):
    """The short way cannot tell."""


@dataclass(frozen=True, slots=True)
class Step:
    """One element: its JSON name, the name of what stands beside a primitive, and the names of a choice."""

    name: str
    beside: str
    choices: dict[str, bool]


def step_of(name: str) -> Step:
    """The step to an element of a name."""
    keys = CHOICE_KEYS.get(name, {})
    return Step(name, "_" + name, dict.fromkeys(keys, True) | {"_" + key: False for key in keys})


def walked(items: list[Any], steps: list[Step]) -> list[Any]:
    """What stands at the end of some steps from some values."""
    for step in steps:
        found: list[Any] = []
        for item in items:
            if type(item) is dict:
                if step.beside in item:
                    raise Slow
                value = item.get(step.name)
                if value is None and step.choices:
                    value = _chosen(item, step.choices)
                if type(value) is list:
                    found += value
                elif value is not None:
                    found.append(value)
        if None in found:
            raise Slow
        items = found
    return items


def _chosen(item: dict[str, Any], choices: dict[str, bool]) -> Any:  # noqa: ANN401 - JSON
    found = None
    for key, value in item.items():
        if key in choices:
            if not choices[key] or found is not None:
                raise Slow
            found = value
    return found


def distinct_json(items: list[Any]) -> list[Any]:
    """Without those that are twice; times and amounts, which may be equal though written otherwise, are left to the full way."""
    found: list[Any] = []
    for item in items:
        if not (_is_word(item) or type(item) is dict):
            raise Slow
        if not any(_same(item, one) for one in found):
            found.append(item)
    return found


def _same(one: Any, other: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether two are one value; amounts are only compared in the same unit."""
    if (
        type(one) is dict
        and is_number(one.get("value"))
        and type(other) is dict
        and is_number(other.get("value"))
    ):
        units = [(its.get("system"), its.get("code"), its.get("comparator")) for its in (one, other)]
        if units[0] != units[1] or units[0][1] is None or units[0][2] is not None:
            raise Slow
        if one["value"] != other["value"]:
            return False
        if one != other:
            raise Slow
    return bool(one == other) and same_json(one, other)


def _is_word(item: object) -> bool:
    return type(item) is str and not item[:1].isdecimal()


def alike(one: object, other: object) -> bool:
    """Whether two are numbers, or texts as long as each other and with the same offset from UTC."""
    if type(one) is str and type(other) is str:
        return len(one) == len(other) and (len(one) <= 10 or one[-6:] == other[-6:])
    return is_number(one) and is_number(other)
