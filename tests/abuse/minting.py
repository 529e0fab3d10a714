"""Tokens and proofs made with PyJWT, right ones and wrong ones, so that what is checked is not made by what checks it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import Algorithm, ECAlgorithm, RSAAlgorithm, get_default_algorithms

from helsekort.access.jose import PublicKey, signing_key
from helsekort.access.proof import ProofKeys, ProofPolicy, Request, proof_keys, verify_proof
from helsekort.access.replay import ReplayMemory
from helsekort.access.token import (
    Claims,
    Source,
    TokenMemory,
    TokenPolicy,
    UnknownKey,
    token_memory,
    verify_token,
)

Json = dict[str, Any]
NOW = 1_790_000_000.0
ISSUER, CITIZEN_ISSUER = "https://helseid.example", "https://idporten.example"
AUDIENCE, SCOPE = "nhn:maternity-record", "nhn:maternity-record/api"
BASE, PATH = "https://api.example", "/api/maternity-record/v1/status"
HELSEID = "helseid://claims/"
_numbers = count()
_curves: dict[str, ec.EllipticCurve] = {
    "ES256": ec.SECP256R1(),
    "ES384": ec.SECP384R1(),
    "ES512": ec.SECP521R1(),
}


@cache
def key(alg: str, number: int = 0) -> Any:  # noqa: ANN401 - RSA or EC
    """A private key for an algorithm; the same number is the same key."""
    if alg in _curves:
        return ec.generate_private_key(_curves[alg])
    return rsa.generate_private_key(65537, 2048)


def public_jwk(private: Any) -> Json:  # noqa: ANN401 - RSA or EC
    """The public JWK of a private key, with the required members only."""
    kind: type[Algorithm] = ECAlgorithm if isinstance(private, ec.EllipticCurvePrivateKey) else RSAAlgorithm
    jwk: Json = kind.to_jwk(private.public_key(), as_dict=True)
    return {name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in jwk}


def thumbprint(jwk: Json) -> str:
    """RFC 7638, written out here once more."""
    return b64(hashlib.sha256(json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()).digest())


def b64(octets: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def part(token: str, number: int) -> Any:  # noqa: ANN401 - any JSON
    """What a part of a JWS says: 0 is the header, 1 the payload."""
    segment = token.split(".")[number]
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def sign(header: Any, claims: Any, private: Any, alg: str) -> str:  # noqa: ANN401 - wrong shapes too
    """A JWS over any header and claims; text is taken as JSON that is already written."""
    parts = (part if isinstance(part, str) else json.dumps(part) for part in (header, claims))
    message = ".".join(b64(part.encode("utf-8", "surrogatepass")) for part in parts)
    return f"{message}.{b64(get_default_algorithms()[alg].sign(message.encode(), private))}"


def without(members: Json) -> Json:
    """The members that are not None."""
    return {name: value for name, value in members.items() if value is not None}


@dataclass
class Mint:
    """Makes a request's token and proof with one client key; changes with None leave a member out."""

    alg: str = "RS256"
    proof_alg: str = "ES256"
    header: Json = field(default_factory=dict)
    claims: Json = field(default_factory=dict)
    proof_header: Json = field(default_factory=dict)
    proof_claims: Json = field(default_factory=dict)

    def token(self) -> str:
        """An access token as HelseID gives a practitioner."""
        bound = thumbprint(public_jwk(key(self.proof_alg, 1)))
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "scope": [SCOPE],
            "client_id": "ehr",
            "jti": f"t-{next(_numbers)}",
            "iat": int(NOW),
            "nbf": int(NOW),
            "exp": int(NOW) + 600,
            "cnf": {"jkt": bound},
            "sub": "a-user",
            f"{HELSEID}identity/pid": "11827891888",
            f"{HELSEID}identity/security_level": "4",
            f"{HELSEID}hpr/hpr_number": "565900101",
            f"{HELSEID}client/claims/orgnr_parent": "314001141",
            f"{HELSEID}client/claims/orgnr_child": "314001273",
            **self.claims,
        }
        header = {"alg": self.alg, "typ": "at+jwt", "kid": f"k-{self.alg}", **self.header}
        return sign(without(header), without(claims), key(self.alg), self.alg)

    def proof(self, token: str) -> str:
        """A proof for a GET of the status with the token."""
        claims = {
            "jti": f"proof-{next(_numbers):08}",
            "htm": "GET",
            "htu": BASE + PATH,
            "iat": int(NOW),
            "ath": b64(hashlib.sha256(token.encode()).digest()),
            **self.proof_claims,
        }
        private = key(self.proof_alg, 1)
        header = {"alg": self.proof_alg, "typ": "dpop+jwt", "jwk": public_jwk(private), **self.proof_header}
        return sign(without(header), without(claims), private, self.proof_alg)


def key_for(issuer: str, kid: str) -> PublicKey:
    """HelseID's keys, one for each algorithm; ID-porten has one of its own."""
    known = {f"k-{alg}": key(alg) for alg in ("RS256", "PS256", "ES256", "ES384", "ES512")}
    if issuer == CITIZEN_ISSUER:
        known = {"k-RS256": key("RS256", 7)}
    if kid not in known:
        raise UnknownKey(issuer)
    return signing_key(public_jwk(known[kid]))


POLICY = TokenPolicy({ISSUER: Source.HELSEID, CITIZEN_ISSUER: Source.CITIZEN}, AUDIENCE, SCOPE)
PROOFS = ProofPolicy.for_bases([BASE])


@dataclass
class Checks:
    """The checks with memories of their own, started a while ago."""

    keys_of: Callable[[str, str], PublicKey] = key_for
    tokens: TokenMemory = field(default_factory=token_memory)
    headers: ProofKeys = field(default_factory=proof_keys)
    replay: ReplayMemory = field(default_factory=lambda: ReplayMemory(started=NOW - 100))
    policy: ProofPolicy = PROOFS

    def token(self, *authorization: str, now: float = NOW) -> Claims:
        """Checks the values of `Authorization`."""
        return verify_token(authorization, policy=POLICY, key_for=self.keys_of, memory=self.tokens, now=now)

    def proof(
        self,
        proofs: Sequence[str],
        claims: Claims,
        *,
        method: str = "GET",
        path: str = PATH,
        now: float = NOW,
    ) -> None:
        """Checks the values of `DPoP`."""
        verify_proof(
            proofs,
            Request(method, path, now),
            claims=claims,
            policy=self.policy,
            keys=self.headers,
            replay=self.replay,
        )

    def both(self, mint: Mint) -> Claims:
        """Checks a request that the mint makes."""
        token = mint.token()
        claims = self.token(f"DPoP {token}")
        self.proof([mint.proof(token)], claims)
        return claims
