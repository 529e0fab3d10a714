"""What a schema cannot say, as a walk through a resource that goes only where there is something to check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jsonschema_rs

from helsekort.fhir.definitions import BASE, Constraint, Definitions, Structure, TypeChoice
from helsekort.fhir.validation.bundles import bundle_check
from helsekort.fhir.validation.contained import contained_check, resource_check
from helsekort.fhir.validation.extensions import (
    absolute_url_check,
    extension_check,
    implicit_rules_check,
    known_extension_check,
    modifier_check,
    one_of_check,
)
from helsekort.fhir.validation.invariants import HELD, invariant_check
from helsekort.fhir.validation.narrative import narrative_check
from helsekort.fhir.validation.primitives import PRIMITIVES, WHOLE_NUMBERS
from helsekort.fhir.validation.references import reference_check
from helsekort.fhir.validation.run import Check, Run
from helsekort.fhir.validation.schema import INLINE, SchemaMaker, content_node
from helsekort.fhir.validation.shape_rules import as_schema
from helsekort.fhir.validation.slices import telling
from helsekort.fhir.validation.tree import Node, is_apart, is_wide, json_name, tree

EXTENSION = f"{BASE}Extension"


class Plan:
    """The checks of a value, the plans of its elements by their JSON name, and those of the slices it may be in."""

    __slots__ = ("checks", "inside", "slices")

    def __init__(self) -> None:
        self.checks: list[Check] = []
        self.inside: dict[str, Plan] = {}
        self.slices: list[tuple[Callable[[Any], bool], Plan]] = []


def walk(plan: Plan, value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """Run every check of a plan on a value and on what is inside it."""
    for check in plan.checks:
        check(value, where, run)
    for told, sliced in plan.slices:
        if told(value):
            walk(sliced, value, where, run)
    if type(value) is dict and not plan.inside.keys().isdisjoint(value):
        _walk_inside(plan.inside, value, where, run)


def _walk_inside(plans: dict[str, Plan], value: dict[str, Any], where: str, run: Run) -> None:
    """Each element that has a plan; a place is worked out only where there is something to check, which is in few."""
    for name, part in value.items():
        plan = plans.get(name)
        if plan is None:
            continue
        itself, inside = plan.checks or plan.slices, plan.inside.keys()
        if type(part) is list:
            for index, item in enumerate(part):
                if itself or (type(item) is dict and not inside.isdisjoint(item)):
                    walk(plan, item, f"{where}.{name}[{index}]", run)
        elif itself or (type(part) is dict and not inside.isdisjoint(part)):
            walk(plan, part, f"{where}.{name}", run)


def whole_number_check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
    """A whole number has no fraction and no exponent; JSON Schema takes 1.0 for one."""
    if isinstance(value, int) or not hasattr(value, "as_tuple"):
        return
    run.find(where, "This is not a whole number.", PRIMITIVES["integer"].hint)


def apart_check(code: str) -> Check:
    """The check of a value by its data type's own schema."""

    def check(value: Any, where: str, run: Run) -> None:  # noqa: ANN401 - what was sent
        if isinstance(value, dict):
            run.by_definition(f"{BASE}{code}", value, where, run)

    return check


class Planner:
    """Makes the plans of types and profiles, each once."""

    def __init__(self, definitions: Definitions, known: frozenset[str], modifiers: frozenset[str]) -> None:
        self._definitions = definitions
        self._known = known
        self._extension_check = known_extension_check(definitions.extensions())
        self._modifier_check = modifier_check(modifiers)
        self._plans: dict[str, Plan] = {}

    def plan(self, structure: Structure) -> Plan:
        """The plan of a type or profile."""
        found = self._plans.get(structure.url)
        if found is None:
            found = self._plans[structure.url] = Plan()
            root = tree(structure)
            found.checks += self._type_checks(structure)
            self._fill(found, root, structure.type, root)
        return found

    def _fill(self, plan: Plan, node: Node, kind: str, root: Node) -> None:
        """The checks of an object, and then the plans of what may be inside, which may borrow these checks."""
        plan.checks += self._invariants(node, kind) + _choice_checks(node)
        for child in node.children:
            self._add(plan, child, root)

    def _type_checks(self, structure: Structure) -> list[Check]:
        """The checks of a type that its snapshot does not say."""
        if structure.kind == "resource":
            return [bundle_check] if structure.type == "Bundle" else [contained_check]
        if structure.type == "Narrative":
            return [narrative_check]
        if structure.url == EXTENSION:
            return [extension_check, absolute_url_check, self._extension_check]
        return [extension_check] if structure.type == "Extension" else []

    def _invariants(self, node: Node, kind: str) -> list[Check]:
        return [invariant_check(one, kind, self._definitions.types) for one in evaluated(node)]

    def _add(self, plan: Plan, child: Node, root: Node) -> None:
        """The plans of an element under each name it may have."""
        element = child.element
        if element.max == 0:
            return
        if element.content:
            plan.inside[element.name] = self._content(content_node(root, element.content), root)
            return
        for choice in element.types:
            name = json_name(element, choice.code)
            if choice.code in PRIMITIVES:
                plan.inside[f"_{name}"] = self._of_type("Element")
            found = self._value(_typed(child, name), choice, root)
            if found is not None:
                plan.inside[name] = found

    def _content(self, node: Node, root: Node) -> Plan:
        key = f"{root.element.id}#{node.element.id}"
        if key not in self._plans:
            found = self._plans[key] = Plan()
            self._fill(found, node, node.element.path, root)
        return self._plans[key]

    def _value(self, node: Node, choice: TypeChoice, root: Node) -> Plan | None:
        """The plan of one value of an element that has a type, with what the element and its slices add; None when nothing."""
        plan = Plan()
        if is_apart(node.element, choice.code):
            plan.checks.append(apart_check(choice.code))
        elif node.children:
            self._fill(plan, node, node.element.path if choice.code in INLINE else choice.code, root)
        elif choice.code in PRIMITIVES:
            plan.checks += [whole_number_check] if choice.code in WHOLE_NUMBERS else []
            plan.checks += self._invariants(node, choice.code)
        else:
            self._borrow(plan, node, choice)
        if choice.code == "Reference":
            plan.checks.append(reference_check(map(self._target, choice.targets), self._known))
        if node.element.name == "modifierExtension":
            plan.checks.append(self._modifier_check)
        if node.element.name == "implicitRules":
            plan.checks.append(implicit_rules_check)
        plan.slices += self._slices(node, root)
        return plan if plan.checks or plan.inside or plan.slices else None

    def _target(self, url: str) -> str:
        """What a reference may point to: of a profile, the type that it is of."""
        structure = self._definitions.structure(url)
        return f"{BASE}{structure.type}" if structure is not None else url

    def _borrow(self, plan: Plan, node: Node, choice: TypeChoice) -> None:
        """What the data type, or the profile of it, asks for; and the element's own invariants beside the type's."""
        structure = self._structure_of(choice)
        if structure is None or structure.kind == "resource":
            plan.checks.append(resource_check)
            return
        shared = self.plan(structure)
        plan.checks += shared.checks
        plan.inside = shared.inside
        own = {one.key for one in structure.elements[0].constraints} | HELD
        plan.checks += [
            invariant_check(one, choice.code, self._definitions.types)
            for one in node.element.constraints
            if one.severity == "error" and one.key not in own
        ]

    def _structure_of(self, choice: TypeChoice) -> Structure | None:
        if len(choice.profiles) == 1 and (found := self._definitions.structure(choice.profiles[0])):
            return found
        return self._definitions.type(choice.code)

    def _of_type(self, code: str) -> Plan:
        structure = self._definitions.type(code)
        assert structure is not None, f"the definitions have no {code}"
        return self.plan(structure)

    def _slices(self, node: Node, root: Node) -> list[tuple[Callable[[Any], bool], Plan]]:
        """The plans of the slices that add checks to those of the element."""
        if not node.element.slicing or not node.element.repeats:
            return []
        return [told for one in node.slices if (told := self._slice(node, one, root)) is not None]

    def _slice(self, node: Node, one: Node, root: Node) -> tuple[Callable[[Any], bool], Plan] | None:
        maker = SchemaMaker(self._definitions)
        told = telling(maker, node, one)
        if told is None or not one.element.types:
            return None
        plan = self._value(one, one.element.types[0], root)
        if plan is None or not adds(one, node):
            return None
        validator = jsonschema_rs.Draft202012Validator(
            {**told, "$defs": maker.defs}, pattern_options=jsonschema_rs.RegexOptions()
        )
        return validator.is_valid, plan


def _choice_checks(node: Node) -> list[Check]:
    """Of choices with too many types for the schema to pair."""
    rows = (child.element for child in node.children)
    return [one_of_check(row) for row in rows if row.max != 0 and is_wide(row)]


def _typed(child: Node, name: str) -> Node:
    return next(
        (one for one in child.slices if one.element.is_choice and one.element.slice_name == name), child
    )


def evaluated(node: Node) -> list[Constraint]:
    """The invariants of an element that are held neither by its schema nor by another check."""
    return [
        one
        for one in node.element.constraints
        if one.severity == "error" and one.key not in HELD and as_schema(one, node) is None
    ]


def adds(one: Node, base: Node) -> bool:
    """Whether a slice has an invariant, a type's profile or a reference's target that the element itself has not."""
    return not (_own(one) | _inside(one)) <= (_own(base) | _inside(base))


def _own(node: Node) -> set[tuple[str, str]]:
    """What Python checks of an element, with its path."""
    found = {(node.element.path, one.key) for one in evaluated(node)}
    for choice in node.element.types:
        found |= {(node.element.path, url) for url in (*choice.targets, *choice.profiles)}
    return found


def _inside(node: Node) -> set[tuple[str, str]]:
    """What Python checks of the elements inside an element and of their slices."""
    found: set[tuple[str, str]] = set()
    for child in node.children:
        for one in (child, *child.slices):
            found |= _own(one) | _inside(one)
    return found
