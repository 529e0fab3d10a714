"""The fullest resource of a type: every element that R4 gives it, each with a value, made from the definitions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from helsekort.fhir.definitions import Definitions, Element
from helsekort.fhir.validation.tree import Node, json_name, tree

Json = dict[str, Any]

Refers = Callable[[Sequence[str]], str]
"""A reference to something of one of these types, or empty where there is nothing of them."""

UCUM = "http://unitsofmeasure.org"
GRAM = {"value": 1.5, "unit": "g", "system": UCUM, "code": "g"}
XHTML = '<div xmlns="http://www.w3.org/1999/xhtml">Tekst</div>'
NOT_MADE = frozenset({"id", "contained", "implicitRules", "language", "modifierExtension"})
DEEPEST = 3

VALUES: dict[str, Any] = {
    "boolean": True, "integer": 3, "positiveInt": 2, "unsignedInt": 2, "decimal": 1.5, "string": "tekst", "markdown": "tekst",
    "code": "kode", "uri": "https://x.example/u", "url": "https://x.example/u", "canonical": "https://x.example/c",
    "date": "2026-03-02", "dateTime": "2026-03-02T10:00:00+01:00", "instant": "2026-03-02T10:00:00.000+01:00", "time": "10:00:00",
    "base64Binary": "aGVp",
    "Period": {"start": "2026-03-02", "end": "2026-03-03"}, "Quantity": GRAM, "Range": {"low": GRAM, "high": GRAM},
    "Age": {"value": 30, "unit": "a", "system": UCUM, "code": "a"},
    "Duration": {"value": 3, "unit": "h", "system": UCUM, "code": "h"},
    "Ratio": {"numerator": {"value": 1}, "denominator": {"value": 2}},
    "SampledData": {"origin": {"value": 1}, "period": 1, "dimensions": 1, "data": "1 2 3"},
    "CodeableConcept": {"coding": [{"system": "http://x.example", "code": "k", "display": "kode"}], "text": "kode"},
    "Coding": {"system": "http://x.example", "code": "k"},
    "Identifier": {"use": "official", "type": {"text": "t"}, "system": "https://x.example/id", "value": "7"},
    "Annotation": {"authorString": "a", "time": "2026-03-02", "text": "merknad"},
    "Attachment": {"contentType": "text/plain", "data": "aGVp", "title": "t"},
    "Dosage": {"sequence": 1, "text": "en", "asNeededBoolean": True, "doseAndRate": [{"doseQuantity": GRAM}]},
    "Timing": {"event": ["2026-03-02"], "repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
    "ContactDetail": {"name": "n"}, "UsageContext": {"code": {"code": "a"}, "valueCodeableConcept": {"text": "x"}},
    "Meta": {"tag": [{"system": "http://x.example", "code": "t"}], "source": "https://x.example"},
    "Narrative": {"status": "generated", "div": XHTML}, "Extension": {"url": "https://x.example/e", "valueString": "e"},
}  # fmt: skip
"""A value of each data type; an element of any other type is left out."""

LEFT_OUT = frozenset({
    "Observation.dataAbsentReason",  # obs-6: there is a value
    "Condition.abatement",  # con-4: it is active
    "FamilyMemberHistory.born", "FamilyMemberHistory.name",  # fhs-1; nobody is named here
    "CarePlan.activity.reference",  # cpl-3: there is a detail
    "Questionnaire.item.answerValueSet", "Questionnaire.item.initial", "Questionnaire.item.maxLength",  # que-4, que-11, que-10
    "Questionnaire.item.enableWhen",  # que-7
})  # fmt: skip
"""What an invariant or a rule of ours does not let stand beside the rest."""
OWN: dict[str, Any] = {
    "Observation.component.code": {"text": "en del"},  # obs-7
    "Observation.status": "final",
    "Questionnaire.item.type": "choice",  # only a choice has options (que-5)
    "QuestionnaireResponse.item.linkId": "1",
}


def fullest(definitions: Definitions, kind: str, refers: Refers, *, turn: int = 0) -> Json:
    """The fullest resource of a type; where an element may have one of many types, `turn` says which."""
    structure = definitions.type(kind)
    assert structure is not None
    return {"resourceType": kind} | _Making(definitions, refers, turn).members(tree(structure), 0)


class _Making:
    def __init__(self, definitions: Definitions, refers: Refers, turn: int) -> None:
        self._definitions, self._refers, self._turn = definitions, refers, turn

    def members(self, node: Node, depth: int) -> Json:
        made: Json = {}
        for child in node.children:
            element = child.element
            left_out = element.path.removesuffix("[x]") in LEFT_OUT or element.name in NOT_MADE
            if left_out or element.content or not element.types or (depth and element.name == "extension"):
                continue
            code = element.types[self._turn % len(element.types)].code
            value = self._value(child, code, depth)
            if value not in (None, {}):
                made[json_name(element, code)] = [value] if element.repeats else value
        return made

    def _value(self, node: Node, code: str, depth: int) -> Any:  # noqa: ANN401 - JSON
        element = node.element
        path = element.path.removesuffix("[x]")
        if path in OWN and code != "Reference":
            return OWN[path]
        if code in {"BackboneElement", "Element"}:
            return self.members(node, depth + 1) if depth < DEEPEST else None
        if code == "Reference":
            return self._reference(element)
        return self._coded(element, code) or VALUES.get(code)

    def _reference(self, element: Element) -> Json:
        targets = next(one.targets for one in element.types if one.code == "Reference")
        found = self._refers([url.rpartition("/")[2] for url in targets])
        return {"reference": found} if found else {"display": "noen"}

    def _coded(self, element: Element, code: str) -> Any:  # noqa: ANN401 - JSON
        """The first code of a list that is required."""
        binding = element.binding
        required = binding is not None and binding.strength == "required"
        lists = self._definitions.value_set(binding.value_set) if binding is not None and required else None
        if not lists:
            return None
        coding = {"system": lists[0].system, "code": lists[0].codes[0]}
        return {"code": lists[0].codes[0], "Coding": coding, "CodeableConcept": {"coding": [coding]}}.get(
            code
        )
