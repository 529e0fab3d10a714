"""One item of a FHIRPath collection: a value, its type and where it stands; and the steps from it to its elements."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from helsekort.fhir.path.moments import Moment, parse_date, parse_date_time, parse_time
from helsekort.fhir.path.quantities import Quantity, quantity_of
from helsekort.fhir.path.types import CHOICE_KEYS, UNKNOWN, TypeModel, chosen, is_kind

SYSTEM = "System."


class Node:
    """An item. `value` is JSON as it stands in the resource, or a value that the expression made.

    `type` is FHIR's name ("Quantity", "Observation.component"; "" where unknown) or "System.…" for a value that was made.
    A primitive that has only extensions has the value None. `extra` is the id and extensions of a primitive.
    """

    __slots__ = ("extra", "index", "name", "parent", "type", "value")

    def __init__(
        self,
        value: Any,  # noqa: ANN401 - JSON or a value of FHIRPath
        type: str = UNKNOWN,  # noqa: A002 - FHIRPath's word
        *,
        parent: Node | None = None,
        name: str = "",
        index: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.value = value
        self.type = type
        self.parent = parent
        self.name = name
        self.index = index
        self.extra = extra

    def __repr__(self) -> str:
        return f"Node({self.type or 'unknown'} at {self.location or '-'})"

    @property
    def location(self) -> str:
        """Where it stands, as OperationOutcome.expression says it: Observation.component[1].value; empty for a value made."""
        place = self.name if self.index is None else f"{self.name}[{self.index}]"
        return f"{self.parent.location}.{place}" if self.parent else place

    @property
    def is_system(self) -> bool:
        """Whether the expression made it."""
        return self.type.startswith(SYSTEM)

    @property
    def is_resource(self) -> bool:
        """Whether it is a resource: one of its own, contained, or in a Bundle."""
        return type(self.value) is dict and "resourceType" in self.value

    def is_a(self, space: str, name: str) -> bool:
        """Whether it is of a type or of one that descends from it; `space` is FHIR, System or empty for either."""
        if self.is_system:
            return space in ("", "System") and (self.type[7:] == name or name == "Any")
        return space in ("", "FHIR") and is_kind(self.type, name, resource=self.is_resource)


def root(value: Any, type: str = UNKNOWN, location: str = "") -> Node:  # noqa: A002, ANN401 - FHIRPath's word; any JSON
    """The item that an expression begins at: a resource, or an element with its type and place."""
    kind = type or kind_of(value)
    return Node(value, kind, name=location or kind)


def kind_of(value: object) -> str:
    """The type that JSON itself shows."""
    if isinstance(value, dict):
        said = value.get("resourceType", UNKNOWN)
        return said if isinstance(said, str) else UNKNOWN
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "decimal" if isinstance(value, Decimal) else UNKNOWN


def add_members(out: list[Node], node: Node, name: str, model: TypeModel) -> None:
    """Adds the elements of a name under an item; for a choice element whichever of its types is there."""
    holder = _holder(node)
    if holder is None:
        return
    if (name in holder or "_" + name in holder) and chosen(node.type, name, model) is None:
        _add(out, node, name, name, model)
    elif keys := CHOICE_KEYS.get(name):
        for key in holder:
            plain = key.removeprefix("_")
            if plain in keys and _is_first(key, plain, holder) and chosen(node.type, plain, model):
                _add(out, node, plain, name, model)


def _holder(node: Node) -> dict[str, Any] | None:
    """The JSON object that an item's elements stand in."""
    return node.value if type(node.value) is dict else node.extra


def _is_first(key: str, plain: str, holder: dict[str, Any]) -> bool:
    """Whether a name is the one an element is taken by: `_birthDate` only where there is no `birthDate`."""
    return key == plain or plain not in holder


def add_children(out: list[Node], node: Node, model: TypeModel) -> None:
    """Adds every element directly under an item."""
    holder = _holder(node)
    if holder is None or node.is_system:
        return
    for key in holder:
        plain = key.removeprefix("_")
        if plain != "resourceType" and _is_first(key, plain, holder):
            choice = chosen(node.type, plain, model)
            _add(out, node, plain, choice[0] if choice else plain, model)


def descendants(node: Node, model: TypeModel) -> Iterator[Node]:
    """Every element under an item, at any depth."""
    waiting: list[Node] = [node]
    while waiting:
        found: list[Node] = []
        add_children(found, waiting.pop(), model)
        yield from found
        waiting += reversed(found)


def _add(out: list[Node], parent: Node, key: str, name: str, model: TypeModel) -> None:
    """Adds the one or the several items of an element, each with what stands beside it."""
    holder = _holder(parent) or {}
    value, extra = holder.get(key), holder.get("_" + key)
    kind = _type_of(parent, key, name, model)
    if not isinstance(value, list) and not isinstance(extra, list):
        _add_one(out, Node(value, kind, parent=parent, name=name, extra=extra))
        return
    values = value if isinstance(value, list) else []
    extras = extra if isinstance(extra, list) else []
    for index in range(max(len(values), len(extras))):
        item = values[index] if index < len(values) else None
        beside = extras[index] if index < len(extras) else None
        _add_one(out, Node(item, kind, parent=parent, name=name, index=index, extra=beside))


def _type_of(parent: Node, key: str, name: str, model: TypeModel) -> str:
    if parent.type in model:
        return model[parent.type].get(key, UNKNOWN)
    if key != name:
        return CHOICE_KEYS[name][key]
    return "Extension" if key in ("extension", "modifierExtension") else UNKNOWN


def _add_one(out: list[Node], node: Node) -> None:
    if type(node.extra) is not dict:
        node.extra = None
    value = node.value
    if value is None and node.extra is None:
        return
    if type(value) is dict and isinstance(said := value.get("resourceType"), str):
        node.type = said
    elif not node.type:
        node.type = kind_of(value)
    out.append(node)


_MOMENTS = {"date": parse_date, "dateTime": parse_date_time, "instant": parse_date_time, "time": parse_time}
TIMES = frozenset(_MOMENTS)
QUANTITIES = frozenset(
    {"Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"}
)


def system_value(node: Node) -> Any:  # noqa: ANN401 - a value of FHIRPath, or JSON
    """The value as FHIRPath's own types have it: dates as Moment, quantities as Quantity; None where there is none."""
    value = node.value
    if type(value) is str:
        parse = _MOMENTS.get(node.type)
        return value if parse is None else parse(value) or value
    if type(value) is dict and node.type in QUANTITIES:
        return quantity_of(value)
    return value


def moment_in(text: str) -> Moment | None:
    """The date or time that a text of unknown type says, if it says one."""
    if len(text) < 4 or not text[:2].isdecimal():
        return None
    return parse_time(text) if text[2] == ":" else parse_date_time(text)


def made(value: object) -> Node:
    """An item that the expression made."""
    return Node(value, SYSTEM + _system_type(value))


_SYSTEM_TYPES = {
    bool: "Boolean",
    int: "Integer",
    Decimal: "Decimal",
    str: "String",
    Quantity: "Quantity",
}


def _system_type(value: object) -> str:
    return value.kind if isinstance(value, Moment) else _SYSTEM_TYPES.get(type(value), "Any")


TRUE = [Node(value=True, type="System.Boolean")]
FALSE = [Node(value=False, type="System.Boolean")]
NONE: list[Node] = []


def boolean(value: bool | None) -> list[Node]:  # noqa: FBT001 - the value itself
    """A truth as a collection; unknown is the empty one."""
    if value is None:
        return NONE
    return TRUE if value else FALSE
