"""What is registered and has no place in the JSON contract, for reading: home measurements, and all else that came by FHIR.

Each is named in the words it was sent with, or by the card's field where its code is one. Nothing is judged or left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from helsekort.fhir.shapes import Json, Resource, code_in
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.identity import RESOURCES
from helsekort.maternity.moments import day_of
from helsekort.maternity.part import Part
from helsekort.maternity.places import by_herself, fields_meant
from helsekort.maternity.registering import Registered, registered
from helsekort.maternity.resources import NOWHERE, VERIFICATION, slot_of
from helsekort.maternity.uris import OBSERVATION_CODE
from helsekort.maternity.values import BloodPressureValue

IN_ERROR = "entered-in-error"


@dataclass(frozen=True, slots=True)
class Other:
    """One resource beside the card's own values.

    `fields` are the card's fields that its codes may mean: mostly one or none. `name` and `value` are in the sender's words and
    digits, empty where there are none. `day` is when it was measured or done, as far as it tells a whole day.
    `own_code` is the code of ours.
    """

    kind: str
    fields: tuple[Field, ...]
    own_code: str
    name: str
    value: str
    answer: bool | None
    day: str
    by_herself: bool
    registered: Registered


def read_others(parts: Iterable[Part]) -> tuple[Other, ...]:
    """Every resource that the JSON contract shows nowhere, the newest day first; those without a day last."""
    found = [_other(one) for part in parts for one in part.resources if _is_other(part, one)]
    return tuple(sorted(found, key=lambda one: one.day, reverse=True))


def _is_other(part: Part, resource: Resource) -> bool:
    aside = part.section == RESOURCES or (part.section in CATALOGUE.sections and slot_of(resource) == NOWHERE)
    return aside and resource.get("status") != IN_ERROR


def _other(resource: Resource) -> Other:
    fields = tuple(CATALOGUE.fields[key] for key in sorted(fields_meant(resource)))
    return Other(
        kind=resource["resourceType"],
        fields=fields,
        own_code=code_in(resource.get("code"), OBSERVATION_CODE) or "",
        name=_name(resource),
        value=_pressure(resource, fields) or _value(resource) or "; ".join(_texts(resource)),
        answer=_answer(resource),
        day=_day(resource),
        by_herself=by_herself(resource),
        registered=registered(resource),
    )


def _pressure(resource: Resource, fields: tuple[Field, ...]) -> str:
    """A blood pressure as it is written, 118/76 mmHg; empty for anything else."""
    for field in fields:
        if isinstance(field.value, BloodPressureValue) and (found := field.value.from_fhir(resource)):
            return f"{field.value.to_v1(found)} mmHg"
    return ""


_NAMED_BY = ("code", "vaccineCode", "medicationCodeableConcept", "relationship", "type")
_IN_WORDS = ("title", "description")
_PLAIN = ("valueString", "valueInteger", "valueDecimal", "valueDateTime", "valueDate")


def _name(resource: Resource) -> str:
    for element in _NAMED_BY:
        told = resource.get(element)
        if isinstance(told, dict) and (words := words_of(told)):
            return words
    return next((str(resource[one]) for one in _IN_WORDS if isinstance(resource.get(one), str)), "")


def words_of(concept: Json) -> str:
    """What a CodeableConcept is called: its text, else a coding's display, else a code."""
    codings = concept.get("coding", ())
    told = [
        concept.get("text"),
        *(one.get("display") for one in codings),
        *(one.get("code") for one in codings),
    ]
    return next((str(one) for one in told if one), "")


def _value(resource: Resource) -> str:
    """The value as it was sent; several components one after another."""
    quantity = resource.get("valueQuantity")
    if quantity is not None:
        unit = quantity.get("unit") or quantity.get("code") or ""
        return f"{quantity.get('comparator', '')}{quantity.get('value', '')} {unit}".strip()
    concept = resource.get("valueCodeableConcept")
    if concept is not None:
        return words_of(concept)
    plain = next((resource[one] for one in _PLAIN if one in resource), None)
    if plain is not None:
        return str(plain)
    components = (_component(one) for one in resource.get("component", ()))
    return ", ".join(one for one in components if one)


def _texts(resource: Resource) -> Iterator[str]:
    """What a resource without a value says in words: conditions in the family, answers, a description, notes."""
    if isinstance(resource.get("description"), str) and resource["description"] != _name(resource):
        yield resource["description"]
    for one in resource.get("condition", ()) if resource["resourceType"] == "FamilyMemberHistory" else ():
        yield words_of(one.get("code", {}))
    if resource["resourceType"] == "QuestionnaireResponse":
        yield from _answers(resource)
    yield from (str(one["text"]) for one in resource.get("note", ()) if "text" in one)


def _answers(holder: Json) -> Iterator[str]:
    """Each question with its answers, at any depth."""
    for item in holder.get("item", ()):
        answers = item.get("answer", ())
        told = ", ".join(text for one in answers if (text := _value(one)))
        if told:
            yield f"{item['text']}: {told}" if item.get("text") else told
        for inside in (item, *answers):
            yield from _answers(inside)


def _component(component: Json) -> str:
    field = CATALOGUE.fields.get(next(iter(fields_meant({"resourceType": "Observation", **component})), ""))
    name = field.labels["nb"] if field is not None else words_of(component.get("code", {}))
    value = _value(component)
    return f"{name}: {value}" if value else ""


def _answer(resource: Resource) -> bool | None:
    """Yes or no, where the resource says only that; a condition that is confirmed or refuted says it too."""
    if resource["resourceType"] == "Condition":
        status = code_in(resource.get("verificationStatus"), VERIFICATION)
        return {"confirmed": True, "refuted": False}.get(status or "")
    answer: bool | None = resource.get("valueBoolean")
    return answer


_MOMENTS = (
    "effectiveDateTime",
    "effectiveInstant",
    "performedDateTime",
    "occurrenceDateTime",
    "onsetDateTime",
    "authored",
    "authoredOn",
    "date",
    "dateTime",
    "created",
    "recordedDate",
)
_PERIODS = ("effectivePeriod", "performedPeriod", "period")


def _day(resource: Resource) -> str:
    told = [resource.get(one) for one in _MOMENTS]
    told += [(resource.get(one) or {}).get("start") for one in _PERIODS]
    days = (day_of(one) for one in told if isinstance(one, str))
    return next((day for day in days if day), "")
