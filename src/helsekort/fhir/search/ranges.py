"""The prefixes of ordered values: how the range asked for lies to the range of a value.

https://hl7.org/fhir/R4/search.html#prefix. A range holds both its ends; a day is a range, a number without a comparator a point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Range = tuple[Any, Any]
"""The lowest and the highest of a value, both part of it, in anything ordered."""

Comparison = Callable[[Range, Range], bool]


def equal(asked: Range, value: Range) -> bool:
    """The range asked for holds the whole value."""
    return bool(asked[0] <= value[0] and value[1] <= asked[1])


def not_equal(asked: Range, value: Range) -> bool:
    """The range asked for does not hold the whole value."""
    return not equal(asked, value)


def greater(asked: Range, value: Range) -> bool:
    """Some of the value lies above what is asked for."""
    return bool(value[1] > asked[1])


def less(asked: Range, value: Range) -> bool:
    """Some of the value lies below what is asked for."""
    return bool(value[0] < asked[0])


def greater_or_equal(asked: Range, value: Range) -> bool:
    """Some of the value lies above what is asked for, or all of it within."""
    return greater(asked, value) or equal(asked, value)


def less_or_equal(asked: Range, value: Range) -> bool:
    """Some of the value lies below what is asked for, or all of it within."""
    return less(asked, value) or equal(asked, value)


def starts_after(asked: Range, value: Range) -> bool:
    """All of the value lies above what is asked for."""
    return bool(value[0] > asked[1])


def ends_before(asked: Range, value: Range) -> bool:
    """All of the value lies below what is asked for."""
    return bool(value[1] < asked[0])


def overlapping(asked: Range, value: Range) -> bool:
    """The two have something in common; for `ap` the range asked for is widened first."""
    return bool(value[0] <= asked[1] and asked[0] <= value[1])


PREFIXES: dict[str, Comparison] = {
    "eq": equal,
    "ne": not_equal,
    "gt": greater,
    "lt": less,
    "ge": greater_or_equal,
    "le": less_or_equal,
    "sa": starts_after,
    "eb": ends_before,
    "ap": overlapping,
}

_PREFIX = re.compile("[A-Za-z]*")


def prefix_of(text: str) -> tuple[str, str]:
    """The letters before a value, `eq` where there are none, and the rest; the letters may be no prefix at all.

    >>> prefix_of("ge2026-05"), prefix_of("2026"), prefix_of("about5")
    (('ge', '2026-05'), ('eq', '2026'), ('about', '5'))
    """
    found = _PREFIX.match(text)
    letters = found[0] if found else ""
    return letters or "eq", text[len(letters) :]
