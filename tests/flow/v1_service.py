"""The JSON contract over a real ledger, for its tests: fictional women, known callers, and a client that speaks the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import httpx
from starlette.types import ASGIApp

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind, Organisation
from helsekort.access.caller import Caller
from helsekort.api.http.log import RequestLog
from helsekort.api.http.request import Request
from helsekort.api.v1.app import build
from helsekort.api.v1.work import PREFIX
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.basics.refusal import OUTCOMES, Kind, Refused
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.view import Wants
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson
from tests.admitting import admitting

NO_HEADERS: Mapping[str, str] = MappingProxyType({})

ANNE, BERIT, CARI, DINA, NOBODY = (
    NationalIdentityNumber.parse(digits, allow_synthetic=True)
    for digits in ("01819012365", "13870173959", "21818320040", "14859011196", "02819010040")
)
"""Five fictional numbers (month + 80); the register knows the first four."""

REGISTER = {
    ANNE: RegisteredPerson("Anne Antonsen", deceased=False, confidential_address=False),
    BERIT: RegisteredPerson("Berit Berg", deceased=False, confidential_address=False),
    CARI: RegisteredPerson("Cari Christensen", deceased=False, confidential_address=True),
    DINA: RegisteredPerson("Dina Dahl", deceased=True, confidential_address=False),
}

OFFICE = Organisation("998570328", "974589095", "Munkholmen legesenter")
HOSPITAL = Organisation("983658784", "974749025", "St. Olavs hospital, fødepoliklinikken")

ACTORS = {
    "gp": Actor(ActorKind.PRACTITIONER, "Rolf Lege", "ehr-1", NOBODY, "222200063", "LE", OFFICE, "t1"),
    "midwife": Actor(
        ActorKind.PRACTITIONER, "Kari Jordmor", "ehr-1", NOBODY, "333300041", "JO", OFFICE, "t2"
    ),
    "hospital": Actor(
        ActorKind.PRACTITIONER, "Siri Lege", "ehr-2", NOBODY, "444400052", "LE", HOSPITAL, "t3"
    ),
    "secretary": Actor(
        ActorKind.PRACTITIONER, "Ola Sekretær", "ehr-1", NOBODY, "555500063", "HE", OFFICE, "t4"
    ),
    "machine": Actor(ActorKind.MACHINE, OFFICE.name, "ehr-1", organisation=OFFICE, token_id="t5"),
    "anne": Actor(ActorKind.CITIZEN, "Anne Antonsen", "helsenorge", ANNE, token_id="t6"),
}


async def identify(request: Request) -> Caller:
    """Stands in for the token and its proof, which have tests of their own: Authorization names the caller."""
    actor = ACTORS.get(request.header(b"authorization"))
    if actor is None:
        raise Refused(Kind.UNAUTHENTICATED)
    try:
        patient = NationalIdentityNumber.parse(request.header(b"nhn-patient-nin"), allow_synthetic=True)
    except ValueError as error:
        return Caller(actor, None, "", "", Refused(Kind.INVALID_NIN, str(error)))
    refused = Refused(Kind.INVALID_ROLE) if request.header(b"x-forged") else None
    return Caller(actor, patient, request.header(b"nhn-source-system"), "", refused)


async def find_person(number: NationalIdentityNumber) -> RegisteredPerson | None:
    """The person register."""
    return REGISTER.get(number)


@dataclass(frozen=True)
class Service:
    """The contract's application with what stands behind it."""

    app: ASGIApp
    door: Door
    ledger: Ledger
    lines: list[str]
    log: RequestLog

    def client(self, by: str = "gp", patient: NationalIdentityNumber = ANNE) -> Api:
        """A client that speaks for one caller about one woman."""
        headers = {"authorization": by, "nhn-patient-nin": patient.reveal(), "nhn-source-system": "EPJ 1.0"}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return Api(httpx.AsyncClient(transport=transport, base_url=f"http://test{PREFIX}", headers=headers))

    async def consent(self, patient: NationalIdentityNumber = ANNE) -> None:
        """She consents."""
        await self.door.give_consent(self.own_act(Action.GIVE_CONSENT, patient), text_version="1")

    async def log_of(self, patient: NationalIdentityNumber = ANNE) -> list[tuple[str, str]]:
        """Her access log, oldest first: action and refusal."""
        view = await self.door.read(self.own_act(Action.READ_LOG, patient), Wants.LOG)
        return [(entry.action, entry.detail.refusal) for entry in reversed(view.log)]

    def own_act(self, action: Action, patient: NationalIdentityNumber) -> Act:
        """An act of hers on her own behalf."""
        actor = replace(ACTORS["anne"], nin=patient)
        return Act(actor, action, patient, datetime.now(UTC), "event")


@dataclass(frozen=True)
class Api:
    """Calls the contract and tells whether the answer is what was expected."""

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
        """One request, the body as JSON where there is one, or bytes as they are."""
        return await self.http.request(method, path, json=body, content=content, headers=headers)

    async def ok(self, method: str, path: str, body: object = None, *, status: int = 200) -> dict[str, Any]:
        """The JSON of an answer that must have that status."""
        answer = await self.send(method, path, body)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
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
    ) -> str:
        """The message of an answer that must be this refusal."""
        return refusal(await self.send(method, path, body, content=content, headers=headers), kind)

    async def record(self, body: Mapping[str, Any] | None = None) -> str:
        """A new record; its id."""
        card = await self.ok("POST", "/record", dict(body or {}), status=201)
        return str(card["metadata"]["recordId"])


def refusal(answer: httpx.Response, kind: Kind) -> str:
    """Asserts that an answer is this refusal in every respect; returns its message."""
    outcome = OUTCOMES[kind]
    assert (answer.status_code, answer.headers.get("nhn-error-code")) == (
        outcome.status,
        outcome.contract_code,
    ), answer.text
    body = answer.json()
    assert body.keys() == {"errorCode", "errorMessage", "eventId"}
    assert (body["errorCode"], body["eventId"]) == (outcome.contract_code, answer.headers["nhn-event-id"])
    assert answer.headers["cache-control"] == "no-store"
    return str(body["errorMessage"])


def service_on(ledger: Ledger) -> Service:
    """The contract over a ledger; each look at the clock is a millisecond later."""
    lines: list[str] = []
    start, ticks = datetime.now(UTC), iter(range(10**9))

    def clock() -> datetime:
        return start + timedelta(milliseconds=next(ticks))

    log = RequestLog(lines.append, clock)
    door = Door(
        ledger=ledger,
        find_person=find_person,
        new_id=new_id,
        redact=redact_in_turns,
        for_proposal=for_proposal,
    )
    return Service(
        build(door=door, admission=admitting(ledger), identify=identify, clock=clock, new_id=new_id, log=log),
        door,
        ledger,
        lines,
        log,
    )
