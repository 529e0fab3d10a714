"""The token endpoint: code, client credentials and refresh token, each to a client that authenticated itself."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from helsekort.sandbox.attestation import double
from helsekort.sandbox.authorization import Code, details_asked, scopes_asked
from helsekort.sandbox.claims import ACCESS_LIFETIME, access_claims, id_claims
from helsekort.sandbox.clients import Authenticated, ClientAuthentication
from helsekort.sandbox.keys import SigningKeys
from helsekort.sandbox.oauth import NO_STORE, Expiring, OAuthError, Seconds, form_of, required
from helsekort.sandbox.profile import Grant, Profile
from helsekort.sandbox.proofs import Nonces, ProofCheck
from helsekort.sandbox.signing import sha256_64, sign

REFRESH_LIFETIME = 8 * 3600


class ClaimsOf(Protocol):
    """Makes one kind of token's claims."""

    def __call__(
        self, grant: Grant, profile: Profile, *, issuer: str, now: int, jti: str
    ) -> dict[str, Any]: ...


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
        return self._with_details(code.grant, form, authenticated)

    def _by_client(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        scopes = scopes_asked(form, authenticated.client, self._profile)
        if {"openid", "offline_access"} & set(scopes):
            raise OAuthError("invalid_scope", "a machine has no identity and no refresh token")
        organisation, attested = details_asked(form, authenticated, now=self._now())
        tenant = self._profile.tenant(authenticated.client, organisation)
        return Grant(authenticated.client, scopes, tenant, attested=attested)

    def _by_refresh_token(self, form: dict[str, str], authenticated: Authenticated) -> Grant:
        grant = self._refresh.take(required(form, "refresh_token"))
        if grant is None or grant.client != authenticated.client:
            raise OAuthError("invalid_grant", "the refresh token is used, too old, or another client's")
        return self._with_details(replace(grant, nonce=""), form, authenticated)

    def _with_details(self, grant: Grant, form: dict[str, str], authenticated: Authenticated) -> Grant:
        """An organisation or an attestation in this request counts for this token."""
        organisation, attested = details_asked(form, authenticated, now=self._now())
        if attested is not None and grant.attested is not None:
            raise double("the attestation was given with the login already")
        tenant = grant.tenant if organisation is None else self._profile.tenant(grant.client, organisation)
        return replace(
            grant, tenant=tenant, attested=replace(attested, once=True) if attested else grant.attested
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
            "access_token": self._minted(access_claims, grant, typ="at+jwt"),
            "token_type": "DPoP" if grant.dpop_jkt else "Bearer",
            "expires_in": ACCESS_LIFETIME,
            "scope": " ".join(grant.scopes),
        }
        if "openid" in grant.scopes:
            answer["id_token"] = self._minted(id_claims, grant, typ="JWT")
        if "offline_access" in grant.scopes:
            once = grant.attested is not None and grant.attested.once
            answer["refresh_token"] = self._refresh.keep(replace(grant, attested=None) if once else grant)
        return answer

    def _minted(self, claims_of: ClaimsOf, grant: Grant, *, typ: str) -> str:
        """A token signed with the algorithm that the client is registered for."""
        jti, now = secrets.token_urlsafe(16), int(self._now())
        claims = claims_of(grant, self._profile, issuer=self._issuer, now=now, jti=jti)
        alg = grant.client.token_alg
        key = self._keys.key(alg)
        return sign(claims, key, alg=alg, typ=typ, kid=key.thumbprint())
