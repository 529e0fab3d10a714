"""An expression as a tree of values (https://hl7.org/fhirpath/N1/grammar.html)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression: bool, str, int, Decimal, Moment or Quantity; None is the empty collection {}."""

    value: object


@dataclass(frozen=True, slots=True)
class External:
    """A value from outside the resource: %resource, %ucum, %`vs-…`."""

    name: str


@dataclass(frozen=True, slots=True)
class Dollar:
    """$this, $index or $total."""

    name: str


@dataclass(frozen=True, slots=True)
class Member:
    """The elements of a name under each item of `of`; `of` is None where the expression begins with the name."""

    of: Expression | None
    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """A function on `of`, or on the focus where `of` is None."""

    of: Expression | None
    name: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """`of[index]`."""

    of: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class Polarity:
    """`+of` or `-of`."""

    sign: str
    of: Expression


@dataclass(frozen=True, slots=True)
class Operation:
    """Two expressions with an operator between them."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type: `Quantity`, `FHIR.Quantity` or `System.Quantity`; the space is empty where none was written."""

    space: str
    name: str


@dataclass(frozen=True, slots=True)
class TypeTest:
    """`of is T` and `of as T`."""

    operator: str
    of: Expression
    type: TypeName


Expression = Literal | External | Dollar | Member | Call | Item | Polarity | Operation | TypeTest


def parts_of(tree: Expression) -> Iterator[Expression]:
    """The expressions directly within an expression."""
    for name in tree.__slots__:
        value = getattr(tree, name)
        if isinstance(value, Expression):
            yield value
        elif isinstance(value, tuple):
            yield from value


def depth_of(tree: Expression) -> int:
    """How many expressions are within each other at most; a chain of steps or operators is as deep as it is long."""
    deepest, waiting = 0, [(tree, 1)]
    while waiting:
        part, depth = waiting.pop()
        deepest = max(deepest, depth)
        waiting += [(one, depth + 1) for one in parts_of(part)]
    return deepest
