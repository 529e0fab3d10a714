"""Two EHRs on one record over the real service: one speaks the national JSON contract, the other FHIR. Neither harms it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from helsekort.ledger.ledger import Ledger
from helsekort.maternity.identity import fetus_id
from helsekort.maternity.uris import CARD_FIELD
from tests.flow.fhir_bodies import bundle, entry, ferritin, observation, quantity, urn, visit, weight
from tests.flow.fhir_her import Her, her_on
from tests.flow.fhir_service import fhir_on

Json = dict[str, Any]
EXTRA = [{"url": "https://example.org/lot", "valueString": "A-17"}]


@pytest.fixture
async def her(ledger: Ledger) -> Her:
    return await her_on(fhir_on(ledger))


async def v1(her: Her, method: str, path: str, body: Json, *, status: int = 200) -> Json:
    """What the EHR of the JSON contract does."""
    client = her.fhir.v1.client(patient=her.patient)
    answer: Json = await client.ok(method, f"/record/{her.record}/{path}", body, status=status)
    return answer


async def test_a_value_goes_back_and_forth_and_keeps_what_each_has_said(her: Her) -> None:
    await v1(
        her, "POST", "clinicalTests", {"ferritin": 24, "hiv": False, "sent": "unknown to FHIR"}, status=201
    )
    found = await her.gp.ok(
        "GET", f"/Observation?patient={her.person}&code={CARD_FIELD}|clinicalTests.ferritin"
    )
    [read] = [one["resource"] for one in found["entry"]]
    changed = read | {"valueQuantity": quantity(31, "ug/L"), "extension": EXTRA}
    await her.gp.ok("PUT", f"/Observation/{read['id']}", changed)
    shown = (await her.card())["clinicalTests"]
    assert (shown["ferritin"], shown["hiv"], shown["sent"]) == (31, False, "unknown to FHIR")
    assert shown["metadata"]["version"] == 2
    await v1(her, "PUT", "clinicalTests", shown | {"hiv": True})
    again = await her.gp.ok("GET", f"/Observation/{read['id']}")
    assert (again["extension"], again["meta"]["versionId"]) == (EXTRA, "2")
    await v1(her, "PUT", "clinicalTests", (await her.card())["clinicalTests"] | {"ferritin": 40})
    last = await her.gp.ok("GET", f"/Observation/{read['id']}")
    assert (last["valueQuantity"]["value"], last["extension"], last["meta"]["versionId"]) == (40, EXTRA, "3")


async def test_a_visit_is_written_by_both(her: Her) -> None:
    fetus = {"reference": f"RelatedPerson/{fetus_id(UUID(her.record), 2)}"}
    beats = observation(
        her.person,
        "55283-6",
        focus=[fetus],
        encounter={"reference": urn(1)},
        valueQuantity=quantity(140, "{beats}/min"),
    )
    sent = bundle(
        entry("POST", "Encounter", visit(her.person, f"EpisodeOfCare/{her.record}"), fullUrl=urn(1)),
        entry("POST", "Observation", weight(her.person, urn(1), 72.5)),
        entry("POST", "Observation", beats),
    )
    await her.gp.ok("POST", "/", sent)
    [shown] = (await her.card())["antenatalAppointments"]
    assert (shown["appointmentDate"], shown["motherWeight"]) == ("2026-03-02", 72.5)
    assert shown["fetusesVitalSigns"] == [{"fosterId": 2, "fetalHeartRate": 140}]
    item = shown["metadata"]["id"]
    await v1(her, "PUT", f"antenatalAppointments/{item}", shown | {"bloodPressure": "118/76"})
    found = await her.gp.ok("GET", f"/Observation?patient={her.person}&code=http://loinc.org|85354-9")
    assert found["total"] == 1
    encounter = found["entry"][0]["resource"]["encounter"]["reference"]
    assert (await her.gp.send("DELETE", f"/{encounter}")).status_code == 204
    [shown] = (await her.card())["antenatalAppointments"]
    assert shown["metadata"]["enteredInError"]
    assert shown["motherWeight"] == 72.5


async def test_what_she_measured_herself_is_in_fhir_alone(her: Her) -> None:
    hers = ferritin(her.person, 24, performer=[{"reference": f"Patient/{her.person}"}])
    made = await her.made(hers)
    assert (await her.card())["clinicalTests"] is None
    origin = await her.gp.ok("GET", f"/Provenance/{made['id']}")
    assert origin["activity"]["coding"][0]["code"] == "self-reported"


async def test_an_age_that_was_sent_is_kept_and_not_counted_with(her: Her) -> None:
    await v1(her, "POST", "currentPregnancy", {"dueDateBasedOnUltrasound": "2026-08-05"}, status=201)
    made = await her.made(observation(her.person, "18185-9", valueQuantity=quantity(40, "wk")))
    assert (await her.gp.ok("GET", f"/Observation/{made['id']}"))["valueQuantity"]["value"] == 40
    card = await her.card()
    assert card["currentPregnancy"]["dueDateBasedOnUltrasound"] == "2026-08-05"
    assert card["antenatalAppointments"] == []
