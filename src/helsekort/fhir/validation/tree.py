"""A snapshot's rows as a tree: each element with the elements in it and the slices of it."""

from __future__ import annotations

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


def json_names(element: Element) -> tuple[str, ...]:
    """Every name the element may have in JSON: each choice's, and `_name` beside a primitive's."""
    if element.content:
        return (element.name,)
    return tuple(
        name
        for choice in element.types
        for plain in [json_name(element, choice.code)]
        for name in ((plain, f"_{plain}") if choice.code[0].islower() else (plain,))
    )


def json_name(element: Element, code: str) -> str:
    """The element's name in JSON when it has a type: `valueQuantity`."""
    return element.name + code[0].upper() + code[1:] if element.is_choice else element.name


# A choice of more types than this is open to every data type, as in an extension.
MOST_PAIRED = 12
_COMMON = frozenset({"CodeableConcept", "Coding", "Identifier", "Period", "Quantity", "Reference"})


def is_wide(element: Element) -> bool:
    """Whether an element may have so many types that a schema of all pairs would be too large."""
    return element.is_choice and len(element.types) > MOST_PAIRED


def is_apart(element: Element, code: str) -> bool:
    """Whether a value is judged by a schema of its own: a rare type of a wide choice, which keeps the usual schemas small."""
    return is_wide(element) and code[0].isupper() and code not in _COMMON
