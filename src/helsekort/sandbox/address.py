"""Finding the sandbox and the API from the service's port."""

from __future__ import annotations

import ssl
from dataclasses import dataclass

import httpx

API_PATH = "/api/maternity-record/v1"


class Unreachable(Exception):
    """Nothing that is needed answers; the message says what to start."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the service, its API and its sandbox are; `answers` is False where only the sandbox runs."""

    service: str
    api: str
    sandbox: str
    answers: bool


def loopback_client(*, follow_redirects: bool = False) -> httpx.AsyncClient:
    """An HTTP client for this machine only: no proxy, and no certificate is trusted."""
    trusts_nothing = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.AsyncClient(
        timeout=15, trust_env=False, verify=trusts_nothing, follow_redirects=follow_redirects
    )


async def find(http: httpx.AsyncClient, port: int) -> Address:
    """Asks the service on that port; where it is not running, the sandbox is looked for on the next port."""
    service = f"http://127.0.0.1:{port}"
    try:
        answer = (await http.get(f"{service}/.well-known/helsekort")).raise_for_status().json()
        return Address(answer["service"], answer["api"], answer["sandbox"], answers=True)
    except (httpx.HTTPError, ValueError, KeyError, TypeError):
        return await _beside(http, service, port + 1)


async def _beside(http: httpx.AsyncClient, service: str, port: int) -> Address:
    sandbox = f"http://127.0.0.1:{port}"
    try:
        answer = (await http.get(f"{sandbox}/.well-known/sandbox")).raise_for_status().json()
        return Address(service, service + API_PATH, answer["sandbox"], answers=False)
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise Unreachable(
            f"No sandbox answers at {service} or {sandbox}: start ./dev demo, or give its --port."
        ) from error
