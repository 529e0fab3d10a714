"""The front of a provider: pushed requests (RFC 9126), the log-in page, and the code sent back with `iss` (RFC 9207)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from helsekort.sandbox.attestation import Attested, double, taken_apart
from helsekort.sandbox.clients import Authenticated, ClientAuthentication, Clients
from helsekort.sandbox.oauth import (
    NO_STORE,
    Expiring,
    OAuthError,
    Seconds,
    form_of,
    required,
    single_parameters,
)
from helsekort.sandbox.pages import page
from helsekort.sandbox.people import Client
from helsekort.sandbox.profile import Grant, Profile
from helsekort.sandbox.proofs import ProofCheck

REQUEST_LIFETIME, CODE_LIFETIME = 590, 60
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Pushed:
    """A checked authorization request, waiting for somebody to log in."""

    grant: Grant
    redirect_uri: str
    state: str
    code_challenge: str
    prompt: str


@dataclass(frozen=True, slots=True)
class Code:
    """What an authorization code stands for."""

    grant: Grant
    redirect_uri: str
    code_challenge: str


class Authorization:
    """The endpoints a browser meets, and the one where requests are pushed first."""

    def __init__(
        self,
        *,
        issuer: str,
        profile: Profile,
        clients: Clients,
        authentication: ClientAuthentication,
        proofs: ProofCheck,
        now: Seconds,
    ) -> None:
        self._issuer = issuer
        self._profile = profile
        self._clients = clients
        self._authentication = authentication
        self._proofs = proofs
        self._now = now
        self._pushed: Expiring[Pushed] = Expiring(
            lifetime=REQUEST_LIFETIME, now=now, prefix="urn:ietf:params:oauth:request_uri:"
        )
        self.codes: Expiring[Code] = Expiring(lifetime=CODE_LIFETIME, now=now)

    async def push(self, request: Request) -> Response:
        """POST /connect/par: keeps a checked request and answers its `request_uri`."""
        try:
            form = await form_of(request)
            authenticated = await self._authentication.authenticate(form)
            thumbprint = self._proofs.thumbprint(request, url=f"{self._issuer}/connect/par")
            pushed = self._checked(form, authenticated, thumbprint)
        except OAuthError as error:
            return error.answer()
        answer = {"request_uri": self._pushed.keep(pushed), "expires_in": REQUEST_LIFETIME}
        return JSONResponse(answer, 201, NO_STORE)

    async def authorize(self, request: Request) -> Response:
        """GET /connect/authorize: shows who can log in."""
        try:
            parameters = single_parameters(request.url.query)
            name = required(parameters, "request_uri")
            pushed = self._found(name)
        except OAuthError as error:
            return self._error_page(error)
        if parameters.get("client_id") != pushed.grant.client.id:
            return self._error_page(
                OAuthError("invalid_request", "client_id is not the one that pushed the request")
            )
        if "none" in pushed.prompt.split():
            return self._back(name, pushed, {"error": "login_required"})
        return page(
            "login.html",
            profile=self._profile,
            client=pushed.grant.client,
            request_uri=name,
            issuer=self._issuer,
        )

    async def choose(self, request: Request) -> Response:
        """POST /connect/choose: somebody has logged in, or given up."""
        try:
            form = await form_of(request)
            name = required(form, "request_uri")
            pushed = self._found(name)
        except OAuthError as error:
            return self._error_page(error)
        if "cancel" in form:
            return self._back(
                name, pushed, {"error": "access_denied", "error_description": "the user gave up"}
            )
        person = form.get("person", "")
        if person not in {choice.key for choice in self._profile.choices()}:
            return self._error_page(OAuthError("invalid_request", "nobody on the page was chosen"))
        return self._back(name, pushed, {"code": self._code(pushed, person)})

    def _code(self, pushed: Pushed, person: str) -> str:
        grant = replace(pushed.grant, person=person, auth_time=int(self._now()))
        return self.codes.keep(Code(grant, pushed.redirect_uri, pushed.code_challenge))

    def _back(self, name: str, pushed: Pushed, answer: Mapping[str, str]) -> Response:
        self._pushed.take(name)
        parameters = {**answer, "iss": self._issuer, **({"state": pushed.state} if pushed.state else {})}
        return RedirectResponse(f"{pushed.redirect_uri}?{urlencode(parameters)}", 303, NO_STORE)

    def _found(self, name: str) -> Pushed:
        pushed = self._pushed.look(name)
        if pushed is None:
            raise OAuthError(
                "invalid_request_uri",
                "the request was not pushed here, is used, or is older than ten minutes",
            )
        return pushed

    def _checked(self, form: dict[str, str], authenticated: Authenticated, thumbprint: str | None) -> Pushed:
        client = authenticated.client
        if required(form, "response_type") != "code":
            raise OAuthError("unsupported_response_type", "the response_type is code")
        if form.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
            form.get("code_challenge", "")
        ):
            raise OAuthError("invalid_request", "PKCE with code_challenge_method S256 is required")
        redirect_uri = required(form, "redirect_uri")
        if not self._clients.redirect_allowed(client, redirect_uri):
            raise OAuthError("invalid_request", "the redirect_uri is not registered for the client")
        if thumbprint and form.get("dpop_jkt", thumbprint) != thumbprint:
            raise OAuthError("invalid_dpop_proof", "dpop_jkt is not the key that signed the proof")
        organisation, attested = details_asked(form, authenticated, now=self._now())
        grant = Grant(
            client,
            scopes_asked(form, client, self._profile),
            self._profile.tenant(client, organisation),
            nonce=form.get("nonce", ""),
            dpop_jkt=thumbprint or form.get("dpop_jkt", ""),
            attested=attested,
        )
        return Pushed(
            grant, redirect_uri, form.get("state", ""), form["code_challenge"], form.get("prompt", "")
        )

    def _error_page(self, error: OAuthError) -> Response:
        return page("refused.html", status=error.status, profile=self._profile, error=error)


def scopes_asked(form: dict[str, str], client: Client, profile: Profile) -> tuple[str, ...]:
    """The scopes of a request, each one known and allowed for the client."""
    scopes = tuple(dict.fromkeys(required(form, "scope").split()))
    if unknown := set(scopes) - profile.scopes_of(client):
        raise OAuthError("invalid_scope", f"the client may not ask for {' '.join(sorted(unknown))}")
    return scopes


def details_asked(
    form: dict[str, str], authenticated: Authenticated, *, now: float
) -> tuple[object, Attested | None]:
    """The organisation and the attestation in `authorization_details`: of the request, or of the client assertion.

    HelseID refuses both at once.
    """
    details = authenticated.claims.get("authorization_details")
    if "authorization_details" in form:
        if details is not None:
            raise double("authorization_details are given twice")
        details = _json(form["authorization_details"])
    organisation, parameters = taken_apart(details)
    return organisation, Attested(parameters, int(now)) if parameters else None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise OAuthError("invalid_request", "authorization_details is not JSON") from error
