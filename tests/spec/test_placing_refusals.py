"""Chapter: what is refused where FHIR resources are placed on the card, and what she has blocked."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from msgspec import structs

from helsekort.access.wishes import Wishes
from helsekort.basics.refusal import Kind, Refused
from helsekort.fhir.offering import Interaction
from helsekort.fhir.requests import Write
from helsekort.fhir.shapes import Resource
from helsekort.maternity.identity import fetus_id, free_id, value_id
from helsekort.maternity.placing import sections_of
from helsekort.maternity.projections import FODSELSNUMMER
from helsekort.maternity.uris import CARD_FIELD, CARD_ITEM, OBSERVATION_CODE
from helsekort.terminology.code_systems import LOINC, SNOMED_CT
from tests.spec.fhir_in_memory import (
    SUBJECT,
    FhirRecord,
    encounter,
    ferritin,
    observation,
    proposed,
    quantity,
    refused,
    without_meta,
)
from tests.spec.record_in_memory import PERSON, RECORD

FETUS_2 = {"reference": f"RelatedPerson/{fetus_id(RECORD, 2)}"}
ANOTHER = UUID("018f0000-0000-7000-8000-0000000000bb")


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


def test_what_she_has_blocked_is_not_written_to() -> None:
    record = FhirRecord()
    wishes = Wishes(blocked_sections=frozenset({"clinicalTests"}))
    view = replace(record.view, person=structs.replace(PERSON, wishes=wishes))
    with pytest.raises(Refused) as refusal:
        proposed(view, Write(Interaction.CREATE, "Observation", resource=ferritin(24)))
    assert refusal.value.kind is Kind.BLOCKED
    herself = Write(Interaction.CREATE, "Observation", resource=ferritin(24, performer=[SUBJECT]))
    with pytest.raises(Refused) as refusal:
        proposed(view, herself)
    assert refusal.value.kind is Kind.BLOCKED
    lying = Write(
        Interaction.CREATE,
        "Observation",
        resource=observation(LOINC, "8302-2", valueQuantity=quantity(170, "cm")),
    )
    assert proposed(view, lying).parts.keys() == {"vitalMeasurementsBeforePregnancy"}


@pytest.mark.parametrize(
    ("kind", "resource", "sections"),
    [
        ("Observation", ferritin(24), {"clinicalTests"}),
        ("Observation", observation(LOINC, "718-7"), {"clinicalTests", "antenatalAppointments"}),
        ("Procedure", {"resourceType": "Procedure"}, set()),
        ("EpisodeOfCare", {"resourceType": "EpisodeOfCare", "status": "finished"}, {"record", "birthStatus"}),
    ],
)
def test_the_sections_a_write_may_touch(kind: str, resource: Resource, sections: set[str]) -> None:
    assert sections_of(kind, "", resource) == sections
    assert sections_of("Observation", value_id(RECORD, "clinicalTests", "", bytes(5)), None) == {
        "clinicalTests"
    }


def test_an_update_does_not_move_a_value_to_another_visit() -> None:
    record = FhirRecord()
    here, there = encounter(record), encounter(record)
    made = record.create(observation(LOINC, "29463-7", encounter=here, valueQuantity=quantity(72, "kg")))
    with pytest.raises(Refused, match="does not move"):
        record.update(made | {"encounter": there})
    with pytest.raises(Refused, match="does not move"):
        record.update({name: one for name, one in made.items() if name != "encounter"})


def test_what_is_taken_away_is_not_referred_to_in_the_same_transaction() -> None:
    record = FhirRecord()
    made = record.create(ferritin(24))
    with pytest.raises(Refused, match="There is no such resource in this record"):
        record.write(
            Write(Interaction.DELETE, "Observation", made["id"]),
            Write(
                Interaction.CREATE,
                "Observation",
                resource=ferritin(25, derivedFrom=[{"reference": f"Observation/{made['id']}"}]),
            ),
        )


def test_codes_that_say_different_things_are_refused() -> None:
    both = {"coding": [{"system": CARD_FIELD, "code": "clinicalTests.hiv"}, *ferritin(24)["code"]["coding"]]}
    sent = observation(LOINC, "2276-4", valueBoolean=False) | {"code": both}
    assert refused(FhirRecord(), sent) == ["Observation.code: The codes say different fields of the card."]


def test_an_item_that_its_code_list_does_not_know_is_refused() -> None:
    key = "lifestyleFactors.stimuli.stimuliFrequencyFirstConsultation.dailyCount"
    sent = observation(
        CARD_FIELD, key, identifier=[{"system": CARD_ITEM, "value": "smoke"}], valueQuantity=quantity(5, "/d")
    )
    assert refused(FhirRecord(), sent) == ["Observation.identifier: The code is not one of VOLVEN_8536."]
