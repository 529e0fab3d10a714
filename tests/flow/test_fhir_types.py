"""Every type that is offered to be written, over the real ledger: created, read, found, changed and deleted."""

from __future__ import annotations

import json

import pytest

from helsekort.fhir.offering import Interaction
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.offering import OFFERING
from helsekort.maternity.signing import ORIGINS
from helsekort.maternity.uris import CARD_ITEM, FETUS, ORIGIN, RECORD_ORIGIN
from tests.flow.fhir_bodies import Json, ferritin, visit
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on

CODE = {"text": "Prøve"}
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
KINDS = [
    one.kind
    for one in OFFERING.types
    if Interaction.CREATE in one.interactions and one.kind not in {"EpisodeOfCare", "Subscription"}
]


@pytest.fixture(scope="module")
async def her(module_ledger: Ledger) -> Her:
    return await her_on(fhir_on(module_ledger))


def _least(her: Her, kind: str) -> Json:
    """The least that R4 and our profiles ask of a resource of a type."""
    hers = {"reference": f"Patient/{her.person}"}
    rows: dict[str, Json] = {
        "AllergyIntolerance": {
            "patient": hers,
            "code": CODE,
            "clinicalStatus": {"coding": [{"system": ALLERGY, "code": "active"}]},
        },
        "Binary": {"contentType": "text/plain", "data": "aGVp"},
        "CarePlan": {"subject": hers, "status": "active", "intent": "plan"},
        "Condition": {"subject": hers, "code": CODE},
        "Consent": {
            "patient": hers,
            "status": "active",
            "dateTime": "2026-03-02",
            "scope": CODE,
            "category": [CODE],
            "policyRule": CODE,
        },
        "DocumentReference": {
            "subject": hers,
            "status": "current",
            "content": [{"attachment": {"contentType": "text/plain", "data": "aGVp"}}],
        },
        "Encounter": visit(her.person, f"EpisodeOfCare/{her.record}"),
        "FamilyMemberHistory": {"patient": hers, "status": "completed", "relationship": CODE},
        "Immunization": {
            "patient": hers,
            "status": "completed",
            "vaccineCode": CODE,
            "occurrenceDateTime": "2026-03-02",
        },
        "MedicationStatement": {"subject": hers, "status": "active", "medicationCodeableConcept": CODE},
        "Observation": ferritin(her.person),
        "Procedure": {"subject": hers, "status": "completed", "code": CODE},
        "Questionnaire": {
            "status": "active",
            "title": "Prøve",
            "item": [{"linkId": "1", "type": "text", "text": "Hva er viktig for deg?"}],
        },
        "QuestionnaireResponse": {
            "subject": hers,
            "status": "completed",
            "questionnaire": "https://example.org/Questionnaire/1",
            "authored": "2026-03-02",
        },
        "Task": {"for": hers, "status": "requested", "intent": "order", "description": "Ringe"},
    }
    return {"resourceType": kind} | rows[kind]


@pytest.mark.parametrize("kind", KINDS)
async def test_it_is_created_read_found_changed_and_deleted(her: Her, kind: str) -> None:
    client = her.fhir.client(patient=her.patient)
    made = await client.ok("POST", f"/{kind}", _least(her, kind), status=201)
    path = f"/{kind}/{made['id']}"
    assert await client.ok("GET", path) == made
    found = await client.ok("GET", f"/{kind}?_id={made['id']}&episode-of-care=EpisodeOfCare/{her.record}")
    assert [one["resource"]["id"] for one in found["entry"]] == [made["id"]]
    changed = await client.ok("PUT", path, made | {"language": "nb"})
    assert changed["meta"]["versionId"] == "2"
    assert (await client.send("DELETE", path)).status_code == 204
    assert (await client.send("GET", path)).status_code == 410
    history = await client.ok("GET", f"{path}/_history")
    assert [one["request"]["method"] for one in history["entry"]] == ["DELETE", "PUT", "POST"]
    assert await her.card()


@pytest.mark.parametrize("origin", sorted(ORIGINS))
@pytest.mark.parametrize("kind", [one for one in KINDS if one != "Binary"])  # R4 gives a Binary no extensions
async def test_how_it_came_to_be_is_said_by_the_sender_and_told_by_its_provenance(
    her: Her, kind: str, origin: str
) -> None:
    client = her.fhir.client(patient=her.patient)
    stated = [{"url": ORIGIN, "valueCode": origin}]
    made = await client.ok("POST", f"/{kind}", _least(her, kind) | {"extension": stated}, status=201)
    assert made["extension"] == stated
    provenance = await client.ok("GET", f"/Provenance/{made['id']}")
    assert provenance["target"] == [{"reference": f"{kind}/{made['id']}/_history/1"}]
    assert provenance["activity"]["coding"] == [{"system": RECORD_ORIGIN, "code": origin}]
    found = await client.ok("GET", f"/Provenance?target={kind}/{made['id']}")
    assert [one["resource"] for one in found["entry"]] == [provenance]
    answer = await client.send(
        "POST", f"/{kind}", _least(her, kind) | {"extension": [stated[0] | {"valueCode": "guessed"}]}
    )
    assert answer.status_code == 422, answer.text
    await client.send("DELETE", f"/{kind}/{made['id']}")


async def test_an_origin_of_the_pregnancy_itself(her: Her) -> None:
    client = her.fhir.client(patient=her.patient)
    path = f"/EpisodeOfCare/{her.record}"
    stated = {"url": ORIGIN, "valueCode": "transcribed"}
    episode = await client.ok("GET", path)
    await client.ok("PUT", path, episode | {"extension": [*episode["extension"], stated]})
    provenance = await client.ok("GET", f"/Provenance/{her.record}")
    assert provenance["activity"]["coding"] == [{"system": RECORD_ORIGIN, "code": "transcribed"}]


@pytest.mark.parametrize(
    "told",
    [
        {"identifier": [{"system": CARD_ITEM}]},
        {"focus": [{"identifier": {"system": FETUS}, "display": "Foster"}]},
    ],
    ids=["an item of no number", "a fetus of no number"],
)
async def test_our_own_identifier_without_a_value_says_nothing(her: Her, told: Json) -> None:
    sent = ferritin(her.person) | {"code": CODE} | told
    made = await her.made(sent)
    assert await her.gp.ok("GET", f"/Patient/{her.person}/$summary")
    assert made["id"] in json.dumps(await her.gp.ok("GET", f"/EpisodeOfCare/{her.record}/$card"))
    assert (await her.gp.send("DELETE", f"/Observation/{made['id']}")).status_code == 204
