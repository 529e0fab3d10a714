"""What came by FHIR and has no field on the card, as she reads it: home measurements, other resources, the adopted due date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from helsekort.citizen.card.others import KINDS, OtherRow
from helsekort.citizen.card.presenter import present
from helsekort.citizen.card.week import counted_from
from helsekort.citizen.language import load
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Json, Resource
from helsekort.maternity.belonging import SUBJECTS, WITHOUT_SUBJECT
from helsekort.maternity.gestation import Basis
from helsekort.maternity.reading import read_card
from helsekort.maternity.uris import OBSERVATION_CODE
from helsekort.terminology.code_systems import LOINC, SNOMED_CT
from tests.spec.fhir_in_memory import SUBJECT, FhirRecord, observation, quantity, visit

ROLE_CODE = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
ALLERGY_STATUS = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"


def listed(record: FhirRecord) -> tuple[OtherRow, ...]:
    page = present(read_card(record.parts), name="Anne", today=date(2026, 3, 1), language=load("nb"))
    return page.others


def test_what_she_has_measured_is_marked_as_hers() -> None:
    record = FhirRecord()
    weight = quantity(Decimal("72.50"), "kg")
    record.create(
        observation(
            LOINC, "29463-7", performer=[SUBJECT], effectiveDateTime="2026-02-20", valueQuantity=weight
        )
    )
    [row] = listed(record)
    assert (row.kind, row.name, row.said.text, row.day) == (
        "Måling eller funn",
        "Vekt",
        "72,50 kg",
        "20.\u00a0februar 2026",
    )
    assert row.by_herself


def test_other_resources_are_listed_in_the_words_they_were_sent_with() -> None:
    record = FhirRecord()
    record.create(
        {
            "resourceType": "Immunization",
            "status": "completed",
            "vaccineCode": {"text": "Kikhostevaksine"},
            "patient": SUBJECT,
            "occurrenceDateTime": "2026-02-10",
        }
    )
    record.create(observation(LOINC, "718-7", valueQuantity=quantity(12, "g/dL") | {"comparator": "<"}))
    record.create(
        {"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "code": {"text": "Cerclage"}}
    )
    rows = listed(record)
    assert (rows[0].kind, rows[0].name, rows[0].said.text) == ("Vaksine", "Kikhostevaksine", "")
    assert {(one.kind, one.said.text) for one in rows[1:]} == {
        ("Måling eller funn", "<12 g/dL"),
        ("Undersøkelse eller behandling", ""),
    }
    assert all("Kari" in one.origin for one in rows)


def test_a_blood_pressure_of_hers_is_written_as_everybody_writes_it() -> None:
    record = FhirRecord()
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in (("8480-6", 131), ("8462-4", 84))
    ]
    record.create(observation(LOINC, "85354-9", performer=[SUBJECT], component=parts))
    [row] = listed(record)
    assert (row.name, row.said.text) == ("Blodtrykk", "131/84 mmHg")


def test_a_code_of_a_field_and_a_narrower_one_has_the_fields_name() -> None:
    record = FhirRecord()
    record.create(observation(LOINC, "718-7", valueQuantity=quantity(Decimal("11.90"), "g/dL")))
    [row] = listed(record)
    assert (row.name, row.said.text) == ("Hemoglobin", "11,90 g/dL")


def test_what_is_said_in_words_is_told() -> None:
    record = FhirRecord()
    history = {"relationship": {"text": "mor"}, "condition": [{"code": {"text": "Preeklampsi"}}]}
    record.create(
        {"resourceType": "FamilyMemberHistory", "status": "completed", "patient": SUBJECT, **history}
    )
    record.create(
        {
            "resourceType": "QuestionnaireResponse",
            "status": "completed",
            "subject": SUBJECT,
            "item": [
                {"linkId": "1", "text": "Hva er viktig?", "answer": [{"valueString": "Ro"}]},
                {"linkId": "2", "item": [{"linkId": "2.1", "answer": [{"valueDecimal": Decimal("1.50")}]}]},
            ],
        }
    )
    record.create(
        {
            "resourceType": "CarePlan",
            "status": "active",
            "intent": "plan",
            "subject": SUBJECT,
            "title": "Fødsel",
            "description": "Vann",
            "note": [{"text": "Lite lys"}],
        }
    )
    told = {one.kind: one.said.text for one in listed(record)}
    assert told == {
        "Sykdom i familien": "Preeklampsi",
        "Utfylt skjema": "Hva er viktig? Ro\n1,50",
        "Plan": "Vann\nLite lys",
    }


def said(resource: Resource) -> tuple[str, str, str]:
    """What the one row says of a resource that is sent: its name, its value, its day."""
    record = FhirRecord()
    record.create(resource)
    [row] = listed(record)
    return row.name, row.said.text, row.day


UNKNOWN = "99999-9"
RHD = {"coding": [{"system": SNOMED_CT, "code": "165747007"}]}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"valueDateTime": "2026-10-12"}, "12.\u00a0oktober 2026"),
        ({"valueDateTime": "2026-10"}, "oktober 2026"),
        ({"valueQuantity": quantity(Decimal("37.2"), "Cel")}, "37,2 °C"),
        ({"valueQuantity": quantity(281, "d")}, "281 dager"),
        ({"valueQuantity": {"value": 3, "unit": "glass"}}, "3 glass"),
        ({"valueCodeableConcept": RHD}, "Positiv"),
        ({"valueCodeableConcept": RHD | {"text": "RhD-positiv"}}, "RhD-positiv"),
        ({"valueCodeableConcept": {"coding": [{"system": LOINC, "code": "LA1-2"}]}}, "Kode LA1-2"),
        ({"valueBoolean": False}, "Nei"),
        ({}, ""),
    ],
)
def test_a_value_stands_as_on_the_rest_of_her_card(value: Json, text: str) -> None:
    """No ISO date, no decimal point, no unit in code; a code that nobody has named is said to be one."""
    assert said(observation(LOINC, UNKNOWN, effectiveDateTime="2026-02-01T08:15:00+01:00", **value)) == (
        f"Kode {UNKNOWN}",
        text,
        "1.\u00a0februar 2026 kl.\u00a008.15",
    )


def test_what_is_of_one_fetus_says_which() -> None:
    record = FhirRecord()
    short = record.create(visit("2026-02-01"))["id"].split(".")[0]
    for number in ("1", "2"):
        focus = [{"reference": f"RelatedPerson/{short}.fetus{number}"}]
        record.create(observation(OBSERVATION_CODE, "fetal-rhd", focus=focus, valueCodeableConcept=RHD))
    assert {one.name for one in listed(record)} == {
        "Fosterets RhD-type (foster 1)",
        "Fosterets RhD-type (foster 2)",
    }


def test_several_values_are_a_line_each_with_their_names() -> None:
    parts = [
        {"code": {"text": "Sted"}, "valueString": "Fjordby"},
        {"code": {"text": "Lengde"}, "valueQuantity": quantity(281, "d")},
    ]
    assert said(observation(LOINC, UNKNOWN, component=parts))[1] == "Sted: Fjordby\nLengde: 281 dager"


@pytest.mark.parametrize(
    ("resource", "name", "text"),
    [
        (
            {
                "resourceType": "FamilyMemberHistory",
                "status": "completed",
                "patient": SUBJECT,
                "relationship": {"coding": [{"system": ROLE_CODE, "code": "SIS", "display": "sister"}]},
            },
            "Søster",
            "",
        ),
        (
            {
                "resourceType": "Procedure",
                "status": "completed",
                "subject": SUBJECT,
                "code": {"coding": [{"system": SNOMED_CT, "code": "169670003"}]},
            },
            "Ultralydundersøkelse i andre trimester",
            "",
        ),
        (
            {
                "resourceType": "MedicationStatement",
                "status": "active",
                "subject": SUBJECT,
                "medicationCodeableConcept": {"text": "Levaxin"},
                "dosage": [{"text": "Én tablett om morgenen"}],
            },
            "Levaxin",
            "Én tablett om morgenen",
        ),
        (
            {
                "resourceType": "AllergyIntolerance",
                "patient": SUBJECT,
                "code": {"text": "Penicillin"},
                "clinicalStatus": {"coding": [{"system": ALLERGY_STATUS, "code": "active"}]},
                "reaction": [{"manifestation": [{"text": "Utslett"}]}],
            },
            "Penicillin",
            "Utslett",
        ),
    ],
)
def test_what_another_system_sends_is_named_in_her_language_and_nothing_is_left_out(
    resource: Resource, name: str, text: str
) -> None:
    assert said(resource)[:2] == (name, text)


def test_an_appointment_to_come_says_what_and_at_what_time() -> None:
    planned = visit("2026-12-14T10:30:00+01:00") | {
        "status": "planned",
        "type": [{"text": "Time hos jordmor"}],
    }
    assert said(planned) == ("Time hos jordmor", "", "14.\u00a0desember 2026 kl.\u00a010.30")


def test_what_was_entered_in_error_is_not_listed() -> None:
    record = FhirRecord()
    made = record.create(observation(LOINC, "8867-4", valueQuantity=quantity(70, "/min")))
    record.update(made | {"status": "entered-in-error"})
    assert listed(record) == ()


def test_a_deleted_visit_is_told_in_error_with_its_day() -> None:
    record = FhirRecord()
    made = record.create(visit("2026-02-01"))
    record.write(Write(Interaction.DELETE, "Encounter", made["id"]))
    assert [one.day for one in read_card(record.parts).in_error] == ["2026-02-01"]


def test_weeks_are_counted_from_the_due_date_that_a_person_adopted() -> None:
    record = FhirRecord()
    record.post("currentPregnancy", {"dueDate": "2026-08-01", "dueDateBasedOnUltrasound": "2026-08-05"})
    due = counted_from(read_card(record.parts))
    assert due is not None
    assert due.day == date(2026, 8, 5)
    first = next(
        one for one in record.shelf.of_kind("Observation") if b'currentPregnancy.dueDate"' in one.raw
    )
    record.create(
        observation(
            OBSERVATION_CODE,
            "adopted-due-date",
            valueDateTime="2026-08-01",
            derivedFrom=[{"reference": f"Observation/{first.id}"}],
        )
    )
    due = counted_from(read_card(record.parts))
    assert due is not None
    assert due.day == date(2026, 8, 1)


def adopting(day: str, **more: Any) -> Resource:  # noqa: ANN401 - JSON
    """That a named person has chosen a due date."""
    return observation(OBSERVATION_CODE, "adopted-due-date", valueDateTime=day, **more)


def test_an_adopted_due_date_that_the_card_has_no_field_for_counts_with_the_length_it_names() -> None:
    record = FhirRecord()
    record.post("currentPregnancy", {"dueDateBasedOnUltrasound": "2026-08-05"})
    length = {
        "code": {"coding": [{"system": OBSERVATION_CODE, "code": "pregnancy-length"}]},
        "valueQuantity": quantity(280, "d"),
    }
    due = record.create(observation(LOINC, "11778-8", valueDateTime="2026-08-01", component=[length]))
    record.create(adopting("2026-08-01", derivedFrom=[{"reference": f"Observation/{due['id']}"}]))
    card = read_card(record.parts)
    assert [(due.basis, due.day.isoformat(), due.length) for due, by in card.due_dates] == [
        (Basis.ADOPTED, "2026-08-01", 280),
        (Basis.ULTRASOUND, "2026-08-05", 283),
    ]


@pytest.mark.parametrize("days", [12, 282.5, 10**60, -280])
def test_a_length_that_is_none_is_not_counted_with(days: float) -> None:
    record = FhirRecord()
    length = {
        "code": {"coding": [{"system": OBSERVATION_CODE, "code": "pregnancy-length"}]},
        "valueQuantity": quantity(days, "d"),
    }
    record.create(adopting("2026-08-01", component=[length]))
    [(due, by)] = read_card(record.parts).due_dates
    assert (due.length, by.at[:4]) == (283, "2026")


def test_the_last_that_was_adopted_holds_and_none_entered_in_error() -> None:
    record = FhirRecord()
    record.create(adopting("2026-08-01"))
    record.create(adopting("2026-08-02"))
    third = record.create(adopting("2026-08-03"))
    assert [due.day.day for due, by in read_card(record.parts).due_dates] == [3]
    record.update(third | {"status": "entered-in-error"})
    assert [due.day.day for due, by in read_card(record.parts).due_dates] == [2]


def test_every_type_that_may_be_sent_has_a_name_for_her() -> None:
    assert SUBJECTS.keys() | WITHOUT_SUBJECT == KINDS.keys() | {"EpisodeOfCare"}
