"""Many systems at once, over HTTP with real tokens: one of each is made, and nothing that was acknowledged is lost."""

from __future__ import annotations

import asyncio

from helsekort.sandbox.address import loopback_client
from tests.flow.fhir_bodies import bundle, condition, entry, urn, visit, weight
from tests.flow.fhir_doctor import Doctor, dumped
from tests.interop.clinic import Clinic


async def test_eight_conditional_creates_make_one(here: Clinic) -> None:
    sent = condition(here.person, identifier=[{"system": "https://many.example", "value": "1"}])
    criteria = {"if-none-exist": "identifier=https://many.example|1"}
    async with loopback_client() as http:
        doctor = Doctor(http, here)
        answers = await asyncio.gather(
            *(doctor.send("POST", "/Condition", dumped(sent), criteria) for _ in range(8))
        )
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_transactions_on_one_record_are_all_there(here: Clinic) -> None:
    sent = bundle(
        entry("POST", "Encounter", visit(here.person, f"EpisodeOfCare/{here.record}"), fullUrl=urn(1)),
        entry("POST", "Observation", weight(here.person, urn(1), 72)),
    )
    async with loopback_client() as http:
        doctor = Doctor(http, here)
        answers = await asyncio.gather(*(doctor.send("POST", "/", dumped(sent)) for _ in range(12)))
        assert {answer.status_code for answer in answers} == {200}
        made = [one["resource"] for answer in answers for one in answer.json()["entry"]]
        ids = {f"{one['resourceType']}/{one['id']}" for one in made}
        assert len(ids) == 24
        found = (await doctor.send("GET", f"/EpisodeOfCare/{here.record}/$everything")).json()
    assert ids <= {f"{one['resource']['resourceType']}/{one['resource']['id']}" for one in found["entry"]}
