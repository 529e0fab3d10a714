"""Chapter: the record itself by FHIR: created, ended, and what was entered in error."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.ledger.view import View
from helsekort.maternity import card
from helsekort.maternity.part import decode
from helsekort.maternity.uris import CARD_FIELD, ORIGIN, RECORD_STATUS, RECORDED_BY
from helsekort.terminology.code_systems import LOINC
from tests.spec.fhir_in_memory import (
    SUBJECT,
    FhirRecord,
    as_sent,
    encounter,
    ferritin,
    observation,
    proposed,
    quantity,
    visit,
    without_meta,
)
from tests.spec.record_in_memory import KARI, PERSON, RECORD, TONE

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def test_a_visit_that_is_deleted_is_gone_with_its_values_and_v1_shows_it_in_error() -> None:
    record = FhirRecord()
    at = encounter(record)
    record.create(observation(LOINC, "29463-7", encounter=at, valueQuantity=quantity(72, "kg")))
    record.write(Write(Interaction.DELETE, "Encounter", at["reference"].partition("/")[2]))
    assert list(record.shelf.of_kind("Observation")) == []
    [key] = [key for key in record.parts if key.startswith("antenatal")]
    assert decode(record.parts[key]).error
    assert b'"enteredInError":true},"appointmentDate":"2026-02-01","motherWeight":72}' in record.segments[key]


def test_a_visit_that_others_refer_to_is_not_deleted() -> None:
    record = FhirRecord()
    at = encounter(record)
    record.create({"resourceType": "Procedure", "status": "completed", "subject": SUBJECT, "encounter": at})
    with pytest.raises(Refused, match="Other resources refer to it"):
        record.write(Write(Interaction.DELETE, "Encounter", at["reference"].partition("/")[2]))


def test_an_update_that_says_entered_in_error_is_v1_delete() -> None:
    record = FhirRecord()
    made = record.create(visit("2026-02-01"))
    at = {"reference": f"Encounter/{made['id']}"}
    weight = record.create(observation(LOINC, "29463-7", encounter=at, valueQuantity=quantity(72, "kg")))
    assert record.update(made | {"status": "entered-in-error"})["status"] == "entered-in-error"
    assert record.read("Observation", weight["id"])["status"] == "entered-in-error"
    with pytest.raises(Refused) as refusal:
        record.update(record.read("Observation", weight["id"]) | {"status": "final"})
    assert refusal.value.kind is Kind.DELETED


def episode(record: FhirRecord) -> Resource:
    return record.read("EpisodeOfCare", str(RECORD))


def ended(record: FhirRecord, status: str, **more: Any) -> Resource:  # noqa: ANN401 - JSON
    return (
        episode(record)
        | {"status": "finished", "extension": [{"url": RECORD_STATUS, "valueCode": status}]}
        | more
    )


def test_a_record_ends_by_fhir_with_the_rules_of_v1() -> None:
    record = FhirRecord()
    with pytest.raises(Refused) as refusal:
        record.update(ended(record, "DELIVERED"))
    assert [issue.where for issue in refusal.value.issues] == [
        "EpisodeOfCare.period.end",
        "EpisodeOfCare.status",
    ]
    record.post("birthStatus", {"birthStatus": [{"status": {"code": "1"}}]})
    period = {"start": "2026-01-16", "end": "2026-08-01T04:10:00+02:00"}
    alive = observation(CARD_FIELD, "record.liveBirth", valueBoolean=True)
    change = record.write(
        Write(Interaction.UPDATE, "EpisodeOfCare", str(RECORD), resource=as_sent(ended(record, "DELIVERED", period=period))),
        Write(Interaction.CREATE, "Observation", resource=alive),
    )  # fmt: skip
    assert not change.active
    assert (
        b'"recordStatus":{"status":"DELIVERED","deliveryDate":"2026-08-01","liveBirth":true'
        in record.segments["record"]
    )
    assert episode(record)["period"] == period


def test_how_a_record_ends_is_told() -> None:
    record = FhirRecord()
    with pytest.raises(Refused, match="How the record has ended"):
        record.update(episode(record) | {"status": "finished", "extension": []})
    with pytest.raises(Refused, match="Is registered when the record ends"):
        record.create(observation(CARD_FIELD, "record.liveBirth", valueBoolean=True))


def test_other_things_of_an_episode_are_kept() -> None:
    record = FhirRecord()
    made = record.update(episode(record) | {"type": [{"text": "Svangerskap"}]}, by=KARI)
    assert made["type"] == [{"text": "Svangerskap"}]
    assert record.active


@pytest.mark.parametrize("how", ["delete", "update"])
def test_a_height_entered_in_error_is_so_in_v1_with_its_date(how: str) -> None:
    record = FhirRecord()
    made = record.create(
        observation(LOINC, "11881-0", valueQuantity=quantity(24, "cm"), effectiveDateTime="2026-05-01")
    )
    if how == "delete":
        record.delete(made)
    else:
        assert record.update(made | {"status": "entered-in-error"})["status"] == "entered-in-error"
    [key] = [key for key in record.parts if key.startswith("symph")]
    assert b'"enteredInError":true},"measurementDate":"2026-05-01","measurement":24}' in record.segments[key]


def test_v1_that_ends_a_record_keeps_what_fhir_has_said_of_it() -> None:
    record = FhirRecord()
    extra = {"url": "https://example.org/x", "valueString": "y"}
    record.update(episode(record) | {"extension": [extra], "type": [{"text": "Svangerskap"}]})
    end = {"status": "TERMINATED", "terminationDate": "2026-02-01"}
    record.do(lambda now: card.update_status(end, now), by=KARI)
    now = episode(record)
    assert now["extension"] == [extra, {"url": RECORD_STATUS, "valueCode": "TERMINATED"}]
    assert (now["type"], now["status"]) == ([{"text": "Svangerskap"}], "finished")


def test_a_record_is_created_with_its_first_visit_in_one_transaction() -> None:
    start = {
        "resourceType": "EpisodeOfCare",
        "status": "active",
        "patient": SUBJECT,
        "period": {"start": "2026-01-16"},
    }
    at = visit("2026-01-16") | {"episodeOfCare": [{"reference": "urn:uuid:1"}]}
    change = proposed(
        View(PERSON, None),
        Write(Interaction.CREATE, "Encounter", resource=at, full_url="urn:uuid:2", where="Bundle.entry[0]"),
        Write(
            Interaction.CREATE,
            "EpisodeOfCare",
            resource=start,
            full_url="urn:uuid:1",
            where="Bundle.entry[1]",
        ),
    )
    assert b'"status":"ACTIVE"' in change.segments["record"]
    assert change.active
    assert [key.partition("/")[0] for key in change.parts] == ["record", "antenatalAppointments"]
    stored = decode(change.parts["record"]).resources[0]
    assert without_meta(stored) == {name: one for name, one in start.items() if name != "resourceType"} | {
        "resourceType": "EpisodeOfCare"
    }


def test_a_record_is_not_created_without_an_episode_nor_ended() -> None:
    with pytest.raises(Refused, match="There is no record yet"):
        proposed(View(PERSON, None), Write(Interaction.CREATE, "Observation", resource=ferritin(24)))
    over = {
        "resourceType": "EpisodeOfCare",
        "status": "finished",
        "patient": SUBJECT,
        "extension": [{"url": RECORD_STATUS, "valueCode": "TERMINATED"}],
    }
    with pytest.raises(Refused, match="A new record is active"):
        proposed(View(PERSON, None), Write(Interaction.CREATE, "EpisodeOfCare", resource=over))


def test_both_forms_of_a_status_say_the_same() -> None:
    record = FhirRecord()
    with pytest.raises(Refused, match=r"EpisodeOfCare\.status: Must be finished"):
        record.update(ended(record, "TERMINATED", period={"end": "2026-02-01"}) | {"status": "active"})


def test_a_visit_that_v1_moves_keeps_what_fhir_said_of_it_but_an_end_before_it() -> None:
    record = FhirRecord()
    period = {"start": "2026-02-01T09:00:00+01:00", "end": "2026-02-01T09:30:00+01:00"}
    made = record.create(visit("2026-02-01", period=period, reasonCode=[{"text": "Kontroll"}]))
    [key] = [key for key in record.parts if key.startswith("antenatal")]
    record.put(key, {"appointmentDate": "2026-02-03"}, by=TONE)
    now = record.read("Encounter", made["id"])
    assert now["reasonCode"] == [{"text": "Kontroll"}]
    assert now["period"]["start"] == "2026-02-03"
    assert now["period"].get("end", "2026-02-03") == "2026-02-03"
    record.put(key, {"appointmentDate": "2026-02-03", "note": "x"}, by=TONE)
    assert record.read("Encounter", made["id"]) == now


@pytest.mark.parametrize(
    ("more", "origin"),
    [
        ({}, None),
        ({"extension": [{"url": ORIGIN, "valueCode": "transcribed"}]}, "transcribed"),
        ({"extension": [{"url": ORIGIN, "valueCode": "guessed"}]}, None),
        ({"performer": [SUBJECT]}, "self-reported"),
        ({"category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}]}, "laboratory"),
    ],
)
def test_how_a_value_came_to_be_is_told_where_it_is_known(more: Resource, origin: str | None) -> None:
    made = FhirRecord().create(ferritin(24, **more))
    [told] = [one for one in made["meta"]["extension"] if one["url"] == RECORDED_BY]
    assert {one["url"]: one.get("valueCode") for one in told["extension"]}.get("origin") == origin
