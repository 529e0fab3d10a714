"""Invariants that only ask whether elements are there, or keep a number between limits, said as JSON Schema instead of evaluated.

`a.empty() or b.exists()` needs no engine: most of R4's invariants are of this kind, and as schemas they cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from helsekort.fhir.definitions import Constraint
from helsekort.fhir.path.parser import parse_path
from helsekort.fhir.path.syntax import (
    Call,
    Dollar,
    Expression,
    Literal,
    Member,
    Operation,
    TypeName,
    TypeTest,
)
from helsekort.fhir.validation.said import Schema, rule
from helsekort.fhir.validation.tree import Node, json_name, json_names

TEXTS = frozenset({"date", "dateTime", "instant", "time"})
_KEYWORDS = {">=": "minimum", "<=": "maximum", ">": "exclusiveMinimum", "<": "exclusiveMaximum"}
_parsed = cache(parse_path)


def as_schema(constraint: Constraint, node: Node) -> Schema | None:
    """The invariant as a schema of the object it is on, or None when it asks for more."""
    found = _true(_parsed(constraint.expression), node)
    if found is None:
        return None
    return rule({"allOf": [found]}, f"{constraint.human.rstrip('.')} ({constraint.key}).")


def _true(asked: Expression, node: Node) -> Schema | None:
    """What holds exactly when an expression is true; what is asked of is never unknown, so that ordinary logic will do."""
    match asked:
        case Operation(operator, Call(Call(of, "toString", ()), "length", ()), Literal(int(length))) if (
            of is not None
        ):
            return _long(of, node, operator, length)
        case Operation(operator, left, right):
            return _joined(operator, _true(left, node), _true(right, node))
        case Call(Member(None, name), "exists" | "empty" as function, ()):
            return _presence(name, node, wanted=function == "exists")
        case Call(of, "not", ()) if of is not None:
            inner = _true(of, node)
            return None if inner is None else {"not": inner}
        case Call(
            Member(
                Call(Call(Member(None, name), "ofType", (Member(None, "Quantity"),)), "where", (unit,)),
                "value",
            ),
            "all",
            (limits,),
        ):
            return _limited(name, node, unit, limits)
    return None


_JOINED: dict[str, Callable[[Schema, Schema], Schema]] = {
    "and": lambda left, right: {"allOf": [left, right]},
    "or": lambda left, right: {"anyOf": [left, right]},
    "implies": lambda left, right: {"anyOf": [{"not": left}, right]},
    "xor": lambda left, right: {"oneOf": [left, right]},
    "!=": lambda left, right: {"oneOf": [left, right]},
    "=": lambda left, right: {"not": {"oneOf": [left, right]}},
}


def _joined(operator: str, left: Schema | None, right: Schema | None) -> Schema | None:
    if left is None or right is None or operator not in _JOINED:
        return None
    return _JOINED[operator](left, right)


def _presence(name: str, node: Node, *, wanted: bool) -> Schema | None:
    child = node.child(name)
    if child is None:
        return None
    present: Schema = {"anyOf": [{"required": [one]} for one in json_names(child.element)]}
    return present if wanted else {"not": present}


_LENGTHS: dict[str, Callable[[int], Schema]] = {
    "=": lambda length: {"minLength": length, "maxLength": length},
    ">=": lambda length: {"minLength": length},
    "<=": lambda length: {"maxLength": length},
}


def _long(of: Expression, node: Node, operator: str, length: int) -> Schema | None:
    """`value.ofType(dateTime).toString().length() = 10`, and the same of the element itself by `$this as dateTime`."""
    if operator not in _LENGTHS:
        return None
    schema = _LENGTHS[operator](length)
    codes = {choice.code for choice in node.element.types}
    match of:
        case TypeTest("as", Dollar("this"), TypeName(_, code)) if code in codes & TEXTS:
            return {"type": "string", **schema}
        case Call(Member(None, name), "ofType", (Member(None, code),)) if code in TEXTS:
            child = node.child(name)
            if child is not None and child.element.is_choice:
                place = json_name(child.element, code)
                return {"required": [place], "properties": {place: schema}}
    return None


def _limited(name: str, node: Node, unit: Expression, limits: Expression) -> Schema | None:
    """`value.ofType(Quantity).where(code = 'g/dL').value.all($this >= 1 and $this <= 30)`: a quantity in a unit within limits."""
    child, bounds = node.child(name), _bounds(limits)
    match unit:
        case Operation("=", Member(None, "code"), Literal(str(code))) if (
            child is not None and bounds is not None
        ):
            if not child.element.is_choice:
                return None
            in_unit: Schema = {"required": ["code"], "properties": {"code": {"const": code}}}
            within: Schema = {"properties": {"value": bounds}}
            return {"properties": {f"{name}Quantity": {"if": in_unit, "then": within}}}
    return None


def _bounds(limits: Expression) -> Schema | None:
    match limits:
        case Operation("and", left, right):
            lower, upper = _bounds(left), _bounds(right)
            return None if lower is None or upper is None else {**lower, **upper}
        case Operation(operator, Dollar("this"), Literal(value)) if operator in _KEYWORDS:
            return {_KEYWORDS[operator]: value}
    return None
