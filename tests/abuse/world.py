"""The two APIs as they run, but for the wires: real gate, real door, real database; the sandbox's people and keys."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

import asyncpg
import httpx
import msgspec
from starlette.types import Receive, Scope, Send

from helsekort.access.act import Act, Action
from helsekort.access.actor import Actor, ActorKind
from helsekort.access.caller import RegisteredOrganisation, RegisteredPractitioner, Rules
from helsekort.access.gate import Gate
from helsekort.access.jose import PublicKey, signing_key
from helsekort.access.proof import ProofPolicy
from helsekort.access.roles import CODE_SYSTEM
from helsekort.access.token import Source, TokenPolicy, UnknownKey
from helsekort.api.fhir import app as fhir_app
from helsekort.api.fhir.work import PREFIX as FHIR_PREFIX
from helsekort.api.http.log import RequestLog
from helsekort.api.v1.app import build
from helsekort.api.v1.caller import identify_at
from helsekort.api.v1.work import PREFIX
from helsekort.audit.entry import Detail
from helsekort.basics.clock import system_clock
from helsekort.basics.ids import new_id
from helsekort.basics.nin import NationalIdentityNumber
from helsekort.ledger.ledger import Ledger
from helsekort.ledger.sealing import Keyring
from helsekort.maternity.redaction import for_proposal, redact_in_turns
from helsekort.records.admission import Admission
from helsekort.records.door import Door
from helsekort.records.register import RegisteredPerson
from helsekort.sandbox.claims import access_claims
from helsekort.sandbox.helseid import helseid_profile, practitioner_grant
from helsekort.sandbox.idporten import idporten_profile
from helsekort.sandbox.keys import SIGNING_ALGORITHMS, SigningKeys
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.profile import API_SCOPE, AUDIENCE, Grant
from helsekort.sandbox.signing import new_key
from helsekort.sandbox.wrong import Ingredients, Presented, ingredients, present
from tests.admitting import admitting
from tests.flow.fhir_service import api_over

BASE, HELSEID, IDPORTEN = (
    "http://127.0.0.1:8460",
    "http://127.0.0.1:8461/helseid",
    "http://127.0.0.1:8461/idporten",
)
PEOPLE = fictional_people()
WOMAN = next(woman for woman in PEOPLE.women if woman.address_protection == "ugradert")
PATIENT = NationalIdentityNumber.parse(WOMAN.nin, allow_synthetic=True)
SECRET = "Hemmelig Opplysning"
"""A name written in her card, which no refused caller may see."""

_keys = {
    provider: SigningKeys({alg: new_key(alg) for alg in SIGNING_ALGORITHMS})
    for provider in (HELSEID, IDPORTEN)
}
_proof_key = new_key("ES256")
_numbers = itertools.count(1)


class PublishedKeys:
    """The sandbox's keys, as if they had been fetched: each issuer has its own."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, Any], PublicKey] = {}
        for issuer, keys in _keys.items():
            published: Any = keys.jwks()["keys"]
            self._known |= {(issuer, jwk["kid"]): signing_key(jwk) for jwk in published}

    def key_for(self, issuer: str, kid: str) -> PublicKey:
        if (issuer, kid) not in self._known:
            raise UnknownKey(issuer)
        return self._known[issuer, kid]

    async def refresh(self, issuer: str) -> None:
        """There is nothing newer to fetch."""


async def find_practitioner(number: str) -> RegisteredPractitioner | None:
    """HPR."""
    found = (person for person in PEOPLE.practitioners if person.hpr_number == number)
    return next((RegisteredPractitioner(number, p.name, frozenset(p.authorisations)) for p in found), None)


async def find_organisation(number: str) -> RegisteredOrganisation | None:
    """Enhetsregisteret."""
    found = (unit for unit in PEOPLE.organisations if unit.number == number)
    return next((RegisteredOrganisation(number, unit.name, (unit.parent_number,)) for unit in found), None)


async def find_person(number: NationalIdentityNumber) -> RegisteredPerson | None:
    """Folkeregisteret: everybody lives and has an open address."""
    found = (woman for woman in PEOPLE.women if woman.nin == number.reveal())
    return next((RegisteredPerson(w.name, deceased=False, confidential_address=False) for w in found), None)


def gate_now() -> Gate:
    """A gate as the composition root makes one; its memory of proofs begins now."""
    return Gate(
        tokens=TokenPolicy({HELSEID: Source.HELSEID, IDPORTEN: Source.CITIZEN}, AUDIENCE, API_SCOPE),
        proofs=ProofPolicy.for_bases([BASE]),
        keys=PublishedKeys(),
        find_practitioner=find_practitioner,
        find_organisation=find_organisation,
        clock=system_clock,
        rules=Rules(allow_synthetic=True),
    )


@dataclass(frozen=True, slots=True)
class Row:
    """An audit row."""

    person: UUID
    action: str
    permitted: bool
    detail: Detail


@dataclass(frozen=True, slots=True)
class World:
    """Both APIs with one woman who has consented."""

    http: httpx.AsyncClient
    door: Door
    database: asyncpg.Connection[Any]

    async def send(
        self,
        method: str,
        path: str,
        *,
        presented: Presented,
        role: str = "LE",
        event: str = "event",
        body: object = None,
        **headers: str,
    ) -> httpx.Response:
        """One request with the two headers given and the contract's others."""
        others = {
            "nhn-patient-nin": WOMAN.nin,
            "nhn-user-role": quote(json.dumps({"system": CODE_SYSTEM, "code": role})),
            "nhn-source-system": "Liksom Journal 1.0",
            "nhn-event-id": event,
            **headers,
        }
        sent = [*presented.headers, *others.items()]
        return await self.http.request(method, path, headers=sent, json=body)

    async def must(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """A GP's request that has to succeed; its JSON."""
        answer = await self.send(method, path, presented=present(gp(method, path)), body=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def rows(self, event: str = "%") -> list[Row]:
        """The audit rows of an event, or all."""
        found = await self.database.fetch("SELECT person, action, permitted, detail FROM audit ORDER BY id")
        rows = [
            Row(person, action, permitted, msgspec.msgpack.decode(detail, type=Detail))
            for person, action, permitted, detail in found
        ]
        return [row for row in rows if event in ("%", row.detail.event_id)]

    async def commits(self) -> int:
        """How many commits there are."""
        found: int = await self.database.fetchval("SELECT count(*) FROM commit")
        return found


@asynccontextmanager
async def world(
    database_url: str, keyring: Keyring, *, admission: Callable[[Ledger], Admission] | None = None
) -> AsyncIterator[World]:
    """The service on a database of the test's own; what is let in is counted generously where `admission` says nothing else."""
    ledger = await Ledger.open(database_url, keyring, new_id=new_id)
    door = Door(
        ledger=ledger,
        find_person=find_person,
        new_id=new_id,
        redact=redact_in_turns,
        for_proposal=for_proposal,
    )
    log, gate = RequestLog(list[str]().append, system_clock), gate_now()
    admits = admission(ledger) if admission else admitting(ledger)
    v1 = build(
        door=door,
        admission=admits,
        identify=identify_at(gate),
        clock=system_clock,
        new_id=new_id,
        log=log,
    )
    fhir = fhir_app.build(
        api_over(door, system_clock, base=BASE + FHIR_PREFIX),
        admission=admits,
        identify=fhir_app.identify_at(gate),
        log=log,
    )

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (fhir if scope["path"].startswith(FHIR_PREFIX) else v1)(scope, receive, send)

    database = await asyncpg.connect(database_url)
    await asyncio.sleep(
        1.0 - system_clock().timestamp() % 1
    )  # proofs made in the second of the start are refused
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=BASE) as http:
        made = World(http, door, database)
        herself = Actor(ActorKind.CITIZEN, WOMAN.name, "pages", PATIENT)
        act = Act(herself, Action.GIVE_CONSENT, PATIENT, system_clock(), "consent")
        await door.give_consent(act, text_version="1")
        yield made
    await database.close()
    await ledger.close()


def gp(method: str, path: str) -> Ingredients:
    """A correct request of the GP's."""
    return request(practitioner_grant(PEOPLE, "gp", "gp"), method, path, provider=HELSEID)


def practitioner(name: str, method: str, path: str) -> Ingredients:
    """A correct request of another practitioner's, through the GP's system."""
    return request(practitioner_grant(PEOPLE, "gp", name), method, path, provider=HELSEID)


def machine(method: str, path: str) -> Ingredients:
    """A correct request of the GP's system, with nobody logged in."""
    return request(practitioner_grant(PEOPLE, "gp", ""), method, path, provider=HELSEID)


def citizen(method: str, path: str) -> Ingredients:
    """A correct request of her own, through the citizen portal."""
    grant = Grant(PEOPLE.client("helsenorge"), ("openid", API_SCOPE), None, WOMAN.key)
    return request(grant, method, path, provider=IDPORTEN)


def request(grant: Grant, method: str, path: str, *, provider: str) -> Ingredients:
    """Token and proof for a request."""
    now, number = int(system_clock().timestamp()), next(_numbers)
    profile = (
        helseid_profile(PEOPLE) if provider == HELSEID else idporten_profile(PEOPLE, alive=lambda _: True)
    )
    claims = access_claims(grant, profile, issuer=provider, now=now, jti=f"token-{number}")
    return ingredients(
        claims,
        token_key=_keys[provider].key("ES256"),
        alg="ES256",
        proof_key=_proof_key,
        method=method,
        url=f"{BASE}{path}",
        now=now,
        jti=f"proof-{number:08}",
    )


async def card(made: World) -> dict[str, str]:
    """Writes her card, with the secret in it; the ids that addresses need."""
    body = {
        "mother": {"name": SECRET},
        "antenatalAppointments": [{"appointmentDate": "2026-03-02", "note": SECRET}],
        "symphysisFundalHeights": [
            {"measurementDate": "2026-03-02", "pregnancyWeek": 24, "symphysisFundalHeight": 24}
        ],
    }
    stored = await made.must("POST", f"{PREFIX}/record", body)
    item = {
        name: str(stored[name][0]["metadata"]["id"])
        for name in ("antenatalAppointments", "symphysisFundalHeights")
    }
    return {"record": str(stored["metadata"]["recordId"]), **item}
