"""JSON Schema 2020-12 from a StructureDefinition's snapshot (https://hl7.org/fhir/R4/json.html, .../elementdefinition.html).

One schema holds a type or profile with every data type it uses under `$defs`. Each keyword that can fail carries its
sentence (`said.py`). What schemas cannot say is in `plan.py`.
"""

from __future__ import annotations

from helsekort.fhir.definitions import Definitions, Element, Structure, TypeChoice
from helsekort.fhir.validation.patterns import own_rules
from helsekort.fhir.validation.primitives import PRIMITIVES
from helsekort.fhir.validation.said import Schema, rule
from helsekort.fhir.validation.shape_rules import as_schema
from helsekort.fhir.validation.slices import slice_counts, sliced_items
from helsekort.fhir.validation.tree import Node, is_apart, is_wide, json_name, json_names, tree

# Types that have no elements of their own worth naming: what is inside is told by the path.
INLINE = frozenset({"BackboneElement", "Element"})
# Whose URI must stand by itself, with a scheme (datatypes.html#Identifier).
ABSOLUTE = frozenset({("Identifier", "system")})
_NO_PRIMITIVE_EXTENSION = frozenset({"id", "url", "xhtml"})


def schema_of(definitions: Definitions, structure: Structure) -> Schema:
    """The schema of a type or profile, complete in itself."""
    maker = SchemaMaker(definitions)
    schema = maker.structure_schema(structure)
    return {**schema, "$defs": maker.defs}


class SchemaMaker:
    """Makes one schema; `defs` fills with the data types it turns out to need."""

    def __init__(self, definitions: Definitions) -> None:
        self.definitions = definitions
        self.defs: dict[str, Schema] = {}
        self._contents: dict[str, Node] = {}

    def structure_schema(self, structure: Structure) -> Schema:
        """The schema of a structure's root object."""
        root = tree(structure)
        for row in structure.elements:
            if row.content and row.content not in self._contents:
                self._contents[row.content] = content_node(root, row.content)
        schema = self.object_schema(root, structure.type)
        if structure.kind == "resource":
            schema["properties"]["resourceType"] = {"const": structure.type}
            schema["properties"]["id"] = self._primitive("id")
            schema["required"] = ["resourceType", *schema.get("required", ())]
        return schema

    def object_schema(self, node: Node, kind: str) -> Schema:
        """The schema of an object with exactly the elements inside a node."""
        schema: Schema = {"type": "object", "title": kind, "properties": {}, "additionalProperties": False}
        schema["minProperties"] = 1
        required: list[str] = []
        rules: list[Schema] = []
        for child in node.children:
            schema["properties"].update(self._properties(child))
            if (kind, child.element.name) in ABSOLUTE:
                schema["properties"][child.element.name] = _absolute(schema["properties"][child.element.name])
            rules += self._presence(child, required)
        if pairs := self._pairs(node):
            schema["dependentSchemas"] = pairs
        if required:
            schema["required"] = required
        rules += _invariants(node)
        if rules:
            schema["allOf"] = rules
        return schema

    def _presence(self, child: Node, required: list[str]) -> list[Schema]:
        """What makes an element required; a choice needs one of its names."""
        element = child.element
        if not element.min or element.max == 0:
            return []
        if not element.is_choice:
            required.append(element.name)
            return []
        wanted = [{"required": [name]} for name in json_names(element)]
        return [
            rule(
                {"anyOf": wanted},
                f"The required element {element.name}[x] is missing.",
                "Send it with one of its types.",
            )
        ]

    def _pairs(self, node: Node) -> dict[str, Schema]:
        """A choice of types may be there once: each name shuts the others out."""
        pairs: dict[str, Schema] = {}
        for child in node.children:
            element = child.element
            if len(element.types) < 2 or is_wide(element) or not element.is_choice:
                continue
            for choice in element.types:
                own = json_name(element, choice.code)
                others = [name for name in json_names(element) if name not in {own, f"_{own}"}]
                pairs[own] = {"properties": dict.fromkeys(others, False)}
        return pairs

    def _properties(self, child: Node) -> dict[str, Schema]:
        """The names of an element in JSON with their schemas; none when a profile leaves it out."""
        element = child.element
        if element.max == 0:
            return {}
        if element.content:
            return {element.name: self._repeated(child, self._content(element.content))}
        found: dict[str, Schema] = {}
        for choice in element.types:
            name = json_name(element, choice.code)
            node = _type_slice(child, name)
            found[name] = self._repeated(child, self.value_schema(node, choice))
            if choice.code in PRIMITIVES and not _NO_PRIMITIVE_EXTENSION & {element.name, choice.code}:
                found[f"_{name}"] = self._beside(element)
        return found

    def value_schema(self, node: Node, choice: TypeChoice) -> Schema:
        """The schema of one value of an element that has a type."""
        if is_apart(node.element, choice.code):
            return {"type": "object", "title": choice.code}
        if node.children:
            inline = choice.code in INLINE
            schema = self.object_schema(node, node.element.path if inline else choice.code)
        elif choice.code in PRIMITIVES:
            schema = _all_of(self._primitive(choice.code), _invariants(node))
        else:
            schema = self._type_schema(choice)
        return _all_of(schema, own_rules(self.definitions, node.element, choice.code))

    def _primitive(self, code: str) -> Schema:
        return {"title": code, **PRIMITIVES[code].schema}

    def _type_schema(self, choice: TypeChoice) -> Schema:
        """A reference to the data type, or to the profiles of it that are known here."""
        known = [found for url in choice.profiles if (found := self.definitions.structure(url))]
        if len(known) == len(choice.profiles) > 0:
            choices = [self._reference(f"profile.{one.name}", one) for one in known]
            return choices[0] if len(choices) == 1 else {"anyOf": choices}
        structure = self.definitions.type(choice.code)
        if structure is None or structure.kind == "resource":
            return {"type": "object", "title": "Resource", "required": ["resourceType"]}
        return self._reference(choice.code, structure)

    def _reference(self, name: str, structure: Structure) -> Schema:
        if name not in self.defs:
            self.defs[name] = {}
            self.defs[name] = self.structure_schema(structure)
        return {"$ref": f"#/$defs/{name}"}

    def _content(self, element_id: str) -> Schema:
        """The content of another element of the same structure, such as `Questionnaire.item`."""
        if element_id not in self.defs:
            self.defs[element_id] = {}
            self.defs[element_id] = self.object_schema(self._contents[element_id], "BackboneElement")
        return {"$ref": f"#/$defs/{element_id}"}

    def _repeated(self, child: Node, item: Schema) -> Schema:
        """The schema of the element's array, or of its one value."""
        element = child.element
        if not element.repeats:
            return item
        schema: Schema = {"type": "array", "title": "array", "minItems": max(element.min, 1), "items": item}
        if element.max is not None:
            schema["maxItems"] = element.max
        if child.slices and element.slicing:
            schema["items"] = sliced_items(self, child, item)
            if counts := slice_counts(self, child):
                schema["allOf"] = counts
        return schema

    def _beside(self, element: Element) -> Schema:
        """The `_name` beside a primitive: its id and extensions, for an array item by item with null for none."""
        structure = self.definitions.type("Element")
        assert structure is not None, "the definitions have no Element"
        one = self._reference("Element", structure)
        if not element.repeats:
            return one
        return {"type": "array", "title": "array", "minItems": 1, "items": {"anyOf": [{"type": "null"}, one]}}


def _invariants(node: Node) -> list[Schema]:
    """The invariants of an element that are schemas."""
    errors = (one for one in node.element.constraints if one.severity == "error")
    return [found for one in errors if (found := as_schema(one, node))]


def content_node(root: Node, element_id: str) -> Node:
    """The element whose content another one shares, by its id: `Questionnaire.item`."""
    node = root
    for name in element_id.split(".")[1:]:
        child = node.child(name)
        assert child is not None, f"{element_id} is the content of an element but is not there"
        node = child
    return node


def _absolute(schema: Schema) -> Schema:
    asked = rule(
        {"pattern": "^[A-Za-z][A-Za-z0-9+.-]*:"},
        "The system is not an absolute URI.",
        "Send it with its scheme.",
    )
    return _all_of(schema, [asked])


def _type_slice(child: Node, name: str) -> Node:
    """A choice's own slice for one of its types (`value[x]:valueQuantity`), or the choice itself."""
    return next(
        (one for one in child.slices if one.element.is_choice and one.element.slice_name == name), child
    )


def _all_of(schema: Schema, rules: list[Schema]) -> Schema:
    return {**schema, "allOf": [*schema.get("allOf", ()), *rules]} if rules else schema
