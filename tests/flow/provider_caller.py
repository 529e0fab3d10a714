"""A client of the sandbox's providers that can be told to do one thing wrong."""

from __future__ import annotations

import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc.jwk import Key

from helsekort.sandbox.clients import ASSERTION_TYPE
from helsekort.sandbox.html_forms import form_with
from helsekort.sandbox.people import Client, fictional_people
from helsekort.sandbox.signing import new_key, public_jwk, public_key, sha256_64, sign, unverified, verify
from helsekort.sandbox.token_client import REDIRECT_URI, USER_SCOPES, organisation_details, sign_proof

BASE, SERVICE = "http://127.0.0.1:8461", "http://127.0.0.1:1"  # in process; nothing ever listens on port 1
HELSEID, IDPORTEN = f"{BASE}/helseid", f"{BASE}/idporten"
PEOPLE = fictional_people()
SOLVIK = PEOPLE.organisation("solvik")
VERIFIER = "v" * 50
CLAIM = "helseid://claims/"


class Caller:
    """A client of a provider that can be told to do one thing wrong."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self.http = http
        self.client: Client = PEOPLE.client(key)
        self.issuer = f"{BASE}/{self.client.provider}"
        self.key: Key = new_key("ES256")
        self.proof_key: Key = new_key("ES256")
        self.nonce = ""

    async def register(self) -> Caller:
        url = f"{self.issuer}/clients/{self.client.id}/keys"
        assert (await self.http.post(url, json=public_jwk(self.key))).status_code == 201
        return self

    def claims(self) -> dict[str, Any]:
        now = int(time.time())
        claims: dict[str, Any] = {"iss": self.client.id, "sub": self.client.id, "aud": self.issuer}
        claims |= {"jti": secrets.token_urlsafe(), "iat": now, "nbf": now, "exp": now + 30}
        if self.client.multi_tenant:
            claims["authorization_details"] = organisation_details(SOLVIK)
        return claims

    def assertion(
        self, header: dict[str, Any] | None = None, key: Key | None = None, **claims: object
    ) -> str:
        members = {name: v for name, v in {**self.claims(), **claims}.items() if v is not None}
        return sign(
            members, key or self.key, **{"alg": "ES256", "typ": "client-authentication+jwt", **(header or {})}
        )

    async def post(self, endpoint: str, form: dict[str, str], **headers: str) -> httpx.Response:
        body = {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(), **form}
        return await self.http.post(f"{self.issuer}/connect/{endpoint}", data=body, headers=headers)

    def request(self, **changes: str) -> dict[str, str]:
        form = {
            "response_type": "code",
            "redirect_uri": REDIRECT_URI,
            "scope": USER_SCOPES[self.client.provider],
            "state": "the-state",
            "nonce": "the-nonce",
            "code_challenge": sha256_64(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in form.items() if value}

    async def log_in(self, person: str = "gp", **changes: str) -> str:
        pushed = await self.post("par", self.request(**changes))
        assert pushed.status_code == 201, pushed.text
        chosen = await self.choose(pushed.json()["request_uri"], person=person)
        return answered(chosen)["code"]

    async def choose(self, request_uri: str, **pressed: str) -> httpx.Response:
        parameters = {"client_id": self.client.id, "request_uri": request_uri}
        shown = await self.http.get(f"{self.issuer}/connect/authorize", params=parameters)
        form = form_with(shown.text, "person")
        assert form, shown.text
        return await self.http.post(form.action, data={**form.fields, **pressed})

    def proof(self, **changes: object) -> str:
        given: dict[str, Any] = {
            "nonce": self.nonce,
            "url": f"{self.issuer}/connect/token",
            "key": self.proof_key,
        }
        return sign_proof(method="POST", now=time.time(), **{**given, **changes})

    async def token(self, form: dict[str, str], **headers: str) -> httpx.Response:
        """The token endpoint's answer, with the nonce it asked for."""
        if not self.nonce:
            asked = await self.post("token", {"grant_type": "client_credentials"}, DPoP=self.proof())
            assert asked.json()["error"] == "use_dpop_nonce"
            self.nonce = asked.headers["dpop-nonce"]
        return await self.post("token", form, **{"DPoP": self.proof(), **headers})

    async def exchange(self, code: str, /, **changes: str) -> httpx.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI}
        return await self.token({**form, "code_verifier": VERIFIER, **changes})


def answered(response: httpx.Response) -> dict[str, str]:
    """The parameters a browser is sent back with."""
    assert response.status_code == 303
    query = parse_qs(urlsplit(response.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


def error_of(response: httpx.Response) -> str:
    """OAuth's error code of a refused call."""
    assert response.status_code in {400, 401, 413}, response.text
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body["error_description"]
    return str(body["error"])


async def verified(http: httpx.AsyncClient, issuer: str, token: str) -> dict[str, Any]:
    """A token's claims, its signature checked with the published key of its kid."""
    published = (await http.get(f"{issuer}/jwks")).json()["keys"]
    for jwk in published:
        assert not set(jwk) & {"d", "p", "q", "k"}
    kid = unverified(token).header["kid"]
    return verify(token, public_key(next(jwk for jwk in published if jwk["kid"] == kid))).claims
