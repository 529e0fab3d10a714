"""What machines ask of the service itself: is it well, what is its key, where is what. Nothing personal in any of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from helsekort.basics.refusal import Refused

HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}

Ping = Callable[[], Awaitable[object]]
"""Asks the database for something small; raises Refused where it is away."""


def health(ping: Ping) -> Route:
    """`/health`: 200 where the database answers, 503 where it is away."""

    async def answer(request: Request) -> Response:
        try:
            await ping()
        except Refused as refused:
            return JSONResponse({"database": "away"}, refused.outcome.status, HEADERS)
        return JSONResponse({"database": "reachable"}, headers=HEADERS)

    return Route("/health", answer)


def saying(path: str, value: Mapping[str, Any]) -> Route:
    """An address that always answers the same."""

    async def answer(request: Request) -> Response:
        return JSONResponse(value, headers=HEADERS)

    return Route(path, answer)
