"""The DPoP proof: that the caller holds the key its access token is bound to, for this one request (RFC 9449).

The order matters: what costs nothing first, the signature late, and the proof is noted as used only when all else is right,
or a stranger could use up another's proofs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from helsekort.access.bounded import Bounded
from helsekort.access.jose import (
    ALGORITHMS,
    NotAccepted,
    PublicKey,
    SignedText,
    algorithm_of,
    check_signature,
    json_object,
    public_key,
    take_apart,
)
from helsekort.access.replay import ReplayMemory
from helsekort.access.token import Claims
from helsekort.basics.refusal import Issue, Kind, Refused

MAX_LENGTH = 4 * 1024
REMEMBERED = 5_000
CHALLENGE = f'DPoP algs="{" ".join(sorted(ALGORITHMS))}"'
"""The value of `WWW-Authenticate` on a 401 (RFC 9449 section 7.1)."""

_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ProofPolicy:
    """The addresses a proof may be made for, as this service is known outside, and how old or early it may be, in seconds."""

    bases: frozenset[str]
    behind: float = 15.0
    ahead: float = 5.0

    @classmethod
    def for_bases(cls, public_bases: Iterable[str]) -> ProofPolicy:
        """The policy for configured public addresses; case and default ports do not matter."""
        return cls(frozenset(_address(urlsplit(base)).rstrip("/") for base in public_bases))


@dataclass(frozen=True, slots=True)
class ProofKey:
    """The header of a proof, read once: its key and algorithm."""

    algorithm: str
    key: PublicKey


ProofKeys = Bounded[str, ProofKey]
"""Headers of proofs that were accepted, as they were sent: a caller's header is the same in every proof."""


def proof_keys() -> ProofKeys:
    """An empty memory of proof headers."""
    return Bounded(REMEMBERED)


class Request(NamedTuple):
    """What a proof must be made for: the method, the path as it stands in the request line without the query, the time."""

    method: str
    path: str
    now: float


def verify_proof(
    proofs: Sequence[str],
    request: Request,
    *,
    claims: Claims,
    policy: ProofPolicy,
    keys: ProofKeys,
    replay: ReplayMemory,
) -> None:
    """Raises `Refused` UNAUTHENTICATED unless the one `DPoP` header proves the token's key, for this request and once."""
    try:
        _verify(_only(proofs), request, claims=claims, policy=policy, keys=keys, replay=replay)
    except NotAccepted as why:
        raise Refused(Kind.UNAUTHENTICATED, [Issue(f"The proof was not accepted. {why}", "DPoP")]) from why


def _verify(
    proof: str,
    request: Request,
    *,
    claims: Claims,
    policy: ProofPolicy,
    keys: ProofKeys,
    replay: ReplayMemory,
) -> None:
    signed = take_apart(proof)
    known = keys.get(signed.header) or _read_header(signed)
    if known.key.thumbprint != claims.key:
        raise NotAccepted("Its key is not the one the token is bound to.")
    payload = json_object(signed.payload, "payload")
    _check_made_for(payload, request, claims, policy)
    _check_age(payload, request.now, policy, replay)
    proof_id = _proof_id(payload)
    check_signature(signed, known.algorithm, known.key)
    keys.put(signed.header, known)
    if not replay.first_use(claims.key, proof_id, now=request.now):
        raise NotAccepted("It has been used before.")


def _only(proofs: Sequence[str]) -> str:
    if len(proofs) != 1:
        raise NotAccepted("There must be exactly one DPoP header.")
    if len(proofs[0]) > MAX_LENGTH:
        raise NotAccepted(f"It is longer than {MAX_LENGTH} characters.")
    return proofs[0]


def _read_header(signed: SignedText) -> ProofKey:
    header = json_object(signed.header, "header")
    if header.get("typ") != "dpop+jwt":
        raise NotAccepted("The type is not dpop+jwt.")
    return ProofKey(algorithm_of(header), public_key(header.get("jwk")))


def _check_made_for(
    payload: Mapping[str, Any], request: Request, claims: Claims, policy: ProofPolicy
) -> None:
    if payload.get("htm") != request.method:
        raise NotAccepted("It was made for another method (htm).")
    if payload.get("ath") != claims.digest:
        raise NotAccepted("It was made for another token (ath).")
    address = payload.get("htu")
    if not isinstance(address, str) or not _is_here(address, request.path, policy):
        raise NotAccepted("It was made for another address (htu).")


def _is_here(address: str, path: str, policy: ProofPolicy) -> bool:
    base = address.removesuffix(path)
    if base != address and base in policy.bases:
        return True
    if not address.isascii() or not address.isprintable() or " " in address:
        return False  # urlsplit drops some of these, and lower case makes others ASCII
    try:
        written = _address(urlsplit(address))
    except ValueError:
        return False
    return any(written == base + path for base in policy.bases)


def _address(parts: SplitResult) -> str:
    """Scheme, host, port and path in one spelling; raises ValueError where the port is none."""
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    login = parts.netloc.rpartition("@")[1]  # never part of an address here; kept, so that it fits nothing
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    return f"{parts.scheme}://{login}{host}{port}{parts.path}"


def _check_age(payload: Mapping[str, Any], now: float, policy: ProofPolicy, replay: ReplayMemory) -> None:
    issued = payload.get("iat")
    if not isinstance(issued, int | Decimal):  # a boolean is one too, and long past
        raise NotAccepted("The time it was made (iat) is missing or is not a number.")
    if issued < now - policy.behind or issued > now + policy.ahead:
        raise NotAccepted("It was made too long ago, or in the future (iat).")
    if not replay.vouches_for(float(issued)):
        raise NotAccepted("It was made before this service started.")


def _proof_id(payload: Mapping[str, Any]) -> str:
    proof_id = payload.get("jti")
    if not isinstance(proof_id, str) or not 8 <= len(proof_id) <= 256:
        raise NotAccepted("Its id (jti) is not a text of 8 to 256 characters.")
    return proof_id
