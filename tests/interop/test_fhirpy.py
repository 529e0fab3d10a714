"""fhirpy, an asynchronous FHIR client, against the running service; the proof is a middleware of its HTTP session."""

from __future__ import annotations

from typing import Any

import pytest
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from fhirpy import AsyncFHIRClient
from fhirpy.base.exceptions import MultipleResourcesFound, OperationOutcome, ResourceNotFound

from tests.flow.fhir_bodies import bundle, condition, entry, ferritin, urn, visit, weight
from tests.interop.clinic import Clinic


@pytest.fixture
def client(here: Clinic) -> AsyncFHIRClient:
    async def prove(request: ClientRequest, send: ClientHandlerType) -> ClientResponse:
        request.headers.update(here.headers(request.method, str(request.url)))
        return await send(request)

    return AsyncFHIRClient(here.base, aiohttp_config={"middlewares": (prove,)})


def told(error: OperationOutcome) -> list[str]:
    """The stable codes of an OperationOutcome that the client has read."""
    resource: dict[str, Any] = error.resource
    return [one["details"]["coding"][0]["code"] for one in resource["issue"]]


class TestSearch:
    async def test_every_page_is_followed(self, client: AsyncFHIRClient, here: Clinic) -> None:
        found = client.resources("Observation").search(patient=f"Patient/{here.person}").limit(7)
        everything = await found.fetch_all()
        assert len(everything) > 21
        assert len({one.id for one in everything}) == len(everything)
        assert {one.subject.reference for one in everything} == {f"Patient/{here.person}"}

    async def test_it_counts_what_it_would_find(self, client: AsyncFHIRClient, here: Clinic) -> None:
        """Its count asks by `_totalMethod`, which nobody else knows: a result parameter that is ignored with a warning."""
        found = client.resources("Observation").search(patient=f"Patient/{here.person}")
        assert await found.count() == len(await found.fetch_all())

    async def test_included_and_sorted(self, client: AsyncFHIRClient, here: Clinic) -> None:
        found = client.resources("Observation").search(patient=f"Patient/{here.person}", code="85354-9")
        raw = await found.include("Observation", "encounter").sort("-date").fetch_raw()
        modes = [(one.search.mode, one.resource.resource_type) for one in raw.entry]
        assert modes.count(("match", "Observation")) == modes.count(("include", "Encounter")) > 1
        days = [one.resource.effectiveDateTime for one in raw.entry if one.search.mode == "match"]
        assert days == sorted(days, reverse=True)

    async def test_by_chain_and_by_time(self, client: AsyncFHIRClient, here: Clinic) -> None:
        visits = client.resources("Encounter").search(episode_of_care=f"EpisodeOfCare/{here.record}")
        first = await visits.sort("-date").first()
        assert first is not None
        measured = client.resources("Observation").search(patient=f"Patient/{here.person}")
        chain = {"encounter:Encounter.episode-of-care": f"EpisodeOfCare/{here.record}"}
        at_visits = await measured.search(**chain).fetch_all()
        assert {one.encounter.reference for one in at_visits} >= {f"Encounter/{first.id}"}
        ends = [
            one.period.get("end", "9999") for one in await visits.fetch_all()
        ]  # one without an end goes on
        later = await visits.search(date__gt=min(ends)).fetch_all()
        assert len(later) == sum(end > min(ends) for end in ends) > 3

    async def test_an_unknown_filter_is_refused(self, client: AsyncFHIRClient, here: Clinic) -> None:
        with pytest.raises(OperationOutcome) as refused:
            await (
                client.resources("Observation").search(patient=f"Patient/{here.person}", shoe_size=41).fetch()
            )
        assert told(refused.value) == ["invalid-parameter"]


class TestOneResource:
    async def test_create_read_update_and_delete(self, client: AsyncFHIRClient, here: Clinic) -> None:
        made = client.resource("Observation", **ferritin(here.person, 24))
        await made.save()
        assert made.meta.versionId == "1"
        again = await client.get("Observation", made.id)
        assert again["valueQuantity"]["value"] == 24
        made["valueQuantity"]["value"] = 25.5
        await made.update()
        assert made.meta.versionId == "2"
        await made.refresh()
        assert made.valueQuantity.value == 25.5
        await client.delete(made)
        with pytest.raises(ResourceNotFound) as gone:
            await client.get("Observation", made.id)
        assert '"resourceType":"OperationOutcome"' in str(gone.value)

    async def test_a_version_that_is_not_the_last(self, client: AsyncFHIRClient, here: Clinic) -> None:
        made = await client.resource("Condition", **condition(here.person)).create()
        stale = client.resource("Condition", **dict(made))
        made["code"]["text"] = "Bekkenleddsmerter"
        await made.update()
        stale["code"]["text"] = "Noe annet"
        with pytest.raises(MultipleResourcesFound) as refused:  # what it calls 412
            await stale.update()
        assert '"code":"precondition-failed"' in str(refused.value)

    async def test_a_reference_is_resolved(self, client: AsyncFHIRClient, here: Clinic) -> None:
        found = await client.resources("Encounter").search(patient=f"Patient/{here.person}").first()
        assert found is not None
        woman = await found["subject"].to_resource()
        assert (woman.resource_type, woman.id) == ("Patient", here.person)

    async def test_it_asks_whether_a_resource_is_valid(self, client: AsyncFHIRClient, here: Clinic) -> None:
        good = client.resource("Observation", **ferritin(here.person))
        assert await good.is_valid()
        assert not await client.resource("Observation", **ferritin(here.person), shoeSize=41).is_valid()


class TestWhatIsNotFhir:
    """Its own ways, which R4 does not have: answered with an OperationOutcome, and nothing is changed."""

    async def test_a_bare_part_of_a_resource_is_no_patch(self, client: AsyncFHIRClient, here: Clinic) -> None:
        made = await client.resource("Condition", **condition(here.person)).create()
        with pytest.raises(OperationOutcome) as refused:
            await made.patch(code={"text": "Endret"})
        assert told(refused.value) == ["unsupported-media-type"]
        with pytest.raises(OperationOutcome) as refused:
            await made.save(fields=["code"])
        assert told(refused.value) == ["unsupported-media-type"]
        assert (await client.get("Condition", made.id))["meta"]["versionId"] == "1"

    async def test_criteria_in_the_address_of_a_create(self, client: AsyncFHIRClient, here: Clinic) -> None:
        conditions = client.resources("Condition").search(patient=f"Patient/{here.person}")
        before = await conditions.count()
        with pytest.raises(OperationOutcome) as refused:
            await conditions.get_or_create(client.resource("Condition", **condition(here.person)))
        assert told(refused.value) == ["invalid-parameter"]
        assert await conditions.count() == before


class TestManyAtOnce:
    async def test_a_transaction(self, client: AsyncFHIRClient, here: Clinic) -> None:
        sent = bundle(
            entry("POST", "Encounter", visit(here.person, f"EpisodeOfCare/{here.record}"), fullUrl=urn(1)),
            entry("POST", "Observation", weight(here.person, urn(1), 73.5), fullUrl=urn(2)),
            entry("GET", f"EpisodeOfCare/{here.record}"),
        )
        answer = await client.execute("", data=sent)
        assert [one.response.status[:3] for one in answer.entry] == ["201", "201", "200"]
        assert answer.entry[1].resource.encounter.reference == f"Encounter/{answer.entry[0].resource.id}"

    async def test_all_or_nothing(self, client: AsyncFHIRClient, here: Clinic) -> None:
        sent = bundle(
            entry("POST", "Condition", condition(here.person)),
            entry("POST", "Condition", condition(here.person) | {"onsetDateTime": "2026-02-30"}),
        )
        before = await client.resources("Condition").search(patient=here.person).count()
        with pytest.raises(OperationOutcome) as refused:
            await client.execute("", data=sent)
        [issue] = refused.value.resource["issue"]
        assert issue["expression"] == ["Bundle.entry[1].resource.onsetDateTime"]
        assert await client.resources("Condition").search(patient=here.person).count() == before

    async def test_operations(self, client: AsyncFHIRClient, here: Clinic) -> None:
        record = client.reference("EpisodeOfCare", here.record)
        card = await record.execute("$card", method="get")
        assert (card.type, card.entry[0].resource.resourceType) == ("document", "Composition")
        everything = await client.reference("Patient", here.person).execute("$everything", method="get")
        assert {"Patient", "EpisodeOfCare", "Observation", "Provenance"} <= {
            one.resource.resourceType for one in everything.entry
        }
