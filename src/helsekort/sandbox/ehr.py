"""The EHR simulator: one EHR at one organisation with one practitioner logged in, speaking the national JSON contract.

It gets its tokens by the real flows, signs a fresh proof for each call, and sends every header the contract names.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx

from helsekort.basics import strict_json
from helsekort.sandbox import attestation
from helsekort.sandbox.address import Address
from helsekort.sandbox.oauth import Seconds
from helsekort.sandbox.people import Practitioner, fictional_people
from helsekort.sandbox.token_client import BoundToken, TokenClient, sign_proof

ROLE_SYSTEM = "urn:oid:2.16.578.1.12.4.1.1.9060"
LIST_SECTIONS = frozenset({"antenatalAppointments", "symphysisFundalHeights"})
RENEW_BEFORE = 30


@dataclass(frozen=True, slots=True)
class ContractError:
    """An error as the contract writes it; empty texts where the answer had no body (429)."""

    code: str
    message: str
    event_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call got: HTTP status, the JSON body with exact decimals, and the error where it was refused."""

    status: int
    body: Any
    headers: httpx.Headers
    error: ContractError | None

    @property
    def accepted(self) -> bool:
        """Whether the call was done."""
        return self.error is None

    def must(self) -> Any:  # noqa: ANN401 - a JSON value
        """The body of a call that has to succeed; raises CallRefused with the contract's words."""
        if self.error is not None:
            raise CallRefused(self.status, self.error)
        return self.body


class CallRefused(Exception):
    """A call that had to succeed was refused."""

    def __init__(self, status: int, error: ContractError) -> None:
        super().__init__(f"{status} {error.code}: {error.message} (event {error.event_id})")
        self.status = status
        self.error = error


@dataclass(frozen=True, slots=True)
class WomanStatus:
    """The answer of /status."""

    consented: bool
    has_active_record: bool
    last_changed: str | None
    latest_record: str | None
    deceased: bool

    @classmethod
    def of(cls, body: dict[str, Any]) -> WomanStatus:
        """Read from the contract's names."""
        return cls(
            body["hasGivenConsent"],
            body["hasActiveMaternityRecord"],
            body.get("lastChangedDateTime"),
            body.get("latestRecordId"),
            body["deceased"],
        )


class Ehr:
    """One EHR. `key` is the client's in people.toml (gp, midwife, hospital); the practitioner of that key is its user.

    A `machine` has nobody logged in and may only ask for status. With a `reason` the EHR attests: each call's token is for its
    patient alone. `basis` is what the `nhn-access-basis` header says, with its reason in words, where it says anything. An event
    id is a UUID: other random digits are somebody's number now and then, which no event id may be.
    """

    def __init__(
        self,
        key: str,
        *,
        http: httpx.AsyncClient,
        address: Address,
        practitioner: str | None = None,
        role: str | None = None,
        machine: bool = False,
        now: Seconds = time.time,
        reason: attestation.Reason | None = None,
        new_event: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        people = fictional_people()
        client = people.client(key)
        self.user: Practitioner = people.practitioner(practitioner or key)
        self.organisation = people.organisation(self.user.organisation)
        self.role = role or self.user.authorisations[0]
        self.source_system = client.name
        self._machine = machine
        self._http = http
        self._api = address.api
        self._queue = f"{address.service}/api/organisation/v1"
        self._now = now
        self._reason = reason
        self._new_event = new_event
        self._tokens = TokenClient(
            http=http, sandbox=address.sandbox, client=client, organisation=self.organisation, now=now
        )
        self._token: BoundToken | None = None
        self._until = 0.0
        self.basis = ("", "")

    async def log_in(self) -> None:
        """Logs the practitioner in at the provider; the system itself where it is a machine."""
        self._keep(
            await (self._tokens.by_client() if self._machine else self._tokens.by_login(self.user.key))
        )

    async def status(self, patient: str) -> Answer:
        """GET /status; read it with WomanStatus.of."""
        return await self.call("GET", "/status", patient)

    async def history(self, patient: str) -> Answer:
        """GET /history: her records."""
        return await self.call("GET", "/history", patient)

    async def record_history(self, patient: str, record: str) -> Answer:
        """GET /history/{id}: every change of one record."""
        return await self.call("GET", f"/history/{record}", patient)

    async def record(self, patient: str, record: str) -> Answer:
        """GET /record/{id}."""
        return await self.call("GET", f"/record/{record}", patient)

    async def create(self, patient: str, sections: dict[str, Any] | None = None) -> Answer:
        """POST /record, empty or with sections."""
        return await self.call("POST", "/record", patient, sections or {})

    async def update_status(self, patient: str, record: str, status: dict[str, Any]) -> Answer:
        """POST /record/{id}/updateStatus: ends the record."""
        return await self.call("POST", f"/record/{record}/updateStatus", patient, status)

    async def add(self, patient: str, record: str, section: str, content: dict[str, Any]) -> Answer:
        """POST of a section, a visit or a height."""
        return await self.call("POST", f"/record/{record}/{section}", patient, content)

    async def replace(
        self, patient: str, record: str, section: str, content: dict[str, Any], *, seen: int
    ) -> Answer:
        """PUT of a section over the version that was seen."""
        body = {**content, "metadata": {"version": seen}}
        return await self.call("PUT", f"/record/{record}/{section}", patient, body)

    async def replace_item(
        self, patient: str, record: str, section: str, item: str, content: dict[str, Any], *, seen: int
    ) -> Answer:
        """PUT of one visit or height over the version that was seen."""
        return await self.replace(patient, record, f"{section}/{item}", content, seen=seen)

    async def enter_in_error(self, patient: str, record: str, section: str, item: str) -> Answer:
        """DELETE of one visit or height: it is marked as entered in error."""
        return await self.call("DELETE", f"/record/{record}/{section}/{item}", patient)

    async def call(self, method: str, path: str, patient: str, body: object = None) -> Answer:
        """One call with all its headers and a fresh proof.

        A 401 is tried once more with a new token and a proof of the next second: a service that has just started refuses
        proofs that are older than itself (RFC 9449 section 11.1), and proofs state whole seconds.
        """
        answer = await self._once(await self._valid_for(patient), method, path, patient, body)
        if answer.status == 401:
            await asyncio.sleep(1)
            await self.log_in()
            answer = await self._once(await self._valid_for(patient), method, path, patient, body)
        return answer

    async def queue(self, method: str, path: str, body: object = None) -> Answer:
        """One call about the organisation's own queue, where no patient is named: /reviews, /reports, /reports/{id}/answer."""
        headers = self._headers("")
        del headers["nhn-patient-nin"]
        return await self._sent(await self._valid(), method, f"{self._queue}{path}", headers, body)

    async def _once(self, token: BoundToken, method: str, path: str, patient: str, body: object) -> Answer:
        return await self._sent(token, method, f"{self._api}{path}", self._headers(patient), body)

    async def _sent(
        self, token: BoundToken, method: str, url: str, headers: dict[str, str], body: object
    ) -> Answer:
        headers |= self._authorization(token, method, url)
        content = None if body is None else strict_json.dump(body)
        if content is not None:
            headers["Content-Type"] = "application/json"
        return _read(await self._http.request(method, url, headers=headers, content=content))

    def _authorization(self, token: BoundToken, method: str, url: str) -> dict[str, str]:
        proof = sign_proof(
            token.key, method=method, url=url, now=self._now(), access_token=token.access_token
        )
        return {"Authorization": f"DPoP {token.access_token}", "DPoP": proof}

    def _headers(self, patient: str) -> dict[str, str]:
        headers = {
            "nhn-patient-nin": patient,
            "nhn-source-system": self.source_system,
            "nhn-event-id": self._new_event(),
        }
        if not self._machine:
            headers["nhn-user-role"] = quote(json.dumps({"system": ROLE_SYSTEM, "code": self.role}))
        basis, words = self.basis
        if basis:
            headers |= {"nhn-access-basis": basis, "nhn-access-reason": quote(words)}
        return headers

    async def _valid_for(self, patient: str) -> BoundToken:
        """The token for a call about the patient; where the EHR attests, a fresh one that says why."""
        if self._reason is None:
            return await self._valid()
        told = attestation.parameters(self.organisation, role=self.role, patient=patient, reason=self._reason)
        if self._machine:
            return await self._tokens.by_client(attestation=told)
        if self._token is None:
            await self.log_in()
        assert self._token is not None
        self._keep(await self._tokens.by_refresh(self._token.refresh_token, attestation=told))
        return self._token

    async def _valid(self) -> BoundToken:
        """The token, renewed shortly before it expires."""
        if self._token is None:
            await self.log_in()
        elif self._now() > self._until - RENEW_BEFORE:
            await self._renew(self._token)
        assert self._token is not None
        return self._token

    async def _renew(self, token: BoundToken) -> None:
        if token.refresh_token:
            self._keep(await self._tokens.by_refresh(token.refresh_token))
        else:
            await self.log_in()

    def _keep(self, token: BoundToken) -> None:
        self._token = token
        self._until = self._now() + token.expires_in


def _read(answer: httpx.Response) -> Answer:
    body = strict_json.parse(answer.content) if answer.content else None
    if answer.is_success:
        return Answer(answer.status_code, body, answer.headers, None)
    told = body if isinstance(body, dict) else {}
    error = ContractError(*(str(told.get(name, "")) for name in ("errorCode", "errorMessage", "eventId")))
    return Answer(answer.status_code, body, answer.headers, error)
