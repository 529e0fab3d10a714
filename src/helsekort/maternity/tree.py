"""A section's properties as the JSON contract nests them: values, arrays of objects, objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field


class Slot(NamedTuple):
    """Where a value belongs: the field's key, and in an array which item ("1" for the fetus or the code, "#0" by position)."""

    key: str
    item: str


@dataclass(frozen=True, slots=True)
class Array:
    """An array of objects in a section, and the property that tells its items apart."""

    key: str
    children: Shape


Shape = Mapping[str, "Field | Array | Shape"]
"""An object's known properties: a value, an array of objects, or an object."""


@cache
def shape_of(section: str) -> Shape:
    """The section's properties as a tree, from the catalogue."""
    tree: dict[str, Any] = {}
    items = CATALOGUE.sections[section].items
    for one in CATALOGUE.sections[section].fields:
        if not one.in_contract:
            continue
        node: Any = tree
        *steps, last = one.name.split(".")
        for step in steps:
            name = step.removesuffix("[]")
            inner = node.setdefault(name, Array(items[name], {}) if name in items else {})
            node = inner.children if isinstance(inner, Array) else inner
        node[last] = one
    return tree
