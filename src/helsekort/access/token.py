"""The access token: what HelseID or the citizen's identity provider says of the caller, verified before anything else is read.

The checks T1-T7 follow HelseID's page on validating access tokens, RFC 9068 and RFC 9449; docs/adr/0007 lists each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any

from helsekort.access.attestation import Attestation, read_attestation
from helsekort.access.bounded import Bounded
from helsekort.access.jose import (
    NotAccepted,
    PublicKey,
    algorithm_of,
    check_signature,
    encode,
    json_object,
    take_apart,
)
from helsekort.basics.refusal import Issue, Kind, Refused

MAX_LENGTH = 8 * 1024
REMEMBERED = 10_000
_TYPES = frozenset({"at+jwt", "application/at+jwt", "jwt"})
_IDENTITY = "helseid://claims/identity/"
_CLIENT = "helseid://claims/client/claims/"
_OF_PERSONS = (
    f"{_IDENTITY}pid",
    f"{_IDENTITY}pid_pseudonym",
    f"{_IDENTITY}security_level",
    f"{_IDENTITY}assurance_level",
)
_LATEST = 2**40


class Source(Enum):
    """What kind of identity provider issued a token."""

    HELSEID = "helseid"
    CITIZEN = "citizen"


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """Whose tokens are accepted, and for what: exact issuers, the one audience, the scope; `leeway` is in seconds."""

    issuers: Mapping[str, Source]
    audience: str
    scope: str
    leeway: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a verified access token says. Empty text is a claim that was not there.

    `digest` is the base64url SHA-256 of the token (a proof's `ath`), `key` the thumbprint of the key it is bound to
    (`cnf.jkt`). `starts` and `ends` are seconds since 1970. `of_person` is false for a machine's token.
    """

    source: Source
    client_id: str
    token_id: str
    digest: str
    key: str
    starts: float
    ends: float
    of_person: bool
    pid: str = field(repr=False)
    level: str
    name: str
    hpr_number: str
    parent_number: str
    child_number: str
    supplier_number: str
    attestation: Attestation | None = field(default=None, repr=False)


class UnknownKey(LookupError):
    """The issuer's key set, as far as it is known here, has no key of that id; fetching it again may help."""

    def __init__(self, issuer: str) -> None:
        super().__init__("no such key")
        self.issuer = issuer


KeyFor = Callable[[str, str], PublicKey]
"""The key of an issuer with that `kid`; raises UnknownKey."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    issuer: str
    kid: str
    key: PublicKey
    claims: Claims


TokenMemory = Bounded[bytes, _Remembered]
"""Tokens whose signature was found right, by SHA-256: the finding is kept, never the decision."""


def token_memory() -> TokenMemory:
    """An empty memory of verified tokens."""
    return Bounded(REMEMBERED)


def verify_token(
    authorization: Sequence[str], *, policy: TokenPolicy, key_for: KeyFor, memory: TokenMemory, now: float
) -> Claims:
    """The claims of the one `Authorization: DPoP` header, where every check passes.

    Raises `Refused` UNAUTHENTICATED, or FORBIDDEN where the token is genuine but lacks the scope or names no client;
    `UnknownKey` passes through, so that the caller can fetch the issuer's keys and try once more.
    """
    try:
        token = _credentials(authorization)
        known = _known(token, policy, key_for, memory)
        _check_times(known.claims, policy, now)
    except NotAccepted as why:
        issue = Issue(f"The access token was not accepted. {why}", "Authorization")
        raise Refused(Kind.UNAUTHENTICATED, [issue]) from why
    return known.claims


def _credentials(authorization: Sequence[str]) -> str:
    if len(authorization) != 1:
        raise NotAccepted("There must be exactly one Authorization header.")
    scheme, _, token = authorization[0].partition(" ")
    if scheme.lower() != "dpop":
        raise NotAccepted("The scheme must be DPoP.")
    if not token or len(token) > MAX_LENGTH or not token.isascii():
        raise NotAccepted(f"The token is empty, longer than {MAX_LENGTH} characters or not ASCII.")
    return token


def _known(token: str, policy: TokenPolicy, key_for: KeyFor, memory: TokenMemory) -> _Remembered:
    digest = sha256(token.encode("ascii")).digest()
    known = memory.get(digest)
    # A key that the issuer has withdrawn or replaced takes its tokens with it.
    if known and key_for(known.issuer, known.kid).thumbprint == known.key.thumbprint:
        return known
    memory.forget(digest)
    known = _verified(token, encode(digest), policy, key_for)
    memory.put(digest, known)
    return known


def _verified(token: str, digest: str, policy: TokenPolicy, key_for: KeyFor) -> _Remembered:
    signed = take_apart(token)
    header, payload = json_object(signed.header, "header"), json_object(signed.payload, "payload")
    algorithm = algorithm_of(header)
    if str(header.get("typ")).lower() not in _TYPES:
        raise NotAccepted("The type is not at+jwt or JWT.")
    issuer, kid = payload.get("iss"), header.get("kid")
    if not isinstance(issuer, str) or issuer not in policy.issuers:
        raise NotAccepted("The issuer is not one that is trusted here.")
    if not isinstance(kid, str):
        raise NotAccepted("The header names no key (kid).")
    key = key_for(issuer, kid)
    check_signature(signed, algorithm, key)
    _check_audience(payload, policy)
    return _Remembered(issuer, kid, key, _read(payload, digest, policy))


def _check_audience(payload: Mapping[str, Any], policy: TokenPolicy) -> None:
    if payload.get("aud") not in (policy.audience, [policy.audience]):
        raise NotAccepted("The audience is not this service alone.")


def _check_times(claims: Claims, policy: TokenPolicy, now: float) -> None:
    if now >= claims.ends + policy.leeway:
        raise NotAccepted("It has expired.")
    if now < claims.starts - policy.leeway:
        raise NotAccepted("It is not valid yet.")


def _read(payload: Mapping[str, Any], digest: str, policy: TokenPolicy) -> Claims:
    citizen = policy.issuers[payload["iss"]] is Source.CITIZEN
    starts, ends, bound = _moment(payload, "nbf"), _moment(payload, "exp"), _bound_key(payload)
    _check_scope(payload, policy)
    client = _text(payload, "client_id")
    if not client:
        raise _forbidden("The token names no client (client_id).")
    return Claims(
        source=policy.issuers[payload["iss"]],
        client_id=client,
        token_id=_text(payload, "jti"),
        digest=digest,
        key=bound,
        starts=starts,
        ends=ends,
        of_person=citizen or _of_person(payload, client),
        pid=_text(payload, "pid" if citizen else f"{_IDENTITY}pid"),
        level=_text(payload, "acr" if citizen else f"{_IDENTITY}security_level"),
        name=_text(payload, "name"),
        hpr_number=_text(payload, "helseid://claims/hpr/hpr_number"),
        parent_number=_text(payload, f"{_CLIENT}orgnr_parent"),
        child_number=_text(payload, f"{_CLIENT}orgnr_child"),
        supplier_number=_text(payload, f"{_CLIENT}orgnr_supplier"),
        attestation=None if citizen else read_attestation(payload),
    )


def _of_person(payload: Mapping[str, Any], client: str) -> bool:
    """A token with any trace of a person is a user's: one that lacks a claim is never taken for a machine's."""
    hpr = any(name.startswith("helseid://claims/hpr/") for name in payload)
    return (
        hpr
        or any(name in payload for name in (*_OF_PERSONS, "amr", "idp"))
        or payload.get("sub", client) != client
    )


def _check_scope(payload: Mapping[str, Any], policy: TokenPolicy) -> None:
    scope = payload.get("scope")
    granted = scope.split(" ") if isinstance(scope, str) else scope
    if not isinstance(granted, list) or policy.scope not in granted:
        raise _forbidden(f"The token lacks the scope {policy.scope}.")


def _bound_key(payload: Mapping[str, Any]) -> str:
    bound = payload.get("cnf")
    thumbprint = bound.get("jkt") if isinstance(bound, dict) else None
    if not isinstance(thumbprint, str) or len(thumbprint) != 43:
        raise NotAccepted("It is not bound to a key (cnf.jkt).")
    return thumbprint


def _moment(payload: Mapping[str, Any], name: str) -> float:
    value = payload.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not 0 <= value < _LATEST:
        raise NotAccepted(f"The claim {name} is missing or is not a time.")
    return float(value)


def _text(payload: Mapping[str, Any], name: str) -> str:
    """A text claim; what would end up in a log or on a page must be printable and short."""
    value = payload.get(name, "")
    if not isinstance(value, str) or len(value) > 256 or not value.isprintable():
        raise NotAccepted("A claim is not a short printable text.")
    return value


def _forbidden(what: str) -> Refused:
    return Refused(Kind.FORBIDDEN, [Issue(what, "Authorization")])
