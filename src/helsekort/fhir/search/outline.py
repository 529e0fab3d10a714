"""Parts of resources: what `_summary` and `_elements` leave of them (https://hl7.org/fhir/R4/search.html#summary)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from helsekort.fhir.definitions import Definitions
from helsekort.fhir.search.search import Results
from helsekort.fhir.shapes import Resource, coding

SUBSETTED = coding("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")
"""Says that a resource is not whole, and must not be written back."""

# What is never left out: without these a resource is not known, or is misunderstood.
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules", "modifierExtension"})
_NARRATIVE = "text"


@dataclass(frozen=True, slots=True)
class Outline:
    """The top elements of a kind by their names without `[x]`: those that must be there, and those of its summary."""

    mandatory: frozenset[str]
    summary: frozenset[str]
    choices: tuple[str, ...] = ()

    def name_of(self, key: str) -> str:
        """The element a JSON member belongs to: `value` for valueQuantity and _valueDateTime."""
        plain = key.removeprefix("_")
        for choice in self.choices:
            if plain.startswith(choice) and plain[len(choice) : len(choice) + 1].isupper():
                return choice
        return plain


@lru_cache(maxsize=256)
def outline_of(definitions: Definitions, kind: str) -> Outline:
    """The outline of a kind by its definition; an empty one where it has none."""
    structure = definitions.type(kind)
    top = [one for one in structure.elements if one.path.count(".") == 1] if structure else []
    return Outline(
        frozenset(one.name for one in top if one.min or one.modifier),
        frozenset(one.name for one in top if one.summary),
        tuple(one.name for one in top if one.is_choice),
    )


def parts_of(resource: Resource, results: Results, outline: Outline) -> Resource:
    """What the results ask for of a resource, marked as not whole; the mandatory elements always."""
    if results.summary == "data":
        kept = {key: value for key, value in resource.items() if key != _NARRATIVE}
    else:
        names = _ALWAYS | outline.mandatory | _wanted(results, outline)
        kept = {key: value for key, value in resource.items() if outline.name_of(key) in names}
    return _marked(kept)


def _wanted(results: Results, outline: Outline) -> frozenset[str]:
    if results.elements:
        return frozenset(results.elements)
    return frozenset({_NARRATIVE}) if results.summary == "text" else outline.summary


def _marked(resource: Resource) -> Resource:
    """Marks by a tag in meta, which stands where it stood, or after the id."""
    meta = resource.get("meta", {})
    tagged = meta | {"tag": [*meta.get("tag", ()), SUBSETTED]}
    first = {key: resource[key] for key in ("resourceType", "id") if key in resource}
    return first | {"meta": tagged} | {key: value for key, value in resource.items() if key != "meta"}
