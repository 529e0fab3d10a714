"""What is registered and has no place in the JSON contract, for reading: home measurements, and all else that came by FHIR.

Each is named by the card's field where its code is one, else in the words it was sent with. Nothing is judged or left out.
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
from helsekort.maternity.places import by_herself, fetus_of, fields_meant
from helsekort.maternity.registering import Registered, registered
from helsekort.maternity.resources import NOWHERE, VERIFICATION, slot_of
from helsekort.maternity.told import Measured, Named, Told, answers, components, named, value_of
from helsekort.maternity.uris import OBSERVATION_CODE
from helsekort.maternity.values import BloodPressureValue

IN_ERROR = "entered-in-error"


@dataclass(frozen=True, slots=True)
class Other:
    """One resource beside the card's own values.

    `fields` are the card's fields that its codes may mean: mostly one or none; `own_code` is the code of ours. `told` is what it
    says. `moment` is when it was measured or done, as it was sent; `fetus` the number of the fetus it is of, where it names one.
    """

    kind: str
    fields: tuple[Field, ...]
    own_code: str
    name: Named
    told: tuple[Told, ...]
    moment: str
    fetus: str
    by_herself: bool
    registered: Registered


def read_others(parts: Iterable[Part]) -> tuple[Other, ...]:
    """Every resource that the JSON contract shows nowhere, the newest day first; those without a day last."""
    found = [_other(one) for part in parts for one in part.resources if _is_other(part, one)]
    return tuple(sorted(found, key=lambda one: day_of(one.moment) or one.moment, reverse=True))


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
        told=tuple(_pressure(resource, fields) or _told(resource)),
        moment=_moment(resource),
        fetus=fetus_of(resource),
        by_herself=by_herself(resource),
        registered=registered(resource),
    )


def _pressure(resource: Resource, fields: tuple[Field, ...]) -> list[Told]:
    """A blood pressure as it is written, 118/76 mmHg; nothing for anything else."""
    for field in fields:
        if isinstance(field.value, BloodPressureValue) and (found := field.value.from_fhir(resource)):
            return [Told(Measured(str(field.value.to_v1(found)), "mm[Hg]"))]
    return []


_NAMED_BY = ("code", "vaccineCode", "medicationCodeableConcept", "relationship", "type")
_IN_WORDS = ("title", "description")


def _name(resource: Resource) -> Named:
    for element in _NAMED_BY:
        if found := named(resource.get(element)):
            return found
    return Named(next((str(resource[one]) for one in _IN_WORDS if isinstance(resource.get(one), str)), ""))


def words_of(concept: Json) -> str:
    """What a CodeableConcept is called: its text, else a coding's display, else a code."""
    told = named(concept)
    return told.text or told.display or next((code for _system, code in told.codes), "")


def _told(resource: Resource) -> Iterator[Told]:
    """Its value, its components, and what it says in words."""
    value = _answer(resource) if resource["resourceType"] == "Condition" else value_of(resource)
    if value is not None:
        yield Told(value)
    yield from components(resource)
    yield from _of_a_kind(resource)
    description = resource.get("description")
    if isinstance(description, str) and description != _name(resource).text:
        yield Told(description)
    yield from (Told(str(one["text"])) for one in resource.get("note", ()) if "text" in one)


_CONCEPTS = {
    "AllergyIntolerance": ("reaction", "manifestation"),
    "FamilyMemberHistory": ("condition", "code"),
}
"""Lists whose items say something by a concept."""
_DETAILS = {"MedicationStatement": ("dosage", "text"), "CarePlan": ("activity", "detail", "description")}
"""Lists whose items say something in words."""


def _of_a_kind(resource: Resource) -> Iterator[Told]:
    kind = resource["resourceType"]
    if kind == "QuestionnaireResponse":
        yield from answers(resource)
    if kind == "DocumentReference":
        titles = (one.get("attachment", {}).get("title") for one in resource.get("content", ()))
        yield from (Told(str(title)) for title in titles if title)
    for path in (_CONCEPTS.get(kind), ("reasonCode",)):
        found = (named(one) for one in _each(resource, *path)) if path else ()
        yield from (Told(one) for one in found if one)
    if kind in _DETAILS:
        yield from (Told(str(one)) for one in _each(resource, *_DETAILS[kind]))


def _each(resource: Json, element: str, *path: str) -> Iterator[object]:
    """What stands at a path in each item of a list."""
    for one in resource.get(element, ()):
        found: object = one
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        if found is not None:
            yield found


def _answer(resource: Resource) -> bool | None:
    """Whether a condition is confirmed or refuted."""
    status = code_in(resource.get("verificationStatus"), VERIFICATION)
    return {"confirmed": True, "refuted": False}.get(status or "")


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


def _moment(resource: Resource) -> str:
    told = [resource.get(one) for one in _MOMENTS]
    told += [(resource.get(one) or {}).get("start") for one in _PERIODS]
    return next((one for one in told if isinstance(one, str)), "")
