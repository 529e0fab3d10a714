"""FHIR's invariants that must be evaluated: as FHIRPath, skipped where the element they are about is not there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from helsekort.fhir.definitions import Constraint
from helsekort.fhir.path import PathError, TypeModel, compile_path, root
from helsekort.fhir.validation import bundles
from helsekort.fhir.validation.run import Check, Run

# Held by the generated schema, by bundles.py, references.py, contained.py and narrative.py.
HELD = bundles.HELD | frozenset(
    {"dom-2", "dom-3", "dom-4", "dom-5", "ele-1", "ext-1", "ref-1", "txt-1", "txt-2"}
)
# An invariant that holds as soon as one of these elements is missing; R4's expressions say so, but only after a detour.
NEEDS = {
    "ait-2": ("clinicalStatus",),
    "app-4": ("cancelationReason",),
    "bdl-2": ("entry",),
    "con-4": ("abatementDateTime", "abatementAge", "abatementPeriod", "abatementRange", "abatementString"),
    "con-5": ("clinicalStatus",),
    "ctm-1": ("onBehalfOf",),
    "grp-1": ("member",),
    "inv-1": ("lastModified", "part", "resource", "name"),
    "per-1": ("end",),
    "que-2": ("item",),
    "rng-2": ("high",),
    "tim-9": ("offset",),
}


def codes_apart(value: dict[str, Any], run: Run) -> bool:
    """obs-7 by hand: compared pair by pair, thousands of components would take seconds."""
    if "component" not in value or not any(name.startswith(("value", "_value")) for name in value):
        return True
    own = set(_codings(value))
    return own.isdisjoint(key for one in _objects(value.get("component")) for key in _codings(one))


def _codings(value: dict[str, Any]) -> Iterator[frozenset[tuple[str, str]]]:
    """What each coding of a `code` says, so that two are alike when they are equal."""
    code = value.get("code")
    for one in _objects(code.get("coding") if isinstance(code, dict) else None):
        yield frozenset((name, str(part)) for name, part in one.items())


def _objects(rows: object) -> Iterator[dict[str, Any]]:
    return (one for one in (rows if isinstance(rows, list) else ()) if isinstance(one, dict))


def _hand_check(holds: Callable[[dict[str, Any], Run], bool], sentence: str) -> Check:
    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if isinstance(value, dict) and not holds(value, run):
            run.find(where, sentence)

    return check


BY_HAND: dict[str, Callable[[dict[str, Any], Run], bool]] = {"obs-7": codes_apart}


def invariant_check(constraint: Constraint, kind: str, types: TypeModel) -> Check:
    """The check of an invariant on elements of a type, named by type or element path."""
    sentence = f"{constraint.human.rstrip('.')} ({constraint.key})."
    if by_hand := BY_HAND.get(constraint.key):
        return _hand_check(by_hand, sentence)
    path = compile_path(constraint.expression, types)
    needs = NEEDS.get(constraint.key, ())

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if needs and not (isinstance(value, dict) and any(name in value for name in needs)):
            return
        if run.misshapen and run.is_misshapen(where):
            return
        try:
            holds = path.test(root(value, kind, where), run.scope)
        except PathError:
            holds = False
        if not holds:
            run.find(where, sentence)

    return check
