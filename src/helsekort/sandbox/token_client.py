"""A client of the providers, as an EHR or a citizen portal has one: its own keys, private_key_jwt, PAR, PKCE and DPoP."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc.jwk import Key

from helsekort.sandbox.clients import ASSERTION_TYPE
from helsekort.sandbox.html_forms import form_with
from helsekort.sandbox.oauth import Seconds
from helsekort.sandbox.people import Client, Organisation
from helsekort.sandbox.profile import API_SCOPE
from helsekort.sandbox.signing import new_key, public_jwk, sha256_64, sign

REDIRECT_URI = "http://127.0.0.1/callback"
USER_SCOPES = {
    "helseid": (
        "openid profile offline_access helseid://scopes/identity/pid helseid://scopes/identity/security_level "
        f"helseid://scopes/hpr/hpr_number {API_SCOPE}"
    ),
    "idporten": f"openid profile {API_SCOPE}",
}


Attestation = Mapping[str, Any]
"""The trust framework's parameters, as `attestation.parameters` makes them."""


class TokenRefused(Exception):
    """The provider did not give a token; the message has its error and description."""


@dataclass(frozen=True, slots=True)
class BoundToken:
    """An access token and the private key it is bound to."""

    access_token: str
    key: Key
    expires_in: int
    refresh_token: str = ""
    id_token: str = ""


def sign_proof(
    key: Key,
    *,
    method: str,
    url: str,
    now: float,
    alg: str = "ES256",
    nonce: str = "",
    access_token: str = "",
) -> str:
    """A DPoP proof (RFC 9449) for one request: with a nonce toward a provider, with the token's hash toward an API."""
    claims: dict[str, Any] = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(now)}
    if nonce:
        claims["nonce"] = nonce
    if access_token:
        claims["ath"] = sha256_64(access_token)
    return sign(claims, key, alg=alg, typ="dpop+jwt", jwk=public_jwk(key))


def organisation_details(organisation: Organisation) -> list[dict[str, Any]]:
    """HelseID's `authorization_details` that name the organisation a multi-tenant client acts for."""
    value = f"NO:ORGNR:{organisation.parent_number}:{organisation.number}"
    identifier = {"system": "urn:oid:1.0.6523", "type": "ENH", "value": value}
    return [
        {"type": "helseid_authorization", "practitioner_role": {"organization": {"identifier": identifier}}}
    ]


class TokenClient:
    """Gets tokens for one client; makes its keys on construction and registers the public one before first use."""

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        sandbox: str,
        client: Client,
        organisation: Organisation | None,
        now: Seconds = time.time,
    ) -> None:
        self._http = http
        self._issuer = f"{sandbox}/{client.provider}"
        self._client = client
        self._organisation = organisation
        self._now = now
        self._client_key = new_key("ES256")
        self._registered = False
        self._nonce = ""
        self.proof_key = new_key("ES256")

    async def by_client(self, *, attestation: Attestation | None = None) -> BoundToken:
        """A machine token: nobody is logged in."""
        return await self._token({"grant_type": "client_credentials", "scope": API_SCOPE}, attestation)

    async def by_login(self, person: str, *, attestation: Attestation | None = None) -> BoundToken:
        """A user token: pushes the request, logs the person in on the provider's page, and exchanges the code.

        An attestation goes with the pushed request and lasts as long as the login.
        """
        verifier = secrets.token_urlsafe(48)
        request = {
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": USER_SCOPES[self._client.provider],
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
            "code_challenge": sha256_64(verifier),
            "code_challenge_method": "S256",
        }
        if attestation is not None:
            request["authorization_details"] = json.dumps([*self._organisation_details(), dict(attestation)])
        pushed = _json(await self._post("par", request))
        code = await self._log_in(pushed["request_uri"], person, state=request["state"])
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": REDIRECT_URI,
            "code_verifier": verifier,
        }
        return await self._token(form)

    async def by_refresh(self, refresh_token: str, *, attestation: Attestation | None = None) -> BoundToken:
        """A new token for whoever is logged in already; an attestation is for this token alone."""
        return await self._token({"grant_type": "refresh_token", "refresh_token": refresh_token}, attestation)

    async def _log_in(self, request_uri: str, person: str, *, state: str) -> str:
        parameters = {"client_id": self._client.id, "request_uri": request_uri}
        shown = await self._http.get(f"{self._issuer}/connect/authorize", params=parameters)
        form = form_with(shown.text, "person")
        if form is None or ("person", person) not in form.buttons:
            raise TokenRefused(f"{person} cannot log in at {self._issuer}.")
        answer = await self._http.post(form.action, data={**form.fields, "person": person})
        back = {
            name: values[0]
            for name, values in parse_qs(urlsplit(answer.headers.get("location", "")).query).items()
        }
        if back.get("iss") != self._issuer or back.get("state") != state or "code" not in back:
            raise TokenRefused(f"{self._issuer} did not send a code back.")
        return str(back["code"])

    async def _token(self, form: dict[str, str], attestation: Attestation | None = None) -> BoundToken:
        answer = _json(await self._post("token", form, proof=True, attestation=attestation))
        return BoundToken(
            answer["access_token"],
            self.proof_key,
            answer["expires_in"],
            answer.get("refresh_token", ""),
            answer.get("id_token", ""),
        )

    async def _post(
        self,
        endpoint: str,
        form: dict[str, str],
        *,
        proof: bool = False,
        attestation: Attestation | None = None,
    ) -> httpx.Response:
        """Posts with a fresh assertion; once more where the provider asks for a nonce in the proof."""
        await self._register()
        url = f"{self._issuer}/connect/{endpoint}"
        answer = await self._once(url, form, attestation, proof=proof)
        if answer.status_code == 400 and "dpop-nonce" in answer.headers:
            self._nonce = answer.headers["dpop-nonce"]
            answer = await self._once(url, form, attestation, proof=proof)
        return answer

    async def _once(
        self, url: str, form: dict[str, str], attestation: Attestation | None, *, proof: bool
    ) -> httpx.Response:
        headers = {}
        if proof:
            headers["DPoP"] = sign_proof(
                self.proof_key, method="POST", url=url, now=self._now(), nonce=self._nonce
            )
        details = [] if "authorization_details" in form else self._organisation_details()
        details += [dict(attestation)] if attestation else []
        body = {**form, "client_id": self._client.id, **self._authentication(details)}
        return await self._http.post(url, data=body, headers=headers)

    def _organisation_details(self) -> list[dict[str, Any]]:
        """A multi-tenant client says for whom it asks; the organisation of the others is registered."""
        if not self._client.multi_tenant or self._organisation is None:
            return []
        return organisation_details(self._organisation)

    def _authentication(self, details: list[dict[str, Any]]) -> dict[str, str]:
        now = int(self._now())
        claims: dict[str, Any] = {
            "iss": self._client.id,
            "sub": self._client.id,
            "aud": self._issuer,
            "jti": secrets.token_urlsafe(16),
            "iat": now,
            "nbf": now,
            "exp": now + 30,
        }
        if details:
            claims["authorization_details"] = details
        assertion = sign(claims, self._client_key, alg="ES256", typ="client-authentication+jwt")
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}

    async def _register(self) -> None:
        if self._registered:
            return
        url = f"{self._issuer}/clients/{self._client.id}/keys"
        _json(await self._http.post(url, json=public_jwk(self._client_key)))
        self._registered = True


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        body: dict[str, Any] = answer.json()
    except ValueError as error:
        raise TokenRefused(f"{answer.url} did not answer in JSON.") from error
    if answer.is_success:
        return body
    raise TokenRefused(f"{body.get('error')}: {body.get('error_description', '')}")
