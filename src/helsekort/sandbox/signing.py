"""Signing and reading JSON Web Signatures (RFC 7515) with the algorithms that HelseID and ID-porten allow."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, RSAKey, import_key

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
_CURVES = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_UNREADABLE = (
    JoseError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
)  # what the library raises on odd input
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class BadSignature(ValueError):
    """The text is not a JWS signed by that key; the message says why."""


class _Registry(jws.JWSRegistry):
    max_header_length = 4096  # the public RSA key in a DPoP proof does not fit the library's 512


_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """A JWS taken apart: its header and its claims."""

    header: dict[str, Any]
    claims: dict[str, Any]


def new_key(alg: str) -> Key:
    """A fresh private key for that algorithm."""
    if alg.startswith("ES"):
        return ECKey.generate_key(_CURVES[alg])
    return RSAKey.generate_key(2048)


def public_jwk(key: Key, **parameters: str) -> dict[str, Any]:
    """The public half as a JWK object."""
    return {**key.as_dict(private=False), **parameters}


def private_jwk(key: Key) -> dict[str, Any]:
    """The private key as a JWK object."""
    return dict(key.as_dict(private=True))


def public_key(jwk: object) -> Key:
    """A public key from a JWK object; refuses symmetric and private ones."""
    if not isinstance(jwk, dict) or jwk.get("kty") not in ("RSA", "EC") or _PRIVATE_MEMBERS & jwk.keys():
        raise BadSignature("the jwk is not a public RSA or EC key")
    try:
        return import_key(jwk)
    except _UNREADABLE as error:
        raise BadSignature("the jwk cannot be read") from error


def sign(claims: Mapping[str, Any], key: Key, *, alg: str, **header: object) -> str:
    """The claims as a compact JWS signed by the key."""
    payload = json.dumps(claims, separators=(",", ":"))
    return jws.serialize_compact({"alg": alg, **header}, payload, key, registry=_REGISTRY)


def verify(token: str, key: Key) -> Signed:
    """Takes a compact JWS apart once its signature by the key is checked."""
    try:
        content = jws.deserialize_compact(token, key, registry=_REGISTRY)
        claims = json.loads(content.payload)
    except _UNREADABLE as error:
        raise BadSignature("the signature does not fit the key") from error
    if not isinstance(claims, dict):
        raise BadSignature("the claims are not a JSON object")
    return Signed(dict(content.headers()), claims)


def unverified(token: str) -> Signed:
    """Takes a compact JWS apart without looking at its signature, to find out whose key to check it with."""
    parts = token.split(".")
    if len(parts) != 3 or len(token) > 16_384:
        raise BadSignature("it is not a compact JWS")
    try:
        header, claims = (json.loads(decode64(part)) for part in parts[:2])
    except (ValueError, binascii.Error, RecursionError) as error:
        raise BadSignature("header or claims are not JSON") from error
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise BadSignature("header or claims are not a JSON object")
    return Signed(header, claims)


def sha256_64(text: str) -> str:
    """The SHA-256 of a text in base64url: PKCE's S256 and DPoP's `ath`."""
    return encode64(hashlib.sha256(text.encode()).digest())


def encode64(raw: bytes) -> str:
    """base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decode64(text: str) -> bytes:
    """The bytes of unpadded base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def raw_signature(signed: bytes, key: Key, alg: str) -> bytes:
    """The signature of the bytes alone, whatever header they begin with: for tokens that are meant to be wrong."""
    return jws.JWSRegistry.algorithms[alg].sign(signed, key)
