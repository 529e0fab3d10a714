"""Slicing as JSON Schema: which slice an item is in, what it must then be, and how many there may be
(https://hl7.org/fhir/R4/profiling.html#slicing)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from helsekort.fhir.definitions import Discriminator, TypeChoice
from helsekort.fhir.validation.patterns import bound_codes, pattern
from helsekort.fhir.validation.said import Schema, rule
from helsekort.fhir.validation.tree import Node, json_name, json_names, tree

if TYPE_CHECKING:
    from helsekort.fhir.validation.schema import SchemaMaker

_STEPS = re.compile(r"extension\('([^']+)'\)|(\w+)(?:\(\))?")
_REFERENCE_TYPE = "(?:^|/){}/[^/]+(?:/_history/[^/]+)?$"


def sliced_items(maker: SchemaMaker, child: Node, item: Schema) -> Schema:
    """The schema of an item: that of the slice it falls in, else the element's own, or nothing when slicing is closed."""
    assert child.element.slicing is not None
    rest = item
    if child.element.slicing.rules == "closed":
        rest = rule({"not": {}}, "The item is in none of the slices allowed here.", _names(child))
    for one in reversed(child.slices):
        told = telling(maker, child, one)
        if told is None:
            rest = item
            continue
        rest = {"if": told, "then": slice_schema(maker, one, item), "else": rest}
    return rest


def slice_schema(maker: SchemaMaker, one: Node, item: Schema) -> Schema:
    """What an item of a slice must be; a slice that only counts adds nothing to the element."""
    choice = one.element.types[0] if one.element.types else TypeChoice(code="BackboneElement")
    own = maker.value_schema(one, choice)
    return (
        own if one.children or choice.code != "BackboneElement" else {"allOf": [item, *own.get("allOf", ())]}
    )


def slice_counts(maker: SchemaMaker, child: Node) -> list[Schema]:
    """How many items each slice has at least and at most."""
    rules: list[Schema] = []
    for one in child.slices:
        told, element = telling(maker, child, one), one.element
        if told is None:
            continue
        if element.min:
            what = f"The slice {element.slice_name} is missing: at least {element.min} item must be in it."
            rules.append(
                {
                    "contains": told,
                    "minContains": element.min,
                    "said": {"contains": [what, ""], "minContains": [what, ""]},
                }
            )
        if element.max is not None:
            counted: Schema = {"contains": told, "minContains": 0, "maxContains": element.max}
            words = f"The slice {element.slice_name} has at most {element.max} items."
            rules.append({**counted, "said": {"maxContains": [words, ""]}})
    return rules


def telling(maker: SchemaMaker, child: Node, one: Node) -> Schema | None:
    """What tells that an item is in a slice; None when only other resources could tell (a profile)."""
    assert child.element.slicing is not None
    found = [_discriminated(maker, one, row) for row in child.element.slicing.discriminators]
    known = [row for row in found if row is not None]
    if not found or len(known) < len(found):
        return None
    return known[0] if len(known) == 1 else {"allOf": known}


def _discriminated(maker: SchemaMaker, one: Node, row: Discriminator) -> Schema | None:
    if row.type == "profile":
        return None
    steps = [(match[1], match[2]) for match in _STEPS.finditer(row.path.replace("$this", ""))]
    return _along(maker, one, steps, row.type)


def _along(maker: SchemaMaker, node: Node, steps: list[tuple[str, str]], kind: str) -> Schema | None:
    """The schema of a node such that the discriminator holds at the end of the steps."""
    if not steps or steps[0][1] == "resolve":
        return _leaf(maker, node, kind)
    (url, name), *rest = steps
    if node.element.pattern or node.element.fixed:
        return _value(maker, node)
    child = _extension_slice(node, url) if url else _inside(maker, node, name)
    if child is None:
        return None
    if kind == "exists" and not rest:
        return _existence(child)
    # What tells may be said of a slice of the element instead: `code.coding:SBPCode.system`.
    for one in (child, *(part for part in child.slices if part.element.min)):
        inner = _along(maker, one, rest, kind)
        if inner is not None:
            return _held(child, _with_url(inner, url) if url else inner)
    return None


def _with_url(inner: Schema, url: str) -> Schema:
    return {"allOf": [inner, {"required": ["url"], "properties": {"url": {"const": url}}}]}


def _extension_slice(node: Node, url: str) -> Node | None:
    holder = node.child("extension")
    slices = holder.slices if holder else []
    return next((one for one in slices if any(url in choice.profiles for choice in one.element.types)), None)


def _inside(maker: SchemaMaker, node: Node, name: str) -> Node | None:
    """An element inside a node, which may be said by the profile of the node's type."""
    child = node.child(name)
    if child is not None or not node.element.types:
        return child
    choice = node.element.types[0]
    structure = next((found for url in choice.profiles if (found := maker.definitions.structure(url))), None)
    structure = structure or maker.definitions.type(choice.code)
    return tree(structure).child(name) if structure else None


def _held(child: Node, inner: Schema) -> Schema:
    """An object that has the element, and in it what is asked for."""
    element = child.element
    part: Schema = {"contains": inner} if element.repeats else inner
    names = [json_name(element, choice.code) for choice in element.types] or [element.name]
    choices = [{"required": [name], "properties": {name: part}} for name in names]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _existence(child: Node) -> Schema:
    present: Schema = {"anyOf": [{"required": [name]} for name in json_names(child.element)]}
    return {"not": present} if child.element.max == 0 else present


def _leaf(maker: SchemaMaker, node: Node, kind: str) -> Schema | None:
    if kind == "type":
        return _of_type(node)
    return _value(maker, node)


def _of_type(node: Node) -> Schema | None:
    """A resource of the slice's types, or a Reference to one."""
    codes = [choice.code for choice in node.element.types]
    if codes == ["Reference"]:
        names = [url.rpartition("/")[2] for url in node.element.types[0].targets]
        joined = "|".join(names)
        return {
            "anyOf": [
                {
                    "required": ["reference"],
                    "properties": {"reference": {"pattern": _REFERENCE_TYPE.format(f"(?:{joined})")}},
                },
                {"required": ["type"], "properties": {"type": {"enum": names}}},
            ]
        }
    return {"required": ["resourceType"], "properties": {"resourceType": {"enum": codes}}}


def _value(maker: SchemaMaker, node: Node) -> Schema | None:
    """The fixed values and patterns in a node; when it has none, the code list of its required binding."""
    found = _constants(node)
    if found is None and node.element.types:
        return bound_codes(maker.definitions, node.element, node.element.types[0].code)
    return found


def _constants(node: Node) -> Schema | None:
    """What is fixed in a node or in the elements and required slices inside it."""
    element = node.element
    for value in element.fixed:
        return {"const": value}
    for value in element.pattern:
        return pattern(value)
    if element.types and element.types[0].code == "Extension" and element.types[0].profiles:
        return {"required": ["url"], "properties": {"url": {"const": element.types[0].profiles[0]}}}
    inner = [_held(child, found) for child in node.children if (found := _constants(child)) is not None]
    slices = (_constants(one) for one in node.slices if one.element.min)
    inner += [{"contains": found} for found in slices if found is not None]
    return {"allOf": inner} if inner else None


def _names(child: Node) -> str:
    return f"The slices are {', '.join(one.element.slice_name for one in child.slices)}."
