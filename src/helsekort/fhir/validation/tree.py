"""A snapshot's rows as a tree: each element with the elements in it and the slices of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from helsekort.fhir.definitions import Element, Structure


@dataclass(slots=True)
class Node:
    """An element, the elements inside it, and its slices, each a node of its own."""

    element: Element
    children: list[Node] = field(default_factory=list)
    slices: list[Node] = field(default_factory=list)

    def child(self, name: str) -> Node | None:
        """The element of a name inside this one; of a choice, the name without `[x]`."""
        return next((one for one in self.children if one.element.name == name), None)


def tree(structure: Structure) -> Node:
    """The root of a structure's snapshot."""
    nodes: dict[str, Node] = {}
    for element in structure.elements:
        node = nodes[element.id] = Node(element)
        holder, _, last = element.id.rpartition(".")
        sliced = last.rpartition(":")[0]
        if sliced and element.slice_name:
            nodes[f"{holder}.{sliced}" if holder else sliced].slices.append(node)
        elif holder:
            nodes[holder].children.append(node)
    return nodes[structure.elements[0].id]


def content_targets(nodes: Iterable[Element]) -> frozenset[str]:
    """The ids of the elements whose content other elements of the structure share."""
    return frozenset(one.content for one in nodes if one.content)
