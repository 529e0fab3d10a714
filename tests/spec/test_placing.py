"""Chapter: where a FHIR resource finds its place on the card, and what is refused there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from helsekort.basics.refusal import Kind, Refused
from helsekort.basics.strict_json import dump
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.maternity import card
from helsekort.maternity.identity import fetus_id, free_id
from helsekort.maternity.part import decode
from helsekort.maternity.projections import FODSELSNUMMER
from helsekort.maternity.uris import CARD_FIELD, CARD_ITEM, OBSERVATION_CODE, RECORD_STATUS
from helsekort.terminology.code_systems import LOINC, SNOMED_CT
from tests.spec.fhir_in_memory import (
    SUBJECT,
    FhirRecord,
    as_sent,
    observation,
    quantity,
    visit,
    without_meta,
)
from tests.spec.record_in_memory import KARI, PER, RECORD, TONE

FETUS_1 = {"reference": f"RelatedPerson/{fetus_id(RECORD, 1)}"}
FETUS_2 = {"reference": f"RelatedPerson/{fetus_id(RECORD, 2)}"}
ANOTHER = UUID("018f0000-0000-7000-8000-0000000000bb")


def refused(record: FhirRecord, resource: Resource) -> list[str]:
    """What is refused, and where; nothing is stored."""
    before = dict(record.parts)
    with pytest.raises(Refused) as refusal:
        record.create(resource)
    assert record.parts == before
    assert refusal.value.kind in {Kind.INVALID, Kind.INVALID_CODE}
    return [f"{issue.where}: {issue.what}" for issue in refusal.value.issues]


def ferritin(value: Any = 24, **more: Any) -> Resource:  # noqa: ANN401 - JSON
    return observation(LOINC, "2276-4", valueQuantity=quantity(value, "ug/L"), **more)


def encounter(record: FhirRecord) -> dict[str, str]:
    return {"reference": f"Encounter/{record.create(visit('2026-02-01'))['id']}"}


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


# --- What is refused ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("resource", "issue"),
    [
        (ferritin(24) | {"valueQuantity": quantity(24, "g/L")}, "Observation.valueQuantity.code: Must be in ug/L."),
        (ferritin(-1), "Observation.valueQuantity: Must be from 0 to 20000 ug/L."),
        (
            observation(CARD_FIELD, "clinicalTests.gravity", valueBoolean=True),
            "Observation.code: The card has no such field.",
        ),
        (
            observation(CARD_FIELD, "medicalConditions.diabetes", valueBoolean=True),
            "Observation.code: A value of this field is a Condition.",
        ),
        (
            observation(CARD_FIELD, "clinicalTests.hiv", valueString="no"),
            "Observation: Holds no value of this field.",
        ),
        (
            observation(CARD_FIELD, "antenatalAppointments.edema", valueQuantity=quantity(1, "{grade}")),
            "Observation.encounter: Belongs to a visit.",
        ),
        (
            ferritin(24) | {"subject": {"reference": f"Patient/{ANOTHER}"}},
            "Observation.subject: Must be the woman whose record it is.",
        ),
        (
            ferritin(24, hasMember=[{"reference": f"Observation/{free_id(ANOTHER, ANOTHER)}"}]),
            "Observation.hasMember[0]: Refers to what is not of this record.",
        ),
        (
            ferritin(24, contained=[{"resourceType": "Specimen", "id": "s", "subject": {"reference": "Patient/1"}}]),
            "Observation.contained[0].subject: Refers to another woman.",
        ),
        (
            ferritin(24, extension=[{"url": "https://example.org/x", "valueReference": {"reference": f"Patient/{ANOTHER}"}}]),
            "Observation.extension[0].valueReference: Refers to another woman.",
        ),
        (
            ferritin(24, extension=[{"url": "https://example.org/x", "valueUri": f"https://ehr.example.org/Patient/{ANOTHER}"}]),
            "Observation.extension[0].valueUri: Refers to what is not of this record.",
        ),
        (
            ferritin(24, performer=[{"type": "Patient", "identifier": {"system": FODSELSNUMMER, "value": "1"}}]),
            "Observation.performer[0]: Names a person by national identity number.",
        ),
        (
            ferritin(24, contained=[{"resourceType": "Patient", "id": "p"}]),
            "Observation.contained[0]: Nobody is described inside a resource.",
        ),
        (
            ferritin(24, note=[{"text": "01819012365"}]),
            "Observation.note[0].text: Holds a national identity number.",
        ),
        (
            ferritin(24, component=[{"code": {"coding": [{"system": SNOMED_CT, "code": "57797005"}]}}]),
            "Observation.component[0].code.coding[0].code: Holds something that is never on the maternity record.",
        ),
        (ferritin(24, focus=[FETUS_2]), "Observation.focus: There is no such fetus in this pregnancy."),
        (
            {"resourceType": "Practitioner", "name": [{"family": "Dahl"}]},
            "Practitioner: Is made from what is registered, and is not written.",
        ),
    ],
)  # fmt: skip
def test_refused_with_what_and_where(resource: Resource, issue: str) -> None:
    record = FhirRecord()
    record.post("currentPregnancy", {"numberOfFetuses": 1})
    assert issue in refused(record, resource)


def test_everything_wrong_is_told_at_once() -> None:
    wrong = ferritin(24, note=[{"text": "01819012365"}], performer=[{"reference": "Practitioner/1"}])
    assert len(refused(FhirRecord(), wrong | {"valueQuantity": quantity(24, "g/L")})) == 3


def test_an_update_does_not_move_a_value() -> None:
    record = FhirRecord()
    made = record.create(ferritin(24))
    with pytest.raises(Refused, match="does not move"):
        record.update(made | {"code": observation(LOINC, "10331-7")["code"]} | positive())
    with pytest.raises(Refused, match="stays with the person"):
        record.update(made | {"subject": {"reference": f"Patient/{ANOTHER}"}})


def positive() -> Resource:
    return {"valueCodeableConcept": {"coding": [{"system": SNOMED_CT, "code": "165747007"}]}}


# --- Entered in error ---------------------------------------------------------------------------------------------------


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


# --- The record itself --------------------------------------------------------------------------------------------------


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


def test_v1_that_ends_a_record_keeps_what_fhir_has_said_of_it() -> None:
    record = FhirRecord()
    extra = {"url": "https://example.org/x", "valueString": "y"}
    record.update(episode(record) | {"extension": [extra], "type": [{"text": "Svangerskap"}]})
    end = {"status": "TERMINATED", "terminationDate": "2026-02-01"}
    record.do(lambda now: card.update_status(end, now), by=KARI)
    now = episode(record)
    assert now["extension"] == [extra, {"url": RECORD_STATUS, "valueCode": "TERMINATED"}]
    assert (now["type"], now["status"]) == ([{"text": "Svangerskap"}], "finished")


def test_an_earlier_birth_is_kept_whole_and_its_components_cannot_say_what_is_not_true() -> None:
    record = FhirRecord()

    def birth(weight: int) -> Resource:
        row = {"coding": [{"system": CARD_FIELD, "code": "previousPregnancies.births.weight"}]}
        component = [{"code": row, "valueQuantity": quantity(weight, "g")}]
        return observation(OBSERVATION_CODE, "earlier-birth", effectiveDateTime="2021", component=component)

    assert without_meta(record.create(birth(3450))) == birth(3450)
    assert refused(record, birth(34500)) == [
        "Observation.component[0].valueQuantity: Must be from 100 to 9000 g."
    ]
