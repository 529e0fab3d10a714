"""An expression as a tree of values (https://hl7.org/fhirpath/N1/grammar.html)."""

from __future__ import annotations

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
