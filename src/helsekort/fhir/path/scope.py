"""What an expression may reach besides the item it is asked of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from helsekort.fhir.path.node import NONE, Node, root
from helsekort.fhir.path.types import NO_MODEL, TypeModel

Items = list[Node]
Run = Callable[["Env", Items], Items]
"""An expression, compiled: what it gives for a focus."""


def _quiet(label: str, items: Items) -> None:
    """trace() into nowhere."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The surroundings: made once for a resource and used for all its expressions.

    `resource` is %resource and `root` %rootResource (the one that contains it); both are the focus itself where not given.
    `variables` are other %names. `resolve` gives the resource of a reference or None, `member_of` whether a value is in a value
    set, `conforms` whether a resource is valid against a profile, `trace` takes what trace() shows, `now` is the time.
    """

    resource: Any = None
    root: Any = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    resolve: Callable[[str], Any] | None = None
    member_of: Callable[[Any, str], bool | None] | None = None
    conforms: Callable[[Any, str], bool | None] | None = None
    trace: Callable[[str, Items], None] = _quiet
    now: datetime | None = None


class Env:
    """One evaluation: the surroundings as items, and what $index and $total are just now."""

    __slots__ = ("context", "index", "model", "resource", "root", "scope", "total")

    def __init__(self, scope: Scope, context: Items, model: TypeModel = NO_MODEL) -> None:
        self.scope = scope
        self.context = context
        self.model = model
        focus = _top(context[0]) if context else None
        self.resource = _given(scope.resource, focus)
        self.root = _given(scope.root, self.resource[0] if self.resource else None)
        self.index = 0
        self.total: Items = NONE


def _top(node: Node) -> Node:
    """The resource that an item stands in, as far up as is known."""
    while node.parent is not None and not node.is_resource:
        node = node.parent
    return node


def _given(resource: object, otherwise: Node | None) -> Items:
    if isinstance(resource, Node):
        return [resource]
    if resource is None or (otherwise is not None and otherwise.value is resource):
        return [otherwise] if otherwise else NONE
    return [root(resource)]
