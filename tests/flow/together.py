"""The service and its sandbox on ports of their own in this process, as `./dev demo` runs them in two."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from helsekort.app import opened
from helsekort.sandbox.address import API_PATH, Address
from helsekort.sandbox.process import sandbox_app
from helsekort.settings import sandbox_settings
from tests.flow.serving import serving_on


@asynccontextmanager
async def sandboxed(database_url: str, folder: Path) -> AsyncIterator[Address]:
    """Where the two answer, over an empty database, with keys and events in the folder."""
    with socket.socket() as of_service, socket.socket() as of_sandbox:
        for listening in (of_service, of_sandbox):
            listening.bind(("127.0.0.1", 0))
        service, sandbox = (f"http://127.0.0.1:{s.getsockname()[1]}" for s in (of_service, of_sandbox))
        settings = sandbox_settings(
            database=database_url, keys=folder / "keys", port=of_service.getsockname()[1], sandbox=sandbox
        )
        stand_ins = sandbox_app(base=sandbox, service=service, data=folder / "sandbox")
        async with serving_on(of_sandbox, stand_ins), opened(settings) as app, serving_on(of_service, app):
            yield Address(service, service + API_PATH, sandbox, answers=True)
