"""Invariants that only ask whether elements are there, said as JSON Schema instead of evaluated as FHIRPath.

`a.empty() or b.exists()` needs no engine: most of R4's invariants are of this kind, and they then cost next to nothing.
"""

from __future__ import annotations

import re

from helsekort.fhir.definitions import Constraint
from helsekort.fhir.validation.said import Schema, said
from helsekort.fhir.validation.tree import Node, json_names

_CLAUSE = re.compile(r"\s*(\w+)\.(exists|empty)\(\)(\.not\(\))?\s*")


def as_schema(constraint: Constraint, node: Node) -> Schema | None:
    """The invariant as a schema of the object it is on, or None when it asks for more than presence."""
    expression = constraint.expression
    premise, implies, conclusion = expression.partition(" implies ")
    parts = conclusion.split(" or ") if implies else expression.split(" or ")
    clauses = [_clause(part, node) for part in parts]
    if implies:
        first = _clause(premise, node)
        clauses.append({"not": first} if first else None)
    if not all(clauses):
        return None
    return said({"anyOf": clauses}, "anyOf", f"{constraint.human.rstrip('.')} ({constraint.key}).")


def _clause(text: str, node: Node) -> Schema | None:
    match = _CLAUSE.fullmatch(text)
    child = node.child(match[1]) if match else None
    if match is None or child is None:
        return None
    present: Schema = {"anyOf": [{"required": [name]} for name in json_names(child.element)]}
    absent = (match[2] == "empty") != bool(match[3])
    return {"not": present} if absent else present
