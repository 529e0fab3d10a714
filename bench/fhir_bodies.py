"""What an EHR system sends by FHIR after a visit: the visit, and fourteen values that belong to it."""

from __future__ import annotations

import random
from functools import cache
from typing import Any
from uuid import UUID

from bench.at_home import BLOOD_PRESSURE, DIASTOLIC, LOINC, SYSTOLIC, UCUM, component, concept
from bench.callers import practitioners
from helsekort.maternity.identity import fetus_id
from helsekort.maternity.uris import CARD_FIELD
from helsekort.terminology.code_systems import HPR_NUMBER

Json = dict[str, Any]

SNOMED = "http://snomed.info/sct"
VISIT = f"urn:uuid:{UUID(int=1, version=4)}"
FIELD = "antenatalAppointments."
VITAL_SIGNS = [concept("http://terminology.hl7.org/CodeSystem/observation-category", "vital-signs")]


def transaction(person: str, record: UUID, day: str, chance: random.Random) -> Json:
    """The visit and its values as one transaction: all of it is stored or nothing."""
    visit = {
        "resourceType": "Encounter",
        "status": "finished",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "AMB"},
        "subject": {"reference": f"Patient/{person}"},
        "episodeOfCare": [{"reference": f"EpisodeOfCare/{record}"}],
        "period": {"start": day, "end": day},
        "participant": [{"individual": performer()}],
    }
    values = [of_visit(person, day) | one for one in values_of(record, chance)]
    entries = [entry(visit) | {"fullUrl": VISIT}, *map(entry, values)]
    return {"resourceType": "Bundle", "type": "transaction", "entry": entries}


def blood_pressure(person: str, day: str, chance: random.Random) -> Json:
    """A blood pressure by itself, between visits: with the published code alone, since the card's field is a visit's."""
    alone = of_visit(person, day) | pressure(chance) | {"code": concept(LOINC, BLOOD_PRESSURE)}
    return {name: value for name, value in alone.items() if name != "encounter"}


def entry(resource: Json) -> Json:
    """A resource to be created."""
    return {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}


def of_visit(person: str, day: str) -> Json:
    """What all values of the visit have in common."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": f"Patient/{person}"},
        "encounter": {"reference": VISIT},
        "effectiveDateTime": day,
        "performer": [performer()],
    }


@cache
def performer() -> Json:
    """The doctor, by HPR number."""
    doctor = practitioners()[0]
    number = {"system": HPR_NUMBER, "value": doctor.hpr_number}
    return {"type": "Practitioner", "identifier": number, "display": doctor.name}


def values_of(record: UUID, chance: random.Random) -> list[Json]:
    """Fourteen values, with the card's own codes and the published ones where there are such."""
    fetus = {"focus": [{"reference": f"RelatedPerson/{fetus_id(record, 1)}"}]}
    weight = chance.randrange(550, 950) / 10
    return [
        {"code": field("pregnancyWeek")} | quantity(chance.randrange(8, 42), "wk"),
        {"code": field("daysAfterFullPregnancyWeek")} | quantity(chance.randrange(7), "d"),
        {"code": field("motherWeight", "29463-7"), "category": VITAL_SIGNS} | quantity(weight, "kg"),
        pressure(chance),
        {"code": field("proteinInUrineTestResult", "5804-0")}
        | {"valueCodeableConcept": concept(SNOMED, "167273002")},
        {"code": field("edema", "44966-0")} | quantity(chance.randrange(3), "{grade}"),
        {"code": field("medication"), "valueBoolean": False},
        {"code": field("employmentRate")} | quantity(chance.randrange(0, 101, 20), "%"),
        {"code": field("note"), "valueString": f"Fin kontroll. Ny time om {chance.randrange(1, 5)} uker."},
        {"code": field("fetusesVitalSigns.fetalHeartRate", "55283-6")}
        | quantity(chance.randrange(110, 160), "{beats}/min")
        | fetus,
        {"code": field("fetusesVitalSigns.motherFeelsBabyMovements", "57088-7"), "valueBoolean": True}
        | fetus,
        {"code": field("hemoglobin", "718-7")} | quantity(chance.randrange(105, 140) / 10, "g/dL"),
        {"code": field("glucoseInUrine", "25428-4"), "valueString": "negativ"},
        {"code": field("nitriteInUrine", "20407-3"), "valueString": "negativ"},
    ]


def pressure(chance: random.Random) -> Json:
    """Code and components of a blood pressure."""
    parts = [component(SYSTOLIC, chance.randrange(100, 150)), component(DIASTOLIC, chance.randrange(60, 95))]
    return {"code": field("bloodPressure", BLOOD_PRESSURE), "category": VITAL_SIGNS, "component": parts}


def field(name: str, loinc: str = "") -> Json:
    """The code of a field of a visit, beside the published one."""
    published = [{"system": LOINC, "code": loinc}] if loinc else []
    return {"coding": [{"system": CARD_FIELD, "code": FIELD + name}, *published]}


def quantity(value: float, unit: str) -> Json:
    """A quantity in UCUM."""
    return {"valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit}}
