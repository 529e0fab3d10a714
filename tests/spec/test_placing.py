"""Chapter: where a FHIR resource finds its place on the card."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from helsekort.basics.strict_json import dump
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import Propose
from helsekort.maternity import card
from helsekort.maternity.identity import fetus_id
from helsekort.maternity.uris import CARD_FIELD, CARD_ITEM
from helsekort.terminology.code_systems import LOINC, SNOMED_CT
from tests.spec.fhir_in_memory import (
    SUBJECT,
    FhirRecord,
    as_sent,
    encounter,
    ferritin,
    observation,
    quantity,
    visit,
    without_meta,
)
from tests.spec.record_in_memory import KARI, PER, RECORD, TONE

HEIGHT = {"pregnancyWeek": 24, "measurement": 24, "measurementDate": "2026-05-01"}
FETUS_1 = {"reference": f"RelatedPerson/{fetus_id(RECORD, 1)}"}
FETUS_2 = {"reference": f"RelatedPerson/{fetus_id(RECORD, 2)}"}


# --- What the JSON contract has a place for goes there -----------------------------------------------------------------


def test_a_visit_and_what_was_measured_at_it_show_in_v1() -> None:
    record = FhirRecord()
    at = encounter(record)
    record.create(observation(LOINC, "29463-7", encounter=at, valueQuantity=quantity(Decimal("72.50"), "kg")))
    record.create(
        observation(
            LOINC, "55283-6", encounter=at, focus=[FETUS_2], valueQuantity=quantity(140, "{beats}/min")
        )
    )
    assert dump(record.v1("antenatalAppointments")) == (
        b'[{"appointmentDate":"2026-02-01","motherWeight":72.50,'
        b'"fetusesVitalSigns":[{"fosterId":2,"fetalHeartRate":140}]}]'
    )


def test_a_height_with_a_date_of_its_own_is_a_measurement_of_its_own() -> None:
    record = FhirRecord()
    height = record.create(
        observation(
            LOINC,
            "11881-0",
            valueQuantity=quantity(24, "cm"),
            effectiveDateTime="2026-05-01T23:30:00+00:00",
        )
    )
    assert record.v1("symphysisFundalHeights") == [{"measurementDate": "2026-05-02", "measurement": 24}]
    record.update(height | {"effectiveDateTime": "2026-05-08"})
    assert record.v1("symphysisFundalHeights") == [{"measurementDate": "2026-05-08", "measurement": 24}]


def test_what_is_said_of_a_height_is_shown_with_it_in_whichever_order_it_is_sent() -> None:
    height = observation(LOINC, "11881-0", valueQuantity=quantity(24, "cm"), effectiveDateTime="2026-05-01")
    of_it = {"derivedFrom": [{"reference": "urn:uuid:1"}]}
    week = (
        observation(CARD_FIELD, "symphysisFundalHeights.pregnancyWeek", valueQuantity=quantity(24, "wk"))
        | of_it
    )
    day = (
        observation(CARD_FIELD, "symphysisFundalHeights.measurementDate", valueDateTime="2026-05-01") | of_it
    )
    for sent in ([week, height, day], [height, day, week]):
        record = FhirRecord()
        record.write(
            *[
                Write(
                    Interaction.CREATE,
                    "Observation",
                    resource=as_sent(one),
                    full_url="urn:uuid:1" if one is height else "",
                )
                for one in sent
            ]
        )
        assert record.v1("symphysisFundalHeights") == [
            {"measurementDate": "2026-05-01", "pregnancyWeek": 24, "measurement": 24}
        ]
        assert len(list(record.shelf.of_kind("Observation"))) == len(sent)


@pytest.mark.parametrize("contract", ["v1", "fhir"])
def test_what_the_service_itself_says_of_a_height_refers_to_it(contract: str) -> None:
    record = FhirRecord()
    if contract == "fhir":
        record.create(
            observation(LOINC, "11881-0", valueQuantity=quantity(24, "cm"), effectiveDateTime="2026-05-01")
        )
    else:
        record.do(lambda now: card.post_section("symphysisFundalHeights", HEIGHT, now), by=KARI)
    [height, *said] = sorted(
        (one.resource for one in record.shelf.of_kind("Observation")), key=lambda one: "derivedFrom" in one
    )
    assert said
    assert [one["derivedFrom"] for one in said] == [[{"reference": f"Observation/{height['id']}"}]] * len(
        said
    )


def _put_height(item: UUID, body: dict[str, Any], now: card.Stamp) -> Propose:
    return card.put_section("symphysisFundalHeights", item, body, now)


def test_what_is_said_of_a_height_that_v1_takes_away_refers_to_nothing_that_is_gone() -> None:
    record = FhirRecord()
    record.do(lambda now: card.post_section("symphysisFundalHeights", HEIGHT, now), by=KARI)
    [item] = [UUID(key.partition("/")[2]) for key in record.parts if key.startswith("symph")]
    without = {name: value for name, value in HEIGHT.items() if name != "measurement"}
    for version, body in enumerate((without, HEIGHT, HEIGHT | {"pregnancyWeek": 25}), start=1):
        record.do(
            partial(_put_height, item, body | {"metadata": {"version": version}}),
            by=KARI,
        )
        there = [one.resource for one in record.shelf.of_kind("Observation")]
        heights = [f"Observation/{one['id']}" for one in there if "11881-0" in str(one["code"])]
        assert len(heights) == ("measurement" in body)
        told = [one.get("derivedFrom") for one in there if f"Observation/{one['id']}" not in heights]
        assert told == [[{"reference": one} for one in heights] or None] * 2


def test_a_section_that_is_not_there_is_made_and_the_resource_reads_as_it_was_sent() -> None:
    record = FhirRecord()
    sent = ferritin(
        Decimal("24.10"),
        effectiveDateTime="2026-01",
        performer=[{"display": "Fürst"}],
        extension=[{"url": "https://example.org/x", "valueString": "y"}],
    )
    made = record.create(sent)
    assert dump(without_meta(made)) == dump({name: sent[name] for name in sent})
    assert dump(record.v1("clinicalTests")) == b'{"ferritin":24.10}'


@pytest.mark.parametrize(
    "system",
    [
        "urn:oid:2.16.578.1.12.4.1.1.7280",
        "http://helsedir.no/fhir/CodeSystem/no-kodeverk-7280",
        "http://ehelse.no/fhir/CodeSystem/no-kodeverk-7280",
        "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-7280.codesystem",
    ],
)
def test_a_code_system_is_known_in_every_spelling_in_use(system: str) -> None:
    record = FhirRecord()
    record.create(observation(system, "NPU19763", valueQuantity=quantity(24, "ug/L")))
    assert record.v1("clinicalTests") == {"ferritin": 24}


def test_a_coded_answer_of_a_laboratory_is_yes_or_no() -> None:
    record = FhirRecord()
    answer = {"coding": [{"system": SNOMED_CT, "code": "260385009"}]}
    record.create(observation(LOINC, "5196-1", valueCodeableConcept=answer))
    assert record.v1("clinicalTests") == {"hbv": False}


def test_a_condition_is_a_yes_and_a_refuted_one_a_no() -> None:
    record = FhirRecord()
    for code, status in (("73211009", "confirmed"), ("84757009", "refuted"), ("56265001", "provisional")):
        record.create(condition(code, status))
    assert record.v1("medicalConditions") == {"diabetes": True, "epilepsy": False}


def condition(code: str, status: str) -> Resource:
    verification = {"system": "http://terminology.hl7.org/CodeSystem/condition-ver-status", "code": status}
    return {
        "resourceType": "Condition",
        "subject": SUBJECT,
        "code": {"coding": [{"system": SNOMED_CT, "code": code}]},
        "verificationStatus": {"coding": [verification]},
    }


def test_a_named_item_of_an_array_shows_with_its_code() -> None:
    record = FhirRecord()
    key = "lifestyleFactors.stimuli.stimuliFrequencyFirstConsultation.dailyCount"
    item = [{"system": CARD_ITEM, "value": "1"}]
    record.create(observation(CARD_FIELD, key, identifier=item, valueQuantity=quantity(5, "/d")))
    shown = record.v1("lifestyleFactors")["stimuli"]
    assert [one["stimuliType"]["code"] for one in shown] == ["1"]
    assert shown[0]["stimuliFrequencyFirstConsultation"] == {"dailyCount": 5}


def test_a_single_fetus_without_a_number_in_v1_is_the_first_one_in_fhir() -> None:
    record = FhirRecord()
    record.post(
        "antenatalAppointments", {"appointmentDate": "2026-02-01", "fetusesVitalSigns": [{"note": "ok"}]}
    )
    at = {"reference": f"Encounter/{next(iter(record.shelf.of_kind('Encounter'))).id}"}
    record.create(
        observation(
            LOINC, "55283-6", encounter=at, focus=[FETUS_1], valueQuantity=quantity(140, "{beats}/min")
        )
    )
    [shown] = record.v1("antenatalAppointments")
    assert shown["fetusesVitalSigns"] == [{"note": "ok", "fetalHeartRate": 140}]


# --- A second value of the same ----------------------------------------------------------------------------------------


def test_the_newer_of_two_values_shows_in_v1_whichever_came_last() -> None:
    record = FhirRecord()
    record.create(ferritin(24, effectiveDateTime="2026-03-01"))
    older = record.create(ferritin(20, effectiveDateTime="2026-02-01"))
    assert record.v1("clinicalTests") == {"ferritin": 24}
    newer = record.create(ferritin(28, effectiveDateTime="2026-03-01"))
    assert record.v1("clinicalTests") == {"ferritin": 28}
    record.delete(newer)
    assert record.v1("clinicalTests") == {"ferritin": 24}
    assert record.read("Observation", older["id"]) == older


def test_v1_that_clears_a_value_shows_none_and_the_others_stay_in_fhir() -> None:
    record = FhirRecord()
    old = record.create(ferritin(20, effectiveDateTime="2026-02-01"))
    record.create(ferritin(24, effectiveDateTime="2026-03-01"))
    record.put("clinicalTests", {"ferritin": None}, by=TONE)
    assert record.v1("clinicalTests") == {"ferritin": None}
    [left] = record.shelf.of_kind("Observation")
    assert without_meta(left.resource) == without_meta(old)


def test_v1_that_changes_a_value_keeps_what_it_says_nothing_of() -> None:
    record = FhirRecord()
    sent = ferritin(
        20, effectiveDateTime="2026-02-01", method={"text": "ECLIA"}, interpretation=[{"text": "low"}]
    )
    made = record.create(sent)
    record.put("clinicalTests", {"ferritin": 25}, by=PER)
    now = record.read("Observation", made["id"])
    assert now["meta"]["versionId"] == "2"
    assert (now["method"], now["effectiveDateTime"]) == ({"text": "ECLIA"}, "2026-02-01")
    assert "interpretation" not in now
    assert now["valueQuantity"]["value"] == 25
    assert now["performer"][0]["display"] == "Per"


# --- What it has no place for is kept whole -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resource",
    [
        observation(LOINC, "718-7", valueQuantity=quantity(12, "g/dL")),  # of which trimester?
        observation(LOINC, "8867-4", valueQuantity=quantity(70, "/min")),
        observation(
            LOINC, "18185-9", valueQuantity=quantity(Decimal("24.3"), "wk")
        ),  # an age, as it was sent
        observation(LOINC, "29463-7", valueQuantity=quantity(72, "kg")),  # at no visit
        ferritin(24, performer=[SUBJECT]),  # measured by herself
        {
            "resourceType": "Procedure",
            "status": "completed",
            "subject": SUBJECT,
            "code": {"text": "Cerclage"},
        },
        {"resourceType": "Encounter", "status": "planned", "class": {"code": "AMB"}, "subject": SUBJECT},
    ],
)
def test_what_has_no_place_in_v1_is_kept_as_it_was_sent(resource: Resource) -> None:
    record = FhirRecord()
    before = dict(record.segments)
    made = record.create(resource)
    assert dump(without_meta(made)) == dump(resource)
    assert record.segments.keys() == before.keys()
    assert any(key.startswith("resources/") for key in record.parts)


def test_a_bound_and_a_month_are_kept_and_not_shown() -> None:
    record = FhirRecord()
    below = quantity(1, "ug/L") | {"comparator": "<"}
    record.create(observation(LOINC, "2276-4", valueQuantity=below))
    record.create(observation(LOINC, "8665-2", valueDateTime="2025-11"))
    assert record.v1("clinicalTests") == {}
    assert record.v1("currentPregnancy") == {}


def test_a_preliminary_result_shows_when_it_is_final() -> None:
    record = FhirRecord()
    made = record.create(ferritin(24) | {"status": "preliminary"})
    assert record.v1("clinicalTests") == {}
    made = record.update(made | {"status": "final"})
    assert record.v1("clinicalTests") == {"ferritin": 24}
    record.update(made | {"status": "entered-in-error"})
    assert record.v1("clinicalTests") == {"ferritin": None}


def test_a_planned_visit_becomes_a_visit_when_it_has_taken_place() -> None:
    record = FhirRecord()
    planned = record.create(visit("2026-02-01") | {"status": "planned"})
    assert record.v1("antenatalAppointments") == []
    done = record.update(planned | {"status": "finished"})
    assert record.v1("antenatalAppointments") == [{"appointmentDate": "2026-02-01"}]
    assert done["id"] == planned["id"]
    assert [one.id for one in record.shelf.of_kind("Encounter")] == [done["id"]]


def test_a_height_that_is_not_final_makes_no_measurement() -> None:
    record = FhirRecord()
    height = observation(LOINC, "11881-0", valueQuantity=quantity(24, "cm")) | {"status": "preliminary"}
    assert without_meta(record.create(height)) == height
    assert record.v1("symphysisFundalHeights") == []


def test_two_values_of_one_item_share_its_code() -> None:
    record = FhirRecord()
    for moment in ("FirstConsultation", "AtWeek36"):
        key = f"lifestyleFactors.stimuli.stimuliFrequency{moment}.dailyCount"
        item = [{"system": CARD_ITEM, "value": "1"}]
        record.create(observation(CARD_FIELD, key, identifier=item, valueQuantity=quantity(5, "/d")))
    assert len(record.v1("lifestyleFactors")["stimuli"]) == 1
    assert len(list(record.shelf.of_kind("Observation"))) == 3


def test_what_a_sender_says_in_meta_is_kept_beside_who_registered_it() -> None:
    record = FhirRecord()
    meta = {"tag": [{"code": "x"}], "extension": [{"url": "https://example.org/x", "valueString": "y"}]}
    made = record.create(ferritin(24) | {"meta": meta})
    assert made["meta"]["tag"] == meta["tag"]
    assert [one["url"].rpartition("/")[2] for one in made["meta"]["extension"]] == [
        "x",
        "recorded-by",
        "card-place",
    ]
    again = record.update(made | {"note": [{"text": "x"}]}, by=TONE)
    assert [one["url"].rpartition("/")[2] for one in again["meta"]["extension"]] == [
        "x",
        "recorded-by",
        "card-place",
    ]
    assert again["meta"]["extension"][1]["extension"][0]["valueReference"]["display"] == "Tone"


def test_an_activity_of_a_plan_refers_to_a_task_of_the_record() -> None:
    """CarePlan.activity has an element named reference: its value is a Reference, and it is none itself."""
    record = FhirRecord()
    task = record.create({"resourceType": "Task", "status": "requested", "intent": "order", "for": SUBJECT})
    plan: Resource = {"resourceType": "CarePlan", "status": "active", "intent": "plan", "subject": SUBJECT}
    made = record.create(plan | {"activity": [{"reference": {"reference": f"Task/{task['id']}"}}]})
    assert record.read("CarePlan", made["id"])["activity"] == [
        {"reference": {"reference": f"Task/{task['id']}"}}
    ]
