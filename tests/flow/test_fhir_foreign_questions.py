"""What others ask: a Dutch birth care client (Nictiz, MedMij) in R4's forms, and code lists as each system spells them."""

from __future__ import annotations

from typing import Any

import pytest

from helsekort.ledger.ledger import Ledger
from tests.flow.fhir_bodies import Json
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on

PREGNANCY = "364320009"
LIST = "2.16.578.1.12.4.1.1.7280"
SPELLINGS = [
    f"urn:oid:{LIST}",
    LIST,
    "http://helsedir.no/fhir/CodeSystem/no-kodeverk-7280",
    "http://ehelse.no/fhir/CodeSystem/no-kodeverk-7280",
    "http://helsenorge.no/fhir/CodeSystem/no-kodeverk-7280.codesystem",
    "VOLVEN_7280",
]


@pytest.fixture
async def her(ledger: Ledger) -> Her:
    return await her_on(fhir_on(ledger))


def modes(bundle: Json) -> list[tuple[str, str]]:
    """What kind each entry is of, and why it is there."""
    return [(one["resource"]["resourceType"], one["search"]["mode"]) for one in bundle["entry"]]


class TestDutchBirthCare:
    async def test_the_pregnancy_with_who_leads_it(self, her: Her) -> None:
        query = f"patient={her.person}&type=http://snomed.info/sct|{PREGNANCY}&status=active"
        include = "_include=EpisodeOfCare:organization&_include=EpisodeOfCare:care-manager"
        for asked in (query, query.replace("http://snomed.info/sct|", "")):
            bundle = await her.gp.ok("GET", f"/EpisodeOfCare?{asked}&{include}")
            assert modes(bundle) == [
                ("EpisodeOfCare", "match"),
                ("Organization", "include"),
                ("Practitioner", "include"),
            ]

    async def test_what_hangs_on_it(self, her: Her) -> None:
        visit = await her.visit()
        episode = f"EpisodeOfCare/{her.record}"
        weight: Json = {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "8867-4"}]},
            "subject": {"reference": f"Patient/{her.person}"},
            "encounter": {"reference": visit},
            "effectiveDateTime": "2026-03-02",
            "valueInteger": 70,
        }
        await her.made(weight)
        procedure = {name: weight[name] for name in ("subject", "encounter")} | {
            "resourceType": "Procedure",
            "status": "completed",
            "code": {"text": "Ultralyd"},
        }
        await her.made(procedure)
        visits = await her.gp.ok(
            "GET", f"/Encounter?episode-of-care={episode}&_include=Encounter:practitioner"
        )
        assert ("Encounter", "match") in modes(visits)
        for asked in (
            "Procedure?encounter.episode-of-care",
            "Observation?code=8867-4&encounter.episode-of-care",
        ):
            assert (await her.gp.ok("GET", f"/{asked}={episode}"))["total"] == 1, asked

    async def test_what_an_ehr_calls_the_episode_stays_through_the_other_contract(self, her: Her) -> None:
        read = await her.gp.ok("GET", f"/EpisodeOfCare/{her.record}")
        sent = [{"text": "Svangerskap"}, *read["type"]]
        body = read | {"type": sent}
        await her.gp.ok("PUT", f"/EpisodeOfCare/{her.record}", body)
        ended = {"status": "TERMINATED", "terminationDate": "2026-03-02"}
        await her.fhir.v1.client(patient=her.patient).ok("POST", f"/record/{her.record}/updateStatus", ended)
        now = await her.gp.ok("GET", f"/EpisodeOfCare/{her.record}")
        assert (now["status"], now["type"]) == ("finished", sent)


class TestSpellings:
    @pytest.mark.parametrize("stored", SPELLINGS)
    async def test_a_code_is_found_by_every_spelling_and_answered_as_it_was_sent(
        self, her: Her, stored: str
    ) -> None:
        made = await her.made(haemoglobin(her, stored))
        for asked in SPELLINGS:
            bundle = await her.gp.ok("GET", f"/Observation?patient={her.person}&code={asked}|NOR05172")
            [found] = [one["resource"] for one in bundle["entry"]]
            assert (found["id"], found["code"]) == (made["id"], made["code"]), asked

    async def test_it_is_not_created_again_under_another_spelling(self, her: Her) -> None:
        made = await her.made(haemoglobin(her, SPELLINGS[0]))
        body = haemoglobin(her, SPELLINGS[-1])
        unless = {"if-none-exist": f"code={SPELLINGS[2]}|NOR05172"}
        again = await her.gp.send("POST", "/Observation", body, headers=unless)
        assert (again.status_code, again.json()["id"]) == (200, made["id"])


class TestProvenance:
    async def test_of_a_value_and_of_a_record(self, her: Her) -> None:
        made = await her.made(haemoglobin(her, SPELLINGS[0]))
        for asked in (f"target=Observation/{made['id']}", f"episode-of-care=EpisodeOfCare/{her.record}"):
            bundle = await her.gp.ok("GET", f"/Provenance?{asked}")
            assert made["id"] in [one["resource"]["id"] for one in bundle["entry"]], asked

    async def test_by_a_patient_as_target_there_is_none_and_that_is_said(self, her: Her) -> None:
        answer = await her.gp.ok("GET", f"/Provenance?patient=Patient/{her.person}", status=400)
        assert "episode-of-care" in answer["issue"][0]["diagnostics"]


def haemoglobin(her: Her, system: str) -> dict[str, Any]:
    """A haemoglobin by its Norwegian laboratory code."""
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": system, "code": "NOR05172"}]},
        "subject": {"reference": f"Patient/{her.person}"},
        "effectiveDateTime": "2026-03-02",
        "valueQuantity": {"value": 12, "unit": "g/dL", "system": "http://unitsofmeasure.org", "code": "g/dL"},
    }
