"""Taking a correct request apart and putting it together again with one thing wrong. Pure; defects.py has the list."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from joserfc.jwk import Key

from helsekort.sandbox.signing import encode64, public_jwk, raw_signature, sha256_64

Json = Mapping[str, Any]
Signer = Callable[[bytes, Key, str], bytes]


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS to be: a member that is None is left out; `alg` is what it is really signed with, whatever the header says."""

    header: Json
    claims: Json
    key: Key
    alg: str
    signer: Signer = raw_signature

    def compact(self) -> str:
        """Signed and written out."""
        signed = f"{_encoded(self.header)}.{_encoded(self.claims)}"
        return f"{signed}.{encode64(self.signer(signed.encode(), self.key, self.alg))}"


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What the two headers of a request are made of. The proof gets the token's `ath` unless it has one of its own."""

    token: Jws
    proof: Jws


@dataclass(frozen=True, slots=True)
class Presented:
    """The values of the Authorization and DPoP headers as they go over the wire, in order."""

    authorization: tuple[str, ...]
    dpop: tuple[str, ...]

    @property
    def headers(self) -> list[tuple[str, str]]:
        """Name and value of each header."""
        return [("Authorization", v) for v in self.authorization] + [("DPoP", v) for v in self.dpop]


Present = Callable[[Ingredients], Presented]


def ingredients(
    claims: Json, *, token_key: Key, alg: str, proof_key: Key, method: str, url: str, now: int, jti: str
) -> Ingredients:
    """A correct request to `url` at Unix time `now`: a token of these claims bound to an ES256 key, and a proof by it."""
    token = Jws(
        {"alg": alg, "typ": "at+jwt", "kid": token_key.thumbprint()},
        {**claims, "cnf": {"jkt": proof_key.thumbprint()}},
        token_key,
        alg,
    )
    proof = Jws(
        {"alg": "ES256", "typ": "dpop+jwt", "jwk": public_jwk(proof_key)},
        {"jti": jti, "htm": method, "htu": url, "iat": now},
        proof_key,
        "ES256",
    )
    return Ingredients(token, proof)


def present(of: Ingredients) -> Presented:
    """The request's two headers."""
    token = of.token.compact()
    return Presented((f"DPoP {token}",), (_proof(of, token),))


def token_with(change: Callable[[Jws], Jws]) -> Present:
    """A request whose token is changed before it is signed."""
    return lambda of: present(replace(of, token=change(of.token)))


def proof_with(change: Callable[[Jws], Jws]) -> Present:
    """A request whose proof is changed before it is signed."""
    return lambda of: present(replace(of, proof=change(of.proof)))


def authorization_with(change: Callable[[str], tuple[str, ...]]) -> Present:
    """A request whose Authorization header is sent in another way."""
    return lambda of: replace(made := present(of), authorization=change(made.authorization[0]))


def proofs_with(change: Callable[[str, Ingredients], tuple[str, ...]]) -> Present:
    """A request whose DPoP header is sent in another way."""
    return lambda of: replace(made := present(of), dpop=change(made.dpop[0], of))


def claims(**members: object) -> Callable[[Jws], Jws]:
    """Other claims; None leaves one out."""
    return lambda of: replace(of, claims={**of.claims, **members})


def attested(*path: str | int, value: object) -> Callable[[Jws], Jws]:
    """Another value at a path of the attestation; None leaves it out. For tokens that carry one."""

    def changed(of: Jws) -> Jws:
        details = json.loads(json.dumps(of.claims["authorization_details"]))
        inner = details[0]
        for step in path[:-1]:
            inner = inner[step]
        if value is None:
            del inner[path[-1]]
        else:
            inner[path[-1]] = value
        return replace(of, claims={**of.claims, "authorization_details": details})

    return changed


def moved(**seconds: int) -> Callable[[Jws], Jws]:
    """Times moved by that many seconds from `iat`."""
    return lambda of: replace(
        of, claims={**of.claims, **{name: of.claims["iat"] + by for name, by in seconds.items()}}
    )


def header(**members: object) -> Callable[[Jws], Jws]:
    """Another header; None leaves a member out."""
    return lambda of: replace(of, header={**of.header, **members})


def signed_by(signer: Signer) -> Callable[[Jws], Jws]:
    """The same text with another signature."""
    return lambda of: replace(of, signer=signer)


def _proof(of: Ingredients, token: str) -> str:
    return replace(of.proof, claims={"ath": sha256_64(token), **of.proof.claims}).compact()


def _encoded(members: Json) -> str:
    kept = {name: value for name, value in members.items() if value is not None}
    return encode64(json.dumps(kept, separators=(",", ":")).encode())
