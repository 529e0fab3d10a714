"""Independent software agrees: a strict client with the sandbox's providers, a certified provider with our checks."""

from __future__ import annotations

import socket
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from helsekort.access.actor import ActorKind
from helsekort.access.caller import Caller, RegisteredOrganisation, RegisteredPractitioner, Rules
from helsekort.access.gate import Gate
from helsekort.access.jose import PublicKey, signing_key
from helsekort.access.proof import ProofPolicy
from helsekort.access.token import Source, TokenPolicy, UnknownKey
from helsekort.basics.clock import system_clock
from helsekort.sandbox.address import loopback_client
from helsekort.sandbox.helseid import client_claims, person_claims, practitioner_grant
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.process import sandbox_app
from helsekort.sandbox.profile import API_SCOPE, AUDIENCE
from helsekort.sandbox.token_client import USER_SCOPES, organisation_details
from tests.flow.serving import serving_on
from tests.interop.node import needs_node, run_node

pytestmark = [pytest.mark.node, needs_node]

PEOPLE = fictional_people()
SERVICE, PATH = "http://127.0.0.1:8460", "/api/maternity-record/v1/status"
API = {"method": "GET", "url": SERVICE + PATH}
PAIRS = [("ES256", "ES256"), ("PS256", "RS256"), ("RS256", "PS256"), ("ES384", "ES512")]
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


class Published:
    """An issuer's keys as they were published."""

    def __init__(self, jwks: list[dict[str, Any]]) -> None:
        self._keys = {jwk["kid"]: signing_key(jwk) for jwk in jwks}

    def key_for(self, issuer: str, kid: str) -> PublicKey:
        if kid not in self._keys:
            raise UnknownKey(issuer)
        return self._keys[kid]

    async def refresh(self, issuer: str) -> None:
        """There is nothing newer."""


def gate(issuer: str, source: Source, jwks: list[dict[str, Any]]) -> Gate:
    async def practitioner(number: str) -> RegisteredPractitioner | None:
        found = next((p for p in PEOPLE.practitioners if p.hpr_number == number), None)
        return RegisteredPractitioner(number, found.name, frozenset(found.authorisations)) if found else None

    async def organisation(number: str) -> RegisteredOrganisation | None:
        found = next((o for o in PEOPLE.organisations if o.number == number), None)
        return RegisteredOrganisation(number, found.name, (found.parent_number,)) if found else None

    moments = iter([STARTED])
    return Gate(
        tokens=TokenPolicy({issuer: source}, AUDIENCE, API_SCOPE),
        proofs=ProofPolicy.for_bases([SERVICE]),
        keys=Published(jwks),
        find_practitioner=practitioner,
        find_organisation=organisation,
        clock=lambda: next(moments, None) or system_clock(),
        rules=Rules(allow_synthetic=True),
    )


async def let_in(at: Gate, presented: dict[str, str], role: str) -> Caller:
    """The caller behind headers that independent software made."""
    headers = {
        **presented,
        "nhn-patient-nin": PEOPLE.women[0].nin,
        "nhn-source-system": "oauth4webapi",
        "nhn-user-role": quote(f'{{"system":"urn:oid:2.16.578.1.12.4.1.1.9060","code":"{role}"}}'),
    }
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    caller = await at.identify(method="GET", path=PATH, headers=raw)
    assert caller.refused is None
    return caller


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        base = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with serving_on(listening, sandbox_app(base=base, service=SERVICE, data=tmp_path)):
            yield base


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with loopback_client() as client:
        yield client


@pytest.mark.parametrize("who", ["gp", "midwife", "hospital"])
@pytest.mark.parametrize(("key_alg", "proof_alg"), PAIRS)
async def test_a_strict_client_logs_practitioners_in(
    sandbox: str, http: httpx.AsyncClient, who: str, key_alg: str, proof_alg: str
) -> None:
    client, issuer = PEOPLE.client(who), f"{sandbox}/helseid"
    unit = PEOPLE.organisation(client.organisations[0])
    given = {
        "issuer": issuer,
        "clientId": client.id,
        "person": who,
        "scope": USER_SCOPES["helseid"],
        "details": organisation_details(unit) if client.multi_tenant else None,
        "keyAlg": key_alg,
        "proofAlg": proof_alg,
        "api": API,
    }
    answer = await run_node("client.mjs", given)
    assert answer["tokenType"].lower() == "dpop"
    assert answer["claims"]["helseid://claims/hpr/hpr_number"] == PEOPLE.practitioner(who).hpr_number
    at = gate(issuer, Source.HELSEID, (await http.get(f"{issuer}/jwks")).json()["keys"])
    role = PEOPLE.practitioner(who).authorisations[0]
    kinds = {
        name: (await let_in(at, answer[name], role)).actor.kind for name in ("user", "renewed", "machine")
    }
    person = ActorKind.PRACTITIONER
    assert kinds == {"user": person, "renewed": person, "machine": ActorKind.MACHINE}


async def test_a_strict_client_logs_a_woman_in(sandbox: str, http: httpx.AsyncClient) -> None:
    issuer = f"{sandbox}/idporten"
    given = {
        "issuer": issuer,
        "clientId": "helsenorge-simulator",
        "person": "anne",
        "scope": USER_SCOPES["idporten"],
    }
    answer = await run_node("client.mjs", {**given, "keyAlg": "RS256", "proofAlg": "ES256", "api": API})
    assert answer["claims"]["acr"] == "idporten-loa-high"
    assert time.time() - answer["claims"]["auth_time"] < 60
    at = gate(issuer, Source.CITIZEN, (await http.get(f"{issuer}/jwks")).json()["keys"])
    caller = await let_in(at, answer["user"], "LE")
    assert caller.actor.kind is ActorKind.CITIZEN
    assert caller.actor.nin is not None
    assert caller.actor.nin.reveal() == answer["claims"]["pid"] == PEOPLE.women[0].nin


@pytest.mark.parametrize("machine", [True, False])
async def test_a_certified_providers_tokens_are_let_in(*, machine: bool) -> None:
    grant = practitioner_grant(PEOPLE, "gp", "gp")
    claims = {**client_claims(grant), **({} if machine else person_claims(grant, PEOPLE))}
    pairs = [
        {"token": token, "proof": proof}
        for token in ("RS256", "PS256", "ES256")
        for proof in ("ES256", "RS256")
    ]
    given = {"audience": AUDIENCE, "scope": API_SCOPE, "claims": claims, "api": API, "algorithms": pairs}
    answer = await run_node("issuer.mjs", given)
    assert len(answer["calls"]) == len(pairs)
    at = gate(answer["issuer"], Source.HELSEID, answer["jwks"])
    for call in answer["calls"]:
        caller = await let_in(at, call, "LE")
        assert caller.actor.kind is (ActorKind.MACHINE if machine else ActorKind.PRACTITIONER)
        assert caller.actor.client_id == "ehr"
