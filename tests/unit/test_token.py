"""Chapter: the access token. Which are taken, which are refused and with what (checks T1 to T7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from helsekort.access.jose import NotAccepted, PublicKey, public_key, signing_key
from helsekort.access.token import (
    MAX_LENGTH,
    Source,
    TokenPolicy,
    UnknownKey,
    token_memory,
    verify_token,
)
from helsekort.basics.refusal import Kind, Refused
from tests.abuse.minting import (
    AUDIENCE,
    CITIZEN_ISSUER,
    HELSEID,
    ISSUER,
    NOW,
    SCOPE,
    Checks,
    Mint,
    b64,
    key,
    key_for,
    part,
    public_jwk,
    sign,
    thumbprint,
)

LATER = int(NOW) + 600


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "ES384", "ES512"])
def test_every_algorithm_of_the_profile_is_taken(alg: str) -> None:
    assert Checks().token(f"DPoP {Mint(alg=alg).token()}").source is Source.HELSEID


def test_what_a_token_says_is_read() -> None:
    token = Mint().token()
    claims = Checks().token(f"DPoP {token}")
    assert (claims.client_id, claims.hpr_number, claims.level) == ("ehr", "565900101", "4")
    assert (claims.parent_number, claims.child_number, claims.supplier_number) == (
        "314001141",
        "314001273",
        "",
    )
    assert claims.digest == b64(hashlib.sha256(token.encode()).digest())
    assert claims.of_person
    assert claims.key == thumbprint(public_jwk(key("ES256", 1)))
    assert "11827891888" not in repr(claims)


TAKEN: dict[str, Mint] = {
    "scope as text": Mint(claims={"scope": f"openid {SCOPE} other"}),
    "audience in a list of one": Mint(claims={"aud": [AUDIENCE]}),
    "typ JWT": Mint(header={"typ": "JWT"}),
    "typ in RFC 9068's long form": Mint(header={"typ": "application/at+jwt"}),
    "members nobody knows": Mint(header={"x5t": "abc", "jku": "https://evil.example"}, claims={"new": [1]}),
    "starts in five seconds": Mint(claims={"nbf": int(NOW) + 5}),
    "expired four seconds ago": Mint(claims={"exp": int(NOW) - 4}),
}


@pytest.mark.parametrize("name", TAKEN)
def test_these_are_taken(name: str) -> None:
    Checks().token(f"DPoP {TAKEN[name].token()}")


WRONG: dict[str, tuple[Mint, Kind]] = {
    "another issuer": (Mint(claims={"iss": "https://helseid-sts.test.nhn.no"}), Kind.UNAUTHENTICATED),
    "issuer with a slash": (Mint(claims={"iss": ISSUER + "/"}), Kind.UNAUTHENTICATED),
    "no issuer": (Mint(claims={"iss": None}), Kind.UNAUTHENTICATED),
    "issuer as a list": (Mint(claims={"iss": [ISSUER]}), Kind.UNAUTHENTICATED),
    "another audience": (Mint(claims={"aud": "nhn:kjernejournal"}), Kind.UNAUTHENTICATED),
    "a second audience": (Mint(claims={"aud": [AUDIENCE, "nhn:kjernejournal"]}), Kind.UNAUTHENTICATED),
    "our audience twice": (Mint(claims={"aud": [AUDIENCE, AUDIENCE]}), Kind.UNAUTHENTICATED),
    "no audience": (Mint(claims={"aud": None}), Kind.UNAUTHENTICATED),
    "expired": (Mint(claims={"exp": int(NOW) - 6}), Kind.UNAUTHENTICATED),
    "no exp": (Mint(claims={"exp": None}), Kind.UNAUTHENTICATED),
    "exp as text": (Mint(claims={"exp": str(LATER)}), Kind.UNAUTHENTICATED),
    "exp as true": (Mint(claims={"exp": True}), Kind.UNAUTHENTICATED),
    "exp a second beyond reason": (Mint(claims={"exp": 2**40}), Kind.UNAUTHENTICATED),
    "exp beyond reason": (Mint(claims={"exp": 10**60}), Kind.UNAUTHENTICATED),
    "not valid yet": (Mint(claims={"nbf": int(NOW) + 6}), Kind.UNAUTHENTICATED),
    "no nbf": (Mint(claims={"nbf": None}), Kind.UNAUTHENTICATED),
    "nbf as false": (Mint(claims={"nbf": False}), Kind.UNAUTHENTICATED),
    "another scope": (Mint(claims={"scope": ["nhn:maternity-record/apix"]}), Kind.FORBIDDEN),
    "our scope inside a word": (Mint(claims={"scope": f"x{SCOPE}"}), Kind.FORBIDDEN),
    "no scope": (Mint(claims={"scope": None}), Kind.FORBIDDEN),
    "scope as an object": (Mint(claims={"scope": {SCOPE: True}}), Kind.FORBIDDEN),
    "no client": (Mint(claims={"client_id": None}), Kind.FORBIDDEN),
    "not bound to a key": (Mint(claims={"cnf": None}), Kind.UNAUTHENTICATED),
    "bound to a certificate": (Mint(claims={"cnf": {"x5t#S256": "a" * 43}}), Kind.UNAUTHENTICATED),
    "cnf as text": (Mint(claims={"cnf": "a" * 43}), Kind.UNAUTHENTICATED),
    "jkt too short": (Mint(claims={"cnf": {"jkt": "a" * 42}}), Kind.UNAUTHENTICATED),
    "jkt as a list of 43": (Mint(claims={"cnf": {"jkt": ["a"] * 43}}), Kind.UNAUTHENTICATED),
    "longer than a token may be": (Mint(claims={"pad": "x" * 6000}), Kind.UNAUTHENTICATED),
    "jkt as a list": (Mint(claims={"cnf": {"jkt": ["a" * 43]}}), Kind.UNAUTHENTICATED),
    "a claim too long": (Mint(claims={"jti": "x" * 257}), Kind.UNAUTHENTICATED),
    "a line break in a claim": (Mint(claims={"jti": "a\nb"}), Kind.UNAUTHENTICATED),
    "pid as a number": (Mint(claims={f"{HELSEID}identity/pid": 11827891888}), Kind.UNAUTHENTICATED),
    "typ of a proof": (Mint(header={"typ": "dpop+jwt"}), Kind.UNAUTHENTICATED),
    "typ of a client assertion": (Mint(header={"typ": "client-authentication+jwt"}), Kind.UNAUTHENTICATED),
    "no typ": (Mint(header={"typ": None}), Kind.UNAUTHENTICATED),
    "typ as a list": (Mint(header={"typ": ["at+jwt"]}), Kind.UNAUTHENTICATED),
    "crit": (Mint(header={"crit": ["exp"]}), Kind.UNAUTHENTICATED),
    "b64": (Mint(header={"b64": True}), Kind.UNAUTHENTICATED),
    "no alg": (Mint(header={"alg": None}), Kind.UNAUTHENTICATED),
    "alg none": (Mint(header={"alg": "none"}), Kind.UNAUTHENTICATED),
    "alg as a list": (Mint(header={"alg": []}), Kind.UNAUTHENTICATED),
    "alg of another kind of key": (Mint(header={"alg": "ES256"}), Kind.UNAUTHENTICATED),
    "alg of another hash": (Mint(header={"alg": "RS512"}), Kind.UNAUTHENTICATED),
    "no kid": (Mint(header={"kid": None}), Kind.UNAUTHENTICATED),
    "kid as an object": (Mint(header={"kid": {}}), Kind.UNAUTHENTICATED),
    "key of another issuer": (Mint(claims={"iss": CITIZEN_ISSUER}), Kind.UNAUTHENTICATED),
    "ID token": (
        Mint(header={"typ": "JWT"}, claims={"aud": "ehr", "nonce": "n", "scope": None}),
        Kind.UNAUTHENTICATED,
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_these_are_refused_and_nothing_is_remembered(name: str) -> None:
    mint, kind = WRONG[name]
    checks = Checks()
    with pytest.raises(Refused) as refusal:
        checks.token(f"DPoP {mint.token()}")
    assert refusal.value.kind is kind
    assert refusal.value.issues[0].where == "Authorization"
    if not name.startswith("expired") and name != "not valid yet":
        assert len(checks.tokens) == 0


def test_a_key_nobody_knows_is_said_to_be_unknown_so_that_the_keys_can_be_fetched() -> None:
    with pytest.raises(UnknownKey) as unknown:
        Checks().token(f"DPoP {Mint(header={'kid': 'new'}).token()}")
    assert unknown.value.issuer == ISSUER


def _pem(private: Any) -> bytes:  # noqa: ANN401 - RSA or EC
    form = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    octets: bytes = private.public_key().public_bytes(*form)
    return octets


def _symmetric(token: str) -> str:
    """HS256 with the issuer's public key as the secret."""
    payload = token.split(".")[1]
    message = f"{b64(json.dumps({'alg': 'HS256', 'typ': 'at+jwt', 'kid': 'k-RS256'}).encode())}.{payload}"
    return f"{message}.{b64(hmac.digest(_pem(key('RS256')), message.encode(), 'sha256'))}"


def _payload_of_another(token: str) -> str:
    head, _, tail = token.split(".")
    return f"{head}.{Mint(claims={'client_id': 'other'}).token().split('.')[1]}.{tail}"


def _twice(token: str) -> str:
    """The claims with a member that stands twice, properly signed."""
    header = {"alg": "RS256", "typ": "at+jwt", "kid": "k-RS256"}
    claims = json.dumps({"iss": ISSUER, "aud": AUDIENCE})[:-1] + f', "aud": "{AUDIENCE}"}}'
    return sign(header, claims, key("RS256"), "RS256")


BROKEN: dict[str, Callable[[str], str]] = {
    "signature of another token": _payload_of_another,
    "no signature": lambda token: token.rpartition(".")[0] + ".",
    "two parts": lambda token: token.rpartition(".")[0],
    "four parts": lambda token: token + ".e30",
    "padding": lambda token: token + "=",
    "a stray bit in the signature": lambda token: token[:-1] + chr(ord(token[-1]) + 1),
    "plus for minus": lambda token: (
        token.replace("-", "+").replace("_", "/") if "-" in token or "_" in token else "x"
    ),
    "signed with another key": lambda token: sign(
        {"alg": "RS256", "typ": "at+jwt", "kid": "k-RS256"},
        part(token, 1),
        key("RS256", 5),
        "RS256",
    ),
    "HS256 with the public key": _symmetric,
    "a member twice": _twice,
    "header that is a list": lambda _: sign([], {}, key("RS256"), "RS256"),
    "payload that is a number": lambda _: sign({"alg": "RS256", "kid": "k-RS256"}, 1, key("RS256"), "RS256"),
    "deeply nested": lambda _: sign({"alg": "RS256"}, "[" * 3000 + "]" * 3000, key("RS256"), "RS256"),
    "too long": lambda token: token + "A" * MAX_LENGTH,
    "not ASCII": lambda token: token[:-1] + "å",
    "empty": lambda _: "",
    "a space": lambda token: token.replace(".", " .", 1),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_tokens_are_refused(name: str) -> None:
    with pytest.raises(Refused) as refusal:
        Checks().token(f"DPoP {BROKEN[name](Mint().token())}")
    assert refusal.value.kind is Kind.UNAUTHENTICATED


HEADERS = {
    "none": [],
    "two": ["DPoP {}", "DPoP {}"],
    "Bearer": ["Bearer {}"],
    "no scheme": ["{}"],
    "two tokens": ["DPoP {},{}"],
    "two spaces": ["DPoP  {}"],
}


@pytest.mark.parametrize("name", HEADERS)
def test_exactly_one_header_with_the_dpop_scheme(name: str) -> None:
    token = Mint().token()
    with pytest.raises(Refused) as refusal:
        Checks().token(*(value.format(token, token) for value in HEADERS[name]))
    assert refusal.value.kind is Kind.UNAUTHENTICATED


def test_a_citizens_token_is_a_persons_with_no_more_in_it_than_her_number() -> None:
    bare = {"iss": CITIZEN_ISSUER, **MACHINE, "sub": "ehr", "pid": "06868491807", "name": "Anne Berg"}
    token = Mint(claims=bare).token()
    signed = sign(part(token, 0), part(token, 1), key("RS256", 7), "RS256")
    claims = Checks().token(f"DPoP {signed}")
    assert (claims.source, claims.of_person, claims.name) == (Source.CITIZEN, True, "Anne Berg")


@pytest.mark.parametrize("claims", [{"nbf": 0}, {"nbf": NOW - 0.5}, {"client_id": "x" * 256}])
def test_the_edges_of_what_a_claim_may_be(claims: dict[str, object]) -> None:
    Checks().token(f"DPoP {Mint(claims=claims).token()}")


def _of_length(length: int) -> str:
    """A right token of that many characters; base64url skips some lengths, so the header is padded too."""
    claims = {"jti": "the same id", "pad": ""}
    for extra in ("", "x", "xx", "xxx"):
        missing = length - len(Mint(header={"pad": extra}, claims=claims).token())
        for size in range(missing * 3 // 4 - 2, missing * 3 // 4 + 2):
            token = Mint(header={"pad": extra}, claims={**claims, "pad": "x" * size}).token()
            if len(token) == length:
                return token
    raise AssertionError(length)


def test_a_token_has_eight_kibibytes_and_no_more() -> None:
    Checks().token(f"DPoP {_of_length(8192)}")
    with pytest.raises(Refused):
        Checks().token(f"DPoP {_of_length(8193)}")


@pytest.mark.parametrize(
    ("now", "taken"), [(LATER + 4.9, True), (LATER + 5, False), (NOW - 5, True), (NOW - 5.1, False)]
)
def test_clocks_may_differ_by_five_seconds(*, now: float, taken: bool) -> None:
    policy = TokenPolicy({ISSUER: Source.HELSEID}, AUDIENCE, SCOPE)
    sent = [f"DPoP {Mint().token()}"]
    if taken:
        verify_token(sent, policy=policy, key_for=key_for, memory=token_memory(), now=now)
        return
    with pytest.raises(Refused):
        verify_token(sent, policy=policy, key_for=key_for, memory=token_memory(), now=now)


def test_the_scheme_is_taken_in_any_case() -> None:
    Checks().token(f"dpop {Mint().token()}")


def test_a_remembered_token_still_expires_and_its_signature_is_not_verified_again() -> None:
    checks, token = Checks(), Mint(claims={"exp": LATER}).token()
    first = checks.token(f"DPoP {token}")
    assert checks.token(f"DPoP {token}", now=LATER + 4) is first
    with pytest.raises(Refused):
        checks.token(f"DPoP {token}", now=LATER + 5)
    with pytest.raises(Refused):
        checks.token(f"DPoP {token}", now=NOW - 6)


def test_a_key_that_the_issuer_withdraws_takes_its_remembered_tokens_with_it() -> None:
    withdrawn = False

    def keys(issuer: str, kid: str) -> PublicKey:
        if withdrawn:
            raise UnknownKey(issuer)
        return key_for(issuer, kid)

    checks, token = Checks(keys_of=keys), Mint().token()
    checks.token(f"DPoP {token}")
    withdrawn = True
    with pytest.raises(UnknownKey):
        checks.token(f"DPoP {token}")


def test_a_key_that_is_replaced_under_the_same_id_makes_the_signature_be_verified_again() -> None:
    checks, token = Checks(), Mint().token()
    checks.token(f"DPoP {token}")
    replaced = replace(checks, keys_of=lambda _issuer, _kid: signing_key(public_jwk(key("RS256", 5))))
    with pytest.raises(Refused):
        replaced.token(f"DPoP {token}")


MACHINE = {
    "sub": None,
    f"{HELSEID}identity/pid": None,
    f"{HELSEID}identity/security_level": None,
    f"{HELSEID}hpr/hpr_number": None,
}


@pytest.mark.parametrize(
    ("changes", "of_person"),
    [
        ({}, False),
        ({"sub": "ehr"}, False),
        ({"sub": "someone"}, True),
        ({f"{HELSEID}identity/security_level": "4"}, True),
        ({f"{HELSEID}identity/pid": "11827891888"}, True),
        ({f"{HELSEID}identity/assurance_level": "high"}, True),
        ({"idp": "idporten"}, True),
        ({f"{HELSEID}identity/pid_pseudonym": "x"}, True),
        ({f"{HELSEID}hpr/hpr_details": {}}, True),
        ({"amr": ["pwd"]}, True),
    ],
)
def test_a_token_with_any_trace_of_a_person_is_never_taken_for_a_machines(
    changes: dict[str, object], *, of_person: bool
) -> None:
    token = Mint(claims={**MACHINE, **changes}).token()
    assert Checks().token(f"DPoP {token}").of_person is of_person


def _longer(jwk: dict[str, str], name: str) -> dict[str, str]:
    """The same number with a zero octet in front: another thumbprint for the same key."""
    octets = base64.urlsafe_b64decode(jwk[name] + "=")
    return {**jwk, name: b64(bytes(1) + octets)}


KEYS: dict[str, Any] = {
    "not an object": "key",
    "nothing in it": {},
    "a secret": {"kty": "oct", "k": "AAAA"},
    "OKP": {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
    "curve nobody asked for": {**public_jwk(key("ES256")), "crv": "secp256k1"},
    "a point off the curve": {**public_jwk(key("ES256")), "y": public_jwk(key("ES256"))["x"]},
    "coordinates of another curve": {**public_jwk(key("ES384")), "crv": "P-256"},
    "curve as a list": {**public_jwk(key("ES256")), "crv": ["P-256"]},
    "x a zero longer": _longer(public_jwk(key("ES256")), "x"),
    "y a zero longer": _longer(public_jwk(key("ES256")), "y"),
    "RSA numbers of another kind of key": {**public_jwk(key("RS256")), "kty": "DSA"},
    "RSA exponent of five octets": {**public_jwk(key("RS256")), "e": b64((2**33 + 1).to_bytes(5, "big"))},
    "coordinate missing": {"kty": "EC", "crv": "P-256", "x": public_jwk(key("ES256"))["x"]},
    "coordinate as a number": {**public_jwk(key("ES256")), "x": 1},
    "with the private part": {**public_jwk(key("ES256")), "d": "AAAA"},
    "RSA with a prime": {**public_jwk(key("RS256")), "p": "AAAA"},
    "RSA of 1024 bits": public_jwk(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - it has to be refused
    "RSA exponent of one": {**public_jwk(key("RS256")), "e": "AQ"},
    "RSA exponent that is even": {**public_jwk(key("RS256")), "e": "AQAA"},
    "RSA exponent as long as the modulus": {**public_jwk(key("RS256")), "e": public_jwk(key("RS256"))["n"]},
    "RSA modulus with a leading zero": {"kty": "RSA", "e": "AQAB", "n": b64(bytes(1) + b"\xff" * 256)},
    "RSA modulus of 4097 bits": {"kty": "RSA", "e": "AQAB", "n": b64((2**4096 + 1).to_bytes(513, "big"))},
    "RSA modulus of 8192 bits": {"kty": "RSA", "e": "AQAB", "n": b64(b"\xff" * 1024)},
    "padding": {**public_jwk(key("ES256")), "x": public_jwk(key("ES256"))["x"] + "="},
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_that_are_not_public_signing_keys_are_refused(name: str) -> None:
    with pytest.raises(NotAccepted):
        public_key(KEYS[name])


def test_an_rsa_modulus_of_4096_bits_is_taken() -> None:
    modulus = b64((2**4095 + 1).to_bytes(512, "big"))
    assert public_key({"kty": "RSA", "e": "AQAB", "n": modulus}).algorithms >= {"PS256"}


def test_an_exponent_of_four_octets_is_taken() -> None:
    assert public_key({**public_jwk(key("RS256")), "e": b64((2**31 + 1).to_bytes(4, "big"))}).algorithms >= {
        "PS256"
    }


@pytest.mark.parametrize(
    "members",
    [{"use": "enc"}, {"key_ops": ["sign"]}, {"key_ops": "verify"}],
    ids=["use", "key_ops", "key_ops as text"],
)
def test_an_issuers_key_for_another_purpose_is_refused(members: Any) -> None:  # noqa: ANN401
    with pytest.raises(NotAccepted):
        signing_key({**public_jwk(key("ES256")), **members})


def test_an_issuers_key_is_used_with_its_own_algorithm_only() -> None:
    assert signing_key({**public_jwk(key("RS256")), "alg": "PS256"}).algorithms == {"PS256"}
    assert signing_key({**public_jwk(key("RS256")), "alg": "ES256"}).algorithms == set()
    assert signing_key(public_jwk(ec.generate_private_key(ec.SECP384R1()))).algorithms == {"ES384"}


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth", "k"])
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_any_one_private_member_makes_a_key_worthless(member: str, alg: str) -> None:
    with pytest.raises(NotAccepted):
        public_key({**public_jwk(key(alg)), member: "AQAB"})


def test_an_rsa_key_may_be_used_with_the_six_rsa_algorithms_and_a_curve_with_one() -> None:
    six = {f"{kind}{size}" for kind in ("RS", "PS") for size in (256, 384, 512)}
    assert public_key(public_jwk(key("RS256"))).algorithms == six
    assert public_key(public_jwk(key("ES384"))).algorithms == {"ES384"}
