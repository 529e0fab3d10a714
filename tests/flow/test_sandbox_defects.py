"""Every defect the sandbox can mint is one: the gate lets the correct request in, and refuses each of these."""

from __future__ import annotations

import itertools
import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from helsekort.access.caller import Caller, RegisteredOrganisation, RegisteredPractitioner, Rules
from helsekort.access.gate import Gate
from helsekort.access.jose import PublicKey, signing_key
from helsekort.access.proof import ProofPolicy
from helsekort.access.token import Source, TokenPolicy, UnknownKey
from helsekort.basics.refusal import Refused
from helsekort.sandbox.attestation import Attested, parameters, taken_apart
from helsekort.sandbox.attestation_defects import ATTESTATION_DEFECTS, ATTESTED_ACCEPTED
from helsekort.sandbox.claims import access_claims
from helsekort.sandbox.defects import ACCEPTED, CITIZEN_DEFECTS, PROOF_DEFECTS, TOKEN_DEFECTS, Defect
from helsekort.sandbox.helseid import helseid_profile, practitioner_grant
from helsekort.sandbox.idporten import idporten_profile
from helsekort.sandbox.keys import SIGNING_ALGORITHMS, SigningKeys
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.profile import API_SCOPE, AUDIENCE, Grant
from helsekort.sandbox.signing import new_key
from helsekort.sandbox.wrong import Ingredients, Present, Presented, ingredients

BASE, HELSEID, IDPORTEN = (
    "http://127.0.0.1:8460",
    "http://127.0.0.1:8461/helseid",
    "http://127.0.0.1:8461/idporten",
)
PATH = "/api/maternity-record/v1/status"
STARTED, NOW = datetime(2026, 5, 5, 8, tzinfo=UTC), datetime(2026, 5, 5, 12, tzinfo=UTC)
KEYS = SigningKeys({alg: new_key(alg) for alg in SIGNING_ALGORITHMS})
PUBLISHED = {jwk["kid"]: signing_key(jwk) for jwk in KEYS.jwks()["keys"]}
PROOF_KEY = new_key("ES256")
PEOPLE = fictional_people()
COUNT = itertools.count(1)


class PublishedKeys:
    """The sandbox's keys, as if they had been fetched."""

    def key_for(self, issuer: str, kid: str) -> PublicKey:
        if kid not in PUBLISHED:
            raise UnknownKey(issuer)
        return PUBLISHED[kid]

    async def refresh(self, issuer: str) -> None:
        """There is nothing newer to fetch."""


async def find_practitioner(number: str) -> RegisteredPractitioner | None:
    for person in PEOPLE.practitioners:
        if person.hpr_number == number:
            return RegisteredPractitioner(number, person.name, frozenset(person.authorisations))
    return None


async def find_organisation(number: str) -> RegisteredOrganisation | None:
    for unit in PEOPLE.organisations:
        if unit.number == number:
            return RegisteredOrganisation(number, unit.name, (unit.parent_number,))
    return None


@pytest.fixture(scope="module")
def gate() -> Gate:
    moments = itertools.chain([STARTED], itertools.repeat(NOW))
    return Gate(
        tokens=TokenPolicy({HELSEID: Source.HELSEID, IDPORTEN: Source.CITIZEN}, AUDIENCE, API_SCOPE),
        proofs=ProofPolicy.for_bases([BASE]),
        keys=PublishedKeys(),
        find_practitioner=find_practitioner,
        find_organisation=find_organisation,
        clock=lambda: next(moments),
        rules=Rules(allow_synthetic=True),
    )


def practitioners(alg: str = "RS256") -> Ingredients:
    """A correct request of the GP's."""
    grant = practitioner_grant(PEOPLE, "gp", "gp")
    return request_of(grant, helseid=True, alg=alg)


def attesting() -> Ingredients:
    """The GP's request with a correct attestation of it."""
    _, told = taken_apart(parameters(PEOPLE.organisation("solvik"), role="LE", patient=PEOPLE.women[0].nin))
    assert told is not None
    attested = Attested(told, int(NOW.timestamp()))
    grant = practitioner_grant(PEOPLE, "gp", "gp", attested=attested)
    return request_of(grant, helseid=True, alg="RS256")


def citizens() -> Ingredients:
    """A correct request of Anne's, through the citizen portal."""
    grant = Grant(PEOPLE.client("helsenorge"), ("openid", API_SCOPE), None, "anne")
    return request_of(grant, helseid=False, alg="PS256")


def request_of(grant: Grant, *, helseid: bool, alg: str) -> Ingredients:
    profile = helseid_profile(PEOPLE) if helseid else idporten_profile(PEOPLE, alive=lambda _woman: True)
    now = int(NOW.timestamp())
    issuer = HELSEID if helseid else IDPORTEN
    claims = access_claims(grant, profile, issuer=issuer, now=now, jti=f"token-{next(COUNT)}")
    return ingredients(
        claims,
        token_key=KEYS.key(alg),
        alg=alg,
        proof_key=PROOF_KEY,
        method="GET",
        url=BASE + PATH,
        now=now,
        jti=f"proof-{next(COUNT):08}",
    )


async def identify(gate: Gate, presented: Presented) -> Caller:
    role = quote(json.dumps({"system": "urn:oid:2.16.578.1.12.4.1.1.9060", "code": "LE"}))
    others = [
        ("nhn-patient-nin", PEOPLE.women[0].nin),
        ("nhn-user-role", role),
        ("nhn-source-system", "Liksom Journal 1.0"),
    ]
    headers = [(name.lower().encode(), value.encode()) for name, value in [*presented.headers, *others]]
    return await gate.identify(method="GET", path=PATH, headers=headers)


async def refusal(gate: Gate, presented: Presented) -> Refused | None:
    try:
        return (await identify(gate, presented)).refused
    except Refused as refused:
        return refused


async def test_each_algorithm_is_let_in(gate: Gate) -> None:
    for alg in SIGNING_ALGORITHMS:
        for name, present in ACCEPTED:
            assert await refusal(gate, present(practitioners(alg))) is None, (alg, name)


@pytest.mark.parametrize(("name", "present"), ACCEPTED)
async def test_a_citizen_is_let_in(gate: Gate, name: str, present: Present) -> None:
    assert await refusal(gate, present(citizens())) is None


@pytest.mark.parametrize("defect", [*TOKEN_DEFECTS, *PROOF_DEFECTS], ids=lambda d: f"{d.check} {d.name}")
async def test_each_defect_is_refused(gate: Gate, defect: Defect) -> None:
    await refused_with(gate, defect, practitioners())


@pytest.mark.parametrize(
    "defect",
    [d for d in (*TOKEN_DEFECTS, *PROOF_DEFECTS) if d.check not in {"T8", "T9"}] + list(CITIZEN_DEFECTS),
    ids=lambda d: f"{d.check} {d.name}",
)
async def test_each_defect_of_a_citizens_request_is_refused(gate: Gate, defect: Defect) -> None:
    await refused_with(gate, defect, citizens())


@pytest.mark.parametrize("defect", ATTESTATION_DEFECTS, ids=lambda d: f"{d.check} {d.name}")
async def test_each_defect_of_an_attestation_is_refused(gate: Gate, defect: Defect) -> None:
    await refused_with(gate, defect, attesting())


@pytest.mark.parametrize(("name", "present"), ATTESTED_ACCEPTED)
async def test_an_attestation_is_let_in(gate: Gate, name: str, present: Present) -> None:
    assert await refusal(gate, present(attesting())) is None


async def refused_with(gate: Gate, defect: Defect, of: Ingredients) -> None:
    presented = defect.present(of)
    if defect.twice:
        assert await refusal(gate, presented) is None
    refused = await refusal(gate, presented)
    assert refused is not None
    assert refused.outcome.status == defect.status, refused


def test_a_defect_is_named_once() -> None:
    for group in (TOKEN_DEFECTS, PROOF_DEFECTS, CITIZEN_DEFECTS, ATTESTATION_DEFECTS):
        assert len({(d.check, d.name) for d in group}) == len(group)
