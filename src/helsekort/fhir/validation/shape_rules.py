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
from helsekort.fhir.validation.primitives import is_json_text
from helsekort.fhir.validation.said import Schema, rule
from helsekort.fhir.validation.tree import Node, json_names

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
        case Call(of, "not", ()) if of is not None:
            inner = _true(of, node)
            return None if inner is None else {"not": inner}
        case Operation(operator, left, right) if operator in _JOINED and (both := _both(left, right, node)):
            return _JOINED[operator](*both)
    return _of_object(asked, node) if node.children else _of_text(asked, node)


_JOINED: dict[str, Callable[[Schema, Schema], Schema]] = {
    "and": lambda left, right: {"allOf": [left, right]},
    "or": lambda left, right: {"anyOf": [left, right]},
    "implies": lambda left, right: {"anyOf": [{"not": left}, right]},
    "xor": lambda left, right: {"oneOf": [left, right]},
    "!=": lambda left, right: {"oneOf": [left, right]},
    "=": lambda left, right: {"not": {"oneOf": [left, right]}},
}


def _both(left: Expression, right: Expression, node: Node) -> tuple[Schema, Schema] | None:
    one, other = _true(left, node), _true(right, node)
    return None if one is None or other is None else (one, other)


def _of_object(asked: Expression, node: Node) -> Schema | None:
    """What may be asked of an object: whether an element is there, how long a date in it is, within what limits a quantity."""
    match asked:
        case Call(Member(None, name), "exists" | "empty" as function, ()):
            return _presence(name, node, wanted=function == "exists")
        case Operation(
            operator,
            Call(
                Call(Call(Member(None, name), "ofType", (Member(None, code),)), "toString", ()), "length", ()
            ),
            Literal(int(length)),
        ) if code in TEXTS and _is_choice(node, name):
            place = name + code[0].upper() + code[1:]
            return _with_length(operator, length, {"required": [place]}, place)
        case Call(
            Member(
                Call(Call(Member(None, name), "ofType", (Member(None, "Quantity"),)), "where", (unit,)),
                "value",
            ),
            "all",
            (limits,),
        ) if _is_choice(node, name):
            return _limited(f"{name}Quantity", unit, limits)
    return None


def _presence(name: str, node: Node, *, wanted: bool) -> Schema | None:
    child = node.child(name)
    if child is None:
        return None
    present: Schema = {"anyOf": [{"required": [one]} for one in json_names(child.element)]}
    return present if wanted else {"not": present}


def _is_choice(node: Node, name: str) -> bool:
    child = node.child(name)
    return child is not None and child.element.is_choice


def _of_text(asked: Expression, node: Node) -> Schema | None:
    """What may be asked of a date or time itself; its value alone is judged, not what stands beside it in `_name`."""
    texts = {choice.code for choice in node.element.types if is_json_text(choice.code)}
    if not texts or not texts <= TEXTS:
        return None
    match asked:
        case TypeTest("is", Dollar("this"), TypeName(_, code)) if texts == {code}:
            return {"type": "string"}
        case Operation(operator, Call(Call(of, "toString", ()), "length", ()), Literal(int(length))):
            match of:
                case TypeTest("as", Dollar("this"), TypeName(_, code)) if texts != {code}:
                    return None
                case Dollar("this") | TypeTest("as", Dollar("this")):
                    return _with_length(operator, length, {"type": "string"})
        case Call(Call(Dollar("this"), "extension", (Literal(),)), "exists", ()):
            return {"not": {}}
    return None


def _with_length(operator: str, length: int, also: Schema, place: str = "") -> Schema | None:
    lengths: dict[str, Schema] = {
        "=": {"minLength": length, "maxLength": length},
        ">=": {"minLength": length},
        "<=": {"maxLength": length},
    }
    found = lengths.get(operator)
    if found is None:
        return None
    return {**also, "properties": {place: found}} if place else {**also, **found}


def _limited(place: str, unit: Expression, limits: Expression) -> Schema | None:
    """A quantity that is within limits when it is in a unit."""
    bounds = _bounds(limits)
    match unit:
        case Operation("=", Member(None, "code"), Literal(str(code))) if bounds is not None:
            in_unit: Schema = {"required": ["code"], "properties": {"code": {"const": code}}}
            return {"properties": {place: {"if": in_unit, "then": {"properties": {"value": bounds}}}}}
    return None


def _bounds(limits: Expression) -> Schema | None:
    match limits:
        case Operation("and", left, right):
            lower, upper = _bounds(left), _bounds(right)
            return None if lower is None or upper is None else {**lower, **upper}
        case Operation(operator, Dollar("this"), Literal(value)) if operator in _KEYWORDS:
            return {_KEYWORDS[operator]: value}
    return None
