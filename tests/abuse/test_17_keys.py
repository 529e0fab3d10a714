"""Abuse 17: tricks with the issuer's keys. Keys come from the configured issuer's own key set, whatever a token says."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.responses import Response

from helsekort.access.caller import Rules
from helsekort.access.gate import Gate
from helsekort.access.proof import ProofPolicy
from helsekort.access.token import Source, TokenPolicy
from helsekort.basics.refusal import Kind, Refused
from helsekort.outside.helseid import MOST_KEYS, Keys
from tests.abuse.minting import (
    AUDIENCE,
    BASE,
    PATH,
    SCOPE,
    Json,
    Mint,
    b64,
    key,
    part,
    public_jwk,
    sign,
    thumbprint,
)
from tests.abuse.world import find_organisation, find_practitioner
from tests.contract.services import Issuer, SetClock, client, issuer


@dataclass(frozen=True)
class Place:
    """A gate with one issuer, reached over HTTP."""

    gate: Gate
    at: Issuer
    clock: SetClock

    def mint(self, **header: object) -> Mint:
        """A practitioner's request that is right but for the header's changes."""
        now = int(self.clock.now.timestamp())
        claims: Json = {"iss": self.at.base, "nbf": now, "exp": now + 600, "iat": now}
        return Mint(alg="ES256", header=dict(header), claims=claims, proof_claims={"iat": now})

    async def kind(self, token: str, mint: Mint) -> Kind | None:
        """How a request with the token is refused, None where it passes."""
        proof = mint.proof(token)
        headers = [(b"authorization", f"DPoP {token}".encode()), (b"dpop", proof.encode())]
        try:
            await self.gate.identify(method="GET", path=PATH, headers=headers)
        except Refused as refused:
            return refused.kind
        return None

    async def ask(self, **header: object) -> Kind | None:
        """How a request with such a header is refused."""
        mint = self.mint(**header)
        return await self.kind(mint.token(), mint)

    def fetches(self) -> int:
        """How often the issuer's keys were fetched."""
        return self.at.asked.count("/jwks")


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    clock = SetClock()
    async with issuer() as at, client() as http:
        at.keys = [{**public_jwk(key("ES256")), "kid": "k-ES256"}]
        gate = Gate(
            tokens=TokenPolicy({at.base: Source.HELSEID}, AUDIENCE, SCOPE),
            proofs=ProofPolicy.for_bases([BASE]),
            keys=Keys(http, issuers=[at.base], clock=clock),
            find_practitioner=find_practitioner,
            find_organisation=find_organisation,
            clock=clock,
            rules=Rules(allow_synthetic=True),
        )
        clock.move(seconds=10)
        yield Place(gate, at, clock)


async def test_the_control_passes(place: Place) -> None:
    assert await place.ask() is None


THIEF = ec.generate_private_key(ec.SECP256R1())


def certificate_chain() -> list[str]:
    """Something that looks like the thief's certificate."""
    form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    return [base64.b64encode(THIEF.public_key().public_bytes(*form)).decode()]


@pytest.mark.parametrize(
    "kid", ["k-ES256", "thief", None, "../jwks", "' OR 1=1 --", "\x00", "x" * 2000, 1, ["k-ES256"]]
)
@pytest.mark.parametrize("way", ["jwk", "jku", "x5u", "x5c"])
async def test_a_key_that_the_token_brings_along_is_never_used(place: Place, way: str, kid: object) -> None:
    async with issuer() as canary:
        canary.keys = [{**public_jwk(THIEF), "kid": "thief"}]
        brought: dict[str, object] = {
            "jwk": public_jwk(THIEF),
            "jku": f"{canary.base}/jwks",
            "x5u": f"{canary.base}/jwks",
            "x5c": certificate_chain(),
        }
        mint = place.mint()
        header = {"alg": "ES256", "typ": "at+jwt", way: brought[way]} | ({} if kid is None else {"kid": kid})
        claims = {**mint.claims, "aud": AUDIENCE, "scope": SCOPE, "client_id": "thief", "jti": "t"}
        bound = {"cnf": {"jkt": thumbprint(public_jwk(key("ES256", 1)))}}
        token = sign(header, claims | bound, THIEF, "ES256")
        assert await place.kind(token, mint) is Kind.UNAUTHENTICATED
        assert canary.asked == []


async def test_known_keys_work_and_unknown_ones_do_not_while_the_issuer_is_down(place: Place) -> None:
    assert await place.ask() is None
    for path in ("/jwks", "/.well-known/openid-configuration"):
        place.at.answers[path] = Response(status_code=503)
    before = len(place.at.asked)
    for number in range(30):
        assert await place.ask(kid=f"new-{number}") is Kind.UNAUTHENTICATED
        assert await place.ask() is None
    assert len(place.at.asked) - before <= 1
    place.clock.move(seconds=61)
    for number in range(30):
        assert await place.ask(kid=f"newer-{number}") is Kind.UNAUTHENTICATED
    assert len(place.at.asked) - before <= 2


async def test_without_any_keys_the_answer_is_that_the_issuer_is_down(place: Place) -> None:
    place.at.answers["/jwks"] = Response(status_code=503)
    assert await place.ask() is Kind.SOURCE_DOWN


async def test_a_flood_of_keys_is_cut_off(place: Place) -> None:
    flood = [{**public_jwk(key("ES256", 2)), "kid": f"flood-{number}"} for number in range(4000)]
    place.at.keys = [*place.at.keys, *flood]
    assert await place.ask() is None
    assert await place.ask(kid=f"flood-{MOST_KEYS}") is Kind.UNAUTHENTICATED


async def test_a_key_is_used_with_the_algorithm_it_was_published_for_only(place: Place) -> None:
    """The same key signs both; the issuer has said that it signs with RS256."""
    place.at.keys = [{**public_jwk(key("RS256")), "kid": "k-RS256", "alg": "RS256"}]
    mint = place.mint(kid="k-RS256")
    mint.alg = "RS256"
    assert await place.kind(mint.token(), mint) is None
    other = sign({**part(mint.token(), 0), "alg": "PS256"}, part(mint.token(), 1), key("RS256"), "PS256")
    assert await place.kind(other, mint) is Kind.UNAUTHENTICATED


async def test_a_key_set_that_turns_a_public_key_into_a_secret_is_not_used(place: Place) -> None:
    secret = b"a shared secret of thirty-two by"
    place.at.keys = [{"kty": "oct", "k": b64(secret), "kid": "k-ES256", "alg": "HS256"}]
    assert await place.ask() is Kind.SOURCE_DOWN
