"""From a tree to Python closures: each part of an expression becomes a function from a focus to what it gives."""

from __future__ import annotations

from collections.abc import Callable

from helsekort.fhir.path.arithmetic import calculate, joined, polarity
from helsekort.fhir.path.equality import contains, distinct, equal_collections, equivalent_collections, order
from helsekort.fhir.path.errors import PathError
from helsekort.fhir.path.functions import conversion, existence, fhir, maths, subsetting, texts, tree
from helsekort.fhir.path.functions.fhir import resolves_to
from helsekort.fhir.path.functions.registry import FUNCTIONS
from helsekort.fhir.path.functions.tree import is_type, known_type, of_type
from helsekort.fhir.path.node import FALSE, NONE, TRUE, Node, add_members, boolean, made, root
from helsekort.fhir.path.parser import type_written
from helsekort.fhir.path.scope import Env, Items, Run
from helsekort.fhir.path.singles import integer, single, truth
from helsekort.fhir.path.syntax import (
    Call,
    Dollar,
    Expression,
    External,
    Item,
    Literal,
    Member,
    Operation,
    Polarity,
    TypeName,
    TypeTest,
)

THEMES = (conversion, existence, fhir, maths, subsetting, texts, tree)
"""The files whose functions are registered by being imported."""

SYSTEMS = {
    "ucum": "http://unitsofmeasure.org",
    "sct": "http://snomed.info/sct",
    "loinc": "http://loinc.org",
}


def compiled(tree_: Expression) -> Run:  # noqa: PLR0911 - one for each sort
    """An expression as a function. Raises PathError for an unknown function, or a wrong number of arguments."""
    match tree_:
        case Literal(value):
            return _literal(value)
        case External(name):
            return _external(name)
        case Dollar(name):
            return _DOLLARS[name]
        case Member(of, name):
            return _head(name) if of is None else _member(compiled(of), name)
        case Call(of, name, arguments):
            return _call(of, name, arguments)
        case Item(of, index):
            return _item(compiled(of), compiled(index))
        case Polarity(sign, of):
            value = compiled(of)
            return lambda env, this: polarity(sign, value(env, this))
        case TypeTest(operator, of, wanted):
            return _type_test(operator, of, known_type(wanted))
        case Operation(operator, left, right):
            return _OPERATORS[operator](compiled(left), compiled(right))


def _literal(value: object) -> Run:
    items = NONE if value is None else [made(value)]
    return lambda _env, _this: items


def _external(name: str) -> Run:
    if name in SYSTEMS:
        return _literal(SYSTEMS[name])
    if name.startswith("vs-"):
        return _literal(f"http://hl7.org/fhir/ValueSet/{name[3:]}")
    if name.startswith("ext-"):
        return _literal(f"http://hl7.org/fhir/StructureDefinition/{name[4:]}")
    if name in _SURROUNDINGS:
        return _SURROUNDINGS[name]
    return lambda env, _this: _variable(env, name)


_SURROUNDINGS: dict[str, Run] = {
    "context": lambda env, _this: env.context,
    "resource": lambda env, _this: env.resource,
    "rootResource": lambda env, _this: env.root,
}


def _variable(env: Env, name: str) -> Items:
    if name not in env.scope.variables:
        raise PathError("The expression names a variable that was not given.")
    value = env.scope.variables[name]
    values = value if isinstance(value, list) else [value]
    return [_as_node(one) for one in values if one is not None]


def _as_node(value: object) -> Node:
    if isinstance(value, Node):
        return value
    return root(value) if isinstance(value, dict) else made(value)


_DOLLARS: dict[str, Run] = {
    "this": lambda _env, this: this,
    "index": lambda env, _this: [made(env.index)],
    "total": lambda env, _this: env.total,
}


def _head(name: str) -> Run:
    """The name an expression begins with: an element of the focus, or the focus itself by its type."""
    if not name[:1].isupper():
        return _member(_DOLLARS["this"], name)

    def run(env: Env, this: Items) -> Items:
        found: Items = []
        for item in this:
            if item.is_a("", name):
                found.append(item)
            else:
                add_members(found, item, name, env.model)
        return found

    return run


def _member(of: Run, name: str) -> Run:
    if name == "resourceType" or name.startswith("_"):
        return lambda _env, _this: NONE  # JSON's, not elements

    def run(env: Env, this: Items) -> Items:
        found: Items = []
        for item in of(env, this):
            add_members(found, item, name, env.model)
        return found

    return run


def _call(of: Expression | None, name: str, arguments: tuple[Expression, ...]) -> Run:
    known = FUNCTIONS.get(name)
    if known is None:
        raise PathError("The expression calls a function that FHIRPath in R4 has not.")
    if not known.least <= len(arguments) <= known.most:
        raise PathError(f"{name}() has a wrong number of arguments.")
    if name == "is" and isinstance(of, Call) and of.name == "resolve":
        return _type_test("is", of, known_type(type_written(arguments[0])))
    step = known.make(arguments, compiled)
    if of is None:
        return lambda env, this: step(env, this, this)
    before = compiled(of)
    return lambda env, this: step(env, before(env, this), this)


def _item(of: Run, index: Run) -> Run:
    def run(env: Env, this: Items) -> Items:
        items, place = of(env, this), integer(index(env, this))
        if place is None or not 0 <= place < len(items):
            return NONE
        return [items[place]]

    return run


def _type_test(operator: str, of: Expression, wanted: TypeName) -> Run:
    if operator == "is" and isinstance(of, Call) and of.name == "resolve":
        of_reference = compiled(of.of) if of.of else _DOLLARS["this"]
        return lambda env, this: resolves_to(env, of_reference(env, this), wanted)
    value = compiled(of)
    if operator == "is":
        return lambda env, this: is_type(value(env, this), wanted)
    return lambda env, this: of_type(value(env, this), wanted)


def _both(work: Callable[[Items, Items], Items]) -> Callable[[Run, Run], Run]:
    """An operator that needs both sides."""
    return lambda left, right: lambda env, this: work(left(env, this), right(env, this))


def _and(left: Run, right: Run) -> Run:
    def run(env: Env, this: Items) -> Items:
        one = truth(left(env, this))
        if one is False:
            return FALSE
        other = truth(right(env, this))
        return boolean(False if other is False else None if one is None or other is None else True)

    return run


def _or(left: Run, right: Run) -> Run:
    def run(env: Env, this: Items) -> Items:
        one = truth(left(env, this))
        if one is True:
            return TRUE
        other = truth(right(env, this))
        return boolean(True if other is True else None if one is None or other is None else False)

    return run


def _implies(left: Run, right: Run) -> Run:
    def run(env: Env, this: Items) -> Items:
        one = truth(left(env, this))
        if one is False:
            return TRUE
        other = truth(right(env, this))
        return boolean(True if other is True else None if one is None else other)

    return run


def _xor(left: Items, right: Items) -> Items:
    one, other = truth(left), truth(right)
    return NONE if one is None or other is None else boolean(one is not other)


def _equals(left: Items, right: Items) -> Items:
    return boolean(equal_collections(left, right))


def _differs(left: Items, right: Items) -> Items:
    same = equal_collections(left, right)
    return NONE if same is None else boolean(not same)


def _in(left: Items, right: Items) -> Items:
    item = single(left)
    return NONE if item is None else boolean(contains(right, item))


def _ordered(fits: Callable[[int], bool]) -> Callable[[Items, Items], Items]:
    def compare(left: Items, right: Items) -> Items:
        one, other = single(left), single(right)
        if one is None or other is None:
            return NONE
        found = order(one, other)
        return NONE if found is None else boolean(fits(found))

    return compare


_OPERATORS: dict[str, Callable[[Run, Run], Run]] = {
    "and": _and,
    "or": _or,
    "implies": _implies,
    "xor": _both(_xor),
    "=": _both(_equals),
    "!=": _both(_differs),
    "~": _both(lambda left, right: boolean(equivalent_collections(left, right))),
    "!~": _both(lambda left, right: boolean(not equivalent_collections(left, right))),
    "<": _both(_ordered(lambda found: found < 0)),
    "<=": _both(_ordered(lambda found: found <= 0)),
    ">": _both(_ordered(lambda found: found > 0)),
    ">=": _both(_ordered(lambda found: found >= 0)),
    "in": _both(_in),
    "contains": _both(lambda left, right: _in(right, left)),
    "|": _both(lambda left, right: distinct([*left, *right])),
    "&": _both(joined),
    **{sign: _both(calculate(sign)) for sign in ("+", "-", "*", "/", "div", "mod")},
}
