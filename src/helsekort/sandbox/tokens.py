"""The token endpoint: code, client credentials and refresh token, each to a client that authenticated itself."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from helsekort.sandbox.authorization import Code, details_asked, scopes_asked
from helsekort.sandbox.clients import Authenticated, ClientAuthentication
from helsekort.sandbox.keys import SigningKeys
from helsekort.sandbox.oauth import NO_STORE, Expiring, OAuthError, Seconds, form_of, required
from helsekort.sandbox.profile import AUDIENCE, Grant, Profile
from helsekort.sandbox.proofs import Nonces, ProofCheck
from helsekort.sandbox.signing import sha256_64, sign

ACCESS_LIFETIME, ID_LIFETIME, REFRESH_LIFETIME = 600, 120, 8 * 3600


class Tokens:
    """Exchanges what a client has for tokens."""

    def __init__(
        self,
        *,
        issuer: str,
        profile: Profile,
        keys: SigningKeys,
        codes: Expiring[Code],
        authentication: ClientAuthentication,
        proofs: ProofCheck,
        nonces: Nonces,
        now: Seconds,
    ) -> None:
        self._issuer = issuer
        self._profile = profile
        self._keys = keys
        self._codes = codes
        self._authentication = authentication
        self._proofs = proofs
        self._nonces = nonces
        self._now = now
        self._refresh: Expiring[Grant] = Expiring(lifetime=REFRESH_LIFETIME, now=now)
        self._grants: Mapping[str, Callable[[dict[str, str], Authenticated], Grant]] = {
            "authorization_code": self._by_code,
            "client_credentials": self._by_client,
            "refresh_token": self._by_refresh_token,
        }

    async def token(self, request: Request) -> Response:
        """POST /connect/token."""
        try:
            form = await form_of(request)
            authenticated = await self._authentication.authenticate(form)
            thumbprint = self._proofs.thumbprint(request, url=f"{self._issuer}/connect/token")
            grant = self._bound(self._granted(form, authenticated), thumbprint)
        except OAuthError as error:
            return error.answer()
        return JSONResponse(self._answer(grant), 200, {**NO_STORE, "DPoP-Nonce": self._nonces.current()})

    def _granted(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        grant_type = required(form, "grant_type")
        if grant_type not in self._profile.grant_types:
            raise OAuthError(
                "unsupported_grant_type", f"grant_type is one of {', '.join(self._profile.grant_types)}"
            )
        return self._grants[grant_type](form, authenticated)

    def _by_code(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        code = self._codes.take(required(form, "code"))
        if code is None or code.grant.client != authenticated.client:
            raise OAuthError("invalid_grant", "the code is used, older than a minute, or another client's")
        if form.get("redirect_uri") != code.redirect_uri:
            raise OAuthError("invalid_grant", "the redirect_uri is not the one of the request")
        if not hmac.compare_digest(sha256_64(required(form, "code_verifier")), code.code_challenge):
            raise OAuthError("invalid_grant", "the code_verifier does not fit the code_challenge")
        return self._with_tenant(code.grant, authenticated)

    def _by_client(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        scopes = scopes_asked(form, authenticated.client, self._profile)
        if {"openid", "offline_access"} & set(scopes):
            raise OAuthError("invalid_scope", "a machine has no identity and no refresh token")
        details = details_asked(form, authenticated)
        return Grant(authenticated.client, scopes, self._profile.tenant(authenticated.client, details))

    def _by_refresh_token(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        grant = self._refresh.take(required(form, "refresh_token"))
        if grant is None or grant.client != authenticated.client:
            raise OAuthError("invalid_grant", "the refresh token is used, too old, or another client's")
        return self._with_tenant(replace(grant, nonce=""), authenticated)

    def _with_tenant(self, grant: Grant, authenticated: Authenticated) -> Grant:
        """An organisation named in this request's assertion counts for this token."""
        details = authenticated.claims.get("authorization_details")
        return (
            grant if details is None else replace(grant, tenant=self._profile.tenant(grant.client, details))
        )

    def _bound(self, grant: Grant, thumbprint: str | None) -> Grant:
        if grant.dpop_jkt and grant.dpop_jkt != thumbprint:
            raise OAuthError(
                "invalid_dpop_proof", "the proof is not signed by the key of the authorization request"
            )
        if thumbprint is None and (grant.for_api or self._profile.key == "helseid"):
            raise OAuthError("invalid_dpop_proof", "a DPoP proof is required")
        return replace(grant, dpop_jkt=thumbprint or "")

    def _answer(self, grant: Grant) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "access_token": self._access_token(grant),
            "token_type": "DPoP" if grant.dpop_jkt else "Bearer",
            "expires_in": ACCESS_LIFETIME,
            "scope": " ".join(grant.scopes),
        }
        if "openid" in grant.scopes:
            answer["id_token"] = self._id_token(grant)
        if "offline_access" in grant.scopes:
            answer["refresh_token"] = self._refresh.keep(grant)
        return answer

    def _access_token(self, grant: Grant) -> str:
        claims = {
            **self._registered(grant, ACCESS_LIFETIME),
            "aud": AUDIENCE if grant.for_api else self._issuer,
            "client_id": grant.client.id,
            "scope": " ".join(grant.scopes),
            **({"cnf": {"jkt": grant.dpop_jkt}} if grant.dpop_jkt else {}),
            **self._profile.access_claims(grant),
        }
        return self._signed(claims, grant, typ="at+jwt")

    def _id_token(self, grant: Grant) -> str:
        claims = {
            **self._registered(grant, ID_LIFETIME),
            "aud": grant.client.id,
            "auth_time": grant.auth_time,
            **({"nonce": grant.nonce} if grant.nonce else {}),
            **self._profile.id_claims(grant),
        }
        return self._signed(claims, grant, typ="JWT")

    def _registered(self, grant: Grant, lifetime: int) -> dict[str, Any]:
        now = int(self._now())
        subject = sha256_64(f"{self._issuer} {grant.person}") if grant.person else grant.client.id
        return {
            "iss": self._issuer,
            "sub": subject,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(16),
        }

    def _signed(self, claims: Mapping[str, Any], grant: Grant, *, typ: str) -> str:
        alg = grant.client.token_alg
        key = self._keys.key(alg)
        return sign(claims, key, alg=alg, typ=typ, kid=key.thumbprint())
