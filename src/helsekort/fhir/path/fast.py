"""The short way for plain expressions: on JSON as it stands, without an item made for every step.

Most invariants and search parameters are elements, exists(), empty(), where(), `=` with a text, and `and`/`or`. Those need
neither types nor places. What is met beside that (an extension on a primitive, a choice of types that only the definitions can
tell) raises `Slow`, and the expression is worked out the full way. Both ways give the same; the tests ask both.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import ge, gt, le, lt
from typing import Any

from helsekort.fhir.path.parser import type_written
from helsekort.fhir.path.plain import Slow, Step, alike, distinct_json, step_of, walked
from helsekort.fhir.path.references import type_in
from helsekort.fhir.path.scope import Scope
from helsekort.fhir.path.syntax import (
    Call,
    Dollar,
    Expression,
    External,
    Literal,
    Member,
    Operation,
    TypeName,
    TypeTest,
)
from helsekort.fhir.path.types import CHOICE_KEYS, CHOSEN, SYSTEM_TYPES, choice_key, is_kind

Many = Callable[[Scope, Any], list[Any]]
"""An expression on one JSON value: the values it gives."""

Test = Callable[[Scope, Any], "bool | None"]
"""An expression on one JSON value that is true, false or unknown."""


def fast_values(tree: Expression) -> Many | None:  # noqa: PLR0911 - one for each sort
    """The expression as values of JSON; None where it needs the full way."""
    match tree:
        case Dollar("this"):
            return lambda _scope, item: [item]
        case Member():
            return _members(tree)
        case External("resource"):
            return lambda scope, _item: [_json(scope.resource)]
        case Call(of, "where", (criterion,)):
            return _where(of, criterion)
        case Call(of, "first", ()):
            values = _focus(of)
            return values and (lambda scope, item: values(scope, item)[:1])
        case Call(of, "as" | "ofType", (wanted,)):
            return _as_type(of, type_written(wanted))
        case TypeTest("as", of, wanted):
            return _as_type(of, wanted)
        case Operation("|", left, right):
            return _union(left, right)
    return None


def _json(resource: object) -> Any:  # noqa: ANN401 - JSON
    """%resource where it was given as JSON."""
    if not isinstance(resource, dict):
        raise Slow
    return resource


def _focus(of: Expression | None) -> Many | None:
    return fast_values(Dollar("this") if of is None else of)


def _members(tree: Member) -> Many | None:
    """A chain of elements as one loop."""
    names: list[str] = []
    of: Expression | None = tree
    while isinstance(of, Member):
        names.insert(0, of.name)
        of = of.of
    if any(name in CHOSEN or name.startswith("_") or name == "resourceType" for name in names):
        return None
    if of is None and names[0][:1].isupper():
        return _from_resource(names[0], [step_of(name) for name in names[1:]])
    begin = _focus(of)
    return begin and _chain(begin, [step_of(name) for name in names])


def _from_resource(kind: str, steps: list[Step]) -> Many:
    def values(scope: Scope, item: Any) -> list[Any]:  # noqa: ANN401 - JSON
        said = item.get("resourceType") if type(item) is dict else None
        if said is None or kind in ("Resource", "DomainResource"):
            raise Slow
        return walked([item], steps) if said == kind else []

    return values


def _chain(begin: Many, steps: list[Step]) -> Many:
    return lambda scope, item: walked(begin(scope, item), steps)


def _as_type(of: Expression | None, wanted: TypeName) -> Many | None:
    """`value as Quantity` reads valueQuantity; a type that descends from another is left to the full way."""
    if not isinstance(of, Member) or of.name not in CHOICE_KEYS or wanted.space == "System":
        return None
    key = choice_key(of.name, wanted.name)
    keys, begin = CHOICE_KEYS[of.name], _focus(of.of)
    if key not in keys or wanted.name in SYSTEM_TYPES - {"Quantity"} or begin is None:
        return None
    others = frozenset(keys) - {key}
    kin = frozenset(one for one in others if is_kind(keys[one], wanted.name, resource=False))
    refused = kin | {of.name, "_" + of.name} | {"_" + one for one in keys}

    def values(scope: Scope, item: Any) -> list[Any]:  # noqa: ANN401 - JSON
        found = []
        for one in begin(scope, item):
            if type(one) is dict:
                if not refused.isdisjoint(one):
                    raise Slow
                value = one.get(key)
                if type(value) is list:
                    raise Slow
                if value is not None:
                    found.append(value)
        return found

    return values


def _where(of: Expression | None, criterion: Expression) -> Many | None:
    values, fits = _focus(of), fast_test(criterion)
    if values is None or fits is None:
        return None
    return lambda scope, item: [one for one in values(scope, item) if fits(scope, one) is True]


def _union(left: Expression, right: Expression) -> Many | None:
    one, other = fast_values(left), fast_values(right)
    if one is None or other is None:
        return None

    def values(scope: Scope, item: Any) -> list[Any]:  # noqa: ANN401 - JSON
        found = one(scope, item) + other(scope, item)
        return found if len(found) < 2 else distinct_json(found)

    return values


def fast_test(tree: Expression) -> Test | None:
    """The expression as true, false or unknown; None where it needs the full way."""
    match tree:
        case Operation("and" | "or" | "implies" | "xor" as operator, left, right):
            one = fast_test(left)
            return one and _LOGIC[operator](one, fast_test(right) or _slow)
        case Operation(operator, left, right):
            return _comparison(operator, left, right)
        case Call(of, name, arguments):
            return _function(of, name, arguments)
        case TypeTest("is", Call(of, "resolve", ()), wanted):
            return _points_at(of, wanted)
    return None


def _comparison(operator: str, left: Expression, right: Expression) -> Test | None:
    match operator, right:
        case "=" | "!=", Literal(value):
            return _compared(left, value, equal=operator == "=")
        case "in", _:
            return _among(left, right)
        case "<" | "<=" | ">" | ">=", _:
            return _ordered(left, operator, right)
    return None


def _function(of: Expression | None, name: str, arguments: tuple[Expression, ...]) -> Test | None:  # noqa: PLR0911 - one for each function
    match name, arguments:
        case "exists" | "empty", _:
            return _existence(of, name, arguments)
        case "not", ():
            return _negated(of)
        case "hasValue", ():
            return _has_value(of)
        case "all", (criterion,):
            return _all(of, criterion)
        case "startsWith", (Literal(str() as beginning),):
            return _begins(of, beginning)
        case "iif", (criterion, Literal(bool() as then), Literal(bool() as otherwise)) if of is None:
            decides = fast_test(criterion)
            return decides and (lambda scope, item: then if decides(scope, item) is True else otherwise)
    return None


def _negated(of: Expression | None) -> Test | None:
    inner = fast_test(of) if of is not None else None
    return inner and (lambda scope, item: None if (said := inner(scope, item)) is None else not said)


def _slow(_scope: Scope, _item: object) -> bool | None:
    """A part that has no short way; often the part before it has already said the answer."""
    raise Slow


def _existence(of: Expression | None, name: str, arguments: tuple[Expression, ...]) -> Test | None:
    values = _where(of, arguments[0]) if arguments else _focus(of)
    if values is None:
        return None
    if name == "exists":
        return lambda scope, item: bool(values(scope, item))
    return lambda scope, item: not values(scope, item)


def _has_value(of: Expression | None) -> Test | None:
    values = _focus(of)
    if values is None or of is None:
        return None

    def test(scope: Scope, item: Any) -> bool:  # noqa: ANN401 - JSON
        found = values(scope, item)
        return len(found) == 1 and type(found[0]) is not dict

    return test


def _all(of: Expression | None, criterion: Expression) -> Test | None:
    values, fits = _focus(of), fast_test(criterion)
    if values is None or fits is None:
        return None
    return lambda scope, item: all(fits(scope, one) is True for one in values(scope, item))


def _points_at(of: Expression | None, wanted: TypeName) -> Test | None:
    values = _focus(of)
    if values is None or wanted.space == "System":
        return None

    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        found = values(scope, item)
        if not found:
            return None
        said = type_in(found[0])
        if len(found) > 1 or not said:
            raise Slow
        return is_kind(said, wanted.name, resource=True)

    return test


def _compared(left: Expression, literal: object, *, equal: bool) -> Test | None:
    """An element beside a text or a truth that is written in the expression."""
    values = fast_values(left)
    if values is None or not isinstance(literal, str | bool):
        return None
    kind = type(literal)

    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        found = values(scope, item)
        if not found:
            return None
        if len(found) > 1:
            return not equal
        if type(found[0]) is not kind:
            raise Slow
        return (found[0] == literal) is equal

    return test


def _ordered(left: Expression, operator: str, right: Expression) -> Test | None:
    """Two elements by order: numbers, and times that are written alike, whose texts are in the order of the times."""
    one, other, fits = fast_values(left), fast_values(right), _FITS[operator]
    if one is None or other is None:
        return None

    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        mine, its = one(scope, item), other(scope, item)
        if len(mine) > 1 or len(its) > 1:
            raise Slow
        if not mine or not its:
            return None
        if not alike(mine[0], its[0]):
            raise Slow
        return fits(mine[0], its[0])

    return test


_FITS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def _begins(of: Expression | None, beginning: str) -> Test | None:
    values = _focus(of)
    if values is None:
        return None

    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        found = values(scope, item)
        if not found:
            return None
        if len(found) > 1 or type(found[0]) is not str:
            raise Slow
        return found[0].startswith(beginning)

    return test


def _among(left: Expression, right: Expression) -> Test | None:
    """An element among texts that are written in the expression."""
    values, texts = fast_values(left), _texts(right)
    if values is None or texts is None:
        return None

    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        found = values(scope, item)
        if not found:
            return None
        if len(found) > 1 or type(found[0]) is not str:
            raise Slow
        return found[0] in texts

    return test


def _texts(tree: Expression) -> frozenset[str] | None:
    match tree:
        case Literal(str() as value):
            return frozenset((value,))
        case Operation("|", left, right):
            one, other = _texts(left), _texts(right)
            return None if one is None or other is None else one | other
    return None


def _and(one: Test, other: Test) -> Test:
    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        mine = one(scope, item)
        if mine is False:
            return False
        its = other(scope, item)
        return False if its is False else None if mine is None or its is None else True

    return test


def _or(one: Test, other: Test) -> Test:
    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        mine = one(scope, item)
        if mine is True:
            return True
        its = other(scope, item)
        return True if its is True else None if mine is None or its is None else False

    return test


def _implies(one: Test, other: Test) -> Test:
    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        mine = one(scope, item)
        if mine is False:
            return True
        its = other(scope, item)
        return True if its is True else None if mine is None else its

    return test


def _xor(one: Test, other: Test) -> Test:
    def test(scope: Scope, item: Any) -> bool | None:  # noqa: ANN401 - JSON
        mine, its = one(scope, item), other(scope, item)
        return None if mine is None or its is None else mine is not its

    return test


_LOGIC: dict[str, Callable[[Test, Test], Test]] = {"and": _and, "or": _or, "implies": _implies, "xor": _xor}
