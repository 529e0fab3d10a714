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
from helsekort.maternity.places import fields_meant
from helsekort.maternity.uris import OBSERVATION_CODE

_FREE = f"{RESOURCES}/"
_SECTIONS: Mapping[str, frozenset[str]] = {
    "EpisodeOfCare": frozenset({"record"}),
    "Encounter": frozenset({VISITS}),
    "MedicationStatement": frozenset({"medication"}),
    "AllergyIntolerance": frozenset({"medication", "medicalConditions"}),
    "FamilyMemberHistory": frozenset({"geneticDisorders"}),
}


def is_free(key: str) -> bool:
    """True for the key of a part with one resource that the JSON contract has no place for."""
    return key.startswith(_FREE)


_OWN_CODES: Mapping[str, frozenset[str]] = {
    "adopted-due-date": frozenset({"currentPregnancy"}),
    "earlier-birth": frozenset({"previousPregnancies"}),
    "fetal-rhd": frozenset({"rhesusDNegative"}),
}


def sections_told(resource: Resource) -> frozenset[str]:
    """The sections of the card that a resource tells of, or may tell of; none where that cannot be known: it may be any."""
    told = frozenset(CATALOGUE.fields[key].section for key in fields_meant(resource))
    if not told and resource["resourceType"] == "Observation":
        told = _OWN_CODES.get(code_in(resource.get("code"), OBSERVATION_CODE) or "", told)
    return told or _SECTIONS.get(resource["resourceType"], told)


def tells_of(stored: bytes, sections: frozenset[str]) -> bool:
    """True where a stored part of this kind tells, or may tell, of one of the sections."""
    told = [sections_told(one) for one in decode(stored).resources]
    return any(not one or not one.isdisjoint(sections) for one in told)


def without_references(value: Any, gone: Callable[[str], bool]) -> Any:  # noqa: ANN401 - JSON
    """A resource without what refers to what is gone, at any depth: references, links, narrative. Nothing empty is left."""
    if isinstance(value, dict):
        return _without(value, gone)
    if isinstance(value, list):
        kept = [without_references(one, gone) for one in value if not _is_gone(one, gone)]
        return [one for one in kept if one not in ({}, [])]
    return value


def _without(value: Json, gone: Callable[[str], bool]) -> Json:
    whole = "resourceType" in value or "versionId" in value  # a resource, and its meta, stay
    if not whole and any(_is_gone(one, gone) for one in value.values()):
        return {}
    made = {name: without_references(one, gone) for name, one in value.items() if not _is_gone(one, gone)}
    return {name: one for name, one in made.items() if one not in ({}, [])}


def _is_gone(value: object, gone: Callable[[str], bool]) -> bool:
    return isinstance(value, str) and gone(value)
