"""An expression ready to be asked of resources."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from helsekort.fhir.path.compiling import compiled
from helsekort.fhir.path.fast import fast_test, fast_values
from helsekort.fhir.path.node import Node, root
from helsekort.fhir.path.parser import parse_path
from helsekort.fhir.path.plain import Slow
from helsekort.fhir.path.scope import Env, Items, Scope
from helsekort.fhir.path.singles import truth
from helsekort.fhir.path.types import NO_MODEL, TypeModel

NOTHING_AROUND = Scope()


class Path:
    """A FHIRPath expression, read once. Asking it changes nothing and needs no lock."""

    __slots__ = ("_model", "_run", "_test", "_values", "expression")

    def __init__(self, expression: str, model: TypeModel = NO_MODEL) -> None:
        """Raises PathError where the expression is not FHIRPath."""
        self.expression = expression
        self._model = model
        tree = parse_path(expression)
        self._run = compiled(tree)
        self._values = fast_values(tree)
        self._test = fast_test(tree)

    def __repr__(self) -> str:
        return f"Path({self.expression!r})"

    def nodes(
        self,
        focus: Any,  # noqa: ANN401 - a resource, an element or a Node
        scope: Scope = NOTHING_AROUND,
        **variables: Any,  # noqa: ANN401 - JSON
    ) -> list[Node]:
        """What the expression gives, each with its type and place. `variables` become %names.

        Raises PathError where the focus is not what the expression was written for.
        """
        if variables:
            scope = Scope(
                scope.resource,
                scope.root,
                {**scope.variables, **variables},
                scope.resolve,
                scope.member_of,
                scope.conforms,
                scope.trace,
                scope.now,
            )
        return list(self._items(focus, scope))

    def values(self, focus: Any, scope: Scope = NOTHING_AROUND) -> list[Any]:  # noqa: ANN401 - JSON
        """The values alone: JSON as it stands in the resource, what the expression made as Python values."""
        if self._values is not None and type(focus) is dict:
            try:
                return self._values(scope, focus)
            except Slow:
                pass  # the short way cannot tell; the whole way, below, always can
        return [item.value for item in self._items(focus, scope) if item.value is not None]

    def test(self, focus: Any, scope: Scope = NOTHING_AROUND) -> bool:  # noqa: ANN401 - JSON
        """Whether an invariant holds: it must give true; nothing at all, and false, both break it (ElementDefinition.constraint).

        As HL7's validator has it, something that is no boolean counts as true. Raises PathError where several items come out.
        """
        if self._test is not None:
            value = focus.value if type(focus) is Node and focus.extra is None else focus
            if type(value) is dict:
                try:
                    return self._test(scope, value) is True
                except Slow:
                    pass  # the short way cannot tell; the whole way, below, always can
        return truth(self._items(focus, scope)) is True

    def _items(self, focus: Any, scope: Scope) -> Items:  # noqa: ANN401 - JSON
        start = [focus if isinstance(focus, Node) else root(focus)]
        return self._run(Env(scope, start, self._model), start)


@lru_cache(maxsize=4096)
def _compiled_once(expression: str, model: _Same) -> Path:
    return Path(expression, model.model)


class _Same:
    """A type model as a key: two are the same only when they are one."""

    __slots__ = ("model",)

    def __init__(self, model: TypeModel) -> None:
        self.model = model

    def __hash__(self) -> int:
        return id(self.model)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.model is self.model


def compile_path(expression: str, model: TypeModel = NO_MODEL) -> Path:
    """The expression, compiled once for a type model. Raises PathError where it is not FHIRPath."""
    return _compiled_once(expression, _Same(model))
