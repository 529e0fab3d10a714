"""Signed tokens and public keys as RFC 7515, 7517 and 7638 write them: taken apart strictly, verified by libraries.

joserfc's own reading of a token is not used: it takes the same member twice and lets types through that nobody signed for
(security of the sort ADR 0007 lists). It reads keys and verifies RSA signatures; those of elliptic curves, which every proof
has, cryptography verifies without a detour.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from binascii import a2b_base64, b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from joserfc.jws import JWSRegistry

from helsekort.basics import strict_json
from helsekort.basics.refusal import Refused

_CURVES = {"P-256": ("ES256", 32), "P-384": ("ES384", 48), "P-521": ("ES512", 66)}
_HASHES = {"ES256": ECDSA(SHA256()), "ES384": ECDSA(SHA384()), "ES512": ECDSA(SHA512())}
_RSA_ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
ALGORITHMS = _RSA_ALGORITHMS | _HASHES.keys()
"""What a token or proof may be signed with (HelseID's security profile): never `none`, never a shared secret."""

_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_RSA_BITS = range(2048, 4097)
_VERIFIERS = {name: JWSRegistry.algorithms[name] for name in _RSA_ALGORITHMS}
_STANDARD = bytes.maketrans(b"-_+/=", b"+/!!!")
"""From the alphabet of base64url to that of base64; what is only in the other becomes what is in none."""
_PADDING = (b"", b"===", b"==", b"=")


class NotAccepted(Exception):
    """Why a token, proof or key is not accepted; the message never repeats any of it."""


@dataclass(frozen=True, slots=True, eq=False)
class PublicKey:
    """A public key that was checked: its RFC 7638 thumbprint and the algorithms it may be used with."""

    thumbprint: str
    algorithms: frozenset[str]
    key: EllipticCurvePublicKey | RSAKey


class SignedText(NamedTuple):
    """The three parts of a compact JWS, still encoded."""

    header: str
    payload: str
    signature: str


def take_apart(text: str) -> SignedText:
    """The three parts of a compact JWS."""
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):
        raise NotAccepted("It is not a signed token of three parts.")
    return SignedText(*parts)


def json_object(segment: str, what: str) -> dict[str, Any]:
    """The JSON object that a part of a JWS encodes; a member that stands twice is refused."""
    try:
        value = strict_json.parse(_decode(segment, what))
    except Refused as refused:
        raise NotAccepted(f"The {what} is not a well-formed JSON object.") from refused
    if not isinstance(value, dict):
        raise NotAccepted(f"The {what} is not a JSON object.")
    return value


def check_signature(signed: SignedText, algorithm: str, key: PublicKey) -> None:
    """Raises NotAccepted unless the key made the signature with the algorithm."""
    if algorithm not in key.algorithms:
        raise NotAccepted("The algorithm does not fit the key.")
    message = f"{signed.header}.{signed.payload}".encode("ascii")
    if not _is_right(message, _decode(signed.signature, "signature"), algorithm, key.key):
        raise NotAccepted("The signature is wrong.")


def _is_right(message: bytes, signature: bytes, algorithm: str, key: EllipticCurvePublicKey | RSAKey) -> bool:
    if isinstance(key, RSAKey):
        return _VERIFIERS[algorithm].verify(message, signature, key)
    size = (key.key_size + 7) // 8
    if len(signature) != 2 * size:  # RFC 7518 section 3.4
        return False
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    try:
        key.verify(encode_dss_signature(r, s), message, _HASHES[algorithm])
    except InvalidSignature:
        return False
    return True


def algorithm_of(header: Mapping[str, Any]) -> str:
    """The header's `alg`, where it is one of ours; extensions that must be understood (`crit`, `b64`) are refused."""
    if "crit" in header or "b64" in header:
        raise NotAccepted("The header asks for an extension.")
    algorithm = header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise NotAccepted("The algorithm is not one of RS, PS and ES with 256, 384 or 512.")
    return algorithm


def public_key(jwk: object) -> PublicKey:
    """Reads a public JWK: EC on P-256, P-384 or P-521, or RSA of 2048 to 4096 bits. A private member is refused."""
    if not isinstance(jwk, dict):
        raise NotAccepted("The key is not a JSON object.")
    if not _PRIVATE_MEMBERS.isdisjoint(jwk):
        raise NotAccepted("The key has private members.")
    try:
        return _ec_key(jwk) if jwk.get("kty") == "EC" else _rsa_key(jwk)
    except (ValueError, JoseError) as error:
        raise NotAccepted("The key is not a valid public key.") from error


def signing_key(jwk: object) -> PublicKey:
    """Reads one key of an issuer's key set: `use`, `key_ops` and `alg`, where given, narrow what it may verify."""
    key = public_key(jwk)
    assert isinstance(jwk, dict)
    if jwk.get("use", "sig") != "sig":
        raise NotAccepted("The key is not for signatures.")
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        raise NotAccepted("The key is not for verifying.")
    algorithms = key.algorithms if "alg" not in jwk else key.algorithms & {str(jwk["alg"])}
    return PublicKey(key.thumbprint, algorithms, key.key)


def encode(octets: bytes) -> str:
    """Base64url without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _ec_key(jwk: Mapping[str, Any]) -> PublicKey:
    curve = jwk.get("crv")
    if not isinstance(curve, str) or curve not in _CURVES:
        raise NotAccepted("The key's curve is not P-256, P-384 or P-521.")
    algorithm, size = _CURVES[curve]
    x, y = _member(jwk, "x"), _member(jwk, "y")
    if len(x) != size or len(y) != size:
        raise NotAccepted("The key's coordinates do not have the curve's length.")
    key = ECKey.import_key({"kty": "EC", "crv": curve, "x": jwk["x"], "y": jwk["y"]})
    return PublicKey(key.thumbprint(), frozenset({algorithm}), key.public_key)


def _rsa_key(jwk: Mapping[str, Any]) -> PublicKey:
    if jwk.get("kty") != "RSA":
        raise NotAccepted("The key is neither EC nor RSA.")
    n, e = _member(jwk, "n"), _member(jwk, "e")
    if int.from_bytes(n, "big").bit_length() not in _RSA_BITS or n[0] == 0:
        raise NotAccepted("The RSA key does not have 2048 to 4096 bits.")
    if len(e) > 4:  # a huge exponent makes verifying as dear as signing; the library refuses a small one
        raise NotAccepted("The RSA key's exponent is too large.")
    key = RSAKey.import_key({"kty": "RSA", "n": jwk["n"], "e": jwk["e"]})
    return PublicKey(key.thumbprint(), _RSA_ALGORITHMS, key)


def _member(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if not isinstance(value, str) or not value:
        raise NotAccepted("The key lacks a member, or a member is not text.")
    return _decode(value, "key")


def _decode(text: str, what: str) -> bytes:
    """Base64url that has one spelling only: padding, other alphabets and stray bits are refused."""
    try:
        written = text.encode("ascii").translate(_STANDARD) + _PADDING[len(text) % 4]
        octets = a2b_base64(written)
    except ValueError as error:
        raise NotAccepted(f"The {what} is not base64url.") from error
    if b2a_base64(octets, newline=False) != written:
        raise NotAccepted(f"The {what} is not base64url.")
    return octets
