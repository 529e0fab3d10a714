"""What the two kinds of token say, made in one place: for the token endpoint, and for the wrong tokens that tests mint."""

from __future__ import annotations

from typing import Any

from helsekort.sandbox.profile import AUDIENCE, Grant, Profile
from helsekort.sandbox.signing import sha256_64

ACCESS_LIFETIME, ID_LIFETIME = 600, 120


def access_claims(grant: Grant, profile: Profile, *, issuer: str, now: int, jti: str) -> dict[str, Any]:
    """An access token's claims (RFC 9068), with the provider's own; `cnf.jkt` where the token is bound to a key."""
    return {
        **_registered(grant, issuer=issuer, now=now, lifetime=ACCESS_LIFETIME, jti=jti),
        "aud": AUDIENCE if grant.for_api else issuer,
        "client_id": grant.client.id,
        "scope": " ".join(grant.scopes),
        **({"cnf": {"jkt": grant.dpop_jkt}} if grant.dpop_jkt else {}),
        **profile.access_claims(grant),
    }


def id_claims(grant: Grant, profile: Profile, *, issuer: str, now: int, jti: str) -> dict[str, Any]:
    """An ID token's claims (OpenID Connect Core section 2), with the provider's own."""
    return {
        **_registered(grant, issuer=issuer, now=now, lifetime=ID_LIFETIME, jti=jti),
        "aud": grant.client.id,
        "auth_time": grant.auth_time,
        **({"nonce": grant.nonce} if grant.nonce else {}),
        **profile.id_claims(grant),
    }


def _registered(grant: Grant, *, issuer: str, now: int, lifetime: int, jti: str) -> dict[str, Any]:
    subject = sha256_64(f"{issuer} {grant.person}") if grant.person else grant.client.id
    return {"iss": issuer, "sub": subject, "iat": now, "nbf": now, "exp": now + lifetime, "jti": jti}
