"""Who calls: what the contract needs of the gate, and nothing of how it finds out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from helsekort.access.caller import Caller
from helsekort.access.gate import Gate
from helsekort.access.headers import Naming
from helsekort.api.http.request import Request

Identify = Callable[[Request], Awaitable[Caller]]
"""Finds out who calls. Raises Refused where nobody trustworthy is behind the request."""


def identify_at(gate: Gate, *, naming: Naming = Naming.REQUIRED) -> Identify:
    """The gate of access, asked for a request of this engine."""

    async def identify(request: Request) -> Caller:
        path = request.path.decode("latin-1")
        return await gate.identify(method=request.method, path=path, headers=request.raw, naming=naming)

    return identify
