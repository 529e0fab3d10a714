"""One OpenID provider: its endpoints put together, and the document that describes them (OpenID Discovery, RFC 8414)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from helsekort.sandbox.authorization import Authorization
from helsekort.sandbox.clients import ClientAuthentication, Clients
from helsekort.sandbox.keys import SIGNING_ALGORITHMS, SigningKeys
from helsekort.sandbox.oauth import Seconds
from helsekort.sandbox.pages import page
from helsekort.sandbox.profile import Profile
from helsekort.sandbox.proofs import Nonces, ProofCheck
from helsekort.sandbox.signing import ALGORITHMS, BadSignature
from helsekort.sandbox.tokens import Tokens


@dataclass(frozen=True, slots=True)
class Provider:
    """A running provider below one path: `{base}/helseid` or `{base}/idporten`."""

    issuer: str
    profile: Profile
    keys: SigningKeys
    clients: Clients
    now: Seconds

    def routes(self) -> list[Route]:
        """Every route of the provider."""
        nonces = Nonces(secret=secrets.token_bytes(32), now=self.now)
        proofs = ProofCheck(nonces=nonces, now=self.now)
        authentication = ClientAuthentication(issuer=self.issuer, clients=self.clients, now=self.now)
        front = Authorization(
            issuer=self.issuer,
            profile=self.profile,
            clients=self.clients,
            authentication=authentication,
            proofs=proofs,
            now=self.now,
        )
        tokens = Tokens(
            issuer=self.issuer,
            profile=self.profile,
            keys=self.keys,
            codes=front.codes,
            authentication=authentication,
            proofs=proofs,
            nonces=nonces,
            now=self.now,
        )
        return [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/jwks", self._jwks),
            Route("/connect/par", front.push, methods=["POST"]),
            Route("/connect/authorize", front.authorize),
            Route("/connect/choose", front.choose, methods=["POST"]),
            Route("/connect/token", tokens.token, methods=["POST"]),
            Route("/connect/endsession", self._end_session),
            Route("/clients/{client_id}/keys", self._register_key, methods=["POST"]),
        ]

    async def _discovery(self, _request: Request) -> Response:
        return JSONResponse(metadata(self.issuer, self.profile))

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(self.keys.jwks(), headers={"Cache-Control": "max-age=3600"})

    async def _register_key(self, request: Request) -> Response:
        """POST /clients/{client_id}/keys with a public JWK: a vendor's self-service, open to everybody on this machine."""
        client = self.clients.find(request.path_params["client_id"])
        if client is None or client.service:
            return JSONResponse({"error": "no such client takes keys here"}, 404)
        try:
            return JSONResponse({"kid": self.clients.register_key(client.id, await request.json())}, 201)
        except (BadSignature, ValueError) as error:
            return JSONResponse({"error": str(error)}, 400)

    async def _end_session(self, request: Request) -> Response:
        """No session is kept here, so logging out is going back to where the service's client asked for."""
        service = self.clients.service_base
        if request.query_params.get("post_logout_redirect_uri", "").rstrip("/") == service:
            return RedirectResponse(f"{service}/", 303)
        return page("logged_out.html", profile=self.profile)


def metadata(issuer: str, profile: Profile) -> dict[str, Any]:
    """The provider's discovery document."""
    return {
        "issuer": issuer,
        "jwks_uri": f"{issuer}/jwks",
        "authorization_endpoint": f"{issuer}/connect/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/connect/par",
        "require_pushed_authorization_requests": True,
        "token_endpoint": f"{issuer}/connect/token",
        "end_session_endpoint": f"{issuer}/connect/endsession",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
        "id_token_signing_alg_values_supported": list(SIGNING_ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "code_challenge_methods_supported": ["S256"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "subject_types_supported": ["public"],
        "grant_types_supported": list(profile.grant_types),
        "scopes_supported": sorted(profile.scopes),
        "acr_values_supported": ["idporten-loa-high"] if profile.key == "idporten" else ["Level4"],
        "ui_locales_supported": ["nb"],
    }
