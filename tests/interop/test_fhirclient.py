"""fhirclient, SMART's client for Python, against the running service. Its models are strict: an unknown, doubled, missing or
wrongly typed element in anything we answer raises. The proof is an auth hook of its session; it runs in a thread of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

import pytest
import requests
from fhirclient.client import FHIRClient
from fhirclient.models.bundle import Bundle
from fhirclient.models.condition import Condition
from fhirclient.models.encounter import Encounter
from fhirclient.models.observation import Observation
from fhirclient.models.operationoutcome import OperationOutcome
from fhirclient.models.patient import Patient
from fhirclient.server import FHIRNotFoundException, FHIRServer
from requests.auth import AuthBase

from tests.flow.fhir_bodies import bundle, condition, entry, ferritin, urn, visit, weight
from tests.interop.clinic import Clinic

T = TypeVar("T")


class Proof(AuthBase):
    """Signs each request."""

    def __init__(self, here: Clinic) -> None:
        self._here = here

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._here.headers(str(request.method), str(request.url)))
        return request


class Smart:
    """The client, called from outside the event loop that the service runs in."""

    def __init__(self, here: Clinic) -> None:
        self.client = FHIRClient(settings={"app_id": "ehr", "api_base": here.base})
        self.server: FHIRServer = self.client.server
        self.server.session.auth = Proof(here)
        self.server.session.trust_env = False

    async def do(self, what: Callable[[FHIRServer], T]) -> T:
        """What the client does with the server."""
        return await asyncio.to_thread(what, self.server)

    async def read(self, path: str) -> Bundle:
        """The Bundle that is there, through the client's models."""
        return Bundle(await self.do(lambda server: server.request_json(path)))


def told(error: requests.HTTPError) -> tuple[int, OperationOutcome]:
    """What an error came with, through the client's models."""
    assert error.response is not None
    return error.response.status_code, OperationOutcome(error.response.json())


@pytest.fixture
async def smart(here: Clinic) -> AsyncIterator[Smart]:
    found = Smart(here)
    yield found
    found.server.session.close()


async def test_it_prepares_from_the_capability_statement(smart: Smart, here: Clinic) -> None:
    assert await smart.do(lambda _: smart.client.prepare()) in {True, False}
    stated = smart.server.capabilityStatement
    assert stated.fhirVersion == "4.0.1"
    assert {"Observation", "EpisodeOfCare"} <= {one.type for one in stated.rest[0].resource}
    state = smart.server.auth.state  # from the oauth-uris extension
    assert state["authorize_uri"] == f"{here.address.sandbox}/helseid/connect/authorize"
    assert state["token_uri"] == f"{here.address.sandbox}/helseid/connect/token"


async def test_its_strict_models_read_everything_there_is(smart: Smart, here: Clinic) -> None:
    her, record = f"Patient/{here.person}", f"EpisodeOfCare/{here.record}"
    paths = [
        f"{her}/$everything",
        f"{her}/$summary",
        f"{record}/$everything",
        f"{record}/$card",
        f"{record}/$history",
    ]
    paths += [
        f"Observation/$lastn?patient={her}",
        f"Observation?patient={her}&_include=Observation:encounter&_count=9",
    ]
    read: dict[str, int] = {}
    for path in paths:
        found = await smart.read(path)
        for one in found.entry:
            if one.resource is not None:
                read[one.resource.resource_type] = read.get(one.resource.resource_type, 0) + 1
    assert set(read) >= {
        "Patient",
        "EpisodeOfCare",
        "Encounter",
        "Observation",
        "Condition",
        "Composition",
        "Provenance",
    }
    assert set(read) >= {"RelatedPerson", "Practitioner", "PractitionerRole", "Organization"}
    assert sum(read.values()) > 1000


async def test_every_page_is_followed(smart: Smart, here: Clinic) -> None:
    asked = Observation.where({"patient": f"Patient/{here.person}", "_count": "25", "_sort": "-date"})
    found = await smart.do(lambda server: list(asked.perform_resources_iter(server)))
    all_of_them = await smart.read(f"Observation?patient=Patient/{here.person}&_count=500")
    assert [one.id for one in found] != []
    assert {one.id for one in found} == {one.resource.id for one in all_of_them.entry}
    assert len(found) == all_of_them.total > 50


async def test_by_reference_and_with_what_is_included(smart: Smart, here: Clinic) -> None:
    asked = Encounter.where({"episode-of-care": f"EpisodeOfCare/{here.record}"}).include("subject")
    [found] = await smart.do(lambda server: list(asked.perform_iter(server)))
    kinds = {one.resource.resource_type for one in found.entry}
    assert kinds == {"Encounter", "Patient"}
    her = await smart.do(lambda server: Patient.read(here.person, server))
    assert her.id == here.person


async def test_create_update_and_delete(smart: Smart, here: Clinic) -> None:
    sent = Observation(ferritin(here.person, 24.5))
    made = Observation(await smart.do(sent.create))
    assert (made.valueQuantity.value, made.meta.versionId) == (24.5, "1")
    made.valueQuantity.value = 26
    changed = Observation(await smart.do(made.update))
    assert (changed.valueQuantity.value, changed.meta.versionId) == (26, "2")
    await smart.do(changed.delete)
    with pytest.raises(requests.HTTPError) as gone:
        await smart.do(lambda server: Observation.read(made.id, server))
    status, outcome = told(gone.value)
    assert (status, outcome.issue[0].code) == (410, "deleted")


async def test_a_transaction_at_the_base(smart: Smart, here: Clinic) -> None:
    sent = bundle(
        entry("POST", "Encounter", visit(here.person, f"EpisodeOfCare/{here.record}"), fullUrl=urn(1)),
        entry("POST", "Observation", weight(here.person, urn(1), 71), fullUrl=urn(2)),
        entry("POST", "Condition", condition(here.person)),
    )
    answer = Bundle(await smart.do(Bundle(sent).create))
    assert answer.type == "transaction-response"
    made = [one.resource for one in answer.entry]
    assert [one.resource_type for one in made] == ["Encounter", "Observation", "Condition"]
    assert made[1].encounter.reference == f"Encounter/{made[0].id}"


async def test_refusals_are_outcomes_its_models_read(smart: Smart, here: Clinic) -> None:
    with pytest.raises(FHIRNotFoundException) as missing:
        await smart.do(lambda server: Condition.read("there-is-none", server))
    assert OperationOutcome(missing.value.response.json()).issue[0].severity == "error"
    asked = Condition.where({"patient": here.person, "shoe-size": "41"})
    with pytest.raises(requests.HTTPError) as refused:
        await smart.do(lambda server: list(asked.perform_iter(server)))
    status, outcome = told(refused.value)
    assert (status, outcome.issue[0].location) == (400, ["http.shoe-size"])
