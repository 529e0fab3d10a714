"""The FHIR API over a real ledger, for its tests, beside the JSON contract over the same records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from starlette.types import ASGIApp

from helsekort.access.caller import Caller
from helsekort.access.gate import FindPatient
from helsekort.api.fhir.app import build
from helsekort.api.fhir.call import Api
from helsekort.api.fhir.searches import searchable
from helsekort.api.fhir.work import PREFIX
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.basics.clock import Clock
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from helsekort.fhir.capability import Endpoints
from helsekort.fhir.definitions import BUILT, read
from helsekort.ledger.ledger import Ledger
from helsekort.maternity.offering import OFFERING
from helsekort.maternity.profiles import BUILT as PROFILES
from helsekort.records.admission import Admission
from helsekort.records.door import Door
from tests.admitting import admitting
from tests.flow.v1_service import ACTORS, ANNE, NO_HEADERS, Service, find_person, service_on

HOST = "http://test"
HOOK = "https://ehr-1.test/hook"
"""The address that is registered for the notifications of ehr-1."""
BASE = HOST + PREFIX
ENDPOINTS = Endpoints(
    "https://sts.test", "https://sts.test/authorize", "https://sts.test/token", "https://sts.test/keys"
)
DEFINITIONS = read(BUILT, PROFILES)
"""Of all tests: reading them takes longer than the tests do."""
SEARCHABLE = searchable(OFFERING, DEFINITIONS)

Json = dict[str, Any]


async def identify(request: Request, find_patient: FindPatient) -> Caller:
    """Stands in for the token and its proof: Authorization names the caller, nhn-patient-nin the woman, where it is sent."""
    actor = ACTORS.get(request.header(b"authorization"))
    if actor is None:
        raise Refused(Kind.UNAUTHENTICATED)
    stated = request.header(b"nhn-patient-nin")
    patient = NationalIdentityNumber.parse(stated, allow_synthetic=True) if stated else None
    refused = Refused(Kind.INVALID_ROLE) if request.header(b"x-forged") else None
    if refused is None:
        try:
            patient = await find_patient(patient)
        except Refused as error:
            refused = error
    return Caller(actor, patient, request.header(b"nhn-source-system"), "", refused)


async def endpoints() -> Endpoints:
    """Where tokens come from."""
    return ENDPOINTS


@dataclass(frozen=True)
class Fhir:
    """The FHIR API's application, and the JSON contract beside it."""

    app: ASGIApp
    api: Api
    v1: Service
    lines: list[str]
    log: RequestLog

    def client(self, by: str = "gp", patient: NationalIdentityNumber | None = None) -> Client:
        """A client that speaks for one caller; about one woman by her number where one is given."""
        headers = {"authorization": by, "nhn-source-system": "EPJ 1.0"}
        if patient is not None:
            headers["nhn-patient-nin"] = patient.reveal()
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return Client(httpx.AsyncClient(transport=transport, base_url=HOST, headers=headers))

    async def record(
        self, body: Mapping[str, Any] | None = None, patient: NationalIdentityNumber = ANNE
    ) -> str:
        """A new record of a woman who consents, written through the JSON contract; its id."""
        await self.v1.consent(patient)
        return await self.v1.client(patient=patient).record(body)

    async def person(self, record: str) -> str:
        """The opaque id of the woman whose record it is."""
        episode = await self.client().ok("GET", f"/EpisodeOfCare/{record}")
        return str(episode["patient"]["reference"]).removeprefix("Patient/")


@dataclass(frozen=True)
class Client:
    """Calls the API and tells whether the answer is what was expected. Paths are below the base; `""` is the base itself."""

    http: httpx.AsyncClient

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> httpx.Response:
        """One request; a body as FHIR's JSON unless the headers say otherwise."""
        given = {"content-type": "application/fhir+json"} if body is not None or content is not None else {}
        sent = json.dumps(body).encode() if body is not None else content
        path = path if path.startswith("http") else PREFIX + path
        return await self.http.request(method, path, content=sent, headers={**given, **headers})

    async def ok(self, method: str, path: str, body: object = None, *, status: int = 200) -> Json:
        """The JSON of an answer that must have that status."""
        answer = await self.send(method, path, body)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
        found: Json = answer.json()
        return found

    async def search(self, path: str, form: Mapping[str, str]) -> Json:
        """The Bundle of a search whose parameters are in the body."""
        answer = await self.http.post(PREFIX + path, data=form)
        assert answer.status_code == 200, answer.text
        found: Json = answer.json()
        return found

    async def refused(
        self,
        kind: Kind,
        method: str,
        path: str,
        body: object = None,
        *,
        content: bytes | None = None,
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> Json:
        """The OperationOutcome of an answer that must be this refusal."""
        return refusal(await self.send(method, path, body, content=content, headers=headers), kind)


def refusal(answer: httpx.Response, kind: Kind) -> Json:
    """Asserts that an answer is this refusal in every respect; returns its OperationOutcome."""
    assert answer.status_code == OUTCOMES[kind].status, answer.text
    assert answer.headers["content-type"] == "application/fhir+json; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    outcome: Json = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    codes = {one["details"]["coding"][0]["code"] for one in outcome["issue"]}
    assert codes == {kind.value}, answer.text
    assert {one["code"] for one in outcome["issue"]} == {OUTCOMES[kind].issue_code}
    assert all(one["diagnostics"] for one in outcome["issue"])
    [event] = [one["valueString"] for one in outcome["extension"] if one["url"].endswith("event-id")]
    assert event == answer.headers["nhn-event-id"]
    return outcome


def api_over(door: Door, clock: Clock, *, base: str = BASE) -> Api:
    """What stands behind the API in a test; one client has an address for notifications."""
    return Api(
        door=door,
        clock=clock,
        new_id=new_id,
        bases=(base,),
        zone=ZoneInfo("Europe/Oslo"),
        allow_synthetic=True,
        offering=OFFERING,
        definitions=DEFINITIONS,
        searchable=SEARCHABLE,
        may_send=lambda client, endpoint: (client, endpoint) == ("ehr-1", HOOK),
        find_person=find_person,
        endpoints=endpoints,
        scope="nhn:maternity-record/api",
        version="0.1",
    )


def fhir_on(ledger: Ledger, *, admission: Admission | None = None) -> Fhir:
    """Both APIs over one ledger."""
    lines: list[str] = []
    v1 = service_on(ledger)
    start, ticks = datetime.now(UTC), iter(range(10**9))

    def clock() -> datetime:
        return start + timedelta(milliseconds=next(ticks))

    log = RequestLog(lines.append, clock)
    api = api_over(v1.door, clock)
    app = build(api, admission=admission or admitting(ledger), identify=identify, log=log)
    return Fhir(app, api, v1, lines, log)
