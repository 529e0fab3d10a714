"""Resources that the JSON contract has no place for: one to a part, and to be hidden where what they tell of is hidden.

They are never shown to somebody from whom a class is hidden: nobody has classified what they hold.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from helsekort.fhir.shapes import Json, Resource, code_in
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.identity import RESOURCES, VISITS
from helsekort.maternity.part import decode
from helsekort.maternity.uris import CARD_FIELD

_FREE = f"{RESOURCES}/"
_SECTIONS: Mapping[str, str] = {
    "Encounter": VISITS,
    "MedicationStatement": "medication",
    "FamilyMemberHistory": "geneticDisorders",
}


def is_free(key: str) -> bool:
    """True for the key of a part with one resource that the JSON contract has no place for."""
    return key.startswith(_FREE)


def section_of(resource: Resource) -> str | None:
    """The section of the card that a resource tells of; None where that cannot be known: it may tell of any."""
    field = CATALOGUE.fields.get(code_in(resource.get("code"), CARD_FIELD) or "")
    return field.section if field else _SECTIONS.get(resource["resourceType"])


def tells_of(stored: bytes, sections: frozenset[str]) -> bool:
    """True where a stored part of this kind tells, or may tell, of one of the sections."""
    return any((section_of(one) or "") in sections | {""} for one in decode(stored).resources)


def without_references(value: Any, gone: Callable[[str], bool]) -> Any:  # noqa: ANN401 - JSON
    """A resource without the references to what is gone, at any depth; what is left empty is left out."""
    if isinstance(value, dict):
        return _without(value, gone)
    if isinstance(value, list):
        kept = [without_references(one, gone) for one in value]
        return [one for one, before in zip(kept, value, strict=True) if one or not before]
    return value


def _without(value: Json, gone: Callable[[str], bool]) -> Json:
    to = value.get("reference")
    if isinstance(to, str) and gone(to):
        return {}
    made = {name: without_references(one, gone) for name, one in value.items()}
    return {name: one for name, one in made.items() if one or not isinstance(one, dict | list)}
