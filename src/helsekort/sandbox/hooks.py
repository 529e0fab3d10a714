"""Where the EHRs of the sandbox take notifications of changes: the signature is checked, and what came is shown.

Each EHR has one address, registered for its client; a notification that is not signed by the service is turned away.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from http_message_signatures import (
    HTTPMessageSignaturesException,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from joserfc.jwk import RSAKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsekort.sandbox.clients import FetchKeys
from helsekort.sandbox.oauth import OAuthError
from helsekort.sandbox.pages import page
from helsekort.sandbox.people import People

PATH = "/endringer"
KEPT, LARGEST = 200, 1_000_000
MOST_OLD = timedelta(minutes=5)
NEEDED = ("@method", "@target-uri", "content-digest")


@dataclass(frozen=True, slots=True)
class Came:
    """A notification as it came: its type, how many changes the subscription has had, and the Bundle."""

    at: str
    kind: str
    events: str
    bundle: Any


@dataclass(frozen=True, slots=True)
class _Message:
    method: str
    url: str
    headers: dict[str, str]


class _Keys(HTTPSignatureKeyResolver):
    def __init__(self, jwks: list[dict[str, Any]]) -> None:
        self._keys = {jwk.get("kid"): jwk for jwk in jwks}

    def resolve_public_key(self, key_id: str) -> bytes:
        """The service's public key of that id in PEM; KeyError where it has none."""
        return RSAKey.import_key(self._keys[key_id]).as_pem(private=False)


class Hooks:
    """The address of each EHR for notifications, and a page with what came."""

    def __init__(self, people: People, *, base: str, service_keys: FetchKeys) -> None:
        self._clients = {client.id for client in people.clients if client.provider == "helseid"}
        self._base = base
        self._service_keys = service_keys
        self._came = {client: deque[Came](maxlen=KEPT) for client in self._clients}

    def routes(self) -> list[Route]:
        """The routes of every EHR."""
        return [
            Route(PATH + "/{client}", self._receive, methods=["POST"]),
            Route(PATH + "/{client}", self._show),
        ]

    async def _receive(self, request: Request) -> Response:
        client = request.path_params["client"]
        body = await request.body()
        if client not in self._clients or len(body) > LARGEST:
            return Response(status_code=404)
        try:
            await self._verify(request, body)
            self._came[client].appendleft(_came(json.loads(body)))
        except (HTTPMessageSignaturesException, OAuthError, KeyError) as error:
            return JSONResponse({"feilmelding": f"Signaturen ble ikke godtatt: {error}"}, 401)
        except (ValueError, TypeError, IndexError):
            return JSONResponse({"feilmelding": "Varselet kan ikke leses."}, 400)
        return Response(status_code=204)

    async def _verify(self, request: Request, body: bytes) -> None:
        """Raises where the body is not signed by the service for this address, a few minutes ago at most."""
        message = _Message(request.method, f"{self._base}{request.url.path}", dict(request.headers))
        verifier = HTTPMessageVerifier(
            signature_algorithm=algorithms.RSA_V1_5_SHA256, key_resolver=_Keys(await self._service_keys())
        )
        verifier.verify(message, max_age=MOST_OLD, body=body, require_components=NEEDED)

    async def _show(self, request: Request) -> Response:
        """What came, newest first, as a page; as JSON for scripts that accept nothing else."""
        client = request.path_params["client"]
        if client not in self._clients:
            return JSONResponse({"feilmelding": "Ukjent EPJ."}, 404)
        came = list(self._came[client])
        if request.headers.get("accept") == "application/json":
            return JSONResponse([{"at": one.at, "kind": one.kind, "bundle": one.bundle} for one in came])
        return page("hooks.html", client=client, came=came)


def _came(bundle: Any) -> Came:  # noqa: ANN401 - any JSON
    told = {part["name"]: part for part in bundle["entry"][0]["resource"]["parameter"]}
    at = datetime.now().astimezone().isoformat(timespec="seconds")
    kind, events = told["type"]["valueCode"], told["events-since-subscription-start"]["valueString"]
    return Came(at, kind, events, bundle)
