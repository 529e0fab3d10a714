"""National services for the adapters' tests: the sandbox's over real HTTP, and one that misbehaves on request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from helsekort.outside.wire import new_client
from helsekort.sandbox.process import sandbox_app
from tests.flow.serving import served


class SetClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 5, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        """Moves it: seconds, minutes, hours."""
        self.now += timedelta(**by)


class Late:
    """An application that is put in place when its own address is known."""

    def __init__(self) -> None:
        self.app: ASGIApp = Starlette()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@asynccontextmanager
async def sandbox(data: Path, *, service: str = "http://127.0.0.1:9") -> AsyncIterator[str]:
    """The address of a running sandbox."""
    late = Late()
    async with served(late) as base:
        late.app = sandbox_app(base=base, service=service, data=data)
        yield base


class Issuer:
    """An OpenID provider that can be made to misbehave: what it says is set, what it was asked is counted."""

    def __init__(self) -> None:
        self.base = ""
        self.keys: list[dict[str, Any]] = []
        self.metadata: dict[str, Any] = {}
        self.answers: dict[str, Response] = {}
        self.asked: list[str] = []
        self.id_token = ""
        self.forms: list[dict[str, str]] = []

    @property
    def app(self) -> Starlette:
        """Its routes."""
        routes = [Route("/{path:path}", self._answer, methods=["GET", "POST"])]
        return Starlette(routes=routes)

    async def _answer(self, request: Request) -> Response:
        path = f"/{request.path_params['path']}"
        self.asked.append(path)
        if request.method == "POST":
            form = await request.form()
            self.forms.append({name: str(value) for name, value in form.items()})
        return self.answers.get(path) or self._usual(path)

    def _usual(self, path: str) -> Response:
        usual = {
            "/.well-known/openid-configuration": self.discovery(),
            "/jwks": {"keys": self.keys},
            "/par": {"request_uri": "urn:request:1"},
            "/token": {"id_token": self.id_token},
        }
        return JSONResponse(usual[path]) if path in usual else Response(status_code=404)

    def discovery(self) -> dict[str, Any]:
        """Its discovery document, with what was set in place of the usual."""
        return {
            "issuer": self.base,
            "jwks_uri": f"{self.base}/jwks",
            "authorization_endpoint": f"{self.base}/authorize",
            "token_endpoint": f"{self.base}/token",
            "pushed_authorization_request_endpoint": f"{self.base}/par",
            **self.metadata,
        }


@asynccontextmanager
async def issuer() -> AsyncIterator[Issuer]:
    """A running provider of the kind above."""
    made = Issuer()
    async with served(made.app) as base:
        made.base = base
        yield made


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """The HTTP client of operation."""
    async with new_client() as http:
        yield http


def dripping() -> Response:
    """An answer that comes a byte at a time and never ends."""

    async def drops() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.2)

    return StreamingResponse(drops(), media_type="application/json")


def endless() -> Response:
    """An answer larger than any that is read."""

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield b" " * 65536

    return StreamingResponse(blocks(), media_type="application/json")


MISBEHAVING = {
    "a fault": lambda: Response("no", 500),
    "refused": lambda: Response("no", 401),
    "sent on elsewhere": lambda: RedirectResponse("http://127.0.0.1:9/elsewhere"),
    "not JSON": lambda: Response("<html>", 200),
    "another shape": lambda: JSONResponse({"keys": "none"}),
    "a list": lambda: JSONResponse([]),
    "not UTF-8": lambda: Response(b'{"navn": "\xff"}', 200),
    "too large": endless,
}
"""Answers that no register may give, made anew for each question."""
