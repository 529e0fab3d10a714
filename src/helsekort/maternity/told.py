"""What a resource says, as values that a page can write in its own language: words, codes, numbers with units, moments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helsekort.fhir.shapes import Json
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.fields import Field
from helsekort.maternity.places import fields_meant
from helsekort.terminology.code_systems import canonical_uri


@dataclass(frozen=True, slots=True)
class Named:
    """A concept: the words it was sent with, its codes as (canonical system, code), and a display of one of them."""

    text: str = ""
    codes: tuple[tuple[str, str], ...] = ()
    display: str = ""

    def __bool__(self) -> bool:
        return bool(self.text or self.codes or self.display)


@dataclass(frozen=True, slots=True)
class Measured:
    """A number as it was sent, with its UCUM code and how its sender writes the unit."""

    number: str
    code: str = ""
    unit: str = ""
    comparator: str = ""


@dataclass(frozen=True, slots=True)
class Moment:
    """A FHIR date, dateTime or part of one: a year, a month, a day, or a time of day."""

    text: str


Value = str | bool | Named | Measured | Moment


@dataclass(frozen=True, slots=True)
class Told:
    """One value, with what it is of where that is not the resource itself: a component, a question."""

    value: Value
    of: Named = Named()
    fields: tuple[Field, ...] = ()


def named(concept: object) -> Named:
    """A CodeableConcept, or the first of several."""
    if isinstance(concept, list):
        concept = concept[0] if concept else None
    if not isinstance(concept, dict):
        return Named()
    codings = [one for one in concept.get("coding", ()) if one.get("code") or one.get("display")]
    return Named(
        text=str(concept.get("text", "")),
        codes=tuple((canonical_uri(one.get("system", "")), one["code"]) for one in codings if "code" in one),
        display=next((str(one["display"]) for one in codings if one.get("display")), ""),
    )


_MOMENTS = ("valueDateTime", "valueDate")
_NUMBERS = ("valueInteger", "valueDecimal")


def value_of(holder: Json) -> Value | None:
    """The value[x] of an Observation, a component or an answer; None where it has none that is said in words."""
    if "valueQuantity" in holder:
        return _quantity(holder["valueQuantity"])
    if "valueCodeableConcept" in holder or "valueCoding" in holder:
        return (
            named(holder.get("valueCodeableConcept") or {"coding": [holder.get("valueCoding", {})]}) or None
        )
    if moment := next((holder[one] for one in _MOMENTS if one in holder), None):
        return Moment(str(moment))
    if (number := next((holder[one] for one in _NUMBERS if one in holder), None)) is not None:
        return Measured(str(number))
    said: Value | None = holder.get("valueBoolean", holder.get("valueString"))
    return said


def _quantity(quantity: Json) -> Measured:
    told = {name: str(quantity.get(name, "")) for name in ("code", "unit", "comparator")}
    return Measured(str(quantity.get("value", "")), **told)


def components(resource: Json) -> Iterator[Told]:
    """The components of an Observation, each with its own name."""
    for one in resource.get("component", ()):
        value = value_of(one)
        if value is not None:
            meant = sorted(fields_meant({"resourceType": "Observation", **one}))
            yield Told(value, named(one.get("code")), tuple(CATALOGUE.fields[key] for key in meant))


def answers(holder: Json) -> Iterator[Told]:
    """Each answer to a questionnaire with its question, at any depth."""
    for item in holder.get("item", ()):
        given = item.get("answer", ())
        for one in given:
            if (value := value_of(one)) is not None:
                yield Told(value, Named(str(item.get("text", ""))))
        for inside in (item, *given):
            yield from answers(inside)
