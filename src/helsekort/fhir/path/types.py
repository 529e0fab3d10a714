"""The types of FHIR and of FHIRPath, and how elements get theirs (https://hl7.org/fhir/R4/fhirpath.html#types).

JSON says the type of an element only where it may have several (`valueQuantity`). The rest is in the definitions: a `TypeModel`
made of them. Without one an element's type is what its JSON shows, and unknown ("") for texts and objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

TypeModel = Mapping[str, Mapping[str, str]]
"""For each type (and each backbone element, by its path) the type of each element.

A choice element stands with its `[x]`, and once by each of its JSON names.
"""

NO_MODEL: TypeModel = {}
UNKNOWN = ""

_ANY = (
    "Address Age Annotation Attachment CodeableConcept Coding ContactDetail ContactPoint Contributor "
    "Count DataRequirement Distance Dosage Duration Expression HumanName Identifier Meta Money "
    "ParameterDefinition Period Quantity Range Ratio Reference RelatedArtifact SampledData Signature "
    "Timing TriggerDefinition UsageContext base64Binary boolean canonical code date dateTime decimal id "
    "instant integer markdown oid positiveInt string time unsignedInt uri url uuid"
)
_ORDERED = "Quantity date dateTime decimal instant integer positiveInt time unsignedInt"

# Every choice element of R4 by its name, with the types it has in any resource or data type (from the R4 definitions).
_CHOICES = {
    "abatement": "Age Period Range dateTime string",
    "additive": "CodeableConcept Reference",
    "age": "Age CodeableConcept Range string",
    "allowed": "CodeableConcept Money boolean string unsignedInt",
    "amount": "Quantity Range Ratio string",
    "answer": "Coding Quantity Reference boolean date dateTime decimal integer string time",
    "asNeeded": "CodeableConcept boolean",
    "author": "Reference string",
    "born": "Period date string",
    "bounds": "Duration Period Range",
    "characteristic": "CodeableConcept Quantity",
    "chargeItem": "CodeableConcept Reference",
    "code": "CodeableConcept Reference",
    "collected": "Period dateTime",
    "content": "Attachment Reference string",
    "created": "Period dateTime",
    "date": "Period dateTime",
    "deceased": "Age Range boolean date dateTime string",
    "defaultValue": _ANY,
    "definingSubstance": "CodeableConcept Reference",
    "definition": "CodeableConcept DataRequirement Expression canonical uri",
    "detail": "CodeableConcept Quantity Range Ratio boolean integer string",
    "diagnosis": "CodeableConcept Reference",
    "dose": "Quantity Range",
    "doseNumber": "positiveInt string",
    "due": "Duration date",
    "duration": "Quantity Range",
    "effective": "Period Timing dateTime instant",
    "entity": "CodeableConcept Reference",
    "event": "CodeableConcept Coding Reference dateTime id uri",
    "example": "boolean canonical",
    "fastingStatus": "CodeableConcept Duration",
    "fixed": _ANY,
    "identified": "Period dateTime",
    "indication": "CodeableConcept Reference",
    "instances": "Quantity Range",
    "item": "CodeableConcept Reference",
    "legallyBinding": "Attachment Reference",
    "location": "Address CodeableConcept Reference",
    "manufacturer": "Reference string",
    "maxValue": _ORDERED,
    "medication": "CodeableConcept Reference",
    "minValue": _ORDERED,
    "minimumVolume": "Quantity string",
    "module": "CodeableConcept canonical uri",
    "multipleBirth": "boolean integer",
    "name": "Reference url",
    "occurred": "Period dateTime",
    "occurrence": "Period Timing dateTime string",
    "offset": "Duration Range",
    "onset": "Age Period Range dateTime string",
    "participantEffective": "Duration Period Timing dateTime",
    "pattern": _ANY,
    "performed": "Age Period Range dateTime string",
    "probability": "Range decimal",
    "procedure": "CodeableConcept Reference",
    "product": "CodeableConcept Reference",
    "quantity": "Quantity Range Ratio",
    "rate": "Quantity Range Ratio",
    "reported": "Reference boolean",
    "scheduled": "Period Timing string",
    "seriesDoses": "positiveInt string",
    "serviced": "Period date",
    "source": "Attachment Reference canonical uri",
    "start": "CodeableConcept date",
    "statusReason": "CodeableConcept Reference",
    "studyEffective": "Duration Period Timing dateTime",
    "subject": "CodeableConcept Reference",
    "substance": "CodeableConcept Reference",
    "target": "Identifier Reference canonical uri",
    "time": "Period dateTime",
    "timing": "Age Duration Period Range Reference Timing date dateTime",
    "topic": "CodeableConcept Reference",
    "used": "Money string unsignedInt",
    "value": _ANY,
    "when": "Period Range",
}


def choice_key(name: str, kind: str) -> str:
    """The JSON name of a choice element of a type: valueQuantity, valueDateTime."""
    return name + kind[0].upper() + kind[1:]


CHOICE_KEYS: dict[str, dict[str, str]] = {
    name: {choice_key(name, kind): kind for kind in kinds.split()} for name, kinds in _CHOICES.items()
}
"""For each choice element its JSON names, each with its type."""

CHOSEN: dict[str, tuple[str, str]] = {
    key: (name, kind) for name, keys in CHOICE_KEYS.items() for key, kind in keys.items()
}
"""For each JSON name of a choice element, the element and the type."""

# Elements of their own whose names look like a choice made, with whose they are.
_PLAIN = {
    "contentReference": ("ElementDefinition", UNKNOWN),
    "doseQuantity": ("Immunization",),
    "effectivePeriod": (
        "ActivityDefinition",
        "EventDefinition",
        "Library",
        "Measure",
        "PlanDefinition",
        "Questionnaire",
    ),
    "locationReference": ("ServiceRequest",),
    "occurrenceDateTime": ("GuidanceResponse",),
    "procedureReference": ("ImagingStudy",),
}


def chosen(owner: str, key: str, model: TypeModel) -> tuple[str, str] | None:
    """The choice element and the type that a JSON name stands for under a type; None for an element of its own."""
    choice = CHOSEN.get(key)
    if choice is None:
        return None
    elements = model.get(owner)
    if elements is not None:
        return choice if f"{choice[0]}[x]" in elements else None
    return None if owner in _PLAIN.get(key, ()) else choice


TEXT_TYPES = frozenset(
    [
        "string",
        "code",
        "id",
        "markdown",
        "uri",
        "url",
        "canonical",
        "uuid",
        "oid",
        "base64Binary",
        "xhtml",
        "date",
        "dateTime",
        "instant",
        "time",
    ]
)
PRIMITIVES = TEXT_TYPES | {"boolean", "integer", "positiveInt", "unsignedInt", "decimal"}
SYSTEM_TYPES = frozenset(
    ["Boolean", "String", "Integer", "Decimal", "Date", "DateTime", "Time", "Quantity", "Any"]
)

_PARENTS = {
    **dict.fromkeys(("code", "id", "markdown"), "string"),
    **dict.fromkeys(("url", "canonical", "uuid", "oid"), "uri"),
    **dict.fromkeys(("positiveInt", "unsignedInt"), "integer"),
    **dict.fromkeys(("Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity"), "Quantity"),
    **dict.fromkeys(("BackboneElement", "Extension"), "Element"),
    **dict.fromkeys(("Bundle", "Binary", "Parameters", "DomainResource"), "Resource"),
    **dict.fromkeys(("Dosage", "Timing", "ElementDefinition"), "BackboneElement"),
    **dict.fromkeys(("Resource", "Element"), ""),
}
_DATA_TYPE_BACKBONES = ("Timing.", "Dosage.", "ElementDefinition.", "DataRequirement.", "SubstanceAmount.")


def is_kind(kind: str, wanted: str, *, resource: bool) -> bool:
    """Whether a FHIR type is another or descends from it; `resource` where the item is a resource."""
    while kind:
        if kind == wanted:
            return True
        kind = _parent(kind, resource=resource)
    return False


def _parent(kind: str, *, resource: bool) -> str:
    if "." in kind:
        return "Element" if kind.startswith(_DATA_TYPE_BACKBONES) else "BackboneElement"
    return _PARENTS.get(kind, "DomainResource" if resource else "Element")


def type_model(definitions: Iterable[Mapping[str, Any]]) -> TypeModel:
    """The types of elements as StructureDefinitions' snapshots give them; profiles and logical models are left out."""
    model: dict[str, dict[str, str]] = {}
    for definition in definitions:
        if definition.get("derivation") != "constraint":
            for element in definition["snapshot"]["element"]:
                _add(model, element)
    return model


def _add(model: dict[str, dict[str, str]], element: Mapping[str, Any]) -> None:
    owner, _, name = element["path"].rpartition(".")
    if not owner:
        model.setdefault(element["path"], {})
        return
    of_owner = model.setdefault(owner, {})
    if reused := element.get("contentReference"):
        of_owner[name] = reused.partition("#")[2]
    elif name.endswith("[x]"):
        of_owner[name] = ""
        for kind in element["type"]:
            of_owner[choice_key(name[:-3], kind["code"])] = kind["code"]
    elif element.get("type"):
        of_owner[name] = _code(element)


def _code(element: Mapping[str, Any]) -> str:
    """The type of an element of one type: a backbone by its path, what is written as System.String by its FHIR name."""
    code: str = element["type"][0]["code"]
    if code in ("BackboneElement", "Element"):
        return str(element["path"])
    if code.startswith("http://hl7.org/fhirpath/System."):
        said = (extension.get("valueUrl") for extension in element["type"][0].get("extension", ()))
        return next((kind for kind in said if kind), code.rpartition(".")[2].lower())
    return code
