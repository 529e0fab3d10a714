"""A resource in a few words, and a section's words as XHTML: what a reader sees who has no program for the codes."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from helsekort.fhir.shapes import Json, Resource, code_in
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.due_dates import ADOPTED
from helsekort.maternity.resources import slot_of
from helsekort.maternity.uris import OBSERVATION_CODE

_YES_NO = {"nb": ("Ja", "Nei"), "nn": ("Ja", "Nei"), "en": ("Yes", "No")}
_FOUND = {
    "nb": ("Påvist", "Ikke påvist"),
    "nn": ("Påvist", "Ikkje påvist"),
    "en": ("Detected", "Not detected"),
}
_NOTHING = {
    "nb": "Ingen opplysninger er registrert her. Det betyr ikke at det ikke finnes noen.",
    "nn": "Ingen opplysningar er registrerte her. Det tyder ikkje at det ikkje finst nokon.",
    "en": "Nothing is registered here. That does not mean that there is nothing.",
}
_ADOPTED = {"nb": "Fastsatt termin", "nn": "Fastsett termin", "en": "Adopted due date"}
_DATES = ("effectiveDateTime", "onsetDateTime", "occurrenceDateTime", "performedDateTime", "recordedDate")


def xhtml(lines: Iterable[str], language: str) -> Json:
    """A Narrative with one list item a line; of an empty section, that absence is not a no."""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = f"<ul>{items}</ul>" if items else f"<p>{escape(_NOTHING[language])}</p>"
    opening = f'<div xmlns="http://www.w3.org/1999/xhtml" lang="{language}" xml:lang="{language}">'
    return {"status": "generated", "div": f"{opening}{body}</div>"}


def line_of(resource: Resource, language: str) -> str:
    """What a resource says, in one line: its name, its value where it has one, and its date."""
    said = _value(resource, language)
    date = next((resource[name] for name in _DATES if name in resource), "")[:10]
    line = f"{_name(resource, language)}: {said}" if said else _name(resource, language)
    return f"{line} ({date})" if date else line


def _name(resource: Resource, language: str) -> str:
    field = CATALOGUE.fields.get(slot_of(resource).key)
    if field is not None:
        return field.labels[language]
    if code_in(resource.get("code"), OBSERVATION_CODE) == ADOPTED:
        return _ADOPTED[language]
    named = ("code", "vaccineCode", "medicationCodeableConcept")
    concept = next((resource[name] for name in named if name in resource), None)
    return _concept(concept) or str(resource.get("title") or resource["resourceType"])


def _concept(concept: Json | None) -> str:
    """A CodeableConcept in words: its text, else the first name a coding has, else the code."""
    found = concept or {}
    codings = found.get("coding", [])
    names = [
        found.get("text"),
        *(one.get("display") for one in codings),
        *(one.get("code") for one in codings),
    ]
    return next((str(name) for name in names if name), "")


def _value(resource: Resource, language: str) -> str:
    if "component" in resource:
        return "/".join(_value(one, language) for one in resource["component"])
    found = next((name for name in resource if name.startswith("value")), "")
    value: Any = resource.get(found)
    match found:
        case "":
            return ""
        case "valueQuantity":
            return f"{value['value']} {value.get('unit', '')}".strip() if "value" in value else ""
        case "valueCodeableConcept":
            return _coded(resource, value, language)
        case "valueBoolean":
            words = _FOUND if slot_of(resource).key.startswith("clinicalTests.") else _YES_NO
            return words[language][0 if value else 1]
        case _:
            return str(value) if isinstance(value, (str, int)) else ""


def _coded(resource: Resource, value: Json, language: str) -> str:
    """A coded value by the catalogue's name of it, else by what it says itself."""
    field = CATALOGUE.fields.get(slot_of(resource).key)
    normal = field.value.from_fhir(resource) if field is not None else None
    for choice in field.choices if field is not None else ():
        if choice.v1 == normal:
            return choice.names[language]
    return _concept(value)
