"""What is left of a resource that came by FHIR, for somebody who may not see everything: what the catalogue knows."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.access.wishes import SENSITIVE
from helsekort.basics.strict_json import dump
from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.catalogue import CATALOGUE
from helsekort.maternity.discreet import discreet
from helsekort.maternity.part import decode
from helsekort.maternity.registering import registered
from helsekort.maternity.resources import CATEGORY, UNKNOWN, slot_of
from helsekort.maternity.uris import (
    AUTHOR_ORGANISATION,
    AUTHOR_ROLE,
    CARD_ITEM,
    CARD_PLACE,
    FETUS,
    RECORD_STATUS,
    RECORDED_BY,
    TREATMENT_FACILITY,
)
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


MORE: Json = {"note": [{"text": SECRET}], "id": SECRET}
"""What no element of a resource that is shown may carry along."""
TELLING = "Krisesenteret"


def told(to: str, **more: object) -> Json:
    """A reference with everything it may have, and more."""
    return {"reference": to, "type": to.partition("/")[0], "display": "Fürst", **MORE, **more}


def kept(to: str, **more: object) -> Json:
    """What is left of it."""
    return {"reference": to, "type": to.partition("/")[0], "display": "Fürst", **more}


def theirs(url: str, **value: object) -> Json:
    """An extension."""
    return {"url": url, **value}


OWN = [
    theirs(AUTHOR_ROLE, valueString="JO"),
    theirs(AUTHOR_ORGANISATION, valueReference={"reference": "Organization/1"}),
    theirs(TREATMENT_FACILITY, valueString="Klinikken"),
    theirs(RECORD_STATUS, valueCode="ACTIVE"),
]
UNKNOWN_ONE = theirs("https://example.org/x", valueString=SECRET)
WHOLE: list[tuple[str, object, object]] = [
    ("resourceType", "Condition", "Condition"),
    ("id", "one", "one"),
    ("extension", [*OWN, UNKNOWN_ONE, theirs(AUTHOR_ROLE, valueString=TELLING)], OWN),
    (
        "identifier",
        [{"system": CARD_ITEM, "value": "1", "use": SECRET}, {"system": "https://example.org", "value": "2"}],
        [{"system": CARD_ITEM, "value": "1"}],
    ),
    ("status", "final", "final"),
    ("verificationStatus", {"coding": [{"code": "x"}]}, {"coding": [{"code": "x"}]}),
    ("class", {"system": "s", "code": "AMB", "display": SECRET}, {"system": "s", "code": "AMB"}),
    (
        "category",
        [
            {"coding": [{"system": CATEGORY, "code": "laboratory", "display": SECRET}], "text": SECRET},
            {"coding": [{"system": "https://example.org", "code": SECRET}]},
            {"text": SECRET},
        ],
        [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
    ),
    ("subject", told("Patient/1"), kept("Patient/1")),
    ("patient", told("Patient/1"), kept("Patient/1")),
    (
        "focus",
        [
            told("RelatedPerson/2"),
            {"identifier": {"system": FETUS, "value": "1", "assigner": MORE}},
            {"identifier": {"system": "https://example.org", "value": "1"}},
            told("Observation/3"),
        ],
        [kept("RelatedPerson/2"), {"identifier": {"system": FETUS, "value": "1"}}],
    ),
    ("encounter", told("Encounter/1"), kept("Encounter/1")),
    ("episodeOfCare", [told("EpisodeOfCare/1")], [kept("EpisodeOfCare/1")]),
    (
        "participant",
        [{"individual": told("Practitioner/1"), "type": [MORE]}, {"type": [MORE]}],
        [{"individual": kept("Practitioner/1")}],
    ),
    (
        "period",
        {"start": "2026-01-01", "end": "2026-01-02", **MORE},
        {"start": "2026-01-01", "end": "2026-01-02"},
    ),
    ("effectiveDateTime", "2026-01-01", "2026-01-01"),
    ("_effectiveDateTime", MORE, UNKNOWN),
    (
        "effectivePeriod",
        {"start": "2026-01-01", "end": "2026-01-02", **MORE},
        {"start": "2026-01-01", "end": "2026-01-02"},
    ),
    ("effectiveInstant", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
    ("issued", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z"),
    ("recordedDate", "2026-01-01", "2026-01-01"),
    (
        "performer",
        [
            told("Organization/1", extension=[OWN[0], UNKNOWN_ONE]),
            told("Practitioner/1", display=TELLING, identifier={"system": "s", "value": "1", **MORE}),
            told("Device/1"),
            {"note": SECRET},
        ],
        [
            kept("Organization/1", extension=[OWN[0]]),
            {
                "reference": "Practitioner/1",
                "type": "Practitioner",
                "identifier": {"system": "s", "value": "1"},
            },
            {"type": "Device", "display": "Fürst"},
            {},
        ],
    ),
    ("recorder", told("Practitioner/1"), kept("Practitioner/1")),
    ("serviceProvider", told("Organization/1"), kept("Organization/1")),
    ("managingOrganization", told("Organization/1"), kept("Organization/1")),
    ("careManager", told("Practitioner/1"), kept("Practitioner/1")),
]
DIABETES = CATALOGUE.fields["medicalConditions.diabetes"]


@pytest.mark.parametrize(("element", "value", "left"), WHOLE, ids=[row[0] for row in WHOLE])
def test_of_each_element_exactly_this_is_left(element: str, value: object, left: object) -> None:
    assert discreet(DIABETES, {element: value, "onsetString": SECRET}) == {element: left}


@pytest.mark.parametrize(
    ("element", "value"),
    [
        ("extension", [UNKNOWN_ONE]),
        ("category", [{"text": SECRET}]),
        ("focus", [told("Observation/1")]),
        ("class", {"display": SECRET}),
        ("subject", {"reference": "Device/1"}),
    ],
)
def test_of_an_element_with_nothing_to_keep_not_even_its_name_is_left(element: str, value: object) -> None:
    assert discreet(DIABETES, {element: value}) == {}


def test_the_code_is_the_catalogues_own_and_stands_only_where_there_was_one() -> None:
    assert discreet(DIABETES, {"code": {"text": SECRET}}) == {"code": DIABETES.concept}


def test_of_an_extensions_reference_no_more_is_left_than_of_another() -> None:
    where = theirs(AUTHOR_ORGANISATION, valueReference=told("Organization/1"))
    left = theirs(AUTHOR_ORGANISATION, valueReference=kept("Organization/1"))
    assert discreet(DIABETES, {"extension": [where]}) == {"extension": [left]}


def test_of_meta_the_version_and_what_the_service_itself_has_noted_is_left() -> None:
    place = theirs(CARD_PLACE, valueCode="aside")
    who = theirs("who", valueReference=told("Practitioner/1"))
    recorded = theirs(RECORDED_BY, extension=[who, theirs("role", valueCode="JO")])
    meta = {"versionId": "2", "lastUpdated": "2026-01-01T10:00:00Z"}
    sent = {**meta, "source": SECRET, "tag": [MORE], "extension": [place, recorded, UNKNOWN_ONE]}
    left = theirs(
        RECORDED_BY,
        extension=[{**who, "valueReference": kept("Practitioner/1")}, theirs("role", valueCode="JO")],
    )
    assert discreet(DIABETES, {"meta": sent}) == {"meta": {**meta, "extension": [place, left]}}
    assert discreet(DIABETES, {"meta": {**meta, "source": SECRET}}) == {"meta": meta}


@pytest.mark.parametrize(
    "to",
    ["Patient/1", "Practitioner/1", "Organization/1", "RelatedPerson/1", "Encounter/1", "EpisodeOfCare/1"],
)
def test_a_reference_leads_to_these_kinds_only(to: str) -> None:
    assert discreet(DIABETES, {"subject": {"reference": to}}) == {"subject": {"reference": to}}
    assert discreet(DIABETES, {"subject": {"reference": f"Observation/{to}"}}) == {}
