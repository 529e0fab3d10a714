"""The sandbox as one web process on loopback: two providers, three registers, one front page."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from helsekort.sandbox.address import API_PATH, Address, loopback_client
from helsekort.sandbox.clients import Clients, FetchKeys
from helsekort.sandbox.ehr_pages import EhrPages
from helsekort.sandbox.helseid import helseid_profile
from helsekort.sandbox.hooks import Hooks
from helsekort.sandbox.idporten import idporten_profile
from helsekort.sandbox.keys import stored_keys
from helsekort.sandbox.notices import Helsenorge
from helsekort.sandbox.oauth import OAuthError, Seconds
from helsekort.sandbox.people import fictional_people
from helsekort.sandbox.person_register import PersonRegister
from helsekort.sandbox.profile import Profile
from helsekort.sandbox.provider import Provider
from helsekort.sandbox.registers import Registers, front_page
from helsekort.settings import SettingsError

HOSTS = ("127.0.0.1", "localhost")


def sandbox_app(*, base: str, service: str, data: Path, now: Seconds = time.time) -> Starlette:
    """The sandbox for a service; `base` is its own address, `data` where its keys and events are kept."""
    people = fictional_people()
    persons = PersonRegister(people, data / "events.json")
    citizens = idporten_profile(people, alive=persons.alive, number_of=persons.number_of)
    profiles = (helseid_profile(people), citizens)

    def provider(profile: Profile) -> Mount:
        registered = tuple(client for client in people.clients if client.provider == profile.key)
        clients = Clients(registered, fetch_service_keys=_service_keys(service), service_base=service)
        issuer, keys = f"{base}/{profile.key}", stored_keys(data, profile.key)
        routes = Provider(issuer=issuer, profile=profile, keys=keys, clients=clients, now=now).routes()
        return Mount(f"/{profile.key}", routes=routes)

    routes = [
        Route("/", lambda _request: front_page(people, persons, service)),
        Route("/sandbox.css", _style),
        Route("/favicon.ico", lambda _request: Response(status_code=204)),
        Route("/.well-known/sandbox", _about(base, service)),
        *Registers(people, persons).routes(),
        *Helsenorge(people, persons).routes(),
        *Hooks(people, base=base, service_keys=_service_keys(service)).routes(),
        *EhrPages(people, address=Address(service, service + API_PATH, base, answers=True)).routes(),
        *map(provider, profiles),
    ]
    # A page elsewhere that points a name of its own at this address is turned away here.
    return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS))])


def serve(*, host: str, port: int, service: str, data: Path) -> None:
    """Runs the sandbox until it is stopped; refuses every address but loopback."""
    if host not in HOSTS:
        raise SettingsError("The sandbox runs on loopback only: use --host 127.0.0.1.")
    app = sandbox_app(base=f"http://{host}:{port}", service=service.rstrip("/"), data=data)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    with _listening(host, port) as listener:
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise SettingsError(f"Port {port} is in use: stop what uses it, or give another --port.") from error
    return listener


def _service_keys(service: str) -> FetchKeys:
    """Reads the public keys of the service's citizen client from the service itself."""

    async def fetch() -> list[dict[str, Any]]:
        try:
            async with loopback_client() as http:
                answer = (await http.get(f"{service}/.well-known/jwks.json")).raise_for_status().json()
            keys: list[dict[str, Any]] = answer["keys"]
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise OAuthError(
                "invalid_client", f"the keys at {service}/.well-known/jwks.json cannot be read", status=401
            ) from error
        return keys

    return fetch


def _about(base: str, service: str) -> Callable[[Request], Response]:
    return lambda _request: JSONResponse({"sandbox": base, "service": service, "fictional": True})


def _style(request: Request) -> Response:
    css = (files("helsekort.sandbox") / "static" / "sandbox.css").read_text(encoding="utf-8")
    return Response(css, media_type="text/css")
