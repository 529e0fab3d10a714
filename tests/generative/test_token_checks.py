"""Whatever is sent as token, proof or headers is taken or refused, never a fault; and two other verifiers agree."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from helsekort.access.headers import read_headers, sent
from helsekort.access.proof import Request
from helsekort.access.token import Claims, UnknownKey
from helsekort.basics.refusal import Refused
from tests.abuse.minting import (
    AUDIENCE,
    BASE,
    ISSUER,
    NOW,
    PATH,
    SCOPE,
    Checks,
    Json,
    Mint,
    b64,
    key,
    part,
    public_jwk,
    sign,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
header_names = ["alg", "typ", "kid", "jwk", "crit", "b64", "jku", "x5c"]
claim_names = [
    "iss",
    "aud",
    "scope",
    "client_id",
    "jti",
    "nbf",
    "exp",
    "cnf",
    "sub",
    "htm",
    "htu",
    "ath",
    "iat",
]
more = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def taken(checks: Checks, authorization: list[str], proofs: list[str]) -> bool:
    """Whether token and proof are both taken; anything but a refusal is a fault of ours."""
    try:
        checks.proof(proofs, checks.token(*authorization))
    except (Refused, UnknownKey):
        return False
    return True


@more
@given(
    st.dictionaries(st.sampled_from(header_names), anything, max_size=3),
    st.dictionaries(st.sampled_from(claim_names), anything, max_size=3),
    st.dictionaries(st.sampled_from(header_names), anything, max_size=3),
    st.dictionaries(st.sampled_from(claim_names), anything, max_size=3),
)
def test_any_values_in_headers_and_claims(
    header: Json, claims: Json, proof_header: Json, proof_claims: Json
) -> None:
    mint = Mint(header=header, claims=claims, proof_header=proof_header, proof_claims=proof_claims)
    token = mint.token()
    taken(Checks(), [f"DPoP {token}"], [mint.proof(token)])


@more
@given(st.lists(st.text(), max_size=2), st.lists(st.text(), max_size=2))
def test_any_text_in_the_two_headers(authorization: list[str], proofs: list[str]) -> None:
    checks = Checks()
    assert not taken(checks, authorization, proofs)
    good = Mint()
    assert not taken(checks, [f"DPoP {good.token()}"], proofs)


@more
@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_any_octets_in_the_parts(header: bytes, payload: bytes, signature: bytes) -> None:
    text = ".".join(map(b64, (header, payload, signature)))
    checks, good = Checks(), Mint()
    assert not taken(checks, [f"DPoP {text}"], [text])
    assert not taken(checks, [f"DPoP {good.token()}"], [text])


@more
@given(st.data())
def test_a_changed_character_anywhere_is_refused(data: st.DataObject) -> None:
    mint, checks = Mint(), Checks()
    token = mint.token()
    proof = mint.proof(token)
    which = data.draw(st.sampled_from(["token", "proof"]))
    text = token if which == "token" else proof
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("ABCabc019-_.+/= ").filter(lambda c: c != text[place]))
    changed = text[:place] + letter + text[place + 1 :]
    pair = (changed, proof) if which == "token" else (token, changed)
    assert not taken(checks, [f"DPoP {pair[0]}"], [pair[1]])
    assert taken(checks, [f"DPoP {token}"], [proof])


jwks = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("kty", "crv", "x", "y", "n", "e", "d", "k", "use", "alg", "key_ops"), anything),
)


@more
@given(jwks, st.sampled_from([public_jwk(key("ES256")), public_jwk(key("RS256")), {}]))
def test_any_key_in_a_proof(jwk: dict[str, Any], base: dict[str, Any]) -> None:
    mint = Mint(proof_header={"jwk": {**base, **jwk}})
    token = mint.token()
    taken(Checks(), [f"DPoP {token}"], [mint.proof(token)])


names = st.sampled_from(
    [b"nhn-patient-nin", b"nhn-user-role", b"nhn-source-system", b"nhn-treatment-facility-name"]
)


@more
@given(st.lists(st.tuples(names, st.binary(max_size=60)), max_size=6))
def test_any_octets_in_the_unsigned_headers(pairs: list[tuple[bytes, bytes]]) -> None:
    found = read_headers(sent(pairs), allow_synthetic=True)
    assert found.refused is not None or found.patient is not None
    for value in (found.role, found.source_system, found.treatment_facility):
        assert value.isprintable()


times = st.sampled_from([int(NOW) + shift for shift in (-700, -16, -14, -5, 0, 4, 6, 90, 600)])
tokens = st.fixed_dictionaries(
    {},
    optional={
        "iss": st.sampled_from([ISSUER, "https://other.example"]),
        "aud": st.sampled_from([AUDIENCE, [AUDIENCE], [AUDIENCE, "x"], "x"]),
        "scope": st.sampled_from([SCOPE, [SCOPE], "x", f"x {SCOPE}"]),
        "nbf": times,
        "exp": times,
    },
)
proofs = st.fixed_dictionaries(
    {},
    optional={
        "htm": st.sampled_from(["GET", "PUT"]),
        "htu": st.sampled_from(
            [BASE + PATH, f"{BASE}{PATH}?x", f"https://API.example:443{PATH}", BASE, "https://x" + PATH]
        ),
        "iat": times,
        "ath": st.sampled_from(["", b64(bytes(32))]),
    },
)
algorithms = st.sampled_from(["RS256", "PS256", "ES256"])


@more
@given(algorithms, algorithms, tokens, proofs, st.sampled_from(["", "token", "proof"]))
def test_pyjwt_and_a_second_check_of_the_proof_agree(
    alg: str, proof_alg: str, claims: Json, proof_claims: Json, forged: str
) -> None:
    mint = Mint(alg=alg, proof_alg=proof_alg, claims=claims, proof_claims=proof_claims)
    token = mint.token()
    proof = mint.proof(token)
    if forged == "token":
        token = sign(part(token, 0), part(token, 1), key(alg, 9), alg)
    if forged == "proof":
        proof = sign(part(proof, 0), part(proof, 1), key(proof_alg, 9), proof_alg)
    expected = _pyjwt_takes(token, alg) and _second_check(token, proof, Request("GET", PATH, NOW))
    assert taken(Checks(), [f"DPoP {token}"], [proof]) == expected


def _pyjwt_takes(token: str, alg: str) -> bool:
    """The token by PyJWT; its clock is the machine's, so times and the audience's exactness are looked at here."""
    options: Any = {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "strict_aud": False}
    try:
        found = jwt.decode(
            token, key(alg).public_key(), algorithms=[alg], audience=AUDIENCE, issuer=ISSUER, options=options
        )
    except jwt.PyJWTError:
        return False
    scope = found["scope"].split() if isinstance(found["scope"], str) else found["scope"]
    alone = found["aud"] in (AUDIENCE, [AUDIENCE])
    return alone and SCOPE in scope and found["nbf"] - 5 <= NOW < found["exp"] + 5


def _second_check(token: str, proof: str, request: Request) -> bool:
    """RFC 9449 section 4.3 once more, plainly, with PyJWT for the signature."""
    header = jwt.get_unverified_header(proof)
    jwk = header["jwk"]
    reader = ECAlgorithm if jwk["kty"] == "EC" else RSAAlgorithm
    public = reader.from_jwk(json.dumps(jwk))
    assert isinstance(public, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
    try:
        claims = jwt.decode(proof, public, algorithms=[header["alg"]], options={"verify_iat": False})
    except jwt.PyJWTError:
        return False
    bound = part(token, 1)["cnf"]["jkt"]
    thumbprint = b64(hashlib.sha256(json.dumps(jwk, sort_keys=True, separators=(",", ":")).encode()).digest())
    here = claims["htu"].split("?")[0].lower().replace(":443/", "/") == BASE + request.path
    right = (
        claims["htm"] == request.method
        and here
        and claims["ath"] == b64(hashlib.sha256(token.encode()).digest())
    )
    made: int = claims["iat"]
    return bool(right and thumbprint == bound and NOW - 15 <= made <= NOW + 5)


def test_the_second_check_takes_a_right_request() -> None:
    mint = Mint()
    token = mint.token()
    assert _pyjwt_takes(token, "RS256")
    assert _second_check(token, mint.proof(token), Request("GET", PATH, NOW))
    assert isinstance(Checks().both(mint), Claims)
