"""How every national service is asked: exact addresses, no redirects, a deadline, a size cap, one way to say it is down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import msgspec

from helsekort.basics.refusal import Issue, Kind, Refused

SECONDS = 5.0
LARGEST = 1024 * 1024
T = TypeVar("T")


def new_client(transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """The HTTP client all services share. It follows no redirects and takes nothing from the environment."""
    return httpx.AsyncClient(
        timeout=httpx.Timeout(SECONDS, connect=2.0),
        limits=httpx.Limits(max_connections=50, max_keepalive_connections=20),
        headers={"accept": "application/json", "user-agent": "helsekort"},
        follow_redirects=False,
        trust_env=False,
        transport=transport,
    )


def source_down(name: str, what: str) -> Refused:
    """The refusal when a service does not answer, or not so that it can be understood."""
    return Refused(Kind.SOURCE_DOWN, [Issue(f"{name} {what}.")])


def origin(address: str) -> tuple[str, str, int | None]:
    """Scheme, host and port of an address: two are one origin only where all three are the same."""
    parts = urlsplit(address)
    return parts.scheme, parts.hostname or "", parts.port


class Service:
    """One national service by its name and base address."""

    def __init__(self, client: httpx.AsyncClient, *, name: str, base: str) -> None:
        self._client = client
        self.name = name
        self._base = base.rstrip("/")

    async def get(self, path: str, shape: type[T]) -> T | None:
        """What the service has at a path below its base, in a known shape; None where it has nothing (404)."""
        return await self._ask("GET", self._base + path, shape)

    async def post(self, path: str, body: Mapping[str, str], shape: type[T]) -> T | None:
        """The answer to a JSON body posted to a path below the base; None where there is none (404)."""
        return await self._ask("POST", self._base + path, shape, json=body)

    async def post_form(self, address: str, form: Mapping[str, str], shape: type[T]) -> T | None:
        """The answer to a form posted to a full address of the base's origin; None where it is declined (400)."""
        self._check_origin(address)
        return await self._ask("POST", address, shape, form=form, none=400)

    async def get_at(self, address: str, shape: type[T]) -> T | None:
        """What stands at a full address, which must be of the base's origin."""
        self._check_origin(address)
        return await self._ask("GET", address, shape)

    def _check_origin(self, address: str) -> None:
        """Refuses an address that the service names and that is somebody else's."""
        if origin(address) != origin(self._base):
            raise source_down(self.name, "named an address that is not its own")

    async def _ask(
        self,
        method: str,
        address: str,
        shape: type[T],
        *,
        json: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
        none: int = 404,
    ) -> T | None:
        request = self._client.build_request(method, address, json=json, data=form)
        try:
            async with asyncio.timeout(SECONDS):
                status, body = await self._send(request)
        except (httpx.HTTPError, TimeoutError) as error:
            raise source_down(self.name, "did not answer") from error
        if status == none:
            return None
        if status not in {200, 201}:
            raise source_down(self.name, f"answered with status {status}")
        try:
            return msgspec.json.decode(body, type=shape)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise source_down(self.name, "gave an answer that cannot be understood") from error

    async def _send(self, request: httpx.Request) -> tuple[int, bytes]:
        answer = await self._client.send(request, stream=True)
        try:
            body = bytearray()
            async for piece in answer.aiter_bytes():
                body += piece
                if len(body) > LARGEST:
                    raise source_down(self.name, "gave an answer that is too large")
        finally:
            await answer.aclose()
        return answer.status_code, bytes(body)
