"""A resource in a few words, and a section's words as XHTML: what a reader sees who has no program for the codes.

Made from values, names and codes alone: a narrative that somebody has sent is never copied into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from helsekort.fhir.shapes import Json, Resource, code_in, each
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.others import words_of
from helsekort.maternity.places import by_herself
from helsekort.maternity.resources import slot_of, value_of
from helsekort.maternity.uris import CARD_FIELD, OBSERVATION_CODE
from helsekort.maternity.values import BloodPressureValue, CodedValue
from helsekort.patient_summary.holding import field_key
from helsekort.patient_summary.phrases import (
    ANSWERS,
    EARLIER,
    FETUS,
    FOUND,
    HERSELF,
    NOTHING,
    OWN_CODES,
    REMARK,
    STATUSES,
)

_ANNOTATION = re.compile(r"\{[^}]*\}")
"""What UCUM has in curly brackets is no unit: {count}, {beats}/min."""
_DATES = (
    "effectiveDateTime",
    "onsetDateTime",
    "occurrenceDateTime",
    "performedDateTime",
    "recordedDate",
    "date",
)
_PERIODS = ("effectivePeriod", "onsetPeriod", "performedPeriod", "period")
_NAMED_BY = ("code", "vaccineCode", "medicationCodeableConcept", "relationship")


def xhtml(lines: Iterable[str], language: str, *, more: bool = False) -> Json:
    """A Narrative with one list item a line; of an empty section, that absence is not a no.

    `more` where some lines tell what the section has no entry for.
    """
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    body = f"<ul>{items}</ul>" if items else f"<p>{escape(NOTHING[language])}</p>"
    opening = f'<div xmlns="http://www.w3.org/1999/xhtml" lang="{language}" xml:lang="{language}">'
    return {"status": "additional" if more else "generated", "div": f"{opening}{body}</div>"}


def line_of(resource: Resource, language: str, *, earlier: bool = False) -> str:
    """What a resource says in one line: its name, its value, how it stands, its date, and whether she states it herself.

    `earlier` where it is of an earlier pregnancy.
    """
    told = [
        _value(resource, language),
        STATUSES.get((resource["resourceType"], resource.get("status", "")), {}).get(language),
    ]
    said = ", ".join(one for one in told if one)
    line = f"{_name(resource, language)}: {said}" if said else _name(resource, language)
    marks = [
        EARLIER[language] if earlier else "",
        _day(resource),
        HERSELF[language] if by_herself(resource) else "",
    ]
    within = ", ".join(one for one in marks if one)
    return f"{line} ({within})" if within else line


def _day(resource: Resource) -> str:
    told = [resource.get(name) for name in _DATES]
    told += [resource.get(name, {}).get("start") for name in _PERIODS]
    return next((one for one in told if one), "")[:10]


def _name(resource: Resource, language: str) -> str:
    """What it is called, before it the fetus or the item of a list it is of."""
    slot = slot_of(resource)
    whose = _item(slot.key, slot.item, language) if slot.item else _fetus(resource, language)
    name = _label(resource, language)
    return f"{whose} – {name}" if whose else name


def _label(resource: Resource, language: str) -> str:
    field = CATALOGUE.fields.get(field_key(resource))
    if field is not None:
        if field.name.endswith("note"):
            return REMARK[language]
        return field.labels[language]
    if own := OWN_CODES.get(code_in(resource.get("code"), OBSERVATION_CODE) or ""):
        return own[language]
    concept = next((resource[name] for name in _NAMED_BY if name in resource), None)
    named = words_of(concept) if concept else ""
    return named or str(resource.get("title") or resource.get("description") or resource["resourceType"])


def _item(key: str, item: str, language: str) -> str:
    """The item of a list by name: a fetus by its number, a stimulant by what it is, else by its number."""
    field = CATALOGUE.fields.get(key)
    if field is None:
        return ""
    if field.scope == "fetus":
        return f"{FETUS[language]} {item.removeprefix('#')}"
    told_by = CATALOGUE.sections[field.section].items.get(field.array, "")
    names = CATALOGUE.fields.get(f"{field.section}.{field.array}.{told_by}")
    coded = names is not None and isinstance(names.value, CodedValue)
    return _code(names, item, language) if names is not None and coded else item.removeprefix("#")


def _code(field: Field, code: str, language: str) -> str:
    """A code of the field's list by its name there; a code without one as it is."""
    name = field.value.system.name(code, language) if isinstance(field.value, CodedValue) else ""
    return name or code


def _fetus(resource: Resource, language: str) -> str:
    """The fetus a value is of, where it has no place on the card."""
    for one in each(resource, "focus"):
        kind, _, number = str(one.get("reference", "")).rpartition("fetus")
        if kind.startswith("RelatedPerson/"):
            return f"{FETUS[language]} {number}"
    return ""


def _value(resource: Resource, language: str) -> str:
    if resource["resourceType"] == "Observation" and "component" in resource:
        return _components(resource, language)
    if resource["resourceType"] == "FamilyMemberHistory":
        told = (words_of(one.get("code", {})) for one in resource.get("condition", ()))
        return ", ".join(one for one in told if one)
    field = CATALOGUE.fields.get(field_key(resource))
    if field is not None and field.resource == "Condition" == resource["resourceType"]:
        answer = value_of(field, resource)
        return "" if answer else _answer(resource, language, answer=False)
    return _plain(resource, language)


def _components(resource: Resource, language: str) -> str:
    """A blood pressure as it is written; other components each with its name."""
    field = CATALOGUE.fields.get(field_key(resource))
    if field is not None and isinstance(field.value, BloodPressureValue):
        found = field.value.from_fhir(resource)
        return f"{field.value.to_v1(found)} mmHg" if found else ""
    return ", ".join(_component(one, language) for one in resource["component"])


def _component(component: Json, language: str) -> str:
    field = CATALOGUE.fields.get(code_in(component.get("code"), CARD_FIELD) or "")
    name = field.labels[language] if field is not None else words_of(component.get("code", {}))
    return f"{name}: {_plain(component, language)}"


def _plain(holder: Mapping[str, Any], language: str) -> str:
    """A value[x] in words."""
    found = next((name for name in holder if name.startswith("value")), "")
    value: Any = holder.get(found)
    match found:
        case "":
            return words_of(holder.get("dataAbsentReason", {}))
        case "valueQuantity":
            number = f"{value.get('comparator', '')}{value['value']}" if "value" in value else ""
            return f"{number} {_ANNOTATION.sub('', value.get('unit', ''))}".strip()
        case "valueCodeableConcept":
            return _coded(holder, value, language)
        case "valueBoolean":
            return _answer(holder, language, answer=bool(value))
        case _:
            return str(value) if isinstance(value, (str, int)) else ""


def _answer(holder: Mapping[str, Any], language: str, *, answer: bool) -> str:
    tested = "resourceType" in holder and field_key(dict(holder)).startswith("clinicalTests.")
    return (FOUND if tested else ANSWERS)[language][0 if answer else 1]


def _coded(holder: Mapping[str, Any], value: Json, language: str) -> str:
    """A coded value by the catalogue's name of it, else by what it says itself."""
    field = CATALOGUE.fields.get(field_key(dict(holder))) if "resourceType" in holder else None
    normal = field.value.from_fhir(dict(holder)) if field is not None else None
    for choice in field.choices if field is not None else ():
        if choice.v1 == normal:
            return choice.names[language]
    if field is not None and isinstance(field.value, CodedValue) and isinstance(normal, str):
        return _code(field, normal, language)
    return words_of(value)
