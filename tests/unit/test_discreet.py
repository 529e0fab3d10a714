"""What is left of a resource that came by FHIR, for somebody who may not see everything: what the catalogue knows."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.access.wishes import SENSITIVE
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Resource
from helsekort.maternity.part import decode
from helsekort.maternity.registering import registered
from helsekort.maternity.resources import slot_of
from helsekort.maternity.visible import visible_part
from helsekort.terminology.code_systems import LOINC
from tests.spec.fhir_in_memory import FhirRecord, observation, quantity, visit
from tests.spec.record_in_memory import RECORD

SECRET = "hemmelig"
RICH: dict[str, Any] = {
    "text": {"status": "additional", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{SECRET}</div>'},
    "contained": [{"resourceType": "Specimen", "id": "s", "note": [{"text": SECRET}]}],
    "extension": [{"url": "https://example.org/x", "valueString": SECRET}],
    "category": [
        {
            "coding": [
                {"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}
            ]
        },
        {"text": SECRET},
    ],
    "effectiveDateTime": "2026-01-15",
    "performer": [
        {"display": "Fürst", "extension": [{"url": "https://example.org/x", "valueString": SECRET}]},
        {"display": "Krisesenteret", "identifier": {"value": "1", "assigner": {"display": SECRET}}},
    ],
    "interpretation": [{"text": SECRET}],
    "note": [{"text": SECRET}],
    "specimen": {"reference": "#s"},
}


def seen(record: FhirRecord, key: str) -> list[Resource]:
    """The resources of a part as a proxy sees them."""
    return visible_part(decode(record.parts[key]), SENSITIVE, RECORD).resources


def test_nothing_is_left_of_a_value_but_what_the_catalogue_knows() -> None:
    record = FhirRecord()
    value = quantity(24, "ug/L") | {"extension": [{"url": "https://example.org/x", "valueString": SECRET}]}
    code = {"coding": [{"system": LOINC, "code": "2276-4", "display": SECRET}], "text": SECRET}
    made = record.create(observation(LOINC, "2276-4", valueQuantity=value, **RICH) | {"code": code})
    (left,) = seen(record, "clinicalTests")
    assert SECRET.encode() not in dump(left)
    assert b"risesenter" not in dump(left)
    assert slot_of(left) == slot_of(made)
    assert left["valueQuantity"] == quantity(24, "ug/L")
    assert left["effectiveDateTime"] == "2026-01-15"
    assert left["performer"] == [{"display": "Fürst"}, {"identifier": {"value": "1"}}]
    assert registered(left) == registered(made)
    assert left["id"] != made["id"]


def test_a_value_beside_the_one_the_contract_shows_is_seen_too_and_what_is_in_no_slot_is_not() -> None:
    record = FhirRecord()
    for value in (24, 25):
        record.create(observation(LOINC, "2276-4", valueQuantity=quantity(value, "ug/L")))
    record.create(observation("https://example.org/own", "x", valueString=SECRET))
    assert [one["valueQuantity"]["value"] for one in seen(record, "clinicalTests")] == [25, 24]
    assert len({one["id"] for one in seen(record, "clinicalTests")}) == 2


def test_a_sensitive_value_that_came_by_fhir_is_not_seen() -> None:
    record = FhirRecord()
    hiv = observation(LOINC, "29893-5", valueBoolean=True)
    record.create(hiv)
    assert decode(record.parts["clinicalTests"]).resources
    assert seen(record, "clinicalTests") == []


@pytest.mark.parametrize("more", [{"reasonCode": [{"text": SECRET}]}, {"type": [{"text": SECRET}]}, {}])
def test_of_a_visit_the_day_and_who_are_left(more: dict[str, Any]) -> None:
    record = FhirRecord()
    record.create(visit("2026-02-01T10:00:00+01:00", **more))
    (key,) = [key for key in record.parts if key.startswith("antenatalAppointments/")]
    (left,) = seen(record, key)
    assert SECRET.encode() not in dump(left)
    assert left["period"] == {"start": "2026-02-01T10:00:00+01:00"}
    assert left["class"].keys() == {"system", "code"}
