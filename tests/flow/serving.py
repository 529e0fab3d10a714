"""An ASGI application behind the real server, on a port of its own, for as long as a block runs."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from helsekort.app import http_server


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """The base address of the application, served as in operation."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        async with serving_on(listening, app):
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def serving_on(listening: socket.socket, app: ASGIApp) -> AsyncIterator[None]:
    """Serves the application on a socket that is bound already."""
    server = http_server(app)
    serving = asyncio.create_task(server.serve([listening]))
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event to wait for
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await serving
