"""The part of UCUM that a maternity record compares: what a unit measures, and how much of it (https://ucum.org/ucum).

A unit that is not here is a unit of its own: equal to itself, and to nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

UCUM = "http://unitsofmeasure.org"

Dimension = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Measure:
    """What a unit measures as powers of base units, and how many of those one of it is."""

    factor: Decimal
    dimension: Dimension


_PREFIXES = {
    "k": Decimal(1000),
    "h": Decimal(100),
    "da": Decimal(10),
    "d": Decimal("0.1"),
    "c": Decimal("0.01"),
    "m": Decimal("0.001"),
    "u": Decimal("1e-6"),
    "n": Decimal("1e-9"),
    "p": Decimal("1e-12"),
    "M": Decimal(1_000_000),
    "G": Decimal(1_000_000_000),
}
# Each: how many of which base units. Metric ones take prefixes.
_METRIC: dict[str, tuple[str, str]] = {
    "g": ("1", "g"),
    "m": ("1", "m"),
    "s": ("1", "s"),
    "mol": ("6.02214076e23", ""),
    "L": ("0.001", "m3"),
    "l": ("0.001", "m3"),
    "Pa": ("1000", "g.m-1.s-2"),
    "m[Hg]": ("133322000", "g.m-1.s-2"),
    "J": ("1000", "g.m2.s-2"),
    "Hz": ("1", "s-1"),
    "U": ("1e17", "s-1"),
    "[iU]": ("1", "[iU]"),
    "[IU]": ("1", "[iU]"),
    "eq": ("6.02214076e23", ""),
}
_WHOLE: dict[str, tuple[str, str]] = {
    "1": ("1", ""),
    "%": ("0.01", ""),
    "min": ("60", "s"),
    "h": ("3600", "s"),
    "d": ("86400", "s"),
    "wk": ("604800", "s"),
    "mo": ("2629800", "s"),
    "a": ("31557600", "s"),
    "[in_i]": ("0.0254", "m"),
    "[ft_i]": ("0.3048", "m"),
    "[lb_av]": ("453.59237", "g"),
    "[oz_av]": ("28.349523125", "g"),
    "10*3": ("1000", ""),
    "10*6": ("1000000", ""),
    "10*9": ("1000000000", ""),
    "10*12": ("1000000000000", ""),
}
_COMPONENT = re.compile(r"(10\*\d+|[^\d./()+-]+|1)([+-]?\d+)?", re.ASCII)
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_LONGEST = 60


@lru_cache(maxsize=1024)
def measure_of(unit: str) -> Measure:
    """What a UCUM code measures; an unknown one measures itself."""
    found = _parsed(unit)
    return found or Measure(Decimal(1), ((unit, 1),))


def _parsed(unit: str) -> Measure | None:
    text = _ANNOTATION.sub("", unit)
    if len(unit) > _LONGEST or "(" in text:
        return None
    factor, powers = Decimal(1), dict[str, int]()
    for sign, component in _components(text):
        one = _component(component)
        if one is None:
            return None
        factor = factor * one.factor if sign > 0 else factor / one.factor
        for base, power in one.dimension:
            powers[base] = powers.get(base, 0) + sign * power
    return Measure(factor, tuple(sorted((base, power) for base, power in powers.items() if power)))


def _components(text: str) -> list[tuple[int, str]]:
    """Each part of a unit with +1, or -1 where it stands under the line."""
    found: list[tuple[int, str]] = []
    for above in text.split("."):
        first, *under = above.split("/")
        found += [(1, first or "1"), *((-1, part) for part in under)]
    return found


def _component(text: str) -> Measure | None:
    match = _COMPONENT.fullmatch(text)
    if match is None:
        return None
    atom = _atom(match[1])
    power = int(match[2] or 1)
    if atom is None or abs(power) > 9:
        return None
    return Measure(atom.factor**power, tuple((base, its * power) for base, its in atom.dimension))


def _atom(text: str) -> Measure | None:
    if text in _WHOLE:
        return _measure(*_WHOLE[text])
    if text in _METRIC:
        return _measure(*_METRIC[text])
    for length in (2, 1):
        prefix = _PREFIXES.get(text[:length])
        if prefix is not None and text[length:] in _METRIC:
            return _measure(*_METRIC[text[length:]], prefix)
    return None


def _measure(factor: str, bases: str, prefix: Decimal = Decimal(1)) -> Measure:
    dimension = []
    for base in filter(None, bases.split(".")):
        match = re.fullmatch(r"(.*?)(-?\d+)?", base)
        assert match is not None
        dimension.append((match[1], int(match[2] or 1)))
    return Measure(Decimal(factor) * prefix, tuple(dimension))


def multiplied(one: str, other: str) -> tuple[Decimal, str] | None:
    """The unit that two make together, with the factor to it; None where one is unknown."""
    return _joined(one, other, 1)


def divided(one: str, other: str) -> tuple[Decimal, str] | None:
    """The unit that one over the other makes, with the factor to it; None where one is unknown."""
    return _joined(one, other, -1)


def _joined(one: str, other: str, sign: int) -> tuple[Decimal, str] | None:
    if other == "1":
        return Decimal(1), one
    mine, its = _parsed(one), _parsed(other)
    if mine is None or its is None:
        return None
    powers = dict(mine.dimension)
    for base, power in its.dimension:
        powers[base] = powers.get(base, 0) + sign * power
    factor = mine.factor * its.factor if sign > 0 else mine.factor / its.factor
    named = [base if power == 1 else f"{base}{power}" for base, power in sorted(powers.items()) if power]
    return factor, ".".join(named) or "1"
