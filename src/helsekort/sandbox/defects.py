"""Every way to be wrong: the list of HelseID's test-token service, and more. The deny matrix sends each to every route.

T1-T9 and D1-D11 name the checks that must refuse it (docs/security-properties.md). A machine token is not wrong; it is
refused wherever a person is needed, which the record guards' own table tests.
"""

from __future__ import annotations

import hashlib
import hmac
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace

from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, Key, RSAKey

from helsekort.sandbox.helseid import CLAIM
from helsekort.sandbox.signing import new_key, private_jwk, public_jwk, raw_signature
from helsekort.sandbox.wrong import (
    Ingredients,
    Jws,
    Present,
    authorization_with,
    claims,
    header,
    moved,
    present,
    proof_with,
    proofs_with,
    signed_by,
    token_with,
)


@dataclass(frozen=True, slots=True)
class Defect:
    """One way to be wrong: the check that refuses it, the HTTP status it gets, and how it is presented.

    `twice`: the request is right the first time and must be refused when the very same headers come again.
    """

    name: str
    check: str
    status: int
    present: Present
    twice: bool = False


def _other_key(of: Jws) -> Jws:
    return replace(of, key=new_key(of.alg))


def _nothing(signed: bytes, key: Key, alg: str) -> bytes:
    return b""


def _broken(signed: bytes, key: Key, alg: str) -> bytes:
    """One bit of the signature is another."""
    signature = bytearray(raw_signature(signed, key, alg))
    signature[len(signature) // 2] ^= 1
    return bytes(signature)


def _of_other_bytes(signed: bytes, key: Key, alg: str) -> bytes:
    """A signature by the right key, of something else."""
    return raw_signature(signed + b"x", key, alg)


def _by_public_key(signed: bytes, key: Key, alg: str) -> bytes:
    """HS256 with the public key as the secret: the classic confusion of algorithms."""
    assert isinstance(key, RSAKey | ECKey)
    return hmac.digest(key.as_pem(private=False), signed, hashlib.sha256)


def _then(*changes: Callable[[Jws], Jws]) -> Callable[[Jws], Jws]:
    def changed(of: Jws) -> Jws:
        for change in changes:
            of = change(of)
        return of

    return changed


def _private_jwk(of: Jws) -> Jws:
    return header(jwk=private_jwk(of.key))(of)


def _weak_key(of: Ingredients) -> Ingredients:
    """Token and proof of a 1024-bit RSA key."""
    with warnings.catch_warnings(category=SecurityWarning, action="ignore"):  # that it is weak is the point
        weak = RSAKey.generate_key(1024)
    bound = claims(cnf={"jkt": weak.thumbprint()})(of.token)
    proof = replace(header(alg="RS256", jwk=public_jwk(weak))(of.proof), key=weak, alg="RS256")
    return replace(of, token=bound, proof=proof)


def _other_proof(of: Ingredients) -> str:
    """A second good proof, of another `jti`."""
    return present(replace(of, proof=claims(jti=f"{of.proof.claims['jti']}-2")(of.proof))).dpop[0]


def _swapped(of: Jws) -> Jws:
    """The bound key's public jwk in the header, another key's signature."""
    return _other_key(of)


def _own_key(of: Jws) -> Jws:
    """A stolen token with a perfectly good proof by the thief's own key."""
    thief = new_key("ES256")
    return replace(header(jwk=public_jwk(thief))(of), key=thief)


_T = token_with
_PID, _LEVEL, _HPR = f"{CLAIM}identity/pid", f"{CLAIM}identity/security_level", f"{CLAIM}hpr/hpr_number"
_PARENT, _CHILD = f"{CLAIM}client/claims/orgnr_parent", f"{CLAIM}client/claims/orgnr_child"
_API = "nhn:maternity-record/api"

TOKEN_DEFECTS: tuple[Defect, ...] = (
    Defect("no token", "T1", 401, authorization_with(lambda _value: ())),
    Defect("an empty token", "T1", 401, authorization_with(lambda _value: ("DPoP ",))),
    Defect(
        "the Bearer scheme",
        "T1",
        401,
        authorization_with(lambda value: (value.replace("DPoP", "Bearer", 1),)),
    ),
    Defect("two tokens", "T1", 401, authorization_with(lambda value: (value, value))),
    Defect("not a JWS", "T1", 401, authorization_with(lambda _value: ("DPoP abc.def",))),
    Defect("another typ", "T2", 401, _T(header(typ="id+jwt"))),
    Defect("no typ", "T2", 401, _T(header(typ=None))),
    Defect("alg none", "T2", 401, _T(_then(header(alg="none"), signed_by(_nothing)))),
    Defect("no alg", "T2", 401, _T(header(alg=None))),
    Defect("a symmetric alg", "T2", 401, _T(_then(header(alg="HS256"), signed_by(_by_public_key)))),
    Defect("an alg of another kind of key", "T2", 401, _T(lambda of: header(alg=_other_family(of.alg))(of))),
    Defect("an unknown crit", "T2", 401, _T(header(crit=["exp"]))),
    Defect("an unencoded payload", "T2", 401, _T(header(b64=False, crit=["b64"]))),
    Defect("an unknown kid", "T2", 401, _T(header(kid="nobody"))),
    Defect("no kid", "T2", 401, _T(header(kid=None))),
    Defect("another's key", "T3", 401, _T(_other_key)),
    Defect("a broken signature", "T3", 401, _T(signed_by(_broken))),
    Defect("the signature of other claims", "T3", 401, _T(signed_by(_of_other_bytes))),
    Defect("no signature", "T3", 401, _T(signed_by(_nothing))),
    Defect("another issuer", "T4", 401, _T(claims(iss="https://helseid-sts.example"))),
    Defect("no issuer", "T4", 401, _T(claims(iss=None))),
    Defect("another audience", "T4", 401, _T(claims(aud="nhn:kjernejournal"))),
    Defect("one audience too many", "T4", 401, _T(claims(aud=["nhn:maternity-record", "nhn:kjernejournal"]))),
    Defect("no audience", "T4", 401, _T(claims(aud=None))),
    Defect("expired", "T5", 401, _T(moved(exp=-60))),
    Defect("not valid yet", "T5", 401, _T(moved(nbf=120))),
    Defect("no exp", "T5", 401, _T(claims(exp=None))),
    Defect("no nbf", "T5", 401, _T(claims(nbf=None))),
    Defect("exp is text", "T5", 401, _T(claims(exp="4102444800"))),
    Defect("exp is a boolean", "T5", 401, _T(claims(exp=True))),
    Defect("no scope", "T6", 403, _T(claims(scope=None))),
    Defect("another scope", "T6", 403, _T(claims(scope="openid nhn:maternity-record/other"))),
    Defect("a scope that only begins alike", "T6", 403, _T(claims(scope=f"{_API}x"))),
    Defect("no cnf", "T7", 401, _T(claims(cnf=None))),
    Defect("cnf without jkt", "T7", 401, _T(claims(cnf={}))),
    Defect("level 3", "T8", 403, _T(claims(**{_LEVEL: "3"}))),
    Defect("no level", "T8", 403, _T(claims(**{_LEVEL: None}))),
    Defect("nobody's number", "T8", 403, _T(claims(**{_PID: None}))),
    Defect("no HPR number", "T8", 403, _T(claims(**{_HPR: None}))),
    Defect("an HPR number nobody has", "T8", 403, _T(claims(**{_HPR: "565999999"}))),
    Defect("no parent organisation", "T9", 403, _T(claims(**{_PARENT: None}))),
    Defect("no child organisation", "T9", 403, _T(claims(**{_CHILD: None}))),
    Defect("a child of another parent", "T9", 403, _T(claims(**{_PARENT: "314002571"}))),
    Defect("a child nobody knows", "T9", 403, _T(claims(**{_CHILD: "314002709"}))),
)

PROOF_DEFECTS: tuple[Defect, ...] = (
    Defect("no proof", "D1", 401, proofs_with(lambda _proof, _of: ())),
    Defect("two proofs", "D1", 401, proofs_with(lambda proof, of: (proof, _other_proof(of)))),
    Defect("a proof of 5 KiB", "D1", 401, proof_with(claims(padding="x" * 5_000))),
    Defect("not a JWS", "D1", 401, proofs_with(lambda _proof, _of: ("abc.def",))),
    Defect("another typ", "D2", 401, proof_with(header(typ="JWT"))),
    Defect("no typ", "D2", 401, proof_with(header(typ=None))),
    Defect("no alg", "D3", 401, proof_with(header(alg=None))),
    Defect("alg none", "D3", 401, proof_with(_then(header(alg="none"), signed_by(_nothing)))),
    Defect("a symmetric alg", "D3", 401, proof_with(_then(header(alg="HS256"), signed_by(_by_public_key)))),
    Defect("an alg of another kind of key", "D3", 401, proof_with(header(alg="RS256"))),
    Defect("no jwk", "D4", 401, proof_with(header(jwk=None))),
    Defect("a private key in jwk", "D4", 401, proof_with(_private_jwk)),
    Defect("a symmetric jwk", "D4", 401, proof_with(header(jwk={"kty": "oct", "k": "c2VjcmV0"}))),
    Defect("a weak key", "D4", 401, lambda of: present(_weak_key(of))),
    Defect("the thief's own key", "D5", 401, proof_with(_own_key)),
    Defect("a key swap", "D6", 401, proof_with(_swapped)),
    Defect("a broken signature", "D6", 401, proof_with(signed_by(_broken))),
    Defect("no signature", "D6", 401, proof_with(signed_by(_nothing))),
    Defect("no htm", "D7", 401, proof_with(claims(htm=None))),
    Defect("another method", "D7", 401, proof_with(claims(htm="TRACE"))),
    Defect("no htu", "D8", 401, proof_with(claims(htu=None))),
    Defect("another address", "D8", 401, proof_with(lambda of: claims(htu=f"{of.claims['htu']}/other")(of))),
    Defect("another host", "D8", 401, proof_with(claims(htu="https://another.example/"))),
    Defect("no ath", "D9", 401, proof_with(claims(ath=None))),
    Defect("another token's ath", "D9", 401, proof_with(claims(ath="A" * 43))),
    Defect("no iat", "D10", 401, proof_with(claims(iat=None))),
    Defect("made in the past", "D10", 401, proof_with(moved(iat=-120))),
    Defect("made in the future", "D10", 401, proof_with(moved(iat=120))),
    Defect("iat is a boolean", "D10", 401, proof_with(claims(iat=True))),
    Defect("no jti", "D11", 401, proof_with(claims(jti=None))),
    Defect("a short jti", "D11", 401, proof_with(claims(jti="1"))),
    Defect("a long jti", "D11", 401, proof_with(claims(jti="x" * 257))),
    Defect("jti is a number", "D11", 401, proof_with(claims(jti=12345678))),
    Defect("a replay", "D11", 401, present, twice=True),
)

CITIZEN_DEFECTS: tuple[Defect, ...] = (
    Defect("a lower level of assurance", "T8", 403, _T(claims(acr="idporten-loa-substantial"))),
    Defect("no level of assurance", "T8", 403, _T(claims(acr=None))),
    Defect("nobody's number", "T8", 403, _T(claims(pid=None))),
)
"""What only a citizen's token can have wrong; the defects T1-T7 and all of the proofs fit her token too."""

ACCEPTED: tuple[tuple[str, Present], ...] = (
    ("as it should be", present),
    ("typ JWT", _T(header(typ="JWT"))),
    ("scope as a list", _T(lambda of: claims(scope=of.claims["scope"].split())(of))),
    ("the audience as a list of one", _T(lambda of: claims(aud=[of.claims["aud"]])(of))),
    ("htu with a query", proof_with(lambda of: claims(htu=f"{of.claims['htu']}?a=b#c")(of))),
    ("an unknown header member", proof_with(header(note="unknown"))),
)
"""Odd and right: what a check may not refuse. The controls of the deny matrix."""


def _other_family(alg: str) -> str:
    return "RS256" if alg.startswith("ES") else "ES256"
