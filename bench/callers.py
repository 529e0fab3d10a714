"""Practitioners with real tokens and DPoP proofs, signed by keys made for one run of the benchmark."""

from __future__ import annotations

import hashlib
import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from bench.people import number

CALLERS = 32
FIRST_NUMBER = 1_400_000  # beyond the women's numbers
PARENT, CHILD = "310000019", "310000027"  # of the series for fictional organisations, valid check digits
TOKEN_SECONDS = 4 * 3600
CLIENT = "helseid://claims/client/claims/"
IDENTITY = "helseid://claims/identity/"
EC_SIGNATURE = ec.ECDSA(SHA256())


@dataclass(frozen=True, slots=True)
class Practitioner:
    """One doctor at the same hospital: HPR number, name and national identity number, all fictional."""

    hpr_number: str
    name: str
    nin: str


def practitioners() -> list[Practitioner]:
    """The doctors who call, each with a token and a key of their own."""
    return [
        Practitioner(str(9_100_000 + each), f"Lege {each + 1}", number(FIRST_NUMBER + each).reveal())
        for each in range(CALLERS)
    ]


class Issuer:
    """HelseID's role for one run: signs access tokens with an RSA key whose public half the service fetches as JWKS."""

    def __init__(self, *, issuer: str, audience: str, scope: str) -> None:
        self._key = RSAKey.generate_key(2048)
        self._kid = self._key.thumbprint()
        self._fixed = {"iss": issuer, "aud": audience, "scope": scope}

    def jwks(self) -> dict[str, Any]:
        """The public key set."""
        return {
            "keys": [{**self._key.as_dict(private=False), "use": "sig", "alg": "RS256", "kid": self._kid}]
        }

    def token(self, who: Practitioner, *, thumbprint: str) -> str:
        """An access token for a practitioner at work, bound to a key."""
        now = int(time.time())
        claims = self._fixed | {
            "client_id": "bench-ehr",
            "sub": who.hpr_number,
            "jti": os.urandom(12).hex(),
            "iat": now,
            "nbf": now,
            "exp": now + TOKEN_SECONDS,
            "name": who.name,
            "cnf": {"jkt": thumbprint},
            f"{IDENTITY}pid": who.nin,
            f"{IDENTITY}security_level": "4",
            "helseid://claims/hpr/hpr_number": who.hpr_number,
            f"{CLIENT}orgnr_parent": PARENT,
            f"{CLIENT}orgnr_child": CHILD,
        }
        header = {"alg": "RS256", "typ": "at+jwt", "kid": self._kid}
        return jws.serialize_compact(header, json.dumps(claims), self._key, algorithms=["RS256"])


@dataclass(frozen=True, slots=True)
class Credentials:
    """A token with the private key it is bound to, in a form that another process can be given."""

    token: str
    key: dict[str, str | list[str]]


def credentials(issuer: Issuer) -> list[Credentials]:
    """A fresh token and key for each practitioner."""
    made = []
    for who in practitioners():
        key = ECKey.generate_key("P-256")
        made.append(Credentials(issuer.token(who, thumbprint=key.thumbprint()), key.as_dict(private=True)))
    return made


class Signer:
    """Makes the two headers of a request as its practitioner's system would: the token, and a proof for this request alone."""

    def __init__(self, given: Credentials, base: str) -> None:
        public = {name: given.key[name] for name in ("kty", "crv", "x", "y")}
        private = ECKey.import_key(given.key).private_key
        assert isinstance(private, ec.EllipticCurvePrivateKey)
        self._private = private
        self._head = segment({"typ": "dpop+jwt", "alg": "ES256", "jwk": public})
        self._base = base
        self._ath = encode(hashlib.sha256(given.token.encode()).digest())
        self._authorization = f"Authorization: DPoP {given.token}\r\nDPoP: ".encode()

    def headers(self, method: str, path: str) -> bytes:
        """The lines `Authorization` and `DPoP`."""
        claims = {
            "jti": os.urandom(16).hex(),
            "htm": method,
            "htu": self._base + path,
            "iat": int(time.time()),
            "ath": self._ath,
        }
        message = self._head + b"." + segment(claims)
        r, s = decode_dss_signature(self._private.sign(message, EC_SIGNATURE))
        signature = encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).encode()
        return self._authorization + message + b"." + signature + b"\r\n"


def segment(value: Mapping[str, Any]) -> bytes:
    """One part of a compact JWS."""
    return encode(json.dumps(value, separators=(",", ":")).encode()).encode()


def encode(octets: bytes) -> str:
    """Base64url without padding."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode()
