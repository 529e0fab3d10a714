"""A doctor's system that calls the running FHIR API with bodies of any kind, and what a refusal must look like."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import httpx

from tests.flow.fhir_bodies import Json
from tests.interop.clinic import Clinic

FHIR = "application/fhir+json"


@dataclass(frozen=True)
class Doctor:
    """Calls the service, each call with a proof of its own."""

    http: httpx.AsyncClient
    clinic: Clinic
    made: dict[str, str] = field(default_factory=dict)

    async def send(
        self, method: str, path: str, content: bytes | None = None, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """One call; a body is FHIR's JSON unless the headers say otherwise."""
        url = httpx.URL(path if path.startswith("http") else f"{self.clinic.base}{path}")
        own = {} if content is None else {"content-type": FHIR}
        own |= self.clinic.headers(method, str(url)) | (headers or {})
        return await self.http.request(method, url, content=content, headers=own)

    async def creates(self, resource: Json) -> Json:
        """A resource that is created."""
        answer = await self.send("POST", f"/{resource['resourceType']}", dumped(resource))
        assert answer.status_code == 201, answer.text
        found: Json = answer.json()
        return found

    async def count(self) -> int:
        """How many resources the record has, with every version."""
        answer = await self.send("GET", f"/EpisodeOfCare/{self.clinic.record}/$history?_count=1")
        assert answer.status_code == 200, answer.text
        return int(answer.json()["total"])


def dumped(value: object) -> bytes:
    """JSON."""
    return json.dumps(value).encode()


def told(answer: httpx.Response) -> Json:
    """Asserts that an answer is a refusal as it should be; returns its OperationOutcome."""
    assert 400 <= answer.status_code < 500, answer.text
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    outcome: Json = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert outcome["issue"]
    for issue in outcome["issue"]:
        assert issue["severity"] == "error"
        assert issue["details"]["coding"][0]["code"]
        assert issue["diagnostics"]
    return outcome
